/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects of the module scsi_multipath, shared by its files.
 *
 * A head is one logical unit; a path is one scsi_device that reaches it and whose sd disk is
 * hidden; a record stands for any scsi_device of a disk, multipathed or not, and answers in sysfs.
 *
 * Locks, outermost first: scsi_mpath_heads_lock (table of heads, creation, comparison of a path
 * with its head) > the library's head lock. scsi_mpath_records_lock is a leaf.
 *
 * References: a path holds its head, and thereby the gendisk of the head, until the scsi_disk is
 * released, because the names sdX and sdX:Y live as long. The table holds one reference of a head
 * until its disk was removed, and so does its struct device until it is released.
 */
#ifndef _SCSI_MPATH_H
#define _SCSI_MPATH_H

#include <linux/device.h>
#include <linux/idr.h>
#include <linux/multipath.h>
#include <linux/workqueue.h>
#include <scsi/scsi_alua.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_multipath.h>
#include "scsi_lun_id.h"

/**
 * struct scsi_mpath_page - copy of an INQUIRY answer or a VPD page
 * @len: bytes in @data
 * @data: the page, header included
 */
struct scsi_mpath_page {
	size_t len;
	u8 data[] __counted_by(len);
};

/**
 * struct scsi_mpath_head - one logical unit
 * @mh: the library's part
 * @entry: in the table of heads; scsi_mpath_heads_lock
 * @dev: scsi_mpath_deviceN, the parent of the disk
 * @instance: N of scsi_mpath_deviceN
 * @id: what makes two devices the same logical unit
 * @ulp: names and numbers of the disk come from here; pinned while @index is in use
 * @index: number of the disk, from @ulp
 * @numbers: Y of the path names sdX:Y in use
 * @add_lock: serialises adding the disk by the paths that come first
 * @add_tried: adding the disk was tried, which can be done once
 * @add_error: with this result
 * @owns_index: @index came from sd for good, and goes back with the head
 * @capacity: sectors of the first path, what counts until the disk has its own; 0 if not known
 * @block_size: logical block size in bytes that every path must have
 * @protection_type: T10 protection type that every path must have
 * @refresh_at: jiffies before which waiting I/O does not have the access states read again
 * @wwid: text form of the identity, as scsi_device shows it
 * @inquiry: standard INQUIRY data of the first path
 * @pg80: VPD page 0x80 of the first path, or NULL
 * @pg83: VPD page 0x83 of the first path
 */
struct scsi_mpath_head {
	struct mpath_head mh;
	struct list_head entry;
	struct device dev;
	int instance;
	struct scsi_lun_id id;
	const struct scsi_mpath_ulp *ulp;
	u32 index;
	struct ida numbers;
	struct mutex add_lock; /* adding the disk */
	bool add_tried;
	int add_error;
	bool owns_index;
	sector_t capacity;
	unsigned int block_size;
	u8 protection_type;
	unsigned long refresh_at;
	char wwid[128];
	struct scsi_mpath_page *inquiry;
	struct scsi_mpath_page *pg80;
	struct scsi_mpath_page *pg83;
};

#define to_scsi_mpath_head(p)	container_of(p, struct scsi_mpath_head, mh)

/* bits of &scsi_mpath_path.flags; any but MARGINAL keeps the path from being chosen */
enum {
	SCSI_MPATH_FAILED,	/* commands failed on it: back-off, then a probe */
	SCSI_MPATH_HELD,	/* may be another logical unit now: page 0x83 is read again first */
	SCSI_MPATH_UNMAPPED,	/* the target has no such logical unit on this path any more */
	SCSI_MPATH_FOREIGN,	/* the identity is another one: quarantined */
	SCSI_MPATH_TRANSITION,	/* between two access states, says the target */
	SCSI_MPATH_DISABLED,	/* the administrator's wish */
	SCSI_MPATH_MARGINAL,	/* works, but badly: second choice */
	SCSI_MPATH_OUTAGE,	/* was blocked or offline: HELD takes over when it runs again */
	SCSI_MPATH_STOPPED,	/* being removed: no further probe */
};

/* Why I/O may wait for a path; each has a bound of its own. */
enum scsi_mpath_cause {
	SCSI_MPATH_CAUSE_NONE,
	SCSI_MPATH_CAUSE_BLOCKED,
	SCSI_MPATH_CAUSE_RECOVERY,
	SCSI_MPATH_CAUSE_HEALTH,
	SCSI_MPATH_CAUSE_ACCESS,
};

/**
 * struct scsi_mpath_error - how a command failed
 * @result: &scsi_cmnd.result
 * @key: sense key; 0 if there were no sense data
 * @asc: additional sense code
 * @ascq: additional sense code qualifier
 */
struct scsi_mpath_error {
	int result;
	u8 key;
	u8 asc;
	u8 ascq;
};

/**
 * struct scsi_mpath_path - one scsi_device whose sd disk is hidden behind a head
 * @mp: the library's part
 * @dev: what scsi_mod and sd know; &scsi_device.mpath points here
 * @sdev: the device; sd holds it longer than the path lives
 * @head: its head
 * @disk: the hidden disk
 * @number: Y of the name sdX:Y
 * @compared: the disk was read and is what the head needs; written under scsi_mpath_heads_lock
 * @flags: SCSI_MPATH_* bits
 * @lock: flags are set with @failures under it, and cleared by a probe if there were none
 * @probe: tests the path and reads page 0x83 again
 * @changed: announces a change of the path in sysfs and by a uevent
 * @refresh: @changed is to read the access states of all paths again
 * @reread: has the size and the limits of the disk read again
 * @reread_at: jiffies before which that is not done again
 * @reread_missed: that was due while the device did not run
 * @failures: failures reported so far; a probe notices those that came while it ran
 * @backoff_ms: delay before the next probe
 * @failed_at: jiffies of the last failure that set SCSI_MPATH_FAILED; 0 if none did
 * @probe_failures: probes in a row that failed
 * @transition_at: jiffies, made odd, at which a transition began; 0 if there is none; under @lock
 * @asked: a probe was asked for since the last one began; under @lock
 * @loss: &mpath_head.lost_at of the loss for which this path was probed last
 * @cause: why I/O waits for this path, as last seen; under @lock
 * @cause_at: jiffies at which that was seen first; under @lock
 * @announced: word that user space was told last
 * @alua_watch: is told of changes of the access state
 * @last_error: last judged failure, for sysfs; under @lock
 * @rcu: callers of the event operation are under RCU
 */
struct scsi_mpath_path {
	struct mpath_path mp;
	struct scsi_mpath_device dev;
	struct scsi_device *sdev;
	struct scsi_mpath_head *head;
	struct gendisk *disk;
	int number;
	bool compared;
	unsigned long flags;
	spinlock_t lock; /* health */
	struct delayed_work probe;
	struct work_struct changed;
	bool refresh;
	struct delayed_work reread;
	unsigned long reread_at;
	bool reread_missed;
	unsigned int failures;
	unsigned int backoff_ms;
	unsigned long failed_at;
	unsigned int probe_failures;
	unsigned long transition_at;
	bool asked;
	unsigned long loss;
	enum scsi_mpath_cause cause;
	unsigned long cause_at;
	const char *announced;
	struct scsi_alua_watch alua_watch;
	struct scsi_mpath_error last_error;
	struct rcu_head rcu;
};

#define to_scsi_mpath_path(p)	container_of(p, struct scsi_mpath_path, mp)

static inline struct scsi_mpath_path *scsi_mpath_dev_to_path(struct scsi_mpath_device *dev)
{
	return container_of(dev, struct scsi_mpath_path, dev);
}

extern struct mutex scsi_mpath_heads_lock;
extern struct workqueue_struct *scsi_mpath_wq;
extern struct workqueue_struct *scsi_mpath_probe_wq;

/* scsi_mpath_main.c */
bool scsi_mpath_always(void);
const char *scsi_mpath_iopolicy(void);

/* scsi_mpath_head.c */
int scsi_mpath_heads_init(void);
void scsi_mpath_heads_exit(void);
struct scsi_mpath_head *scsi_mpath_head_find(const struct scsi_lun_id *id);
struct scsi_mpath_head *scsi_mpath_head_create(struct scsi_mpath_disk *disk,
					       const struct scsi_lun_id *id);
void scsi_mpath_heads_remove(void);
int scsi_mpath_head_go_live(struct scsi_mpath_head *head);
const char *scsi_mpath_head_mismatch(struct scsi_mpath_head *head,
				     const struct scsi_mpath_disk *disk);
const char *scsi_mpath_head_compare(struct scsi_mpath_path *path,
				    const struct scsi_mpath_disk *disk);

/* scsi_mpath_path.c */
const char *scsi_mpath_ineligible(struct scsi_device *sdev, struct scsi_lun_id *id);
struct scsi_mpath_device *scsi_mpath_take_disk(struct scsi_mpath_disk *disk);
enum mpath_state scsi_mpath_path_state(struct mpath_path *mp);
bool scsi_mpath_path_may_return(struct mpath_path *mp, unsigned long lost_ms);
bool scsi_mpath_path_fits(struct mpath_path *mp);
const char *scsi_mpath_path_word(struct scsi_mpath_path *path);
unsigned long scsi_mpath_note_cause(struct scsi_mpath_path *path);

/* scsi_mpath_health.c */
void scsi_mpath_health_init(struct scsi_mpath_path *path);
void scsi_mpath_health_stop(struct scsi_mpath_path *path);
void scsi_mpath_health_failed(struct scsi_mpath_path *path, unsigned int actions);
void scsi_mpath_health_error(struct scsi_mpath_path *path,
			     const struct scsi_mpath_failure *failure);
struct scsi_mpath_error scsi_mpath_health_last_error(struct scsi_mpath_path *path);
void scsi_mpath_health_check(struct scsi_mpath_path *path);
void scsi_mpath_health_loss(struct scsi_mpath_path *path);
void scsi_mpath_health_refresh(struct scsi_mpath_path *path);
void scsi_mpath_reread_later(struct scsi_mpath_path *path);

/* scsi_mpath_probe.c */
int scsi_mpath_ask(struct scsi_mpath_path *path);
unsigned int scsi_mpath_heed(const struct scsi_sense_hdr *sshdr);

/* scsi_mpath_adopt.c */
void scsi_mpath_reread(struct scsi_device *sdev);
void scsi_mpath_give_back(struct scsi_device *sdev, const char *why);
void scsi_mpath_give_back_all(void);

/* scsi_mpath_ioctl.c */
int scsi_mpath_ioctl(struct block_device *bdev, blk_mode_t mode, unsigned int cmd,
		     unsigned long arg);

/* scsi_mpath_sysfs.c */
extern const struct attribute_group *scsi_mpath_head_groups[];
int scsi_mpath_records_init(void);
void scsi_mpath_records_exit(void);
void scsi_mpath_record_taken(struct scsi_device *sdev, struct scsi_mpath_path *path);
void scsi_mpath_record_ordinary(struct scsi_device *sdev, const char *state, const char *why);
void scsi_mpath_record_bar(struct scsi_device *sdev, const char *why);
bool scsi_mpath_record_is_barred(struct scsi_device *sdev);
struct scsi_device *scsi_mpath_record_next_taken(void);
void scsi_mpath_link(struct scsi_mpath_path *path);
void scsi_mpath_unlink(struct scsi_mpath_path *path);
void scsi_mpath_path_changed(struct scsi_mpath_path *path);

#endif /* _SCSI_MPATH_H */
