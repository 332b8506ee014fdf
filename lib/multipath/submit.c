// SPDX-License-Identifier: GPL-2.0
/*
 * The way of a bio down a path and back.
 *
 * A bio is not redirected but cloned: SCSI completes requests in parts, and a bio that fails
 * halfway must start again as a whole on another path. The clone lies in a context that remembers
 * where its bio has failed. No bioset: there, an allocation that may not sleep never touches the
 * reserve, and one that may sleep can wait in the requeue work for contexts that only this work
 * would free. A mempool gives its reserve to both, so nobody sleeps here, and who finds nothing
 * parks the bio.
 *
 * Objects:   one context per bio in flight or failed, from the mempool of its head.
 * Contexts:  submission from process context, with or without a bio list above it; completion
 *            from any context, interrupts possibly off.
 * Locking:   none here; a clone holds a reference on its path.
 * Invariant: a bio in a context is ended once, by mpath_end_context(); and a context is handed on
 *            or freed before its path's reference is put, after which nothing may be touched.
 */
#include <linux/bio.h>
#include <linux/blk-cgroup.h>
#include <linux/blk-integrity.h>
#include <linux/timekeeping.h>
#include <trace/events/block.h>
#include <kunit/visibility.h>
#include "internal.h"

#define CREATE_TRACE_POINTS
#include <trace/events/multipath.h>

/**
 * mpath_status_is_path_error() - would the bio have a chance on another path?
 * @status: status of the clone
 * @killed: its path is being removed
 * @beyond_end: it reaches beyond the end that its path's disk has now
 *
 * The status decides. BLK_STS_IOERR alone means a target's error as well as a dead path's, and so
 * is moved only where the block layer made it, because the disk went away or shrank.
 *
 * Context: Any.
 * Return: true if the bio is to be moved, false if its submitter gets the status.
 */
bool mpath_status_is_path_error(blk_status_t status, bool killed, bool beyond_end)
{
	switch (status) {
	case BLK_STS_TRANSPORT:
	case BLK_STS_OFFLINE:
		return true;
	case BLK_STS_IOERR:
		return killed || beyond_end;
	default:
		return false;
	}
}
EXPORT_SYMBOL_IF_KUNIT(mpath_status_is_path_error);

static bool mpath_is_path_error(const struct mpath_context *ctx, blk_status_t status)
{
	return mpath_status_is_path_error(status, percpu_ref_is_dying(&ctx->path->ref),
					  bio_end_sector(ctx->orig) >
						bdev_nr_sectors(ctx->path->bdev));
}

static void mpath_free_context(struct mpath_context *ctx)
{
	struct mpath_head *head = ctx->head;

	mpath_put_context(head, ctx);
	if (unlikely(test_bit(MPATH_HEAD_STARVED, &head->flags)))
		mpath_head_kick(head);
}

/**
 * mpath_end_context() - complete the original and free the context
 * @ctx: a context without a clone in flight
 * @status: status for the submitter
 *
 * Context: Any.
 */
void mpath_end_context(struct mpath_context *ctx, blk_status_t status)
{
	struct bio *orig = ctx->orig;

	if (ctx->accounted)
		bio_end_io_acct(orig, ctx->acct_start);
	mpath_free_context(ctx);
	if (unlikely(status))
		bio_endio_status(orig, status);
	else
		bio_endio(orig);
}

/* Like the path's driver, stop what the target turned out not to do; a restack settles it. */
static void mpath_check_lost_operation(struct mpath_context *ctx, blk_status_t status)
{
	struct request_queue *q = bdev_get_queue(ctx->orig->bi_bdev);

	if (status != BLK_STS_TARGET && status != BLK_STS_NOTSUPP)
		return;
	if (bio_op(ctx->orig) == REQ_OP_DISCARD && !bdev_max_discard_sectors(ctx->path->bdev))
		blk_queue_disable_discard(q);
	else if (bio_op(ctx->orig) == REQ_OP_WRITE_ZEROES &&
		 !bdev_write_zeroes_sectors(ctx->path->bdev))
		blk_queue_disable_write_zeroes(q);
	else
		return;
	mpath_head_revalidate(ctx->head);
}

static void mpath_context_failed(struct mpath_context *ctx, blk_status_t status)
{
	struct mpath_path *path = ctx->path;

	this_cpu_inc(path->stats->errors);
	trace_mpath_path_error(ctx->orig, path->bdev->bd_disk, status);
	if (!ctx->attempts++) {
		bitmap_zero(ctx->failed, MPATH_MAX_PATHS);
		ctx->seq = READ_ONCE(path->event_seq);
		ctx->first_failure = jiffies;
	}
	__set_bit(path->index, ctx->failed);
	ctx->failed_ns = ktime_get_ns();
	mpath_retry_context(ctx);
}

static void mpath_clone_end_io(struct bio *clone)
{
	struct mpath_context *ctx = container_of(clone, struct mpath_context, clone);
	struct mpath_path *path = ctx->path;
	blk_status_t status = clone->bi_status;

	bio_uninit(clone);
	this_cpu_inc(path->stats->finished);
	if (likely(!status)) {
		this_cpu_inc(path->stats->ios[op_is_write(bio_op(ctx->orig))]);
		this_cpu_add(path->stats->sectors[op_is_write(bio_op(ctx->orig))],
			     bio_sectors(ctx->orig));
		mpath_end_context(ctx, BLK_STS_OK);
	} else if (mpath_is_path_error(ctx, status)) {
		mpath_context_failed(ctx, status);
	} else {
		this_cpu_inc(path->stats->passed_up);
		mpath_check_lost_operation(ctx, status);
		mpath_end_context(ctx, status);
	}
	percpu_ref_put(&path->ref);
}

/**
 * mpath_issue_context() - send the bio of a context down a path
 * @ctx: a context without a clone in flight
 * @path: the path; takes over a reference on it if it succeeds
 * @clear: flags that the clone does not get
 *
 * Context: Process context. Allocates without sleeping; may sleep in the queue of the path.
 * Return: true if @ctx is on its way; false if there was no memory for its integrity data.
 */
bool mpath_issue_context(struct mpath_context *ctx, struct mpath_path *path, blk_opf_t clear)
{
	struct bio *clone = &ctx->clone;
	struct bio *orig = ctx->orig;

	/* Without a device first, or the cgroup would be looked up twice. */
	if (unlikely(bio_init_clone(NULL, clone, orig, GFP_NOWAIT)))
		return false;
	clone->bi_bdev = path->bdev;
	bio_clone_blkg_association(clone, orig);
	/*
	 * Failing fast is the head's business, and blk-mq would make all three bits of REQ_RAHEAD.
	 * The driver may be asked for a second opinion, and must know that it is one.
	 */
	clone->bi_opf &= ~(clear | REQ_RAHEAD | REQ_FAILFAST_DEV | REQ_FAILFAST_DRIVER);
	clone->bi_opf |= REQ_DRV | REQ_FAILFAST_TRANSPORT;
	if (unlikely(ctx->attempts))
		clone->bi_opf |= REQ_FAILFAST_DRIVER;
	clone->bi_end_io = mpath_clone_end_io;
	ctx->path = path;

	if (!ctx->accounted && blk_queue_io_stat(bdev_get_queue(orig->bi_bdev))) {
		ctx->acct_start = bio_start_io_acct(orig);
		ctx->accounted = true;
	}
	if (unlikely(ctx->attempts))
		trace_mpath_reissue(orig, path->bdev->bd_disk, ktime_get_ns() - ctx->failed_ns);
	trace_block_bio_remap(clone, disk_devt(orig->bi_bdev->bd_disk), orig->bi_iter.bi_sector);
	this_cpu_inc(path->stats->started);
	submit_bio_noacct(clone);
	return true;
}

/**
 * mpath_issue_bio() - send a bio that no path has seen down a path
 * @head: the head
 * @path: the path; takes over a reference on it if it succeeds
 * @bio: the bio, untouched if this fails
 * @clear: flags that the clone does not get
 *
 * Context: Process context. Allocates without sleeping; may sleep in the queue of the path.
 * Return: true if @bio is on its way, false if there was no memory.
 */
bool mpath_issue_bio(struct mpath_head *head, struct mpath_path *path, struct bio *bio,
		     blk_opf_t clear)
{
	struct mpath_context *ctx = mpath_get_context(head);

	if (unlikely(!ctx))
		return false;
	ctx->head = head;
	ctx->orig = bio;
	ctx->attempts = 0;
	ctx->accounted = false;
	if (likely(mpath_issue_context(ctx, path, clear)))
		return true;
	mpath_put_context(head, ctx);
	return false;
}

/**
 * mpath_submit_bio() - &block_device_operations.submit_bio of a head's disk
 * @bio: bio on the disk or on one of its partitions
 *
 * One clone is submitted for each call; what exceeds the limits of the head comes again.
 *
 * Context: Process context. Never sleeps for want of a path or of memory for a clone: @bio is
 *	parked then, or ended if it must not wait or if no path may be expected.
 */
void mpath_submit_bio(struct bio *bio)
{
	struct mpath_head *head = bio->bi_bdev->bd_disk->private_data;
	struct mpath_path *path;

	bio = bio_split_to_limits(bio);
	if (!bio)
		return;
	/* Memory that becomes free belongs to those who wait for it. */
	if (unlikely(test_bit(MPATH_HEAD_STARVED, &head->flags))) {
		mpath_no_memory(head, bio);
		return;
	}

	path = mpath_head_select(head);
	if (unlikely(!path)) {
		mpath_no_path(head, bio);
		return;
	}
	if (unlikely(!mpath_issue_bio(head, path, bio, 0))) {
		mpath_path_put(path);
		mpath_no_memory(head, bio);
	}
}
EXPORT_SYMBOL_GPL(mpath_submit_bio);
