/* SPDX-License-Identifier: GPL-2.0 */
/* What sd calls when its disk may be a path of a multipath disk. */
#ifndef _SD_MULTIPATH_H
#define _SD_MULTIPATH_H

#include <linux/idr.h>
#include "sd.h"

#if IS_ENABLED(CONFIG_SCSI_MULTIPATH)
void sd_mpath_attach(struct scsi_disk *sdkp);
void sd_mpath_add(struct scsi_disk *sdkp);
void sd_mpath_kill(struct scsi_disk *sdkp);
void sd_mpath_del(struct scsi_disk *sdkp);
void sd_mpath_revalidate(struct scsi_disk *sdkp);
void sd_mpath_release(struct scsi_disk *sdkp);
#else
static inline void sd_mpath_attach(struct scsi_disk *sdkp) { }
static inline void sd_mpath_add(struct scsi_disk *sdkp) { }
static inline void sd_mpath_kill(struct scsi_disk *sdkp) { }
static inline void sd_mpath_del(struct scsi_disk *sdkp) { }
static inline void sd_mpath_revalidate(struct scsi_disk *sdkp) { }

static inline void sd_mpath_release(struct scsi_disk *sdkp)
{
	ida_free(&sd_index_ida, sdkp->index);
}
#endif

#endif /* _SD_MULTIPATH_H */
