// SPDX-License-Identifier: GPL-2.0
/*
 * Health of a path: what keeps a path out, and how it comes back.
 *
 * A failure that belongs to the path sets a flag, and a flagged path is not chosen. A probe, one
 * delayed work item for each path on a workqueue with a rescuer, sends TEST UNIT READY and reads
 * VPD page 0x83 again: an answer with the identity of the head clears the flags, an answer with
 * another identity quarantines the path, and no answer doubles the delay up to 8 s, so that the
 * end of an outage is soon seen. A path that passes its probes and fails its commands waits twice
 * as long for each next probe, up to a minute, until it has been without failure for a while.
 * One that is between two access states is probed every second until it is not.
 *
 * Contexts:  failures are reported from any context; probes run in process context and allocate
 *            nothing that would need a path, as memory may have to be written through this one.
 * Invariant: a flag is cleared only by a probe that began after the flag was set.
 */
#include <linux/sched/mm.h>
#include <scsi/scsi_host.h>
#include "scsi_mpath.h"

#define SCSI_MPATH_BACKOFF_MIN_MS	1000U
#define SCSI_MPATH_BACKOFF_AWAY_MS	8000U
#define SCSI_MPATH_BACKOFF_MAX_MS	60000U
#define SCSI_MPATH_MARGINAL_MS		60000U
#define SCSI_MPATH_AGAIN_MS		100U
#define SCSI_MPATH_RECENT		HZ
#define SCSI_MPATH_REREAD_PAUSE		(5 * HZ)
#define SCSI_MPATH_REFRESH_PAUSE	HZ
#define SCSI_MPATH_TRANSITION_PACE_MS	1000U
#define SCSI_MPATH_TRANSITION_MAX	(65 * HZ)

static void scsi_mpath_probe_in(struct scsi_mpath_path *path, unsigned int ms)
{
	if (!test_bit(SCSI_MPATH_STOPPED, &path->flags))
		mod_delayed_work(scsi_mpath_probe_wq, &path->probe, msecs_to_jiffies(ms));
}

/* For an event: the probe that runs now may have begun before it. Under @path->lock. */
static void scsi_mpath_probe_now(struct scsi_mpath_path *path)
{
	lockdep_assert_held(&path->lock);
	path->asked = true;
	scsi_mpath_probe_in(path, 0);
}

/* From the probe, which must not put off what was asked for while it ran. Under @path->lock. */
static void scsi_mpath_probe_again(struct scsi_mpath_path *path, unsigned int ms)
{
	lockdep_assert_held(&path->lock);
	scsi_mpath_probe_in(path, path->asked ? 0 : ms);
}

/* Unless a probe is due before. */
static void scsi_mpath_look_later(struct scsi_mpath_path *path)
{
	if (!test_bit(SCSI_MPATH_STOPPED, &path->flags))
		queue_delayed_work(scsi_mpath_probe_wq, &path->probe,
				   msecs_to_jiffies(SCSI_MPATH_MARGINAL_MS));
}

/**
 * scsi_mpath_reread_later() - have size and limits of a path's disk read again
 * @path: the path
 *
 * Rescans are paced; one that is asked for in a pause comes at its end.
 *
 * Context: Any.
 */
void scsi_mpath_reread_later(struct scsi_mpath_path *path)
{
	unsigned long now = jiffies, at = READ_ONCE(path->reread_at);

	if (!test_bit(SCSI_MPATH_STOPPED, &path->flags))
		queue_delayed_work(scsi_mpath_probe_wq, &path->reread,
				   time_after(at, now) ? at - now : 0);
}

static void scsi_mpath_reread_due(struct work_struct *work)
{
	struct scsi_mpath_path *path = container_of(to_delayed_work(work),
						    struct scsi_mpath_path, reread);
	bool runs = READ_ONCE(path->sdev->sdev_state) == SDEV_RUNNING;
	unsigned int noio = memalloc_noio_save();

	WRITE_ONCE(path->reread_at, jiffies + SCSI_MPATH_REREAD_PAUSE);
	/* A device that does not run is not read; the probe after its return asks again. */
	WRITE_ONCE(path->reread_missed, !runs);
	if (runs)
		scsi_mpath_reread(path->sdev);
	memalloc_noio_restore(noio);
}

/* Nobody waits for the end of a transition for longer than this; after it, the state is unknown. */
static void scsi_mpath_note_transition(struct scsi_mpath_path *path, bool transition)
{
	if (transition && !path->transition_at)
		path->transition_at = jiffies | 1;
	if (transition && time_before(jiffies, path->transition_at + SCSI_MPATH_TRANSITION_MAX)) {
		set_bit(SCSI_MPATH_TRANSITION, &path->flags);
		return;
	}
	clear_bit(SCSI_MPATH_TRANSITION, &path->flags);
	path->transition_at = 0;
}

/* Return: true if nothing failed since the probe began at @failures. */
static bool scsi_mpath_probe_passed(struct scsi_mpath_path *path, unsigned int failures,
				    bool transition)
{
	guard(spinlock_irqsave)(&path->lock);
	if (path->failures != failures)
		return false;
	/* Set before the others go, so that no bio slips between. */
	scsi_mpath_note_transition(path, transition);
	if (test_bit(SCSI_MPATH_TRANSITION, &path->flags))
		scsi_mpath_probe_again(path, SCSI_MPATH_TRANSITION_PACE_MS);
	clear_bit(SCSI_MPATH_FOREIGN, &path->flags);
	clear_bit(SCSI_MPATH_UNMAPPED, &path->flags);
	clear_bit(SCSI_MPATH_FAILED, &path->flags);
	clear_bit(SCSI_MPATH_MARGINAL, &path->flags);
	clear_bit(SCSI_MPATH_HELD, &path->flags);
	/* It was away and said so: that is no reason to distrust its next answer. */
	if (path->probe_failures)
		path->backoff_ms = SCSI_MPATH_BACKOFF_MIN_MS;
	path->probe_failures = 0;
	return true;
}

/* Its access state may have changed while it was away, and nobody told. */
static void scsi_mpath_probe_done(struct scsi_mpath_path *path, bool transition)
{
	/* A transition is being read anyway. */
	if (!transition)
		scsi_alua_refresh(path->sdev, "probe");
	/* So may its size, or the size could not be read then. */
	if (!get_capacity(path->disk) || READ_ONCE(path->reread_missed))
		scsi_mpath_reread_later(path);
	mpath_path_event(&path->mp);
	queue_work(scsi_mpath_probe_wq, &path->changed);
}

static void scsi_mpath_probe_failed(struct scsi_mpath_path *path)
{
	scoped_guard(spinlock_irqsave, &path->lock) {
		path->probe_failures++;
		path->backoff_ms = min(path->backoff_ms * 2, SCSI_MPATH_BACKOFF_AWAY_MS);
		scsi_mpath_probe_again(path, path->backoff_ms);
	}
	/* Waiting I/O counts the failed probes. */
	mpath_head_kick(path->mp.head);
}

static void scsi_mpath_probe_foreign(struct scsi_mpath_path *path)
{
	if (!test_and_set_bit(SCSI_MPATH_FOREIGN, &path->flags))
		sdev_printk(KERN_ERR, path->sdev,
			    "path %s reaches another logical unit than %s now: quarantined\n",
			    path->disk->disk_name, path->head->mh.disk->disk_name);
	mpath_head_kick(path->mp.head);
	queue_work(scsi_mpath_probe_wq, &path->changed);
}

/* It passed, but commands failed meanwhile. */
static void scsi_mpath_probe_outdated(struct scsi_mpath_path *path)
{
	guard(spinlock_irqsave)(&path->lock);
	scsi_mpath_probe_again(path, test_bit(SCSI_MPATH_FAILED, &path->flags) ?
			       path->backoff_ms : SCSI_MPATH_AGAIN_MS);
}

/* Return: number of failures so far. */
static unsigned int scsi_mpath_probe_begin(struct scsi_mpath_path *path)
{
	guard(spinlock_irqsave)(&path->lock);
	path->asked = false;
	return path->failures;
}

static void scsi_mpath_probe_work(struct work_struct *work)
{
	struct scsi_mpath_path *path = container_of(to_delayed_work(work),
						    struct scsi_mpath_path, probe);
	unsigned int failures = scsi_mpath_probe_begin(path);
	int ret;

	if (test_bit(SCSI_MPATH_STOPPED, &path->flags))
		return;
	/* A device that is not running is probed when it runs again; its event asks for that. */
	if (READ_ONCE(path->sdev->sdev_state) != SDEV_RUNNING) {
		if (test_bit(SCSI_MPATH_MARGINAL, &path->flags))
			scsi_mpath_look_later(path);
		return;
	}
	/* So does the end of error handling, but not that of a single task management function. */
	if (scsi_host_in_recovery(path->sdev->host)) {
		scoped_guard(spinlock_irqsave, &path->lock)
			scsi_mpath_probe_again(path, SCSI_MPATH_BACKOFF_MIN_MS);
		return;
	}

	ret = scsi_mpath_ask(path);
	if (ret == -ESTALE)
		scsi_mpath_probe_foreign(path);
	else if (ret && ret != -EAGAIN)
		scsi_mpath_probe_failed(path);
	else if (scsi_mpath_probe_passed(path, failures, ret == -EAGAIN))
		scsi_mpath_probe_done(path, ret == -EAGAIN);
	else
		scsi_mpath_probe_outdated(path);
}

/* A failure long after the last one begins a new back-off. */
static void scsi_mpath_back_off(struct scsi_mpath_path *path, bool probe_now)
{
	unsigned long quiet = msecs_to_jiffies(2 * path->backoff_ms) + 10 * HZ;

	if (test_and_set_bit(SCSI_MPATH_FAILED, &path->flags))
		return;
	if (!path->failed_at || time_after(jiffies, path->failed_at + quiet))
		path->backoff_ms = SCSI_MPATH_BACKOFF_MIN_MS;
	else
		path->backoff_ms = min(path->backoff_ms * 2, SCSI_MPATH_BACKOFF_MAX_MS);
	WRITE_ONCE(path->failed_at, jiffies | 1);
	path->probe_failures = 0;
	if (probe_now)
		scsi_mpath_probe_now(path);
	else
		scsi_mpath_probe_in(path, path->backoff_ms);
}

/* Errors of its link make a path second choice, for a while. */
static void scsi_mpath_demote(struct scsi_mpath_path *path)
{
	if (!test_and_set_bit(SCSI_MPATH_MARGINAL, &path->flags))
		scsi_mpath_look_later(path);
}

/* Also where access states are not read. */
static void scsi_mpath_begin_transition(struct scsi_mpath_path *path)
{
	if (test_bit(SCSI_MPATH_TRANSITION, &path->flags))
		return;
	scsi_mpath_note_transition(path, true);
	if (!path->asked)
		scsi_mpath_probe_in(path, SCSI_MPATH_TRANSITION_PACE_MS);
}

static void scsi_mpath_blame(struct scsi_mpath_path *path, unsigned int actions)
{
	path->failures++;
	if (actions & SCSI_MPATH_ACT_MARGINAL)
		scsi_mpath_demote(path);
	if (actions & SCSI_MPATH_ACT_GONE)
		set_bit(SCSI_MPATH_UNMAPPED, &path->flags);
	if (actions & SCSI_MPATH_ACT_BACKOFF)
		scsi_mpath_back_off(path, actions & SCSI_MPATH_ACT_PROBE);
	if (actions & SCSI_MPATH_ACT_REFRESH)
		WRITE_ONCE(path->refresh, true);
	if ((actions & SCSI_MPATH_ACT_HOLD) && !test_and_set_bit(SCSI_MPATH_HELD, &path->flags))
		scsi_mpath_probe_now(path);
	if (actions & SCSI_MPATH_ACT_REVALIDATE)
		scsi_mpath_reread_later(path);
	if (actions & SCSI_MPATH_ACT_TRANSITION)
		scsi_mpath_begin_transition(path);
}

/**
 * scsi_mpath_health_error() - remember the result of a failed command, for last_error
 * @path: the path
 * @failure: how the command failed
 *
 * Context: Any context, irqs may be off.
 */
void scsi_mpath_health_error(struct scsi_mpath_path *path,
			     const struct scsi_mpath_failure *failure)
{
	struct scsi_mpath_error error = { .result = failure->result };

	if (failure->sense_valid) {
		error.key = failure->key;
		error.asc = failure->asc;
		error.ascq = failure->ascq;
	}
	guard(spinlock_irqsave)(&path->lock);
	path->last_error = error;
}

/**
 * scsi_mpath_health_last_error() - what scsi_mpath_health_error() has remembered
 * @path: the path
 *
 * Context: Any context.
 * Return: the result and the sense of the last failed command, all 0 if none has failed.
 */
struct scsi_mpath_error scsi_mpath_health_last_error(struct scsi_mpath_path *path)
{
	guard(spinlock_irqsave)(&path->lock);
	return path->last_error;
}

/**
 * scsi_mpath_health_failed() - take note of a failed command or of a return from an outage
 * @path: the path
 * @actions: SCSI_MPATH_ACT_* bits of the verdict
 *
 * Context: Any context, irqs may be off.
 */
void scsi_mpath_health_failed(struct scsi_mpath_path *path, unsigned int actions)
{
	if (!actions || test_bit(SCSI_MPATH_STOPPED, &path->flags))
		return;
	scoped_guard(spinlock_irqsave, &path->lock)
		scsi_mpath_blame(path, actions);
	queue_work(scsi_mpath_probe_wq, &path->changed);
}

/**
 * scsi_mpath_health_check() - look now whether a path that is kept out has come back
 * @path: the path
 *
 * Does nothing for a path that nothing keeps out.
 *
 * Context: Any context.
 */
void scsi_mpath_health_check(struct scsi_mpath_path *path)
{
	guard(spinlock_irqsave)(&path->lock);
	if (path->flags & ~(BIT(SCSI_MPATH_DISABLED) | BIT(SCSI_MPATH_MARGINAL)))
		scsi_mpath_probe_now(path);
}

/* An idle path never collects the unit attention that announces its new state. */
static void scsi_mpath_refresh_siblings(struct scsi_mpath_path *path)
{
	struct mpath_head *mh = path->mp.head;
	struct mpath_path *mp;

	guard(mutex)(&mh->lock);
	list_for_each_entry(mp, &mh->paths, siblings)
		scsi_alua_refresh(to_scsi_mpath_path(mp)->sdev, "sibling");
}

/**
 * scsi_mpath_health_refresh() - I/O waits for a change of the access states
 * @path: a path that its access state keeps out
 *
 * An idle path hears of no change, so the states are read again, once a second for each head.
 *
 * Context: Any.
 */
void scsi_mpath_health_refresh(struct scsi_mpath_path *path)
{
	unsigned long *at = &path->head->refresh_at, due = READ_ONCE(*at);

	if (time_before(jiffies, due) ||
	    cmpxchg(at, due, jiffies + SCSI_MPATH_REFRESH_PAUSE) != due)
		return;
	WRITE_ONCE(path->refresh, true);
	queue_work(scsi_mpath_probe_wq, &path->changed);
}

/**
 * scsi_mpath_health_loss() - the head has lost its last usable path and I/O waits
 * @path: a path that is kept out and may have come back unnoticed
 *
 * Probes it at once, whatever its back-off has grown to; only the first call for each loss does,
 * and none for a path that failed within the last second, whose probe is due.
 *
 * Context: Any.
 */
void scsi_mpath_health_loss(struct scsi_mpath_path *path)
{
	unsigned long loss = READ_ONCE(path->mp.head->lost_at);
	unsigned long failed_at = READ_ONCE(path->failed_at);

	if (!loss || xchg(&path->loss, loss) == loss)
		return;
	/* A path that passes its probes and fails its commands has shown that just now. */
	if (failed_at && time_before(jiffies, failed_at + SCSI_MPATH_RECENT))
		return;
	guard(spinlock_irqsave)(&path->lock);
	path->probe_failures = 0;
	scsi_mpath_probe_now(path);
}

static void scsi_mpath_changed_work(struct work_struct *work)
{
	struct scsi_mpath_path *path = container_of(work, struct scsi_mpath_path, changed);
	/* What I/O waits for may be the next run of this. */
	unsigned int noio = memalloc_noio_save();

	scsi_mpath_note_cause(path);
	if (xchg(&path->refresh, false))
		scsi_mpath_refresh_siblings(path);
	scsi_mpath_path_changed(path);
	memalloc_noio_restore(noio);
}

/**
 * scsi_mpath_health_init() - begin with a path that nothing keeps out
 * @path: a new path
 *
 * Context: Any.
 */
void scsi_mpath_health_init(struct scsi_mpath_path *path)
{
	INIT_DELAYED_WORK(&path->probe, scsi_mpath_probe_work);
	INIT_DELAYED_WORK(&path->reread, scsi_mpath_reread_due);
	INIT_WORK(&path->changed, scsi_mpath_changed_work);
	spin_lock_init(&path->lock);
	path->reread_at = jiffies;
	path->backoff_ms = SCSI_MPATH_BACKOFF_MIN_MS;
}

/**
 * scsi_mpath_health_stop() - no probe runs or will run when this returns
 * @path: a path whose SCSI_MPATH_STOPPED is set and whose events have ended
 *
 * Context: Process context. Waits for the command of a probe under way: the device that goes away
 * fails the following ones at once, and this one is bounded by its time-out and error handling.
 */
void scsi_mpath_health_stop(struct scsi_mpath_path *path)
{
	cancel_delayed_work_sync(&path->probe);
	cancel_delayed_work_sync(&path->reread);
}
