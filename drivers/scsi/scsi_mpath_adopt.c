// SPDX-License-Identifier: GPL-2.0
/*
 * Giving disks back: a path becomes an ordinary disk again. And having them read anew.
 *
 * A hidden disk cannot be shown, so sd is unbound from the device and bound again, and the second
 * sd_probe() is not answered. Between the two the old gendisk must have let go of the request
 * queue: its release clears queue->disk, whoever owns that pointer by then.
 */
#include <linux/blkdev.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>
#include <scsi/scsi_host.h>
#include "scsi_mpath.h"

#define SCSI_MPATH_RELEASE_SECS	30

/* One device on its way from path to ordinary disk, or to be read again; holds the device. */
struct scsi_mpath_return {
	struct list_head entry;
	struct work_struct work;
	struct scsi_device *sdev;
};

/* The gendisk may have an opener in sysfs still; nothing else keeps a hidden disk. */
static bool scsi_mpath_wait_unbound(struct scsi_device *sdev)
{
	unsigned long end = jiffies + SCSI_MPATH_RELEASE_SECS * HZ;

	while (READ_ONCE(sdev->request_queue->disk)) {
		if (time_after(jiffies, end))
			return false;
		schedule_timeout_uninterruptible(msecs_to_jiffies(10));
	}
	return true;
}

static void scsi_mpath_rebind(struct scsi_device *sdev)
{
	int ret;

	if (!scsi_mpath_wait_unbound(sdev)) {
		sdev_printk(KERN_ERR, sdev,
			    "path disk still in use after %d s: bind sd to the device by hand\n",
			    SCSI_MPATH_RELEASE_SECS);
		return;
	}
	/* 0 is no driver, or one that failed. A device that is being deleted needs none. */
	ret = device_attach(&sdev->sdev_gendev);
	if (ret <= 0 && scsi_device_online(sdev))
		sdev_printk(KERN_ERR, sdev,
			    "sd did not take the disk back (%d): bind sd to the device by hand\n",
			    ret);
}

static void scsi_mpath_return_work(struct work_struct *work)
{
	struct scsi_mpath_return *ret = container_of(work, struct scsi_mpath_return, work);

	/* Unless it has been given back meanwhile, by module exit or by hand. */
	if (rcu_access_pointer(ret->sdev->mpath)) {
		device_release_driver(&ret->sdev->sdev_gendev);
		scsi_mpath_rebind(ret->sdev);
	}
	scsi_device_put(ret->sdev);
	kfree(ret);
}

static void scsi_mpath_reread_work(struct work_struct *work)
{
	struct scsi_mpath_return *ret = container_of(work, struct scsi_mpath_return, work);

	scsi_rescan_device(ret->sdev);
	scsi_device_put(ret->sdev);
	kfree(ret);
}

static void scsi_mpath_queue(struct scsi_device *sdev, work_func_t func)
{
	struct scsi_mpath_return *ret;

	ret = kzalloc_obj(*ret, GFP_KERNEL | __GFP_NOFAIL);
	if (scsi_device_get(sdev)) {
		kfree(ret);	/* it goes away as it is */
		return;
	}
	ret->sdev = sdev;
	INIT_WORK(&ret->work, func);
	queue_work(scsi_mpath_wq, &ret->work);
}

/**
 * scsi_mpath_reread() - have sd read size and limits of a disk again, soon
 * @sdev: the device
 *
 * Context: Process context; the caller may be waited for under device_lock(), which a rescan
 * takes, so a work item of its own does it.
 */
void scsi_mpath_reread(struct scsi_device *sdev)
{
	scsi_mpath_queue(sdev, scsi_mpath_reread_work);
}

/**
 * scsi_mpath_give_back() - make an ordinary disk of a path, soon
 * @sdev: the device; sd asks again for it and is refused
 * @why: the reason, for last_error; a string constant
 *
 * Context: Process context; the caller may hold device_lock(), so a work item does it.
 */
void scsi_mpath_give_back(struct scsi_device *sdev, const char *why)
{
	scsi_mpath_record_bar(sdev, why);
	scsi_mpath_queue(sdev, scsi_mpath_return_work);
}

/**
 * scsi_mpath_give_back_all() - make ordinary disks of all paths, for module exit
 *
 * No new path may come any more, and no head is open. All paths are unbound before the first one
 * is bound again, so that the letters of the heads are free for the disks.
 *
 * Context: Process context, may sleep.
 */
void scsi_mpath_give_back_all(void)
{
	struct scsi_mpath_return *ret, *next;
	struct scsi_device *sdev;
	LIST_HEAD(returns);

	flush_workqueue(scsi_mpath_wq);
	while ((sdev = scsi_mpath_record_next_taken())) {
		ret = kzalloc_obj(*ret, GFP_KERNEL | __GFP_NOFAIL);
		ret->sdev = sdev;
		list_add_tail(&ret->entry, &returns);
		device_release_driver(&sdev->sdev_gendev);
	}
	scsi_mpath_heads_remove();
	list_for_each_entry_safe(ret, next, &returns, entry) {
		scsi_mpath_rebind(ret->sdev);
		scsi_device_put(ret->sdev);
		kfree(ret);
	}
}
