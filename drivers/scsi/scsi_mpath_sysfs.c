// SPDX-License-Identifier: GPL-2.0
/*
 * What sysfs shows: the attributes of a head, and the group mpath/ of every disk's scsi_device.
 *
 * A record stands for one scsi_device. It is made when the device appears (class interface) or
 * when sd asks about it, whichever comes first, holds the device, and goes with it. That way a
 * disk that is not multipathed can say why.
 *
 * Locking: scsi_mpath_records_lock protects the table and the members of a record. It is a leaf,
 * and is never held while attributes are removed, because they take it.
 */
#include <linux/hashtable.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <scsi/scsi_driver.h>
#include "scsi_mpath.h"

/**
 * struct scsi_mpath_record - one scsi_device of a disk
 * @entry: in the table
 * @sdev: the device, with a reference
 * @path: what it is in a head; NULL while the disk is ordinary
 * @state: word that path_state shows while the disk is ordinary
 * @why: reason in words, or NULL
 * @barred: no head may take the disk
 * @shown: the attributes are there
 */
struct scsi_mpath_record {
	struct hlist_node entry;
	struct scsi_device *sdev;
	struct scsi_mpath_path *path;
	const char *state;
	const char *why;
	bool barred;
	bool shown;
};

static DEFINE_HASHTABLE(scsi_mpath_records, 8);
static DEFINE_MUTEX(scsi_mpath_records_lock);

static struct scsi_mpath_record *scsi_mpath_record_find(struct scsi_device *sdev)
{
	struct scsi_mpath_record *record;

	lockdep_assert_held(&scsi_mpath_records_lock);
	hash_for_each_possible(scsi_mpath_records, record, entry, (unsigned long)sdev)
		if (record->sdev == sdev)
			return record;
	return NULL;
}

/*
 * NULL when the device goes: then it is no path, and not shown. A few bytes for each device are
 * worth a wait, since without them nothing could say why the disk is ordinary.
 */
static struct scsi_mpath_record *scsi_mpath_record_get(struct scsi_device *sdev)
{
	struct scsi_mpath_record *record = scsi_mpath_record_find(sdev);

	if (record)
		return record;
	/* One that is going away has lost its class device, which would end the record. */
	if (sdev->sdev_state == SDEV_CANCEL || sdev->sdev_state == SDEV_DEL)
		return NULL;
	record = kzalloc_obj(*record, GFP_KERNEL | __GFP_NOFAIL);
	get_device(&sdev->sdev_gendev);
	record->sdev = sdev;
	record->state = "in-use";
	hash_add(scsi_mpath_records, &record->entry, (unsigned long)sdev);
	return record;
}

/* @record was taken out of the table. Without the lock: this may be the end of the device. */
static void scsi_mpath_record_free(struct scsi_mpath_record *record)
{
	put_device(&record->sdev->sdev_gendev);
	kfree(record);
}

/**
 * scsi_mpath_record_taken() - a device became a path, or is none any more
 * @sdev: the device
 * @path: the path; NULL when it ends
 *
 * Context: Process context, may sleep. After NULL, no attribute uses the path any more.
 */
void scsi_mpath_record_taken(struct scsi_device *sdev, struct scsi_mpath_path *path)
{
	struct scsi_mpath_record *record;

	guard(mutex)(&scsi_mpath_records_lock);
	record = path ? scsi_mpath_record_get(sdev) : scsi_mpath_record_find(sdev);
	if (!record)
		return;
	record->path = path;
	if (!record->barred)
		record->why = NULL;
}

/**
 * scsi_mpath_record_ordinary() - a disk stays ordinary
 * @sdev: the device
 * @state: word for path_state; a string constant
 * @why: reason in words; a string constant
 *
 * Context: Process context, may sleep.
 */
void scsi_mpath_record_ordinary(struct scsi_device *sdev, const char *state, const char *why)
{
	struct scsi_mpath_record *record;

	guard(mutex)(&scsi_mpath_records_lock);
	record = scsi_mpath_record_get(sdev);
	if (!record)
		return;
	record->state = state;
	record->why = why;
}

/**
 * scsi_mpath_record_bar() - keep a disk ordinary until its device goes away
 * @sdev: the device
 * @why: reason in words; a string constant
 *
 * Context: Process context, may sleep.
 */
void scsi_mpath_record_bar(struct scsi_device *sdev, const char *why)
{
	struct scsi_mpath_record *record;

	guard(mutex)(&scsi_mpath_records_lock);
	record = scsi_mpath_record_get(sdev);
	if (!record)
		return;
	record->barred = true;
	record->state = "refused";
	record->why = why;
}

/**
 * scsi_mpath_record_is_barred() - must a disk stay ordinary
 * @sdev: the device
 *
 * Context: Process context, may sleep.
 * Return: true after scsi_mpath_record_bar(), and also when the device goes away.
 */
bool scsi_mpath_record_is_barred(struct scsi_device *sdev)
{
	struct scsi_mpath_record *record;

	guard(mutex)(&scsi_mpath_records_lock);
	record = scsi_mpath_record_get(sdev);
	return !record || record->barred;
}

/**
 * scsi_mpath_record_next_taken() - any device that is a path
 *
 * For module exit, which unbinds sd from the device before it asks again.
 *
 * Context: Process context, may sleep.
 * Return: a device with a reference of scsi_device_get(), or NULL when none is left.
 */
struct scsi_device *scsi_mpath_record_next_taken(void)
{
	struct scsi_mpath_record *record;
	unsigned int bucket;

	guard(mutex)(&scsi_mpath_records_lock);
	hash_for_each(scsi_mpath_records, bucket, record, entry)
		if (record->path && !scsi_device_get(record->sdev))
			return record->sdev;
	return NULL;
}

static ssize_t head_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct scsi_mpath_record *record;

	guard(mutex)(&scsi_mpath_records_lock);
	record = scsi_mpath_record_find(to_scsi_device(dev));
	if (!record)
		return -ENODEV;
	return sysfs_emit(buf, "%s\n",
			  record->path ? record->path->head->mh.disk->disk_name : "none");
}

static ssize_t path_state_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct scsi_mpath_record *record;

	guard(mutex)(&scsi_mpath_records_lock);
	record = scsi_mpath_record_find(to_scsi_device(dev));
	if (!record)
		return -ENODEV;
	return sysfs_emit(buf, "%s\n",
			  record->path ? scsi_mpath_path_word(record->path) : record->state);
}

static ssize_t last_error_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct scsi_mpath_record *record;
	struct scsi_mpath_error error = {};

	guard(mutex)(&scsi_mpath_records_lock);
	record = scsi_mpath_record_find(to_scsi_device(dev));
	if (!record)
		return -ENODEV;
	if (record->path)
		error = scsi_mpath_health_last_error(record->path);
	if (!error.result)
		return sysfs_emit(buf, "%s\n", record->why ?: "none");
	return sysfs_emit(buf, "host 0x%02x status 0x%02x sense %x/%02x/%02x\n",
			  host_byte(error.result), error.result & 0xff, error.key, error.asc,
			  error.ascq);
}

static ssize_t path_stats_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct scsi_mpath_record *record;

	guard(mutex)(&scsi_mpath_records_lock);
	record = scsi_mpath_record_find(to_scsi_device(dev));
	if (!record || !record->path)
		return -ENODEV;
	return mpath_path_stats_show(&record->path->mp, buf);
}

static ssize_t disabled_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct scsi_mpath_record *record;

	guard(mutex)(&scsi_mpath_records_lock);
	record = scsi_mpath_record_find(to_scsi_device(dev));
	if (!record || !record->path)
		return -ENODEV;
	return sysfs_emit(buf, "%d\n",
			  test_bit(SCSI_MPATH_DISABLED, &record->path->flags));
}

static ssize_t disabled_store(struct device *dev, struct device_attribute *attr,
			      const char *buf, size_t count)
{
	struct scsi_mpath_record *record;
	bool disable;
	int ret;

	ret = kstrtobool(buf, &disable);
	if (ret)
		return ret;
	guard(mutex)(&scsi_mpath_records_lock);
	record = scsi_mpath_record_find(to_scsi_device(dev));
	if (!record || !record->path)
		return -ENODEV;
	assign_bit(SCSI_MPATH_DISABLED, &record->path->flags, disable);
	mpath_path_event(&record->path->mp);
	queue_work(scsi_mpath_probe_wq, &record->path->changed);
	return count;
}

static DEVICE_ATTR_RO(head);
static DEVICE_ATTR_RO(path_state);
static DEVICE_ATTR_RO(last_error);
static struct device_attribute dev_attr_path_stats = __ATTR(stats, 0444, path_stats_show, NULL);
static DEVICE_ATTR_RW(disabled);

static struct attribute *scsi_mpath_record_attrs[] = {
	&dev_attr_head.attr,
	&dev_attr_path_state.attr,
	&dev_attr_last_error.attr,
	&dev_attr_path_stats.attr,
	&dev_attr_disabled.attr,
	NULL,
};

static const struct attribute_group scsi_mpath_record_group = {
	.name = "mpath",
	.attrs = scsi_mpath_record_attrs,
};

/* A disk that was there before the module stays what it is until it is scanned anew. */
static void scsi_mpath_record_found(struct scsi_device *sdev, struct scsi_mpath_record *record)
{
	struct scsi_lun_id id;
	const char *why;

	/* Not even begun to be a disk: sd will ask. */
	if (!sdev->sdev_gendev.driver)
		return;
	why = scsi_mpath_ineligible(sdev, &id);
	scoped_guard(mutex, &scsi_mpath_records_lock) {
		/* sd has asked about it meanwhile. */
		if (record->path || record->why)
			return;
		record->state = why ? "not-eligible" : "in-use";
		record->why = why ?: "was there before scsi_multipath";
	}
	if (!why)
		sdev_printk(KERN_NOTICE, sdev,
			    "was there before scsi_multipath: an ordinary disk until it is deleted and scanned again\n");
}

/* The class interface replays all devices while it is registered: those were there before. */
static bool scsi_mpath_replaying;

static int scsi_mpath_record_add(struct device *dev)
{
	struct scsi_device *sdev = to_scsi_device(dev->parent);
	struct scsi_mpath_record *record;
	int ret;

	if (sdev->type != TYPE_DISK)
		return 0;
	scoped_guard(mutex, &scsi_mpath_records_lock)
		record = scsi_mpath_record_get(sdev);
	if (!record)
		return 0;
	/* Only here and in scsi_mpath_record_del(), which the class keeps apart. */
	ret = sysfs_create_group(&sdev->sdev_gendev.kobj, &scsi_mpath_record_group);
	if (ret)
		sdev_printk(KERN_WARNING, sdev, "no multipath attributes, error %d\n", ret);
	record->shown = !ret;
	if (scsi_mpath_replaying)
		scsi_mpath_record_found(sdev, record);
	return 0;
}

static void scsi_mpath_record_del(struct device *dev)
{
	struct scsi_device *sdev = to_scsi_device(dev->parent);
	struct scsi_mpath_record *record;

	scoped_guard(mutex, &scsi_mpath_records_lock) {
		record = scsi_mpath_record_find(sdev);
		if (record)
			hash_del(&record->entry);
	}
	if (!record)
		return;
	if (record->shown)
		sysfs_remove_group(&sdev->sdev_gendev.kobj, &scsi_mpath_record_group);
	scsi_mpath_record_free(record);
}

static struct class_interface scsi_mpath_interface = {
	.add_dev = scsi_mpath_record_add,
	.remove_dev = scsi_mpath_record_del,
};

/**
 * scsi_mpath_records_init() - show the group mpath/ on every disk, present and future
 *
 * Context: Process context, may sleep.
 * Return: 0 or a negative errno.
 */
int __init scsi_mpath_records_init(void)
{
	int ret;

	scsi_mpath_replaying = true;
	ret = scsi_register_interface(&scsi_mpath_interface);
	scsi_mpath_replaying = false;
	return ret;
}

/**
 * scsi_mpath_records_exit() - the reverse
 *
 * Context: Process context, may sleep.
 */
void scsi_mpath_records_exit(void)
{
	struct scsi_mpath_record *record;
	struct hlist_node *next;
	unsigned int bucket;

	scsi_unregister_interface(&scsi_mpath_interface);
	/* Nobody else is left: sd does not ask any more, and the attributes are gone. */
	hash_for_each_safe(scsi_mpath_records, bucket, next, record, entry) {
		hash_del(&record->entry);
		scsi_mpath_record_free(record);
	}
}

/* Attributes of a head: of the parent of its disk, where user space looks for a scsi_device. */

static struct scsi_mpath_head *scsi_mpath_dev_to_head(struct device *dev)
{
	return container_of(dev, struct scsi_mpath_head, dev);
}

/* Offset and length of the strings of standard INQUIRY data, SPC-5 6.7.2. */
static ssize_t scsi_mpath_inquiry_show(struct device *dev, unsigned int start,
				       unsigned int len, char *buf)
{
	struct scsi_mpath_page *inquiry = scsi_mpath_dev_to_head(dev)->inquiry;

	if (inquiry->len < start + len)
		return -ENODATA;
	return sysfs_emit(buf, "%.*s\n", len, inquiry->data + start);
}

static ssize_t vendor_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return scsi_mpath_inquiry_show(dev, 8, 8, buf);
}

static ssize_t model_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return scsi_mpath_inquiry_show(dev, 16, 16, buf);
}

static ssize_t rev_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return scsi_mpath_inquiry_show(dev, 32, 4, buf);
}

static ssize_t wwid_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", scsi_mpath_dev_to_head(dev)->wwid);
}

static ssize_t serial_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct scsi_mpath_page *pg80 = scsi_mpath_dev_to_head(dev)->pg80;

	if (!pg80 || pg80->len < 4)
		return -ENODATA;
	return sysfs_emit(buf, "%.*s\n", (int)(pg80->len - 4), pg80->data + 4);
}

static ssize_t state_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return mpath_head_state_show(&scsi_mpath_dev_to_head(dev)->mh, buf);
}

static ssize_t iopolicy_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return mpath_head_iopolicy_show(&scsi_mpath_dev_to_head(dev)->mh, buf);
}

static ssize_t iopolicy_store(struct device *dev, struct device_attribute *attr,
			      const char *buf, size_t count)
{
	return mpath_head_iopolicy_store(&scsi_mpath_dev_to_head(dev)->mh, buf, count);
}

static ssize_t delayed_removal_secs_show(struct device *dev, struct device_attribute *attr,
					 char *buf)
{
	return mpath_head_delayed_removal_show(&scsi_mpath_dev_to_head(dev)->mh, buf);
}

static ssize_t delayed_removal_secs_store(struct device *dev, struct device_attribute *attr,
					  const char *buf, size_t count)
{
	return mpath_head_delayed_removal_store(&scsi_mpath_dev_to_head(dev)->mh, buf, count);
}

static ssize_t no_path_timeout_secs_show(struct device *dev, struct device_attribute *attr,
					 char *buf)
{
	return mpath_head_no_path_timeout_show(&scsi_mpath_dev_to_head(dev)->mh, buf);
}

static ssize_t no_path_timeout_secs_store(struct device *dev, struct device_attribute *attr,
					  const char *buf, size_t count)
{
	return mpath_head_no_path_timeout_store(&scsi_mpath_dev_to_head(dev)->mh, buf, count);
}

static ssize_t head_stats_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return mpath_head_stats_show(&scsi_mpath_dev_to_head(dev)->mh, buf);
}

static DEVICE_ATTR_RO(vendor);
static DEVICE_ATTR_RO(model);
static DEVICE_ATTR_RO(rev);
static DEVICE_ATTR_RO(wwid);
static DEVICE_ATTR_RO(serial);
static DEVICE_ATTR_RO(state);
static DEVICE_ATTR_RW(iopolicy);
static DEVICE_ATTR_RW(delayed_removal_secs);
static DEVICE_ATTR_RW(no_path_timeout_secs);
static struct device_attribute dev_attr_head_stats = __ATTR(stats, 0444, head_stats_show, NULL);

static struct attribute *scsi_mpath_head_attrs[] = {
	&dev_attr_vendor.attr,
	&dev_attr_model.attr,
	&dev_attr_rev.attr,
	&dev_attr_wwid.attr,
	&dev_attr_serial.attr,
	&dev_attr_state.attr,
	&dev_attr_iopolicy.attr,
	&dev_attr_delayed_removal_secs.attr,
	&dev_attr_no_path_timeout_secs.attr,
	&dev_attr_head_stats.attr,
	NULL,
};

static ssize_t scsi_mpath_page_read(struct scsi_mpath_page *page, char *buf, loff_t off,
				    size_t count)
{
	if (!page)
		return -ENODATA;
	return memory_read_from_buffer(buf, count, &off, page->data, page->len);
}

#define SCSI_MPATH_PAGE_ATTR(_name, _member)						\
static ssize_t _name##_read(struct file *filp, struct kobject *kobj,			\
			    const struct bin_attribute *attr, char *buf,		\
			    loff_t off, size_t count)					\
{											\
	struct scsi_mpath_head *head = scsi_mpath_dev_to_head(kobj_to_dev(kobj));	\
											\
	return scsi_mpath_page_read(head->_member, buf, off, count);			\
}											\
static const BIN_ATTR_RO(_name, 0)

SCSI_MPATH_PAGE_ATTR(inquiry, inquiry);
SCSI_MPATH_PAGE_ATTR(vpd_pg80, pg80);
SCSI_MPATH_PAGE_ATTR(vpd_pg83, pg83);

static const struct bin_attribute *const scsi_mpath_head_bin_attrs[] = {
	&bin_attr_inquiry,
	&bin_attr_vpd_pg80,
	&bin_attr_vpd_pg83,
	NULL,
};

static const struct attribute_group scsi_mpath_head_group = {
	.attrs = scsi_mpath_head_attrs,
	.bin_attrs = scsi_mpath_head_bin_attrs,
};

/* Only a place for the links to the paths. */
static struct attribute *scsi_mpath_link_attrs[] = { NULL };

static const struct attribute_group scsi_mpath_link_group = {
	.name = "multipath",
	.attrs = scsi_mpath_link_attrs,
};

const struct attribute_group *scsi_mpath_head_groups[] = {
	&scsi_mpath_head_group,
	&scsi_mpath_link_group,
	NULL,
};

/**
 * scsi_mpath_link() - link the head to a device that joined
 * @path: the path
 *
 * Context: Process context, may sleep. A link that cannot be made is logged; it does not matter
 * for I/O.
 */
void scsi_mpath_link(struct scsi_mpath_path *path)
{
	struct kobject *head = &path->head->dev.kobj, *dev = &path->sdev->sdev_gendev.kobj;

	int ret;

	ret = sysfs_create_link(head, dev, kobject_name(dev));
	if (!ret)
		ret = sysfs_add_link_to_group(head, scsi_mpath_link_group.name, dev,
					      kobject_name(dev));
	if (ret)
		sdev_printk(KERN_WARNING, path->sdev,
			    "no link from the multipath device, error %d\n", ret);
	scsi_mpath_path_changed(path);
}

/**
 * scsi_mpath_unlink() - remove what scsi_mpath_link() made
 * @path: the path; its head is still in the system
 *
 * Context: Process context, may sleep.
 */
void scsi_mpath_unlink(struct scsi_mpath_path *path)
{
	struct kobject *head = &path->head->dev.kobj;
	const char *name = dev_name(&path->sdev->sdev_gendev);

	sysfs_remove_link_from_group(head, scsi_mpath_link_group.name, name);
	sysfs_remove_link(head, name);
}

/**
 * scsi_mpath_path_changed() - tell user space that a path is used or not used from now on
 * @path: the path
 *
 * If path_state shows another word than at the last call, wakes its pollers and those of the
 * head's state, and sends one change event of the multipath device. Not of its disk: udev would
 * read that at the very moment when paths are lost.
 *
 * Context: Process context, may sleep.
 */
void scsi_mpath_path_changed(struct scsi_mpath_path *path)
{
	struct device *head = &path->head->dev;
	const char *word = scsi_mpath_path_word(path);
	char name[48];
	char *envp[] = { "SCSI_MPATH_EVENT=path", name, NULL };

	if (xchg(&path->announced, word) == word)
		return;
	sysfs_notify(&path->sdev->sdev_gendev.kobj, scsi_mpath_record_group.name, "path_state");
	sysfs_notify(&head->kobj, NULL, "state");
	if (!device_is_registered(head))
		return;
	snprintf(name, sizeof(name), "SCSI_MPATH_PATH=%s", dev_name(&path->sdev->sdev_gendev));
	kobject_uevent_env(&head->kobj, KOBJ_CHANGE, envp);
}
