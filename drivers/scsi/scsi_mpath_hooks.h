/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the SCSI core calls when its device may be a path of a multipath disk.
 *
 * All of these stand on branches that a successful command does not take; being cold and never
 * inlined, they leave no more there than a call.
 */
#ifndef _SCSI_MPATH_HOOKS_H
#define _SCSI_MPATH_HOOKS_H

#include <linux/blk-mq.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_multipath.h>

struct Scsi_Host;

#if IS_ENABLED(CONFIG_SCSI_MULTIPATH)
bool __cold scsi_mpath_moves_on(struct scsi_cmnd *cmd);
bool __cold scsi_mpath_retry_moves_on(struct scsi_cmnd *cmd, enum scsi_disposition disposition);
bool __cold scsi_mpath_end(struct scsi_cmnd *cmd, bool failing);
blk_status_t __cold scsi_mpath_refuse(struct request *rq, blk_status_t status);
blk_status_t __cold scsi_mpath_refuse_in_recovery(struct request *rq);
void __cold scsi_mpath_event(struct scsi_device *sdev, enum scsi_mpath_event event);
void __cold scsi_mpath_host_recovered(struct Scsi_Host *shost);
#else
static inline bool scsi_mpath_moves_on(struct scsi_cmnd *cmd)
{
	return false;
}

static inline bool scsi_mpath_retry_moves_on(struct scsi_cmnd *cmd,
					     enum scsi_disposition disposition)
{
	return false;
}

static inline bool scsi_mpath_end(struct scsi_cmnd *cmd, bool failing)
{
	return false;
}

static inline blk_status_t scsi_mpath_refuse(struct request *rq, blk_status_t status)
{
	return status;
}

static inline blk_status_t scsi_mpath_refuse_in_recovery(struct request *rq)
{
	return BLK_STS_RESOURCE;
}

static inline void scsi_mpath_event(struct scsi_device *sdev, enum scsi_mpath_event event)
{
}

static inline void scsi_mpath_host_recovered(struct Scsi_Host *shost)
{
}
#endif

#endif /* _SCSI_MPATH_HOOKS_H */
