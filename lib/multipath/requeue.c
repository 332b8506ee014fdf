// SPDX-License-Identifier: GPL-2.0
/*
 * Where a bio waits: for another path after a failure, for any path, or for memory.
 *
 * Objects:   two lists and one delayed work per head. @retry holds contexts of bios that failed
 *            on a path and goes first; @parked holds originals that no path has seen.
 * Contexts:  parking from any context, interrupts may be off; issuing from the work, which may
 *            sleep in the queue of a path. It has a workqueue of its own, with a rescuer, so that
 *            a head that sleeps there does not stop another.
 * Locking:   requeue_lock, a leaf, irqsave. Nothing is called under it.
 * Invariant: availability is tested again after a bio was put on a list, so a path that came up
 *            meanwhile is never missed. While something waits, the work is pending, runs, or is
 *            kicked by each completion; nothing waits without a bound.
 */
#include <linux/sched.h>
#include <kunit/visibility.h>
#include "internal.h"

#include <trace/events/multipath.h>

/* A kick that arrives while the work arms its timer must not be delayed by it. */
static void mpath_arm_requeue(struct mpath_head *head, unsigned long delay)
{
	mod_delayed_work(head->wq, &head->requeue_work, delay);
	smp_mb(); /* the timer before the test; pairs with mpath_head_kick() */
	if (test_bit(MPATH_HEAD_KICKED, &head->flags))
		mod_delayed_work(head->wq, &head->requeue_work, 0);
}

/**
 * mpath_head_kick() - let the requeue work run now
 * @head: the head
 *
 * To be called when I/O that waits may go on, or must fail. mpath_path_event() does so.
 *
 * Context: Any.
 */
void mpath_head_kick(struct mpath_head *head)
{
	set_bit(MPATH_HEAD_KICKED, &head->flags);
	smp_mb__after_atomic(); /* the flag before the timer; pairs with mpath_arm_requeue() */
	mod_delayed_work(head->wq, &head->requeue_work, 0);
}
EXPORT_SYMBOL_GPL(mpath_head_kick);

/* May I/O wait for this path, which is ready but not usable now? */
static bool mpath_path_may_return(struct mpath_path *path, unsigned int lost_ms)
{
	const struct mpath_ops *ops = path->head->ops;
	enum mpath_state state = ops->path_state(path);

	if (state == MPATH_PENDING)
		return ops->path_may_return(path, lost_ms);
	/* All that it lacks is that its size be read. */
	return mpath_state_is_usable(state) && lost_ms < MPATH_SIZE_WAIT_MS;
}

/**
 * mpath_may_wait() - park or fail: is there a path, or may one come back?
 * @head: the head
 *
 * Each reason to wait has a bound: the user bounds what a pending path promises, the others are
 * counted from the loss of the last usable path.
 *
 * Context: Process context; the caller holds the head's SRCU.
 * Return: true if I/O may wait.
 */
bool mpath_may_wait(struct mpath_head *head)
{
	unsigned int lost_ms = mpath_head_lost_ms(head);
	struct mpath_path *path;
	bool deserted = true;

	if (mpath_head_has_path(head))
		return true;
	if (!test_bit(MPATH_HEAD_LIVE, &head->flags))
		return false;
	mpath_for_each_path(path, head) {
		/* A path that was killed is as good as gone, although its bios are not yet. */
		if (!test_bit(MPATH_PATH_READY, &path->flags))
			continue;
		if (mpath_path_may_return(path, lost_ms))
			return true;
		deserted = false;
	}
	/* Until the removal begins, which makes the head fail everything. */
	if (deserted && READ_ONCE(head->delayed_removal_secs))
		return true;
	return lost_ms / MSEC_PER_SEC < READ_ONCE(head->no_path_timeout_secs);
}
EXPORT_SYMBOL_IF_KUNIT(mpath_may_wait);

/*
 * Park a bio if I/O may wait; one that must not wait itself stays with the caller. All under the
 * SRCU section that saw the head live, so that a removal finds the bio.
 */
static bool mpath_park_for_path(struct mpath_head *head, struct bio *bio)
{
	guard(srcu_fast)(&head->srcu);
	if (!mpath_may_wait(head))
		return false;
	if (bio->bi_opf & REQ_NOWAIT)
		return true;
	trace_mpath_park(bio, false);
	scoped_guard(spinlock_irqsave, &head->requeue_lock)
		bio_list_add(&head->parked, bio);
	if (mpath_head_has_path(head))
		mpath_head_kick(head);
	else
		queue_delayed_work(head->wq, &head->requeue_work, MPATH_POLL_DELAY);
	return true;
}

/**
 * mpath_no_path() - park or end a bio for which no path is usable
 * @head: the head
 * @bio: the original
 *
 * Context: Process context.
 */
void mpath_no_path(struct mpath_head *head, struct bio *bio)
{
	blk_opf_t opf = bio->bi_opf;
	bool wait = false;

	if (!(opf & REQ_FAILFAST_MASK))
		wait = mpath_park_for_path(head, bio);
	if (!wait)
		bio_io_error(bio);
	else if (opf & REQ_NOWAIT)
		bio_wouldblock_error(bio);
}

/**
 * mpath_no_memory() - park a bio for which no context is to be had
 * @head: the head
 * @bio: the original; ended with BLK_STS_AGAIN if it may not wait
 *
 * The first one arms the timer, so that a stream of others cannot postpone it.
 *
 * Context: Process context.
 */
void mpath_no_memory(struct mpath_head *head, struct bio *bio)
{
	bool first;

	if (bio->bi_opf & REQ_NOWAIT) {
		bio_wouldblock_error(bio);
		return;
	}
	trace_mpath_park(bio, true);
	scoped_guard(spinlock_irqsave, &head->requeue_lock) {
		bio_list_add(&head->parked, bio);
		first = !test_and_set_bit(MPATH_HEAD_STARVED, &head->flags);
	}
	if (first)
		mpath_arm_requeue(head, MPATH_STARVED_DELAY);
}

static unsigned long mpath_retry_delay(unsigned int attempts)
{
	return min(MPATH_RETRY_DELAY_MIN << min(attempts - 1, 5U), MPATH_RETRY_DELAY_MAX);
}

/**
 * mpath_retry_context() - let a bio that failed on a path wait for another
 * @ctx: the context, whose path still has its reference; gone when this returns
 *
 * Ends the bio instead if its bound is exceeded, or if it asked to fail fast and was moved before.
 *
 * Context: Any, interrupts may be off.
 */
void mpath_retry_context(struct mpath_context *ctx)
{
	struct mpath_head *head = ctx->head;

	if ((ctx->attempts > 1 && ctx->orig->bi_opf & REQ_FAILFAST_MASK) ||
	    (ctx->attempts > MPATH_MAX_ATTEMPTS &&
	     time_after(jiffies, ctx->first_failure + MPATH_RETRY_BOUND))) {
		mpath_end_context(ctx, BLK_STS_IOERR);
		return;
	}
	ctx->retry_at = jiffies + mpath_retry_delay(ctx->attempts);
	scoped_guard(spinlock_irqsave, &head->requeue_lock)
		list_add_tail(&ctx->list, &head->retry);
	mpath_head_kick(head);
}

/* A path that had an event since may be tried again. */
static void mpath_forget_old_failures(struct mpath_context *ctx)
{
	unsigned int seq = atomic_read(&ctx->head->seq);
	struct mpath_path *path;

	guard(srcu_fast)(&ctx->head->srcu);
	mpath_for_each_path(path, ctx->head)
		if ((int)(READ_ONCE(path->event_seq) - ctx->seq) > 0)
			__clear_bit(path->index, ctx->failed);
	ctx->seq = seq;
}

/* The policy's choice, unless the bio failed there; then the best of the others. */
static struct mpath_path *mpath_select_untried(struct mpath_context *ctx)
{
	enum mpath_state state, best_state = MPATH_LAST + 1;
	struct mpath_path *path, *best = NULL;

	path = mpath_head_select(ctx->head);
	if (!path || !test_bit(path->index, ctx->failed))
		return path;
	mpath_path_put(path);

	guard(srcu_fast)(&ctx->head->srcu);
	mpath_for_each_path(path, ctx->head) {
		state = mpath_path_state(path);
		if (state < best_state && !test_bit(path->index, ctx->failed)) {
			best = path;
			best_state = state;
		}
	}
	return best && percpu_ref_tryget_live(&best->ref) ? best : NULL;
}

/* What became of something that waited. */
enum mpath_waiter {
	MPATH_WAITER_DONE,	/* issued or ended */
	MPATH_WAITER_PATH,	/* waits for a path */
	MPATH_WAITER_PACED,	/* waits for its time */
	MPATH_WAITER_MEMORY,	/* waits for memory */
};

/* No path now for a bio that failed: true if it may wait for one. */
static bool mpath_context_may_wait(struct mpath_context *ctx)
{
	if (ctx->orig->bi_opf & REQ_FAILFAST_MASK)
		return false;
	if (!test_bit(MPATH_HEAD_LIVE, &ctx->head->flags))
		return false;
	guard(srcu_fast)(&ctx->head->srcu);
	return mpath_may_wait(ctx->head);
}

static bool mpath_has_path(struct mpath_head *head)
{
	guard(srcu_fast)(&head->srcu);
	return mpath_head_has_path(head);
}

static enum mpath_waiter mpath_serve_context(struct mpath_context *ctx)
{
	bool due = time_after_eq(jiffies, ctx->retry_at);
	struct mpath_path *path = NULL;

	mpath_forget_old_failures(ctx);
	if (due)
		bitmap_zero(ctx->failed, MPATH_MAX_PATHS);
	/* What fails again and again is not sped up by events either. */
	if (due || ctx->attempts <= MPATH_MAX_ATTEMPTS)
		path = mpath_select_untried(ctx);
	if (path) {
		if (mpath_issue_context(ctx, path, REQ_NOWAIT))
			return MPATH_WAITER_DONE;
		mpath_path_put(path);
		return MPATH_WAITER_MEMORY;
	}
	if (!mpath_context_may_wait(ctx)) {
		mpath_end_context(ctx, BLK_STS_IOERR);
		return MPATH_WAITER_DONE;
	}
	return mpath_has_path(ctx->head) ? MPATH_WAITER_PACED : MPATH_WAITER_PATH;
}

static enum mpath_waiter mpath_serve_bio(struct mpath_head *head, struct bio *bio)
{
	struct mpath_path *path = mpath_head_select(head);
	bool wait;

	if (path) {
		if (mpath_issue_bio(head, path, bio, REQ_NOWAIT))
			return MPATH_WAITER_DONE;
		mpath_path_put(path);
		return MPATH_WAITER_MEMORY;
	}
	scoped_guard(srcu_fast, &head->srcu)
		wait = !(bio->bi_opf & REQ_FAILFAST_MASK) && mpath_may_wait(head);
	if (wait)
		return MPATH_WAITER_PATH;
	bio_io_error(bio);
	return MPATH_WAITER_DONE;
}

/**
 * struct mpath_pass - one run of the requeue work
 * @retry: contexts to serve
 * @keep: contexts that were served and wait
 * @parked: originals to serve
 * @delay: jiffies until the next run, MAX_JIFFY_OFFSET if none is needed
 * @starved: memory ran out
 */
struct mpath_pass {
	struct list_head retry;
	struct list_head keep;
	struct bio_list parked;
	unsigned long delay;
	bool starved;
};

static void mpath_serve_contexts(struct mpath_pass *pass)
{
	struct mpath_context *ctx, *next;

	list_for_each_entry_safe(ctx, next, &pass->retry, list) {
		unsigned long wait = MPATH_POLL_DELAY;

		list_del_init(&ctx->list);
		switch (mpath_serve_context(ctx)) {
		case MPATH_WAITER_DONE:
			cond_resched();
			continue;
		case MPATH_WAITER_MEMORY:
			list_add(&ctx->list, &pass->retry);
			pass->starved = true;
			return;
		case MPATH_WAITER_PACED:
			wait = clamp((long)(ctx->retry_at - jiffies), 1L, (long)wait);
			break;
		case MPATH_WAITER_PATH:
			break;
		}
		list_add_tail(&ctx->list, &pass->keep);
		pass->delay = min(pass->delay, wait);
	}
}

static void mpath_serve_bios(struct mpath_head *head, struct mpath_pass *pass)
{
	struct bio *bio;

	while (!pass->starved && (bio = bio_list_pop(&pass->parked))) {
		switch (mpath_serve_bio(head, bio)) {
		case MPATH_WAITER_DONE:
			cond_resched();
			continue;
		case MPATH_WAITER_MEMORY:
			pass->starved = true;
			break;
		default:
			pass->delay = min(pass->delay, MPATH_POLL_DELAY);
			break;
		}
		/* The others wait for the same. */
		bio_list_add_head(&pass->parked, bio);
		return;
	}
}

/* Put back in front what waits on. Who parked meanwhile for memory relies on the next run. */
static void mpath_end_pass(struct mpath_head *head, struct mpath_pass *pass)
{
	bool was_starved;

	list_splice_tail(&pass->retry, &pass->keep);
	guard(spinlock_irqsave)(&head->requeue_lock);
	was_starved = test_bit(MPATH_HEAD_STARVED, &head->flags);
	if (pass->starved) {
		set_bit(MPATH_HEAD_STARVED, &head->flags);
		pass->delay = min(pass->delay, MPATH_STARVED_DELAY);
	} else if (was_starved) {
		clear_bit(MPATH_HEAD_STARVED, &head->flags);
		if (!bio_list_empty(&head->parked))
			pass->delay = 0;
	}
	list_splice(&pass->keep, &head->retry);
	bio_list_merge_head(&head->parked, &pass->parked);
}

/**
 * mpath_requeue_work() - issue, end or keep all that waits
 * @work: &mpath_head.requeue_work
 *
 * Context: Process context, on the workqueue of the head. Allocates without sleeping; may sleep
 *	in the queue of a path.
 */
void mpath_requeue_work(struct work_struct *work)
{
	struct mpath_head *head = container_of(to_delayed_work(work), struct mpath_head,
					       requeue_work);
	struct mpath_pass pass = {
		.retry = LIST_HEAD_INIT(pass.retry),
		.keep = LIST_HEAD_INIT(pass.keep),
		.delay = MAX_JIFFY_OFFSET,
	};

	clear_bit(MPATH_HEAD_KICKED, &head->flags);
	smp_mb__after_atomic(); /* a kick after this is seen by mpath_arm_requeue() */
	scoped_guard(spinlock_irqsave, &head->requeue_lock) {
		list_splice_init(&head->retry, &pass.retry);
		bio_list_merge_init(&pass.parked, &head->parked);
	}
	mpath_serve_contexts(&pass);
	mpath_serve_bios(head, &pass);
	mpath_end_pass(head, &pass);
	if (pass.delay != MAX_JIFFY_OFFSET)
		mpath_arm_requeue(head, pass.delay);
}

/**
 * mpath_requeue_init() - set up the lists and the work of a head
 * @head: the head
 *
 * Context: Process context.
 */
void mpath_requeue_init(struct mpath_head *head)
{
	spin_lock_init(&head->requeue_lock);
	INIT_LIST_HEAD(&head->retry);
	bio_list_init(&head->parked);
	INIT_DELAYED_WORK(&head->requeue_work, mpath_requeue_work);
}
