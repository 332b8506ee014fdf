/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libmultipath: one bio-based disk over several paths to the same storage.
 *
 * Objects:   a head owns the gendisk that users see; a path is one hidden disk that reaches the
 *            same blocks. Both are embedded in objects of the user (a bus driver), which supplies
 *            one const struct mpath_ops. The library knows the block layer and nothing of a bus.
 * Locking:   &mpath_head.lock serialises joins and leaves; readers of the path list hold
 *            &mpath_head.srcu. &mpath_head.requeue_lock is a leaf, irqsave.
 * Lifetime:  a head lives while a user, a path or its disk needs it. The life of a path is init,
 *            join, kill, leave, exit; from init to leave it keeps the head from being removed.
 * Invariant: a clone is in flight on a path only while it holds &mpath_path.ref, and an original
 *            is completed exactly once: by its clone, by the requeue work, or by the submitter.
 */
#ifndef _LINUX_MULTIPATH_H
#define _LINUX_MULTIPATH_H

#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mempool.h>
#include <linux/mutex.h>
#include <linux/percpu-refcount.h>
#include <linux/srcu.h>
#include <linux/workqueue.h>

struct mpath_head;
struct mpath_path;
struct mpath_policy;

/* A head tells its paths apart by a small number, so that a bio can remember where it failed. */
#define MPATH_MAX_PATHS		64

/* Longest time that I/O can be told to wait, and a head to stay, without a path. */
#define MPATH_MAX_WAIT_SECS	86400

/**
 * enum mpath_state - how good a path is for the next bio, best first
 * @MPATH_OPTIMIZED: use it
 * @MPATH_USABLE: use it when no path is optimized
 * @MPATH_LAST: its state is not known; use it when nothing better is there
 * @MPATH_PENDING: not to be used now, but it may come back without an administrator
 * @MPATH_GONE: not to be used, and nothing is to be expected of it
 */
enum mpath_state {
	MPATH_OPTIMIZED,
	MPATH_USABLE,
	MPATH_LAST,
	MPATH_PENDING,
	MPATH_GONE,
};

/**
 * struct mpath_ops - what the library asks of its user
 * @fops: operations of the head's disk; the user builds them from mpath_submit_bio(),
 *	mpath_open(), mpath_getgeo(), mpath_get_unique_id(), mpath_free_disk() and its own
 *	ioctls; its owner is the module of the user, so that an open head pins it
 * @path_state: state of a path now, from live state, without sleeping. Any context; called under
 *	the head's SRCU for every bio, so it reads and never writes.
 * @path_may_return: asked only of an MPATH_PENDING path while I/O waits and no path is usable.
 *	@lost_ms is the time in milliseconds since the head lost its last usable path. False ends
 *	the wait for this path. Process context, under the head's SRCU; may not sleep.
 * @path_fits: optional: was the path's disk read, and is it what the head needs in all but its
 *	size. Until it is, the path is not used, and counts for no limit. The user calls
 *	mpath_head_revalidate() when the answer becomes true. Process context; may not sleep.
 * @disk_removed: del_gendisk() is done, or the head never had a disk in the system; the user
 *	takes the head out of its tables and deletes the parent device. Called once, from the
 *	removal work, without locks; may sleep.
 * @free_head: last call for a head, after its disk, its bios and its paths are gone; frees the
 *	object that embeds it. May sleep.
 */
struct mpath_ops {
	const struct block_device_operations *fops;
	enum mpath_state (*path_state)(struct mpath_path *path);
	bool (*path_may_return)(struct mpath_path *path, unsigned long lost_ms);
	bool (*path_fits)(struct mpath_path *path);
	void (*disk_removed)(struct mpath_head *head);
	void (*free_head)(struct mpath_head *head);
};

/**
 * struct mpath_path_stats - counters of one path on one CPU
 * @ios: clones completed without error, by READ / WRITE (everything that is not a read)
 * @sectors: 512-byte sectors of these clones
 * @errors: clones ended by an error of the path, and moved
 * @passed_up: clones ended by any other error, which went to the submitter
 * @started: clones issued; with @finished it gives the clones in flight
 * @finished: clones ended
 * @depth_seen: &mpath_path.depth_at when @depth_base was taken
 * @depth_base: started - finished of this CPU at that time
 */
struct mpath_path_stats {
	u64 ios[2];
	u64 sectors[2];
	u64 errors;
	u64 passed_up;
	unsigned int started;
	unsigned int finished;
	unsigned long depth_seen;
	unsigned int depth_base;
};

/**
 * struct mpath_path - one way to reach the blocks of a head
 * @siblings: in &mpath_head.paths; written under &mpath_head.lock
 * @head: the head; the path holds a reference from mpath_path_init() to mpath_path_exit()
 * @bdev: whole-disk block device of the hidden disk
 * @ref: held by each clone in flight; killed by mpath_path_kill()
 * @drained: completed by the release of @ref, which does nothing else
 * @flags: MPATH_PATH_* bits
 * @index: 0 .. MPATH_MAX_PATHS - 1, unique among the paths of the head
 * @node: NUMA node of the hardware
 * @event_seq: &mpath_head.seq at the last event of this path
 * @depth: clones in flight over all CPUs, as last summed
 * @depth_at: jiffies of that sum
 * @stats: counters, per CPU
 */
struct mpath_path {
	struct list_head siblings;
	struct mpath_head *head;
	struct block_device *bdev;
	struct percpu_ref ref;
	struct completion drained;
	unsigned long flags;
	unsigned int index;
	int node;
	unsigned int event_seq;
	unsigned int depth;
	unsigned long depth_at;
	struct mpath_path_stats __percpu *stats;
};

/* bits of &mpath_path.flags */
enum {
	MPATH_PATH_READY,	/* joined and not killed: may be selected */
	MPATH_PATH_SMALL,	/* smaller than the head, or not read yet: never selected */
	MPATH_PATH_KILLED,	/* mpath_path_kill() was called: @ref takes no new clone */
	MPATH_PATH_JOINED,	/* on the list of the head */
	MPATH_PATH_INDEXED,	/* @index is taken; init .. leave, or exit if it never joined */
	MPATH_PATH_WARNED,	/* its small size was logged */
};

/**
 * struct mpath_head - one disk over all paths of a logical unit
 * @ops: the user's operations
 * @disk: gendisk that users see; NULL before mpath_head_alloc_disk()
 * @policy: how the path of the next bio is chosen; READ_ONCE by submitters
 * @paths: joined paths, RCU list read under @srcu
 * @srcu: protects @paths and the cached choices of the policies
 * @by_index: the joined path of each index, NULL where none is; readers hold @srcu
 * @choice: the policy's last choice of each CPU: an index and the low bits of the @seq of that
 *	time, so that nothing dangles when a path leaves
 * @flags: MPATH_HEAD_* bits
 * @seq: number of path events so far
 * @lost_at: jiffies, made odd, at which the last usable path was lost, 0 while one is usable
 * @delayed_removal_secs: seconds that the head outlives its last path
 * @no_path_timeout_secs: seconds that I/O waits for a path at least, whatever the paths promise
 * @lock: serialises joins, leaves and changes of the reserve; never held over I/O, a freeze, an
 *	SRCU synchronisation, or del_gendisk()
 * @path_ids: indices in use
 * @contexts: memory of the clones, see submit.c
 * @requeue_lock: leaf lock of the members below; irqsave
 * @retry: contexts of bios that failed on a path
 * @parked: untouched originals that wait for a path or for memory
 * @requeue_work: issues what waits in @retry and @parked
 * @wq: WQ_MEM_RECLAIM workqueue of @requeue_work alone
 * @scan_work: scans the partitions
 * @limits_work: restacks limits and capacity
 * @remove_work: removes the disk when its last path is gone for long enough
 * @free_work: ends the life of the head
 * @ref: references of the user, of each path, of the disk until its removal, and of queued works
 */
struct mpath_head {
	const struct mpath_ops *ops;
	struct gendisk *disk;
	const struct mpath_policy *policy;
	struct list_head paths;
	struct srcu_struct srcu;
	struct mpath_path __rcu *by_index[MPATH_MAX_PATHS];
	unsigned int __percpu *choice;
	unsigned long flags;
	atomic_t seq;
	unsigned long lost_at;
	unsigned int delayed_removal_secs;
	unsigned int no_path_timeout_secs;

	struct mutex lock;	/* see above */
	unsigned long path_ids[BITS_TO_LONGS(MPATH_MAX_PATHS)];
	mempool_t contexts;

	spinlock_t requeue_lock ____cacheline_aligned_in_smp;
	struct list_head retry;
	struct bio_list parked;
	struct delayed_work requeue_work;
	struct workqueue_struct *wq;

	struct work_struct scan_work;
	struct work_struct limits_work;
	struct delayed_work remove_work;
	struct work_struct free_work;
	struct kref ref;
};

/* bits of &mpath_head.flags */
enum {
	MPATH_HEAD_ADDED,	/* the disk was added: del_gendisk() is due */
	MPATH_HEAD_LIVE,	/* opens and bios are accepted */
	MPATH_HEAD_CLOSING,	/* removal began and cannot be called off */
	MPATH_HEAD_FORCED,	/* removal does not wait for the last path */
	MPATH_HEAD_STARVED,	/* something waits for memory: each completion kicks */
	MPATH_HEAD_KICKED,	/* the requeue work was asked to run now */
	MPATH_HEAD_SCANNED,	/* partitions were scanned at a nonzero capacity */
};

/**
 * mpath_head_is_ending() - has the removal of a head begun, or is it about to
 * @head: the head
 *
 * Context: Any; the answer "no" is stable under @head->lock.
 * Return: true if no path may come any more.
 */
static inline bool mpath_head_is_ending(const struct mpath_head *head)
{
	return READ_ONCE(head->flags) & (BIT(MPATH_HEAD_CLOSING) | BIT(MPATH_HEAD_FORCED));
}

/* head.c: life of a head */
int mpath_head_init(struct mpath_head *head, const struct mpath_ops *ops, const char *policy);
bool mpath_head_tryget(struct mpath_head *head);
void mpath_head_get(struct mpath_head *head);
void mpath_head_put(struct mpath_head *head);
void mpath_flush(void);

/* path.c: life of a path */
int mpath_path_init(struct mpath_path *path, struct mpath_head *head, struct block_device *bdev,
		    int node);
int mpath_path_join(struct mpath_path *path);
void mpath_path_kill(struct mpath_path *path);
void mpath_path_leave(struct mpath_path *path);
void mpath_path_exit(struct mpath_path *path);
void mpath_path_event(struct mpath_path *path);
struct mpath_path *mpath_path_get_any(struct mpath_head *head);
void mpath_path_put(struct mpath_path *path);

/* submit.c, disk.c: the head's disk, and operations of it for &mpath_ops.fops */
int mpath_head_alloc_disk(struct mpath_head *head, struct block_device *like, int node);
int mpath_head_add_disk(struct mpath_head *head, struct device *parent,
			const struct attribute_group **groups);
void mpath_submit_bio(struct bio *bio);
int mpath_open(struct gendisk *disk, blk_mode_t mode);
int mpath_getgeo(struct gendisk *disk, struct hd_geometry *geo);
int mpath_get_unique_id(struct gendisk *disk, u8 id[16], enum blk_unique_id type);
void mpath_free_disk(struct gendisk *disk);

/* limits.c */
void mpath_head_revalidate(struct mpath_head *head);

/* requeue.c */
void mpath_head_kick(struct mpath_head *head);

/* remove.c */
void mpath_head_remove(struct mpath_head *head);
void mpath_head_set_delayed_removal(struct mpath_head *head, unsigned int secs);

/* policy.c */
int mpath_head_set_policy(struct mpath_head *head, const char *name);
const char *mpath_head_policy_name(const struct mpath_head *head);
const char *mpath_policy_name(const char *name);

/* stats.c */
void mpath_path_read_stats(const struct mpath_path *path, struct mpath_path_stats *sum);

/* sysfs.c: attributes of a head, for the device that is the parent of its disk */
ssize_t mpath_head_state_show(struct mpath_head *head, char *buf);
ssize_t mpath_head_iopolicy_show(struct mpath_head *head, char *buf);
ssize_t mpath_head_iopolicy_store(struct mpath_head *head, const char *buf, size_t count);
ssize_t mpath_head_delayed_removal_show(struct mpath_head *head, char *buf);
ssize_t mpath_head_delayed_removal_store(struct mpath_head *head, const char *buf, size_t count);
ssize_t mpath_head_no_path_timeout_show(struct mpath_head *head, char *buf);
ssize_t mpath_head_no_path_timeout_store(struct mpath_head *head, const char *buf, size_t count);
ssize_t mpath_head_stats_show(struct mpath_head *head, char *buf);
ssize_t mpath_path_stats_show(struct mpath_path *path, char *buf);

#endif /* _LINUX_MULTIPATH_H */
