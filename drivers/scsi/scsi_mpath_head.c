// SPDX-License-Identifier: GPL-2.0
/*
 * Heads: the table of logical units that have a multipath disk.
 *
 * A head is found by its binary identity and made by the first path. It leaves the table when its
 * disk was removed, and its memory goes when the last path's scsi_disk, the last opener and the
 * struct device have let go. One whose removal began is not found any more: a path that comes then
 * makes a new one, with a number of its own.
 */
#include <linux/blkdev.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>
#include "scsi_mpath.h"

/* The table of heads. */
DEFINE_MUTEX(scsi_mpath_heads_lock);
struct workqueue_struct *scsi_mpath_wq;
struct workqueue_struct *scsi_mpath_probe_wq;

static atomic_t scsi_mpath_nr_heads;
static LIST_HEAD(scsi_mpath_heads);
static DEFINE_IDA(scsi_mpath_instances);

static const struct class scsi_mpath_class = {
	.name = "scsi_mpath_device",
	.dev_groups = scsi_mpath_head_groups,
};

static void scsi_mpath_dev_release(struct device *dev)
{
	struct scsi_mpath_head *head = container_of(dev, struct scsi_mpath_head, dev);

	mpath_head_put(&head->mh);
}

static void scsi_mpath_head_free_pages(struct scsi_mpath_head *head)
{
	kfree(head->inquiry);
	kfree(head->pg80);
	kfree(head->pg83);
}

/* &mpath_ops.disk_removed */
static void scsi_mpath_disk_removed(struct mpath_head *mh)
{
	struct scsi_mpath_head *head = to_scsi_mpath_head(mh);

	scoped_guard(mutex, &scsi_mpath_heads_lock)
		list_del_init(&head->entry);
	if (device_is_registered(&head->dev))
		device_del(&head->dev);
	put_device(&head->dev);
	mpath_head_put(&head->mh);
}

/* &mpath_ops.free_head */
static void scsi_mpath_free_head(struct mpath_head *mh)
{
	struct scsi_mpath_head *head = to_scsi_mpath_head(mh);
	struct module *owner = head->ulp->owner;

	if (head->owns_index)
		head->ulp->put_index(head->index);
	ida_destroy(&head->numbers);
	ida_free(&scsi_mpath_instances, head->instance);
	scsi_mpath_head_free_pages(head);
	mutex_destroy(&head->add_lock);
	kfree(head);
	module_put(owner);
	if (atomic_dec_and_test(&scsi_mpath_nr_heads))
		wake_up_var(&scsi_mpath_nr_heads);
}

static const struct block_device_operations scsi_mpath_fops = {
	.owner = THIS_MODULE,
	.submit_bio = mpath_submit_bio,
	.open = mpath_open,
	.ioctl = scsi_mpath_ioctl,
	.compat_ioctl = blkdev_compat_ptr_ioctl,
	.getgeo = mpath_getgeo,
	.get_unique_id = mpath_get_unique_id,
	.free_disk = mpath_free_disk,
};

static const struct mpath_ops scsi_mpath_head_ops = {
	.fops = &scsi_mpath_fops,
	.path_state = scsi_mpath_path_state,
	.path_may_return = scsi_mpath_path_may_return,
	.path_fits = scsi_mpath_path_fits,
	.disk_removed = scsi_mpath_disk_removed,
	.free_head = scsi_mpath_free_head,
};

/**
 * scsi_mpath_head_find() - the head of a logical unit
 * @id: identity of the logical unit
 *
 * Context: Process context; the caller holds scsi_mpath_heads_lock.
 * Return: a head with a reference for the caller, which may begin to close at any time and then
 * refuses paths; NULL if there is none.
 */
struct scsi_mpath_head *scsi_mpath_head_find(const struct scsi_lun_id *id)
{
	struct scsi_mpath_head *head;

	lockdep_assert_held(&scsi_mpath_heads_lock);
	list_for_each_entry(head, &scsi_mpath_heads, entry) {
		if (!scsi_lun_id_equal(&head->id, id))
			continue;
		if (!mpath_head_is_ending(&head->mh) && mpath_head_tryget(&head->mh))
			return head;
	}
	return NULL;
}

static struct scsi_mpath_page *scsi_mpath_copy(const void *data, size_t len)
{
	struct scsi_mpath_page *page;

	page = kzalloc_flex(*page, data, len);
	if (!page)
		return NULL;
	page->len = len;
	memcpy(page->data, data, len);
	return page;
}

static struct scsi_mpath_page *scsi_mpath_copy_vpd(struct scsi_vpd __rcu **pg)
{
	struct scsi_mpath_page *page = NULL;
	const struct scsi_vpd *vpd;

	rcu_read_lock();
	vpd = rcu_dereference(*pg);
	if (vpd) {
		page = kmalloc_flex(*page, data, vpd->len, GFP_ATOMIC);
		if (page) {
			page->len = vpd->len;
			memcpy(page->data, vpd->data, vpd->len);
		}
	}
	rcu_read_unlock();
	return page;
}

/* What user space reads of the logical unit even when no path is left. */
static int scsi_mpath_head_describe(struct scsi_mpath_head *head, struct scsi_device *sdev)
{
	head->inquiry = scsi_mpath_copy(sdev->inquiry, sdev->inquiry_len);
	head->pg83 = scsi_mpath_copy_vpd(&sdev->vpd_pg83);
	head->pg80 = scsi_mpath_copy_vpd(&sdev->vpd_pg80);
	if (!head->inquiry || !head->pg83)
		return -ENOMEM;
	if (scsi_vpd_lun_id(sdev, head->wwid, sizeof(head->wwid)) < 0)
		scsi_lun_id_format(&head->id, head->wwid, sizeof(head->wwid));
	return 0;
}

/**
 * scsi_mpath_head_create() - make the head of a logical unit
 * @disk: what sd told of the first path; its number becomes that of the head, and its index_taken
 *	is set
 * @id: identity of the logical unit
 *
 * The disk of the head is allocated but not added. On success the head owns @disk->index.
 *
 * Context: Process context, may sleep; the caller holds scsi_mpath_heads_lock.
 * Return: the head, with a reference for the caller beside that of the table; ERR_PTR of a
 * negative errno, and then nothing was changed.
 */
struct scsi_mpath_head *scsi_mpath_head_create(struct scsi_mpath_disk *disk,
					       const struct scsi_lun_id *id)
{
	struct scsi_device *sdev = disk->sdev;
	struct scsi_mpath_head *head;
	int ret;

	lockdep_assert_held(&scsi_mpath_heads_lock);
	if (!try_module_get(disk->ulp->owner))
		return ERR_PTR(-ENODEV);

	head = kzalloc_obj(*head);
	if (!head) {
		ret = -ENOMEM;
		goto put_owner;
	}
	head->id = *id;
	head->ulp = disk->ulp;
	head->index = disk->index;
	head->capacity = disk->capacity;
	head->block_size = disk->block_size;
	head->protection_type = disk->protection_type;
	head->refresh_at = jiffies;
	ida_init(&head->numbers);
	mutex_init(&head->add_lock);

	head->instance = ida_alloc(&scsi_mpath_instances, GFP_KERNEL);
	if (head->instance < 0) {
		ret = head->instance;
		goto free_head;
	}
	ret = scsi_mpath_head_describe(head, sdev);
	if (ret)
		goto free_instance;
	ret = mpath_head_init(&head->mh, &scsi_mpath_head_ops, scsi_mpath_iopolicy());
	if (ret)
		goto free_instance;

	/* From here on free_head() undoes what was done above. */
	atomic_inc(&scsi_mpath_nr_heads);
	ret = mpath_head_alloc_disk(&head->mh, disk->gd->part0, dev_to_node(&sdev->sdev_gendev));
	if (ret) {
		mpath_head_put(&head->mh);
		return ERR_PTR(ret);
	}
	/* And from here on the head goes by its removal, as any other. */
	list_add_tail(&head->entry, &scsi_mpath_heads);
	device_initialize(&head->dev);
	mpath_head_get(&head->mh);	/* for @dev */
	head->dev.class = &scsi_mpath_class;
	head->dev.release = scsi_mpath_dev_release;
	mpath_head_get(&head->mh);	/* for the caller */

	ret = dev_set_name(&head->dev, "scsi_mpath_device%d", head->instance);
	if (!ret)
		ret = disk->ulp->init_disk(head->mh.disk, head->index);
	if (!ret)
		ret = device_add(&head->dev);
	if (ret) {
		mpath_head_remove(&head->mh);
		mpath_head_put(&head->mh);
		return ERR_PTR(ret);
	}
	head->owns_index = true;
	disk->index_taken = true;
	return head;

free_instance:
	scsi_mpath_head_free_pages(head);
	ida_free(&scsi_mpath_instances, head->instance);
free_head:
	ida_destroy(&head->numbers);
	kfree(head);
put_owner:
	module_put(disk->ulp->owner);
	return ERR_PTR(ret);
}

/**
 * scsi_mpath_head_go_live() - put the disk of a head into the system
 * @head: a head whose first path has joined
 *
 * Context: Process context, may sleep. Takes and releases @head->add_lock; called by each path
 * that joins, and only the first call adds the disk.
 * Return: 0, or the error of device_add_disk(), which cannot be tried again: the same for each path
 * until the last one has left and the head is gone.
 */
int scsi_mpath_head_go_live(struct scsi_mpath_head *head)
{
	guard(mutex)(&head->add_lock);
	if (!head->add_tried) {
		head->add_tried = true;
		head->add_error = mpath_head_add_disk(&head->mh, &head->dev, NULL);
	}
	return head->add_error;
}

/* Was a path of @head found to have the capacity @sectors? */
static bool scsi_mpath_head_has_capacity(struct scsi_mpath_head *head, sector_t sectors)
{
	struct mpath_path *mp;
	bool found = false;

	guard(mutex)(&head->mh.lock);
	list_for_each_entry(mp, &head->mh.paths, siblings)
		found |= to_scsi_mpath_path(mp)->compared && bdev_nr_sectors(mp->bdev) == sectors;
	return found;
}

/* What no logical unit changes while it is in use. */
static const char *scsi_mpath_other_format(const struct scsi_mpath_head *head,
					   const struct scsi_mpath_disk *disk)
{
	if (disk->block_size != head->block_size)
		return "logical block size differs";
	if (disk->protection_type != head->protection_type)
		return "protection type differs";
	return NULL;
}

/**
 * scsi_mpath_head_mismatch() - may a disk be a path of a head with the same identity
 * @head: the head
 * @disk: what sd found out about the disk
 *
 * Cheap parts share identities: nothing is used before block size, protection and capacity agree.
 * A capacity that differs from the head's is right only where another path has it too: the
 * logical unit was resized and not every path has noticed. Of a disk that could not be read yet
 * nothing is known; scsi_mpath_head_compare() follows when it was.
 *
 * Context: Process context, may sleep; the caller holds scsi_mpath_heads_lock.
 * Return: NULL if it may; otherwise the reason, for the log and for last_error.
 */
const char *scsi_mpath_head_mismatch(struct scsi_mpath_head *head,
				     const struct scsi_mpath_disk *disk)
{
	sector_t capacity;
	const char *why;

	lockdep_assert_held(&scsi_mpath_heads_lock);
	if (!disk->capacity)
		return NULL;
	if (!head->capacity) {
		head->capacity = disk->capacity;
		head->block_size = disk->block_size;
		head->protection_type = disk->protection_type;
	}
	why = scsi_mpath_other_format(head, disk);
	if (why)
		return why;
	capacity = get_capacity(head->mh.disk) ?: head->capacity;
	if (disk->capacity != capacity && !scsi_mpath_head_has_capacity(head, disk->capacity))
		return "capacity differs";
	return NULL;
}

/**
 * scsi_mpath_head_compare() - does a path, read again, still fit its head
 * @path: the path
 * @disk: what sd found out about its disk
 *
 * A path that came while nothing could be read of it, for example in standby, is compared in full
 * the first time that something was; the capacity of any other may change.
 *
 * Context: Process context, may sleep. Takes scsi_mpath_heads_lock.
 * Return: NULL if it fits or if nothing is known; otherwise the reason, and @path is not used.
 */
const char *scsi_mpath_head_compare(struct scsi_mpath_path *path,
				    const struct scsi_mpath_disk *disk)
{
	const char *why;

	if (!disk->capacity)
		return NULL;
	guard(mutex)(&scsi_mpath_heads_lock);
	why = path->compared ? scsi_mpath_other_format(path->head, disk) :
			       scsi_mpath_head_mismatch(path->head, disk);
	WRITE_ONCE(path->compared, !why);
	return why;
}

/**
 * scsi_mpath_heads_init() - prepare the table of heads
 *
 * Context: Process context, may sleep.
 * Return: 0 or a negative errno.
 */
int __init scsi_mpath_heads_init(void)
{
	int ret;

	scsi_mpath_wq = alloc_workqueue("scsi_mpath", WQ_UNBOUND, 0);
	if (!scsi_mpath_wq)
		return -ENOMEM;
	ret = -ENOMEM;
	scsi_mpath_probe_wq = alloc_workqueue("scsi_mpath_probe", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!scsi_mpath_probe_wq)
		goto destroy_wq;
	ret = class_register(&scsi_mpath_class);
	if (ret)
		goto destroy_probe_wq;
	return 0;

destroy_probe_wq:
	destroy_workqueue(scsi_mpath_probe_wq);
destroy_wq:
	destroy_workqueue(scsi_mpath_wq);
	return ret;
}

/**
 * scsi_mpath_heads_exit() - the reverse, when no head is left
 *
 * Context: Process context, may sleep.
 */
void scsi_mpath_heads_exit(void)
{
	WARN_ON(!list_empty(&scsi_mpath_heads));
	class_unregister(&scsi_mpath_class);
	destroy_workqueue(scsi_mpath_probe_wq);
	destroy_workqueue(scsi_mpath_wq);
	ida_destroy(&scsi_mpath_instances);
}

/**
 * scsi_mpath_heads_remove() - remove every head at once, whatever its delayed removal
 *
 * For module exit, when no opener can come and all paths have left or are leaving: a device that
 * is being deleted takes its path along, and its head goes after that.
 *
 * Context: Process context, may sleep. Waits until no head is left and the library and scsi_mod
 * have returned from their last calls into this module.
 */
void scsi_mpath_heads_remove(void)
{
	struct scsi_mpath_head *head;

	do {
		guard(mutex)(&scsi_mpath_heads_lock);
		list_for_each_entry(head, &scsi_mpath_heads, entry)
			mpath_head_set_delayed_removal(&head->mh, 0);
	} while (!wait_var_event_timeout(&scsi_mpath_nr_heads,
					 !atomic_read(&scsi_mpath_nr_heads), HZ));
	mpath_flush();
	scsi_mpath_drain();
}
