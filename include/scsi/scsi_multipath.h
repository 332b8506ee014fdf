/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Contract between the SCSI core, its disk driver and the module scsi_multipath.
 *
 * Objects:   &struct scsi_mpath_device stands for a path; the module embeds it and scsi_mod finds
 *            it through &scsi_device.mpath. &struct scsi_mpath_ops makes paths out of disks.
 * Contexts:  stated at each operation. Only @attach goes through the registered operations; all
 *            others go through the path itself, which works until its @put, whatever was
 *            unregistered meanwhile.
 * Locking:   a command of a multipath disk pins its path until it is ended. Whoever has no such
 *            command reads &scsi_device.mpath under RCU, as scsi_mpath_event() does.
 * Invariant: scsi_mod passes BLK_STS_TRANSPORT up only for a command that has ended on its path:
 *            a command that timed out is judged after error handling is done with it.
 */
#ifndef _SCSI_SCSI_MULTIPATH_H
#define _SCSI_SCSI_MULTIPATH_H

#include <linux/blk-mq.h>
#include <linux/types.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>

struct gendisk;
struct module;
struct scsi_mpath_device;
struct scsi_mpath_disk;

/**
 * enum scsi_mpath_class - what to do with a failed command of a multipath disk
 * @SCSI_MPATH_SAME: the mid-layer sends it again on this path
 * @SCSI_MPATH_OTHER: it ends with BLK_STS_TRANSPORT and is sent again on another path
 * @SCSI_MPATH_WAIT: the logical unit is not ready on any path; the mid-layer sends it again later
 * @SCSI_MPATH_PASS_UP: no other path would do better; whatever happens on a plain disk
 */
enum scsi_mpath_class {
	SCSI_MPATH_SAME,
	SCSI_MPATH_OTHER,
	SCSI_MPATH_WAIT,
	SCSI_MPATH_PASS_UP,
};

#define SCSI_MPATH_NR_CLASSES	(SCSI_MPATH_PASS_UP + 1)

/*
 * What else a failure calls for: bits of &scsi_mpath_verdict.actions.
 *
 * REFRESH:	 read the access states again, of all paths of the logical unit
 * TRANSITION:	 with REFRESH: the group of this path is changing its state now; the path is not
 *		 used, and probed until the target says otherwise
 * HOLD:	 read VPD page 0x83 again before the path carries I/O again
 * RELIST:	 with HOLD: the target's list of logical units changed; the SCSI core has sent its
 *		 event, and scanning is for user space
 * GONE:		 the target has no such logical unit on this path
 * BACKOFF:	 keep the path out for a while: the failure is its own
 * PROBE:	 with BACKOFF: probe at once, the path may be silent
 * MARGINAL:	 the path works, but badly: prefer others
 * REVALIDATE:	 size or parameters of the logical unit may have changed
 * RESERVATIONS: what is known of persistent reservations is out of date
 */
enum {
	SCSI_MPATH_ACT_REFRESH		= BIT(0),
	SCSI_MPATH_ACT_TRANSITION	= BIT(1),
	SCSI_MPATH_ACT_HOLD		= BIT(2),
	SCSI_MPATH_ACT_RELIST		= BIT(3),
	SCSI_MPATH_ACT_GONE		= BIT(4),
	SCSI_MPATH_ACT_BACKOFF		= BIT(5),
	SCSI_MPATH_ACT_PROBE		= BIT(6),
	SCSI_MPATH_ACT_MARGINAL		= BIT(7),
	SCSI_MPATH_ACT_REVALIDATE	= BIT(8),
	SCSI_MPATH_ACT_RESERVATIONS	= BIT(9),
};

/**
 * enum scsi_mpath_stage - how far a command came
 * @SCSI_MPATH_REFUSED: it was not sent, because of the state of the device or of its host
 * @SCSI_MPATH_RETRYING: it ended, and the mid-layer would send it again
 * @SCSI_MPATH_ENDING: it ended, and the mid-layer would fail it
 */
enum scsi_mpath_stage {
	SCSI_MPATH_REFUSED,
	SCSI_MPATH_RETRYING,
	SCSI_MPATH_ENDING,
};

/**
 * struct scsi_mpath_failure - everything that a verdict depends on
 * @stage: how far the command came
 * @result: host byte and status byte, as in &scsi_cmnd.result
 * @state: state of the device
 * @in_recovery: the host handles errors
 * @sense_valid: the command has sense data, and @key, @asc and @ascq count
 * @deferred: the sense data belong to an earlier command
 * @key: sense key
 * @asc: additional sense code
 * @ascq: additional sense code qualifier
 * @read: the command is a read
 * @moved: the bio has already failed on another path (REQ_MPATH_MOVED)
 * @retries: how often the mid-layer has sent the command again, including the next time
 * @allowed: how often it may, or a negative number for no limit
 * @age_ms: milliseconds since the command was first prepared
 */
struct scsi_mpath_failure {
	enum scsi_mpath_stage stage;
	int result;
	enum scsi_device_state state;
	bool in_recovery;
	bool sense_valid;
	bool deferred;
	u8 key;
	u8 asc;
	u8 ascq;
	bool read;
	bool moved;
	int retries;
	int allowed;
	unsigned int age_ms;
};

/**
 * struct scsi_mpath_verdict - what a failure means
 * @class: what to do with the command now
 * @tries: how often the path may try again before another one is asked; 0 for no limit but the
 *	mid-layer's own
 * @status: what the command ends with if @class is SCSI_MPATH_OTHER; otherwise BLK_STS_OK, and the
 *	mid-layer's own status counts
 * @actions: SCSI_MPATH_ACT_* bits
 * @rule: number of the rule that decided, for scsi_mpath_rule_name()
 */
struct scsi_mpath_verdict {
	enum scsi_mpath_class class;
	u8 tries;
	blk_status_t status;
	u16 actions;
	u16 rule;
};

/**
 * enum scsi_mpath_event - what happened to a path apart from its commands
 * @SCSI_MPATH_STATE_CHANGED: &scsi_device.sdev_state has a new value
 * @SCSI_MPATH_RECOVERED: error handling of the host has ended
 * @SCSI_MPATH_ACCESS_CHANGED: &scsi_device.access_state has a new value
 * @SCSI_MPATH_RESCANNED: INQUIRY data and VPD pages were read again
 */
enum scsi_mpath_event {
	SCSI_MPATH_STATE_CHANGED,
	SCSI_MPATH_RECOVERED,
	SCSI_MPATH_ACCESS_CHANGED,
	SCSI_MPATH_RESCANNED,
};

/**
 * struct scsi_mpath_device_ops - what happens to one path
 * @add: device_add_disk() has succeeded and the path may carry I/O. If it cannot, the module gives
 *	the disk back later. Process context, under device_lock(); may sleep.
 * @kill: the disk is going away: no further command. Called before blk_mark_disk_dead().
 *	Process context, under device_lock(); does not wait.
 * @del: returns when all commands have ended and &scsi_device.mpath is NULL. Called before
 *	del_gendisk(), also without @add and without @kill. Process context, under device_lock();
 *	sleeps.
 * @put: the scsi_disk is released: its name is free, and the path is not used again. Process
 *	context, may sleep.
 * @revalidate: size, limits or attributes of the disk may have changed, and are now as @disk says;
 *	only what was read of the disk is set in it. Process context, the limits_lock of the disk
 *	is not held; may sleep.
 * @event: something happened to the device. Any context, under rcu_read_lock(); may not sleep.
 *	Not called any more when @del has returned.
 * @failed: a command of the multipath disk was judged. Called once for each attempt that another
 *	path takes over or that ends with an error, and for each that this path tries again and
 *	whose verdict has actions. Any context, interrupts may be off; may not sleep. The command
 *	has not been ended and pins the path.
 */
struct scsi_mpath_device_ops {
	void (*add)(struct scsi_mpath_device *dev);
	void (*kill)(struct scsi_mpath_device *dev);
	void (*del)(struct scsi_mpath_device *dev);
	void (*put)(struct scsi_mpath_device *dev);
	void (*revalidate)(struct scsi_mpath_device *dev, const struct scsi_mpath_disk *disk);
	void (*event)(struct scsi_mpath_device *dev, enum scsi_mpath_event event);
	void (*failed)(struct scsi_mpath_device *dev, const struct scsi_mpath_failure *failure,
		       const struct scsi_mpath_verdict *verdict);
};

/**
 * struct scsi_mpath_device - a path, as scsi_mod and sd see it
 * @ops: what the module does for it
 */
struct scsi_mpath_device {
	const struct scsi_mpath_device_ops *ops;
};

/**
 * struct scsi_mpath_ulp - what a multipath disk needs of the driver of its paths
 * @owner: module to pin while a number is in use
 * @init_disk: give @gd the name, major and minors of the disk number @index. Process context;
 *	returns 0 or a negative errno.
 * @put_index: the number is free. Process context, may sleep.
 */
struct scsi_mpath_ulp {
	struct module *owner;
	int (*init_disk)(struct gendisk *gd, u32 index);
	void (*put_index)(u32 index);
};

/**
 * struct scsi_mpath_disk - a disk that has been read
 * @sdev: its device
 * @gd: its gendisk, which the module hides and renames if it takes the disk
 * @capacity: 512-byte sectors; 0 if not known
 * @block_size: logical block size in bytes
 * @protection_type: T10 protection information type, 0 for none
 * @index: number of the disk
 * @ulp: the driver that asks
 * @index_taken: set by the module if @index is now the number of a multipath disk
 */
struct scsi_mpath_disk {
	struct scsi_device *sdev;
	struct gendisk *gd;
	sector_t capacity;
	unsigned int block_size;
	u8 protection_type;
	u32 index;
	const struct scsi_mpath_ulp *ulp;
	bool index_taken;
};

/**
 * struct scsi_mpath_ops - the module
 * @attach: make @disk a path. Returns the path, for which &scsi_device.mpath is set, or NULL if
 *	the disk is to stay ordinary, whatever the reason. Process context, under device_lock();
 *	may sleep. Not called any more when scsi_unregister_multipath() has returned.
 */
struct scsi_mpath_ops {
	struct scsi_mpath_device *(*attach)(struct scsi_mpath_disk *disk);
};

/*
 * A clone carries REQ_DRV. One whose bio has already failed on another path also carries
 * REQ_FAILFAST_DRIVER without REQ_FAILFAST_DEV, so that an error for which a second opinion is
 * asked once is believed the second time.
 */
#define REQ_MPATH_MOVED_MASK	(REQ_FAILFAST_DRIVER | REQ_FAILFAST_DEV)
#define REQ_MPATH_MOVED		REQ_FAILFAST_DRIVER

/**
 * scsi_rq_is_mpath() - is a request a data command of a multipath disk
 * @rq: request of a SCSI device
 * @sdev: its device
 *
 * The flag alone is not enough: device-mapper uses it for itself.
 *
 * Context: Any.
 * Return: true if it is; the path then stays valid until the request is ended.
 */
static inline bool scsi_rq_is_mpath(struct request *rq, const struct scsi_device *sdev)
{
	return (rq->cmd_flags & REQ_DRV) && !blk_rq_is_passthrough(rq) &&
	       rcu_access_pointer(sdev->mpath);
}

extern bool scsi_multipath_always;

/* scsi_mpath_core.c, for the module and for sd */
int scsi_register_multipath(const struct scsi_mpath_ops *ops);
void scsi_unregister_multipath(const struct scsi_mpath_ops *ops);
struct scsi_mpath_device *scsi_mpath_attach(struct scsi_mpath_disk *disk);
void scsi_mpath_put(struct scsi_mpath_device *dev);
void scsi_mpath_drain(void);
void scsi_mpath_set(struct scsi_device *sdev, struct scsi_mpath_device *dev);

/* scsi_mpath_verdict.c */
struct scsi_mpath_verdict scsi_mpath_judge(const struct scsi_mpath_failure *failure);
const char *scsi_mpath_rule_name(unsigned int rule);

#endif /* _SCSI_SCSI_MULTIPATH_H */
