// SPDX-License-Identifier: GPL-2.0
/*
 * Attributes of heads and paths, for users to put into their groups.
 *
 * Contexts:  process context of whoever reads or writes the file.
 */
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/sysfs.h>
#include "internal.h"

static int mpath_parse_secs(const char *buf, unsigned int *secs)
{
	int ret = kstrtouint(buf, 0, secs);

	if (ret)
		return ret;
	return *secs > MPATH_MAX_WAIT_SECS ? -EINVAL : 0;
}

/**
 * mpath_head_iopolicy_show() - name of the policy
 * @head: the head
 * @buf: page of the attribute
 *
 * Context: Process context.
 * Return: bytes written.
 */
ssize_t mpath_head_iopolicy_show(struct mpath_head *head, char *buf)
{
	return sysfs_emit(buf, "%s\n", mpath_head_policy_name(head));
}
EXPORT_SYMBOL_GPL(mpath_head_iopolicy_show);

/**
 * mpath_head_iopolicy_store() - choose the policy
 * @head: the head
 * @buf: "numa", "round-robin" or "queue-depth", the whole word
 * @count: bytes in @buf
 *
 * Context: Process context.
 * Return: @count, or -EINVAL.
 */
ssize_t mpath_head_iopolicy_store(struct mpath_head *head, const char *buf, size_t count)
{
	return mpath_head_set_policy(head, buf) ?: count;
}
EXPORT_SYMBOL_GPL(mpath_head_iopolicy_store);

/**
 * mpath_head_delayed_removal_show() - seconds that the head outlives its last path
 * @head: the head
 * @buf: page of the attribute
 *
 * Context: Process context.
 * Return: bytes written.
 */
ssize_t mpath_head_delayed_removal_show(struct mpath_head *head, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(head->delayed_removal_secs));
}
EXPORT_SYMBOL_GPL(mpath_head_delayed_removal_show);

/**
 * mpath_head_delayed_removal_store() - set these seconds
 * @head: the head
 * @buf: a number of seconds, 0 .. MPATH_MAX_WAIT_SECS; 0 removes a head without paths at once
 * @count: bytes in @buf
 *
 * Context: Process context, may sleep.
 * Return: @count; -EINVAL or -ERANGE for anything else.
 */
ssize_t mpath_head_delayed_removal_store(struct mpath_head *head, const char *buf, size_t count)
{
	unsigned int secs;
	int ret = mpath_parse_secs(buf, &secs);

	if (ret)
		return ret;
	mpath_head_set_delayed_removal(head, secs);
	return count;
}
EXPORT_SYMBOL_GPL(mpath_head_delayed_removal_store);

/**
 * mpath_head_no_path_timeout_show() - seconds that I/O waits at least
 * @head: the head
 * @buf: page of the attribute
 *
 * Context: Process context.
 * Return: bytes written.
 */
ssize_t mpath_head_no_path_timeout_show(struct mpath_head *head, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(head->no_path_timeout_secs));
}
EXPORT_SYMBOL_GPL(mpath_head_no_path_timeout_show);

/**
 * mpath_head_no_path_timeout_store() - set these seconds
 * @head: the head
 * @buf: a number of seconds, 0 .. MPATH_MAX_WAIT_SECS, from the loss of the last usable path; it
 *	only lengthens what the paths allow
 * @count: bytes in @buf
 *
 * Context: Process context.
 * Return: @count; -EINVAL or -ERANGE for anything else.
 */
ssize_t mpath_head_no_path_timeout_store(struct mpath_head *head, const char *buf, size_t count)
{
	unsigned int secs;
	int ret = mpath_parse_secs(buf, &secs);

	if (ret)
		return ret;
	WRITE_ONCE(head->no_path_timeout_secs, secs);
	mpath_head_kick(head);
	return count;
}
EXPORT_SYMBOL_GPL(mpath_head_no_path_timeout_store);

/* More than the longest line: a disk's name, seven numbers and their words. */
#define MPATH_STATS_LINE	384

/**
 * mpath_head_state_show() - can the head do I/O
 * @head: the head
 * @buf: page of the attribute
 *
 * "running" while a path is usable, "waiting" while I/O waits for one, else "no-path".
 *
 * Context: Process context; takes the head's SRCU.
 * Return: bytes written.
 */
ssize_t mpath_head_state_show(struct mpath_head *head, char *buf)
{
	const char *word = "no-path";

	scoped_guard(srcu_fast, &head->srcu) {
		if (mpath_head_has_path(head))
			word = "running";
		else if (mpath_may_wait(head))
			word = "waiting";
	}
	return sysfs_emit(buf, "%s\n", word);
}
EXPORT_SYMBOL_GPL(mpath_head_state_show);

static ssize_t mpath_emit_stats(const struct mpath_path *path, char *buf, size_t at)
{
	struct mpath_path_stats sum;
	int len;

	mpath_path_read_stats(path, &sum);
	len = sysfs_emit_at(buf, at, "path=%s read_ios=%llu read_sectors=%llu",
			    path->bdev->bd_disk->disk_name, sum.ios[READ], sum.sectors[READ]);
	len += sysfs_emit_at(buf, at + len, " write_ios=%llu write_sectors=%llu",
			     sum.ios[WRITE], sum.sectors[WRITE]);
	len += sysfs_emit_at(buf, at + len, " errors=%llu passed_up=%llu inflight=%u\n",
			     sum.errors, sum.passed_up, sum.started - sum.finished);
	return len;
}

/**
 * mpath_head_stats_show() - counters of all paths
 * @head: the head
 * @buf: page of the attribute
 *
 * One line for each path: "path=<disk> read_ios= read_sectors= write_ios= write_sectors= errors=
 * passed_up= inflight=", each with a decimal number. Sectors are of 512 bytes; "write" counts
 * all that is not a read; "errors" were moved to another path, "passed_up" went to the submitter.
 * What does not fit into the page is left out.
 *
 * Context: Process context; takes the head's SRCU.
 * Return: bytes written.
 */
ssize_t mpath_head_stats_show(struct mpath_head *head, char *buf)
{
	struct mpath_path *path;
	ssize_t len = 0;

	guard(srcu_fast)(&head->srcu);
	mpath_for_each_path(path, head) {
		if (len > PAGE_SIZE - MPATH_STATS_LINE)
			break;
		len += mpath_emit_stats(path, buf, len);
	}
	return len;
}
EXPORT_SYMBOL_GPL(mpath_head_stats_show);

/**
 * mpath_path_stats_show() - counters of one path
 * @path: a path that has not left
 * @buf: page of the attribute
 *
 * The line of mpath_head_stats_show() for this path.
 *
 * Context: Process context.
 * Return: bytes written.
 */
ssize_t mpath_path_stats_show(struct mpath_path *path, char *buf)
{
	return mpath_emit_stats(path, buf, 0);
}
EXPORT_SYMBOL_GPL(mpath_path_stats_show);
