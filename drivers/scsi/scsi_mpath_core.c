// SPDX-License-Identifier: GPL-2.0
/*
 * The part of multipath that the SCSI core keeps when no module is loaded: who makes paths out of
 * disks, and the hooks that tell a path what happened to its device and to its commands.
 *
 * Contexts:  attaching sleeps; every hook may be called with interrupts off.
 * Locking:   scsi_mpath_ops_lock protects the registered operations; it is read-held over an
 *            attach, so that unregistering waits for those under way, and over a put, so that the
 *            module can wait for the last instruction of its last one.
 * Invariant: only a command for which scsi_rq_is_mpath() is true is judged: no passthrough, no
 *            request of device-mapper, nothing on a disk that is not a path.
 */
#include <linux/blk-mq.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <kunit/visibility.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_eh.h>
#include <scsi/scsi_host.h>
#include <scsi/scsi_multipath.h>
#include "scsi_mpath_hooks.h"

static DECLARE_RWSEM(scsi_mpath_ops_lock);
static const struct scsi_mpath_ops *scsi_mpath_ops;

/**
 * scsi_register_multipath() - from now on, ask about every disk that appears
 * @ops: operations of the module
 *
 * Context: Process context, may sleep.
 * Return: 0, or -EBUSY if others are registered.
 */
int scsi_register_multipath(const struct scsi_mpath_ops *ops)
{
	guard(rwsem_write)(&scsi_mpath_ops_lock);
	if (scsi_mpath_ops)
		return -EBUSY;
	scsi_mpath_ops = ops;
	return 0;
}
EXPORT_SYMBOL_GPL(scsi_register_multipath);

/**
 * scsi_unregister_multipath() - ask no more
 * @ops: operations that were registered
 *
 * Paths that exist stay paths. No attach is under way when this returns.
 *
 * Context: Process context, may sleep; without device_lock() of any SCSI device, because an attach
 * runs under that.
 */
void scsi_unregister_multipath(const struct scsi_mpath_ops *ops)
{
	guard(rwsem_write)(&scsi_mpath_ops_lock);
	if (!WARN_ON_ONCE(scsi_mpath_ops != ops))
		scsi_mpath_ops = NULL;
}
EXPORT_SYMBOL_GPL(scsi_unregister_multipath);

/**
 * scsi_mpath_attach() - is a disk a path of a multipath disk
 * @disk: a disk that was read and not added yet
 *
 * Context: Process context, may sleep; under device_lock() of the device.
 * Return: the path that the disk is now; NULL if it is an ordinary disk.
 */
struct scsi_mpath_device *scsi_mpath_attach(struct scsi_mpath_disk *disk)
{
	guard(rwsem_read)(&scsi_mpath_ops_lock);
	return scsi_mpath_ops ? scsi_mpath_ops->attach(disk) : NULL;
}
EXPORT_SYMBOL_GPL(scsi_mpath_attach);

/**
 * scsi_mpath_put() - the scsi_disk of a path is released
 * @dev: the path; gone when this returns
 *
 * Context: Process context, may sleep.
 */
void scsi_mpath_put(struct scsi_mpath_device *dev)
{
	guard(rwsem_read)(&scsi_mpath_ops_lock);
	dev->ops->put(dev);
}
EXPORT_SYMBOL_GPL(scsi_mpath_put);

/**
 * scsi_mpath_drain() - wait until no path is being put
 *
 * For the exit of the module, when the last path's &scsi_mpath_device_ops.put has been called and
 * may not have returned.
 *
 * Context: Process context, may sleep.
 */
void scsi_mpath_drain(void)
{
	guard(rwsem_write)(&scsi_mpath_ops_lock);
}
EXPORT_SYMBOL_GPL(scsi_mpath_drain);

/**
 * scsi_mpath_set() - tie a device to its path, or untie it
 * @sdev: the device
 * @dev: the path, or NULL: the device is no path any more, and none of its commands is in flight
 *
 * Context: Process context. With NULL it sleeps, and no event of the path is under way when it
 * returns.
 */
void scsi_mpath_set(struct scsi_device *sdev, struct scsi_mpath_device *dev)
{
	rcu_assign_pointer(sdev->mpath, dev);
	if (!dev)
		synchronize_rcu();
}
EXPORT_SYMBOL_GPL(scsi_mpath_set);

/**
 * scsi_mpath_event() - tell the path of a device, if it is one, what happened
 * @sdev: the device
 * @event: what happened; it has already taken effect
 *
 * Context: Any.
 */
noinline void scsi_mpath_event(struct scsi_device *sdev, enum scsi_mpath_event event)
{
	struct scsi_mpath_device *dev;

	rcu_read_lock();
	dev = rcu_dereference(sdev->mpath);
	if (dev)
		dev->ops->event(dev, event);
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(scsi_mpath_event);

/**
 * scsi_mpath_host_recovered() - tell all paths of a host that its error handling has ended
 * @shost: the host
 *
 * Context: Process context, in the error handler's thread.
 */
noinline void scsi_mpath_host_recovered(struct Scsi_Host *shost)
{
	struct scsi_device *sdev;

	shost_for_each_device(sdev, shost)
		scsi_mpath_event(sdev, SCSI_MPATH_RECOVERED);
}

/* The command pins its path, so no RCU is needed. */
static void scsi_mpath_report(struct scsi_device *sdev, const struct scsi_mpath_failure *f,
			      const struct scsi_mpath_verdict *v)
{
	struct scsi_mpath_device *dev = rcu_dereference_protected(sdev->mpath, true);

	dev->ops->failed(dev, f, v);
}

static unsigned int scsi_mpath_age_ms(const struct scsi_cmnd *cmd)
{
	return jiffies_to_msecs(jiffies - cmd->jiffies_at_alloc);
}

static void scsi_mpath_read_sense(const struct scsi_cmnd *cmd, struct scsi_mpath_failure *f)
{
	struct scsi_sense_hdr sshdr;

	f->sense_valid = scsi_command_normalize_sense(cmd, &sshdr);
	if (!f->sense_valid)
		return;
	f->deferred = scsi_sense_is_deferred(&sshdr);
	f->key = sshdr.sense_key;
	f->asc = sshdr.asc;
	f->ascq = sshdr.ascq;
}

static struct scsi_mpath_verdict scsi_mpath_judge_cmd(struct scsi_cmnd *cmd,
						      enum scsi_mpath_stage stage,
						      struct scsi_mpath_failure *f)
{
	struct request *rq = scsi_cmd_to_rq(cmd);

	*f = (struct scsi_mpath_failure) {
		.stage = stage,
		.result = cmd->result,
		.state = READ_ONCE(cmd->device->sdev_state),
		.in_recovery = scsi_host_in_recovery(cmd->device->host),
		.read = req_op(rq) == REQ_OP_READ,
		.moved = (rq->cmd_flags & REQ_MPATH_MOVED_MASK) == REQ_MPATH_MOVED,
		.retries = cmd->retries,
		.allowed = cmd->allowed,
		.age_ms = scsi_mpath_age_ms(cmd),
	};
	/* Error handling leaves no result where a time-out is all that is known. */
	if (!f->result)
		f->result = DID_TIME_OUT << 16;
	scsi_mpath_read_sense(cmd, f);
	return scsi_mpath_judge(f);
}

/**
 * scsi_mpath_moves_on() - will another path take over a command that could be retried here
 * @cmd: a command that has ended, possibly by error handling
 *
 * Only asks; scsi_mpath_end() acts when the command comes to its end.
 *
 * Context: Any.
 * Return: true if a retry on this path is not wanted.
 */
noinline bool scsi_mpath_moves_on(struct scsi_cmnd *cmd)
{
	struct scsi_mpath_failure f;

	return scsi_rq_is_mpath(scsi_cmd_to_rq(cmd), cmd->device) &&
	       scsi_mpath_judge_cmd(cmd, SCSI_MPATH_RETRYING, &f).class == SCSI_MPATH_OTHER;
}
EXPORT_SYMBOL_IF_KUNIT(scsi_mpath_moves_on);

/**
 * scsi_mpath_retry_moves_on() - the same for a command that is about to be sent again
 * @cmd: a command that the low-level driver has ended
 * @disposition: what the mid-layer has decided; not SUCCESS
 *
 * A command that needs error handling gets it. If this path tries again, it learns what the sense
 * data of the failed attempt call for, because nobody else sees them.
 *
 * Context: Any; once for each attempt.
 * Return: true if the command is to be ended instead.
 */
noinline bool scsi_mpath_retry_moves_on(struct scsi_cmnd *cmd, enum scsi_disposition disposition)
{
	struct scsi_mpath_verdict v;
	struct scsi_mpath_failure f;

	if (disposition == FAILED || !scsi_rq_is_mpath(scsi_cmd_to_rq(cmd), cmd->device))
		return false;

	/* The mid-layer does not count these. */
	if (host_byte(cmd->result) == DID_IMM_RETRY)
		cmd->retries++;
	v = scsi_mpath_judge_cmd(cmd, SCSI_MPATH_RETRYING, &f);
	if (v.class == SCSI_MPATH_OTHER)
		return true;
	if (v.actions)
		scsi_mpath_report(cmd->device, &f, &v);
	return false;
}
EXPORT_SYMBOL_IF_KUNIT(scsi_mpath_retry_moves_on);

/**
 * scsi_mpath_end() - a command ends with an error, or would be sent again by scsi_lib
 * @cmd: the command, whose good bytes have been ended already
 * @failing: it ends; otherwise it would be sent again
 *
 * Context: Any; at most once for each attempt, before its request is ended or requeued.
 * Return: true if another path takes over: the command must end now, with BLK_STS_TRANSPORT.
 */
noinline bool scsi_mpath_end(struct scsi_cmnd *cmd, bool failing)
{
	struct request *rq = scsi_cmd_to_rq(cmd);
	struct scsi_mpath_verdict v;
	struct scsi_mpath_failure f;

	if (!scsi_rq_is_mpath(rq, cmd->device))
		return false;

	v = scsi_mpath_judge_cmd(cmd, failing ? SCSI_MPATH_ENDING : SCSI_MPATH_RETRYING, &f);
	if (v.class == SCSI_MPATH_OTHER || failing || v.actions)
		scsi_mpath_report(cmd->device, &f, &v);
	if (v.class != SCSI_MPATH_OTHER)
		return false;
	rq->rq_flags |= RQF_QUIET;
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(scsi_mpath_end);

static blk_status_t scsi_mpath_refused(struct scsi_device *sdev, struct request *rq)
{
	struct scsi_mpath_failure f = {
		.stage = SCSI_MPATH_REFUSED,
		.result = DID_NO_CONNECT << 16,
		.state = READ_ONCE(sdev->sdev_state),
		.in_recovery = scsi_host_in_recovery(sdev->host),
	};
	struct scsi_mpath_verdict v = scsi_mpath_judge(&f);

	scsi_mpath_report(sdev, &f, &v);
	rq->rq_flags |= RQF_QUIET;
	return v.status;
}

/**
 * scsi_mpath_refuse() - a request is not sent, because of the state of its device
 * @rq: the request, possibly not prepared yet
 * @status: what to refuse it with on any other disk; BLK_STS_OFFLINE and BLK_STS_IOERR are final
 *
 * Context: Any.
 * Return: the status to refuse it with.
 */
noinline blk_status_t scsi_mpath_refuse(struct request *rq, blk_status_t status)
{
	struct scsi_device *sdev = rq->q->queuedata;

	if (!scsi_rq_is_mpath(rq, sdev))
		return status;
	if (status != BLK_STS_OFFLINE && status != BLK_STS_IOERR)
		return status;
	return scsi_mpath_refused(sdev, rq);
}
EXPORT_SYMBOL_IF_KUNIT(scsi_mpath_refuse);

/**
 * scsi_mpath_refuse_in_recovery() - a request would wait until its host has recovered
 * @rq: the request, possibly not prepared yet
 *
 * Context: Any.
 * Return: BLK_STS_RESOURCE to let it wait, or BLK_STS_TRANSPORT: another path need not.
 */
noinline blk_status_t scsi_mpath_refuse_in_recovery(struct request *rq)
{
	struct scsi_device *sdev = rq->q->queuedata;

	return scsi_rq_is_mpath(rq, sdev) ? scsi_mpath_refused(sdev, rq) : BLK_STS_RESOURCE;
}
EXPORT_SYMBOL_IF_KUNIT(scsi_mpath_refuse_in_recovery);
