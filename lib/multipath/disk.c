// SPDX-License-Identifier: GPL-2.0
/*
 * The disk of a head: allocation, partition scan, and operations that are passed to a path.
 *
 * Contexts:  process context.
 * Invariant: partitions are scanned by scan_work alone. The scan reads through the head and may
 *            wait for a path, so it must not run where a path is added or removed.
 */
#include <linux/blkdev.h>
#include <linux/cleanup.h>
#include <linux/hdreg.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <kunit/visibility.h>
#include "internal.h"

/**
 * mpath_head_alloc_disk() - allocate the disk of a head
 * @head: a head without a disk
 * @like: block device of its first path: limits and capacity are taken from there
 * @node: NUMA node for memory of the disk
 *
 * The caller gives the disk a name, and numbers if it has some, before mpath_head_add_disk().
 * From now on the head needs mpath_head_remove(), or a path that comes and goes.
 *
 * Context: Process context, may sleep.
 * Return: 0 or a negative error code.
 */
int mpath_head_alloc_disk(struct mpath_head *head, struct block_device *like, int node)
{
	struct mpath_limits *stack __free(kfree) = kmalloc_obj(*stack);
	struct gendisk *disk;

	if (!stack)
		return -ENOMEM;
	mpath_limits_start(stack);
	mpath_limits_add(stack, bdev_limits(like));
	mpath_limits_finish(stack, NULL);
	disk = blk_alloc_disk(&stack->lim, node);
	if (IS_ERR(disk))
		return PTR_ERR(disk);

	disk->fops = head->ops->fops;
	disk->private_data = head;
	set_bit(GD_SUPPRESS_PART_SCAN, &disk->state);
	set_capacity(disk, bdev_nr_sectors(like));
	if (get_disk_ro(like->bd_disk))
		set_bit(GD_READ_ONLY, &disk->state);
	mpath_head_get(head);
	head->disk = disk;
	return 0;
}
EXPORT_SYMBOL_GPL(mpath_head_alloc_disk);

/**
 * mpath_head_add_disk() - show the disk of a head to the world
 * @head: a head after mpath_head_alloc_disk()
 * @parent: device that becomes the parent of the disk
 * @groups: attributes of the disk, or NULL
 *
 * No I/O is done here. Partitions appear later, when there is a path and the size is known. The
 * caller keeps a path between init and leave meanwhile, so that no removal begins.
 *
 * Context: Process context, may sleep.
 * Return: 0 or a negative error code; mpath_head_remove() is due in any case.
 */
int mpath_head_add_disk(struct mpath_head *head, struct device *parent,
			const struct attribute_group **groups)
{
	int ret;

	set_bit(MPATH_HEAD_LIVE, &head->flags);
	ret = device_add_disk(parent, head->disk, groups);
	if (ret) {
		clear_bit(MPATH_HEAD_LIVE, &head->flags);
		mpath_head_kick(head);
		return ret;
	}
	set_bit(MPATH_HEAD_ADDED, &head->flags);
	mpath_head_queue_scan(head);
	return 0;
}
EXPORT_SYMBOL_GPL(mpath_head_add_disk);

/**
 * mpath_head_queue_scan() - scan the partitions if that is still to be done
 * @head: a head on which the caller has a reference
 *
 * Context: Any.
 */
void mpath_head_queue_scan(struct mpath_head *head)
{
	if (!test_bit(MPATH_HEAD_ADDED, &head->flags) ||
	    test_bit(MPATH_HEAD_SCANNED, &head->flags) ||
	    !get_capacity(head->disk))
		return;
	mpath_head_get(head);
	if (!queue_work(mpath_wq, &head->scan_work))
		mpath_head_put(head);
}

static void mpath_scan_partitions(struct mpath_head *head)
{
	struct gendisk *disk = head->disk;
	int seq = atomic_read(&head->seq);
	int ret;

	clear_bit(GD_SUPPRESS_PART_SCAN, &disk->state);
	scoped_guard(mutex, &disk->open_mutex)
		ret = bdev_disk_changed(disk, false);
	/* Unreadable: the next path or event tries again, or one that came meanwhile. */
	if (ret == -EIO) {
		clear_bit(MPATH_HEAD_SCANNED, &head->flags);
		smp_mb__after_atomic(); /* the bit before the look at events that saw it set */
		if (atomic_read(&head->seq) != seq)
			mpath_head_queue_scan(head);
	} else if (!ret) {
		kobject_uevent(&disk_to_dev(disk)->kobj, KOBJ_CHANGE);
	}
}

/**
 * mpath_scan_work() - scan the partitions once there is a path
 * @work: &mpath_head.scan_work, which holds a reference on the head
 *
 * Context: Process context, on the library's workqueue. Waits for I/O through the head.
 */
void mpath_scan_work(struct work_struct *work)
{
	struct mpath_head *head = container_of(work, struct mpath_head, scan_work);
	bool path;

	scoped_guard(srcu_fast, &head->srcu)
		path = mpath_head_has_path(head);
	if (path && test_bit(MPATH_HEAD_LIVE, &head->flags) &&
	    !test_and_set_bit(MPATH_HEAD_SCANNED, &head->flags))
		mpath_scan_partitions(head);
	mpath_head_put(head);
}

/**
 * mpath_open() - &block_device_operations.open of a head's disk
 * @disk: the disk
 * @mode: unused
 *
 * An opener holds the gendisk, which keeps the head; no path is needed.
 *
 * Context: Process context.
 * Return: 0, or -ENXIO if the head is being removed.
 */
int mpath_open(struct gendisk *disk, blk_mode_t mode)
{
	struct mpath_head *head = disk->private_data;

	return test_bit(MPATH_HEAD_LIVE, &head->flags) ? 0 : -ENXIO;
}
EXPORT_SYMBOL_GPL(mpath_open);

/**
 * mpath_getgeo() - &block_device_operations.getgeo of a head's disk
 * @disk: the disk
 * @geo: what to fill in
 *
 * Context: Process context, may sleep.
 * Return: what a path says; -ENOTTY if it has no geometry, -ENXIO if there is no path.
 */
int mpath_getgeo(struct gendisk *disk, struct hd_geometry *geo)
{
	struct mpath_path *path = mpath_path_get_any(disk->private_data);
	const struct block_device_operations *fops;
	int ret = -ENOTTY;

	if (!path)
		return -ENXIO;
	fops = path->bdev->bd_disk->fops;
	if (fops->getgeo)
		ret = fops->getgeo(path->bdev->bd_disk, geo);
	mpath_path_put(path);
	return ret;
}
EXPORT_SYMBOL_GPL(mpath_getgeo);

/**
 * mpath_get_unique_id() - &block_device_operations.get_unique_id of a head's disk
 * @disk: the disk
 * @id: what to fill in
 * @type: kind of identifier
 *
 * Context: Process context, may sleep.
 * Return: what a path says; -EOPNOTSUPP if it has no identifiers, -ENXIO if there is no path.
 */
int mpath_get_unique_id(struct gendisk *disk, u8 id[16], enum blk_unique_id type)
{
	struct mpath_path *path = mpath_path_get_any(disk->private_data);
	const struct block_device_operations *fops;
	int ret = -EOPNOTSUPP;

	if (!path)
		return -ENXIO;
	fops = path->bdev->bd_disk->fops;
	if (fops->get_unique_id)
		ret = fops->get_unique_id(path->bdev->bd_disk, id, type);
	mpath_path_put(path);
	return ret;
}
EXPORT_SYMBOL_GPL(mpath_get_unique_id);
