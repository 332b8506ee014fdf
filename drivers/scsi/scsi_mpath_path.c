// SPDX-License-Identifier: GPL-2.0
/*
 * Paths: from the moment that sd shows a disk until its scsi_disk is released.
 *
 *	take_disk	sd_probe(), before device_add_disk(): eligible? which head? disk is hidden
 *	add		after device_add_disk(): the path joins, the first one adds the head's disk
 *	kill		start of sd_remove(): no further clone
 *	del		before del_gendisk(): all clones have ended
 *	put		release of the scsi_disk: the name sdX:Y is free
 *
 * What a path is worth is read from live state for every bio (scsi_mpath_path_state()); nothing is
 * copied that the mid-layer could change behind us.
 *
 * Failing at any step leaves an ordinary disk: before it was added by not taking it, afterwards by
 * giving it back.
 */
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <kunit/visibility.h>
#include <scsi/scsi_dh.h>
#include <scsi/scsi_eh.h>
#include <scsi/scsi_host.h>
#include <scsi/scsi_proto.h>
#include <scsi/scsi_transport.h>
#include "scsi_mpath.h"

/* How long I/O waits, in ms, for each cause by itself. */
#define SCSI_MPATH_BLOCKED_MS		(300 * MSEC_PER_SEC)
#define SCSI_MPATH_TRANSITION_MS	(60 * MSEC_PER_SEC)
#define SCSI_MPATH_BACKOFF_MS		(5 * MSEC_PER_SEC)

static bool scsi_mpath_identify(struct scsi_device *sdev, struct scsi_lun_id *id)
{
	const struct scsi_vpd *vpd;
	bool found = false;

	rcu_read_lock();
	vpd = rcu_dereference(sdev->vpd_pg83);
	if (vpd)
		found = scsi_lun_id_parse(vpd->data, vpd->len, id);
	rcu_read_unlock();
	return found;
}

/**
 * scsi_mpath_ineligible() - can a device be a path of a head
 * @sdev: the device
 * @id: filled in with its identity if it can
 *
 * Context: Any context that may take rcu_read_lock().
 * Return: NULL if it can; otherwise the reason, for sysfs and the log.
 */
const char *scsi_mpath_ineligible(struct scsi_device *sdev, struct scsi_lun_id *id)
{
	if (sdev->type != TYPE_DISK)
		return "not a direct access block device";
	if (sdev->removable)
		return "removable medium";
	if (!scsi_device_tpgs(sdev) && !scsi_mpath_always())
		return "reports no target port groups";
	if (!scsi_mpath_identify(sdev, id))
		return "no unique designator in VPD page 0x83";
	if (scsi_lun_id_is_local(id) && !scsi_mpath_always())
		return "designator is only locally assigned";
	return NULL;
}

static enum mpath_state scsi_mpath_access_class(struct scsi_device *sdev)
{
	/* No target port groups: all paths are alike. */
	if (!scsi_device_tpgs(sdev))
		return MPATH_OPTIMIZED;
	switch (READ_ONCE(sdev->access_state) & SCSI_ACCESS_STATE_MASK) {
	case SCSI_ACCESS_STATE_OPTIMAL:
		return MPATH_OPTIMIZED;
	case SCSI_ACCESS_STATE_ACTIVE:
	case SCSI_ACCESS_STATE_LBA:
		return MPATH_USABLE;
	case SCSI_ACCESS_STATE_STANDBY:
	case SCSI_ACCESS_STATE_UNAVAILABLE:
	case SCSI_ACCESS_STATE_TRANSITIONING:
		return MPATH_PENDING;
	case SCSI_ACCESS_STATE_OFFLINE:
		return MPATH_GONE;
	default:
		return MPATH_LAST;
	}
}

/* OUTAGE alone leaves it to the state of the device, which says more. */
static enum mpath_state scsi_mpath_flags_class(unsigned long flags)
{
	if (flags & (BIT(SCSI_MPATH_UNMAPPED) | BIT(SCSI_MPATH_FOREIGN) |
		     BIT(SCSI_MPATH_DISABLED) | BIT(SCSI_MPATH_STOPPED)))
		return MPATH_GONE;
	return MPATH_PENDING;
}

/* For a path of which something may keep I/O away. */
static noinline enum mpath_state scsi_mpath_doubtful_state(struct scsi_mpath_path *path)
{
	struct scsi_device *sdev = path->sdev;
	unsigned long flags = READ_ONCE(path->flags);
	enum mpath_state state;

	if (flags & ~(BIT(SCSI_MPATH_MARGINAL) | BIT(SCSI_MPATH_OUTAGE)))
		return scsi_mpath_flags_class(flags);

	switch (READ_ONCE(sdev->sdev_state)) {
	case SDEV_RUNNING:
		if (flags & BIT(SCSI_MPATH_OUTAGE))
			return MPATH_PENDING;
		break;
	case SDEV_BLOCK:
	case SDEV_CREATED_BLOCK:
	case SDEV_QUIESCE:
		return MPATH_PENDING;
	default:
		return MPATH_GONE;
	}
	if (scsi_host_in_recovery(sdev->host))
		return MPATH_PENDING;
	state = scsi_mpath_access_class(sdev);
	if (flags & BIT(SCSI_MPATH_MARGINAL) && state == MPATH_OPTIMIZED)
		state = MPATH_USABLE;
	return state;
}

/* The common case. The field of a device that has no target port groups is zero, too. */
static bool scsi_mpath_is_optimized(struct scsi_device *sdev)
{
	return !(READ_ONCE(sdev->access_state) & SCSI_ACCESS_STATE_MASK);
}

/**
 * scsi_mpath_path_state() - &mpath_ops.path_state
 * @mp: the path
 *
 * Context: Any context. Runs for every bio, so it only reads.
 * Return: the class of the path now.
 */
enum mpath_state scsi_mpath_path_state(struct mpath_path *mp)
{
	struct scsi_mpath_path *path = to_scsi_mpath_path(mp);
	struct scsi_device *sdev = path->sdev;

	if (likely(!READ_ONCE(path->flags) && READ_ONCE(sdev->sdev_state) == SDEV_RUNNING &&
		   scsi_mpath_is_optimized(sdev) && !scsi_host_in_recovery(sdev->host)))
		return MPATH_OPTIMIZED;
	return scsi_mpath_doubtful_state(path);
}
EXPORT_SYMBOL_IF_KUNIT(scsi_mpath_path_state);

/**
 * scsi_mpath_path_fits() - &mpath_ops.path_fits
 * @mp: the path
 *
 * Context: Any context.
 * Return: true once the disk was read and found to be what the head needs.
 */
bool scsi_mpath_path_fits(struct mpath_path *mp)
{
	return READ_ONCE(to_scsi_mpath_path(mp)->compared);
}
EXPORT_SYMBOL_IF_KUNIT(scsi_mpath_path_fits);

static bool scsi_mpath_transport_decides(struct Scsi_Host *shost)
{
	return shost->transportt && shost->transportt->ends_outages;
}

static const struct {
	unsigned int flag;
	const char *word;
} scsi_mpath_flag_words[] = {
	{ SCSI_MPATH_STOPPED,	"gone" },
	{ SCSI_MPATH_FOREIGN,	"quarantined" },
	{ SCSI_MPATH_UNMAPPED,	"gone" },
	{ SCSI_MPATH_DISABLED,	"disabled" },
	{ SCSI_MPATH_HELD,	"suspect" },
	{ SCSI_MPATH_FAILED,	"backoff" },
	{ SCSI_MPATH_TRANSITION, "transitioning" },
};

static const char *scsi_mpath_access_word(struct scsi_mpath_path *path)
{
	struct scsi_device *sdev = path->sdev;

	/* Only a path that would be used is told apart by its size; others have none anyway. */
	if (test_bit(MPATH_PATH_SMALL, &path->mp.flags) &&
	    scsi_mpath_access_class(sdev) <= MPATH_LAST)
		return get_capacity(path->disk) ? "refused" : "suspect";
	if (!scsi_device_tpgs(sdev))
		return "symmetric";
	switch (READ_ONCE(sdev->access_state) & SCSI_ACCESS_STATE_MASK) {
	case SCSI_ACCESS_STATE_OPTIMAL:
		return "optimized";
	case SCSI_ACCESS_STATE_ACTIVE:
		return "non-optimized";
	case SCSI_ACCESS_STATE_LBA:
		return "lba-dependent";
	case SCSI_ACCESS_STATE_STANDBY:
		return "standby";
	case SCSI_ACCESS_STATE_UNAVAILABLE:
		return "unavailable";
	case SCSI_ACCESS_STATE_OFFLINE:
		return "offline";
	case SCSI_ACCESS_STATE_TRANSITIONING:
		return "transitioning";
	default:
		return "unknown";
	}
}

/**
 * scsi_mpath_path_word() - why a path is used or not, in one word
 * @path: the path
 *
 * Context: Any context.
 * Return: the word that path_state shows.
 */
const char *scsi_mpath_path_word(struct scsi_mpath_path *path)
{
	struct scsi_device *sdev = path->sdev;
	unsigned long flags = READ_ONCE(path->flags);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(scsi_mpath_flag_words); i++)
		if (flags & BIT(scsi_mpath_flag_words[i].flag))
			return scsi_mpath_flag_words[i].word;

	switch (READ_ONCE(sdev->sdev_state)) {
	case SDEV_RUNNING:
		break;
	case SDEV_BLOCK:
	case SDEV_CREATED_BLOCK:
	case SDEV_QUIESCE:
		return "blocked";
	default:
		return "gone";
	}
	if (scsi_host_in_recovery(sdev->host))
		return "recovering";
	if (flags & BIT(SCSI_MPATH_OUTAGE))
		return "suspect";
	if (flags & BIT(SCSI_MPATH_MARGINAL) && scsi_mpath_access_class(sdev) == MPATH_OPTIMIZED)
		return "marginal";
	return scsi_mpath_access_word(path);
}
EXPORT_SYMBOL_IF_KUNIT(scsi_mpath_path_word);

static bool scsi_mpath_is_unhealthy(struct scsi_mpath_path *path)
{
	return READ_ONCE(path->flags) & ~(BIT(SCSI_MPATH_MARGINAL) | BIT(SCSI_MPATH_TRANSITION));
}

static enum scsi_mpath_cause scsi_mpath_cause(struct scsi_mpath_path *path)
{
	if (scsi_mpath_path_state(&path->mp) != MPATH_PENDING)
		return SCSI_MPATH_CAUSE_NONE;
	if (READ_ONCE(path->sdev->sdev_state) != SDEV_RUNNING)
		return SCSI_MPATH_CAUSE_BLOCKED;
	if (scsi_host_in_recovery(path->sdev->host))
		return SCSI_MPATH_CAUSE_RECOVERY;
	return scsi_mpath_is_unhealthy(path) ? SCSI_MPATH_CAUSE_HEALTH : SCSI_MPATH_CAUSE_ACCESS;
}

/**
 * scsi_mpath_note_cause() - for how long has a path been away for its present reason
 * @path: the path
 *
 * A path that comes back from an outage of minutes and is probed first has not used up the time of
 * the probe; nor has one that was out before the head lost its last path, because that loss has it
 * probed at once. To be called after each change.
 *
 * Context: Any.
 * Return: milliseconds since the reason was seen first.
 */
unsigned long scsi_mpath_note_cause(struct scsi_mpath_path *path)
{
	unsigned long lost_at = READ_ONCE(path->mp.head->lost_at);
	enum scsi_mpath_cause cause = scsi_mpath_cause(path);

	guard(spinlock_irqsave)(&path->lock);
	if (cause != path->cause ||
	    (cause == SCSI_MPATH_CAUSE_HEALTH && lost_at &&
	     time_before(path->cause_at, lost_at))) {
		path->cause_at = jiffies;
		path->cause = cause;
	}
	return jiffies_to_msecs(jiffies - path->cause_at);
}

/**
 * scsi_mpath_path_may_return() - &mpath_ops.path_may_return
 * @mp: a path whose state is MPATH_PENDING
 * @lost_ms: milliseconds since the head lost its last usable path
 *
 * Context: Process context, under the head's SRCU.
 * Return: true while it is worth waiting for this path; each cause has its own bound.
 */
bool scsi_mpath_path_may_return(struct mpath_path *mp, unsigned long lost_ms)
{
	struct scsi_mpath_path *path = to_scsi_mpath_path(mp);
	struct scsi_device *sdev = path->sdev;

	lost_ms = min(lost_ms, scsi_mpath_note_cause(path));
	switch (READ_ONCE(sdev->sdev_state)) {
	case SDEV_BLOCK:
	case SDEV_CREATED_BLOCK:
	case SDEV_QUIESCE:
		return lost_ms < SCSI_MPATH_BLOCKED_MS ||
		       scsi_mpath_transport_decides(sdev->host);
	case SDEV_RUNNING:
		break;
	default:
		return false;
	}
	if (scsi_host_in_recovery(sdev->host))
		return true;
	if (scsi_mpath_is_unhealthy(path)) {
		scsi_mpath_health_loss(path);
		return lost_ms < SCSI_MPATH_BACKOFF_MS &&
		       READ_ONCE(path->probe_failures) < 2;
	}
	/* The probe follows a transition. */
	if (!test_bit(SCSI_MPATH_TRANSITION, &path->flags))
		scsi_mpath_health_refresh(path);
	return lost_ms < SCSI_MPATH_TRANSITION_MS;
}
EXPORT_SYMBOL_IF_KUNIT(scsi_mpath_path_may_return);

/* &scsi_alua_watch.changed */
static void scsi_mpath_access_changed(struct scsi_device *sdev, struct scsi_alua_watch *watch)
{
	struct scsi_mpath_path *path = container_of(watch, struct scsi_mpath_path, alua_watch);

	path->dev.ops->event(&path->dev, SCSI_MPATH_ACCESS_CHANGED);
}

/* &scsi_alua_watch.attention: the query goes on by itself, for the rest it is as with I/O. */
static void scsi_mpath_attention(struct scsi_device *sdev, struct scsi_alua_watch *watch,
				 const struct scsi_sense_hdr *sshdr)
{
	struct scsi_mpath_path *path = container_of(watch, struct scsi_mpath_path, alua_watch);
	unsigned int actions = scsi_mpath_heed(sshdr) & ~SCSI_MPATH_ACT_REFRESH;

	if (actions)
		scsi_mpath_health_failed(path, actions);
}

/* &scsi_mpath_device_ops.add */
static void scsi_mpath_path_add(struct scsi_mpath_device *dev)
{
	struct scsi_mpath_path *path = scsi_mpath_dev_to_path(dev);
	struct scsi_device *sdev = path->sdev;
	int ret;

	ret = mpath_path_join(&path->mp);
	if (!ret)
		ret = scsi_mpath_head_go_live(path->head);
	if (ret) {
		sdev_printk(KERN_ERR, sdev,
			    "multipath disk %s not made, error %d: the disk stays ordinary\n",
			    path->head->mh.disk->disk_name, ret);
		scsi_mpath_give_back(sdev, "multipath disk not made");
		return;
	}
	scsi_mpath_link(path);
	sdev_printk(KERN_NOTICE, sdev, "path %s of multipath disk %s\n",
		    path->disk->disk_name, path->head->mh.disk->disk_name);

	/* Without target port groups there is nothing to be told. */
	path->alua_watch.changed = scsi_mpath_access_changed;
	path->alua_watch.attention = scsi_mpath_attention;
	if (!scsi_alua_subscribe(sdev, &path->alua_watch))
		scsi_mpath_access_changed(sdev, &path->alua_watch);
}

/* &scsi_mpath_device_ops.kill */
static void scsi_mpath_path_kill(struct scsi_mpath_device *dev)
{
	struct scsi_mpath_path *path = scsi_mpath_dev_to_path(dev);

	set_bit(SCSI_MPATH_STOPPED, &path->flags);
	mpath_path_kill(&path->mp);
}

/* &scsi_mpath_device_ops.del */
static void scsi_mpath_path_del(struct scsi_mpath_device *dev)
{
	struct scsi_mpath_path *path = scsi_mpath_dev_to_path(dev);
	unsigned int noio;

	scsi_mpath_path_kill(dev);
	/* Who sleeps in the queue of a quiesced device would be waited for until it resumes. */
	if (path->sdev->sdev_state == SDEV_CANCEL || path->sdev->sdev_state == SDEV_DEL)
		scsi_device_resume(path->sdev);
	/* Once the path has left, the head's device may go: no event of it may be sent then. */
	disable_work_sync(&path->changed);
	/* I/O waits until the path has left. */
	noio = memalloc_noio_save();
	scsi_mpath_path_changed(path);
	memalloc_noio_restore(noio);
	scsi_alua_unsubscribe(path->sdev, &path->alua_watch);
	scsi_mpath_unlink(path);
	mpath_path_leave(&path->mp);
	scsi_mpath_set(path->sdev, NULL);
	scsi_mpath_record_taken(path->sdev, NULL);
	scsi_mpath_health_stop(path);
}

/* &scsi_mpath_device_ops.put */
static void scsi_mpath_path_put(struct scsi_mpath_device *dev)
{
	struct scsi_mpath_path *path = scsi_mpath_dev_to_path(dev);

	ida_free(&path->head->numbers, path->number);
	mpath_path_exit(&path->mp);
	kfree_rcu(path, rcu);
}

static void scsi_mpath_path_refuse(struct scsi_mpath_path *path, const char *why)
{
	sdev_printk(KERN_WARNING, path->sdev, "no path of %s any more: %s\n",
		    path->head->mh.disk->disk_name, why);
	scsi_mpath_path_kill(&path->dev);
	scsi_mpath_give_back(path->sdev, why);
}

/* &scsi_mpath_device_ops.revalidate */
static void scsi_mpath_path_revalidate(struct scsi_mpath_device *dev,
				       const struct scsi_mpath_disk *disk)
{
	struct scsi_mpath_path *path = scsi_mpath_dev_to_path(dev);
	const char *why;

	if (test_bit(SCSI_MPATH_STOPPED, &path->flags))
		return;
	why = scsi_mpath_head_compare(path, disk);
	if (why) {
		scsi_mpath_path_refuse(path, why);
		return;
	}
	mpath_head_revalidate(path->mp.head);
	/* A rescan has read page 0x83 again. */
	scsi_mpath_health_check(path);
}

/* &scsi_mpath_device_ops.event */
static void scsi_mpath_path_event(struct scsi_mpath_device *dev, enum scsi_mpath_event event)
{
	struct scsi_mpath_path *path = scsi_mpath_dev_to_path(dev);

	if (event == SCSI_MPATH_RECOVERED)
		scsi_mpath_health_check(path);
	if (event == SCSI_MPATH_RESCANNED)
		scsi_mpath_health_failed(path, SCSI_MPATH_ACT_HOLD);
	if (event == SCSI_MPATH_STATE_CHANGED) {
		switch (READ_ONCE(path->sdev->sdev_state)) {
		case SDEV_BLOCK:
		case SDEV_OFFLINE:
		case SDEV_TRANSPORT_OFFLINE:
			set_bit(SCSI_MPATH_OUTAGE, &path->flags);
			break;
		case SDEV_RUNNING:
			/* HELD first, so that no bio slips between the two. */
			if (test_bit(SCSI_MPATH_OUTAGE, &path->flags))
				scsi_mpath_health_failed(path, SCSI_MPATH_ACT_HOLD);
			clear_bit(SCSI_MPATH_OUTAGE, &path->flags);
			/* Blocked again meanwhile? Not every driver serialises the two. */
			if (READ_ONCE(path->sdev->sdev_state) != SDEV_RUNNING)
				set_bit(SCSI_MPATH_OUTAGE, &path->flags);
			/* A probe that fell into the outage did nothing. */
			scsi_mpath_health_check(path);
			break;
		default:
			break;
		}
	}
	if (event == SCSI_MPATH_ACCESS_CHANGED) {
		/* The size of a logical unit in standby may have been unreadable. */
		if (!get_capacity(path->disk))
			scsi_mpath_reread_later(path);
		/* This may be the end of a transition. */
		if (test_bit(SCSI_MPATH_TRANSITION, &path->flags))
			scsi_mpath_health_check(path);
	}
	mpath_path_event(&path->mp);
	if (!test_bit(SCSI_MPATH_STOPPED, &path->flags))
		queue_work(scsi_mpath_probe_wq, &path->changed);
}

/* &scsi_mpath_device_ops.failed */
static void scsi_mpath_path_failed(struct scsi_mpath_device *dev,
				   const struct scsi_mpath_failure *failure,
				   const struct scsi_mpath_verdict *verdict)
{
	struct scsi_mpath_path *path = scsi_mpath_dev_to_path(dev);

	/* What was never sent has no result, but is the first to know that error handling began. */
	if (failure->stage != SCSI_MPATH_REFUSED)
		scsi_mpath_health_error(path, failure);
	else
		queue_work(scsi_mpath_probe_wq, &path->changed);
	scsi_mpath_health_failed(path, verdict->actions);
}

static const struct scsi_mpath_device_ops scsi_mpath_device_ops = {
	.add = scsi_mpath_path_add,
	.kill = scsi_mpath_path_kill,
	.del = scsi_mpath_path_del,
	.put = scsi_mpath_path_put,
	.revalidate = scsi_mpath_path_revalidate,
	.event = scsi_mpath_path_event,
	.failed = scsi_mpath_path_failed,
};

/* Hide the disk of @path behind the head: its name says both. */
static int scsi_mpath_path_name(struct scsi_mpath_path *path)
{
	struct gendisk *gd = path->disk;
	char name[DISK_NAME_LEN];

	if (snprintf(name, sizeof(name), "%s:%d", path->head->mh.disk->disk_name,
		     path->number) >= sizeof(name))
		return -ENAMETOOLONG;
	strscpy(gd->disk_name, name, DISK_NAME_LEN);
	gd->flags |= GENHD_FL_HIDDEN;
	gd->major = 0;
	gd->first_minor = 0;
	gd->minors = 0;
	return 0;
}

static struct scsi_mpath_path *scsi_mpath_path_create(struct scsi_mpath_head *head,
						      struct scsi_mpath_disk *disk)
{
	struct scsi_mpath_path *path;
	int ret = -ENOMEM;

	path = kzalloc_obj(*path);
	if (!path)
		return ERR_PTR(-ENOMEM);
	path->dev.ops = &scsi_mpath_device_ops;
	path->sdev = disk->sdev;
	path->head = head;
	path->disk = disk->gd;
	path->compared = disk->capacity;
	scsi_mpath_health_init(path);

	path->number = ida_alloc(&head->numbers, GFP_KERNEL);
	if (path->number < 0) {
		ret = path->number;
		goto free_path;
	}
	ret = mpath_path_init(&path->mp, &head->mh, disk->gd->part0,
			      dev_to_node(&disk->sdev->sdev_gendev));
	if (ret)
		goto free_number;
	ret = scsi_mpath_path_name(path);
	if (ret)
		goto path_exit;
	return path;

path_exit:
	mpath_path_exit(&path->mp);
free_number:
	ida_free(&head->numbers, path->number);
free_path:
	kfree(path);
	return ERR_PTR(ret);
}

/* A new head and its first path. */
static struct scsi_mpath_path *scsi_mpath_first_path(struct scsi_mpath_disk *disk,
						     const struct scsi_lun_id *id)
{
	struct scsi_mpath_head *head = scsi_mpath_head_create(disk, id);
	struct scsi_mpath_path *path;

	if (IS_ERR(head))
		return ERR_CAST(head);
	path = scsi_mpath_path_create(head, disk);
	if (IS_ERR(path)) {
		/* sd keeps the number, for its ordinary disk. */
		head->owns_index = false;
		disk->index_taken = false;
		mpath_head_remove(&head->mh);
	}
	mpath_head_put(&head->mh);
	return path;
}

/* The path of @disk, with its head; NULL and *@why if the disk is refused; or ERR_PTR. */
static struct scsi_mpath_path *scsi_mpath_find_place(struct scsi_mpath_disk *disk,
						     const struct scsi_lun_id *id,
						     const char **why)
{
	struct scsi_mpath_path *path = ERR_PTR(-ENODEV);
	struct scsi_mpath_head *head;

	guard(mutex)(&scsi_mpath_heads_lock);
	head = scsi_mpath_head_find(id);
	if (head) {
		*why = scsi_mpath_head_mismatch(head, disk);
		if (*why)
			sdev_printk(KERN_WARNING, disk->sdev,
				    "same identity as %s, but %s: the disk stays ordinary (512-byte sectors %llu, logical block size %u, protection type %u, not %llu, %u, %u)\n",
				    head->mh.disk->disk_name, *why,
				    disk->capacity, disk->block_size, disk->protection_type,
				    get_capacity(head->mh.disk) ?: head->capacity,
				    head->block_size, head->protection_type);
		path = *why ? NULL : scsi_mpath_path_create(head, disk);
		mpath_head_put(&head->mh);
	}
	/* There is none, or it was removed just now. */
	if (path == ERR_PTR(-ENODEV))
		path = scsi_mpath_first_path(disk, id);
	return path;
}

/**
 * scsi_mpath_take_disk() - &scsi_mpath_ops.attach
 * @disk: what sd found out about a new disk, before it is added
 *
 * Context: Process context, may sleep; called by sd_probe() under device_lock().
 * Return: the path that the disk is now, hidden and renamed; NULL if it stays ordinary, for which
 * the log and last_error have the reason.
 */
struct scsi_mpath_device *scsi_mpath_take_disk(struct scsi_mpath_disk *disk)
{
	struct scsi_device *sdev = disk->sdev;
	struct scsi_mpath_path *path;
	struct scsi_lun_id id;
	const char *why;

	if (scsi_mpath_record_is_barred(sdev))
		return NULL;
	why = blk_queue_is_zoned(disk->gd->queue) ? "zoned" : scsi_mpath_ineligible(sdev, &id);
	if (why) {
		scsi_mpath_record_ordinary(sdev, "not-eligible", why);
		return NULL;
	}
	path = scsi_mpath_find_place(disk, &id, &why);
	if (IS_ERR(path)) {
		sdev_printk(KERN_ERR, sdev, "multipath not set up, error %ld: the disk stays ordinary\n",
			    PTR_ERR(path));
		scsi_mpath_record_ordinary(sdev, "refused", "multipath could not be set up");
		return NULL;
	}
	if (!path) {
		scsi_mpath_record_ordinary(sdev, "refused", why);
		return NULL;
	}
	scsi_mpath_record_taken(sdev, path);
	scsi_mpath_set(sdev, &path->dev);
	return &path->dev;
}
