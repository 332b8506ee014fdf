// SPDX-License-Identifier: GPL-2.0
/*
 * sd and multipath: a disk that is taken is hidden, and its index goes to the head or back.
 *
 * &scsi_disk.mpath is set in sd_probe() and never changes afterwards; it is valid until
 * scsi_disk_release() has put it.
 */
#include <linux/blkdev.h>
#include <linux/module.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_multipath.h>
#include "sd_multipath.h"

static void sd_mpath_put_index(u32 index)
{
	ida_free(&sd_index_ida, index);
}

static const struct scsi_mpath_ulp sd_mpath_ulp = {
	.owner = THIS_MODULE,
	.init_disk = sd_name_disk,
	.put_index = sd_mpath_put_index,
};

/* What multipath compares */
static struct scsi_mpath_disk sd_mpath_describe(struct scsi_disk *sdkp)
{
	return (struct scsi_mpath_disk) {
		.sdev = sdkp->device,
		.gd = sdkp->disk,
		.capacity = get_capacity(sdkp->disk),
		.block_size = sdkp->device->sector_size,
		.protection_type = sdkp->protection_type,
	};
}

/**
 * sd_mpath_attach() - ask whether a disk is a path of a multipath disk
 * @sdkp: a disk that was revalidated and not added yet
 *
 * If it is, the disk is hidden and named after the head and the path. If not, or if anything
 * fails, nothing changes.
 *
 * Context: Process context, in sd_probe() under device_lock().
 */
void sd_mpath_attach(struct scsi_disk *sdkp)
{
	struct scsi_mpath_disk disk = sd_mpath_describe(sdkp);

	disk.index = sdkp->index;
	disk.ulp = &sd_mpath_ulp;
	sdkp->mpath = scsi_mpath_attach(&disk);
	if (sdkp->mpath && !disk.index_taken)
		ida_free(&sd_index_ida, sdkp->index);
}

/**
 * sd_mpath_add() - let a hidden disk carry I/O
 * @sdkp: a disk that device_add_disk() has added
 *
 * Context: Process context, in sd_probe() under device_lock().
 */
void sd_mpath_add(struct scsi_disk *sdkp)
{
	if (sdkp->mpath)
		sdkp->mpath->ops->add(sdkp->mpath);
}

/**
 * sd_mpath_kill() - no I/O of the multipath disk goes to this disk any more
 * @sdkp: a disk that is being removed
 *
 * Context: Process context; does not wait.
 */
void sd_mpath_kill(struct scsi_disk *sdkp)
{
	if (sdkp->mpath)
		sdkp->mpath->ops->kill(sdkp->mpath);
}

/**
 * sd_mpath_del() - the disk is no path any more
 * @sdkp: a disk that is being removed, or that could not be added
 *
 * Context: Process context; waits until the I/O of the multipath disk on this disk has ended.
 */
void sd_mpath_del(struct scsi_disk *sdkp)
{
	if (sdkp->mpath)
		sdkp->mpath->ops->del(sdkp->mpath);
}

/**
 * sd_mpath_revalidate() - capacity or limits of a disk may have changed
 * @sdkp: the disk; its limits_lock is not held
 *
 * Context: Process context; does not wait.
 */
void sd_mpath_revalidate(struct scsi_disk *sdkp)
{
	struct scsi_mpath_disk disk;

	if (!sdkp->mpath)
		return;
	disk = sd_mpath_describe(sdkp);
	sdkp->mpath->ops->revalidate(sdkp->mpath, &disk);
}

/**
 * sd_mpath_release() - the name of a disk is free
 * @sdkp: a disk whose last reference goes
 *
 * Context: Process context, may sleep.
 */
void sd_mpath_release(struct scsi_disk *sdkp)
{
	if (sdkp->mpath)
		scsi_mpath_put(sdkp->mpath);
	else
		ida_free(&sd_index_ida, sdkp->index);
}
