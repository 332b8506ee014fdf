/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of libmultipath share with each other and with their tests.
 */
#ifndef _LIB_MULTIPATH_INTERNAL_H
#define _LIB_MULTIPATH_INTERNAL_H

#include <linux/multipath.h>
#include <linux/bitops.h>
#include <linux/jiffies.h>

/**
 * struct mpath_policy - how a head chooses the path of the next bio
 * @name: word that the iopolicy attribute shows and accepts
 * @select: a usable path, or NULL when there is none. Under the head's SRCU, preemptible or not;
 *	may not sleep; writes for each bio no cache line that other CPUs write or read.
 */
struct mpath_policy {
	const char *name;
	struct mpath_path *(*select)(struct mpath_head *head);
};

extern const struct mpath_policy mpath_policy_numa;
extern const struct mpath_policy mpath_policy_round_robin;
extern const struct mpath_policy mpath_policy_queue_depth;

/**
 * struct mpath_context - what the library knows of a bio that is or was on a path
 * @list: in &mpath_head.retry while it waits for another path
 * @head: the head that the bio was submitted to
 * @orig: that bio, untouched
 * @next: instead, in the list of contexts that a CPU keeps
 * @path: path of the clone in flight, which holds a reference on it
 * @acct_start: jiffies at which accounting began; valid if @accounted
 * @failed: paths, by index, that this bio failed on and that had no event since
 * @seq: &mpath_head.seq up to which @failed is known to be right
 * @first_failure: jiffies at the first failure
 * @retry_at: jiffies after which every path may be tried again
 * @failed_ns: monotonic time of the last failure, for the tracepoint
 * @attempts: failures so far
 * @accounted: end the accounting of @orig
 * @clone: the bio that paths see; its memory stays when it is built again
 */
struct mpath_context {
	struct list_head list;
	struct mpath_head *head;
	union {
		struct bio *orig;
		struct mpath_context *next;
	};
	struct mpath_path *path;
	unsigned long acct_start;
	DECLARE_BITMAP(failed, MPATH_MAX_PATHS);
	unsigned int seq;
	unsigned long first_failure;
	unsigned long retry_at;
	u64 failed_ns;
	unsigned int attempts;
	bool accounted;
	struct bio clone;
};

/* A bio that fails everywhere ends when both of these are exceeded. */
#define MPATH_MAX_ATTEMPTS	5
#define MPATH_RETRY_BOUND	(30 * HZ)

/* Waiting: for memory; for a path; between two rounds over the same paths, first and longest. */
#define MPATH_STARVED_DELAY	msecs_to_jiffies(10)
#define MPATH_POLL_DELAY	HZ
#define MPATH_RETRY_DELAY_MIN	(HZ / 10)
#define MPATH_RETRY_DELAY_MAX	HZ

/* How long I/O waits for the size of an otherwise usable path to be read. */
#define MPATH_SIZE_WAIT_MS	5000

/* Contexts in reserve: of the head, and that each path brings, so that a new path can be used. */
#define MPATH_MIN_CONTEXTS	4

/* State of a path for selection: one that may not be selected counts as gone. */
static inline enum mpath_state mpath_path_state(struct mpath_path *path)
{
	unsigned long flags = READ_ONCE(path->flags);

	if (unlikely((flags & (BIT(MPATH_PATH_READY) | BIT(MPATH_PATH_SMALL))) !=
		     BIT(MPATH_PATH_READY)))
		return MPATH_GONE;
	return path->head->ops->path_state(path);
}

static inline bool mpath_state_is_usable(enum mpath_state state)
{
	return state <= MPATH_LAST;
}

#define mpath_for_each_path(path, head)						\
	list_for_each_entry_srcu(path, &(head)->paths, siblings,		\
				 srcu_read_lock_held(&(head)->srcu))

/*
 * The scan that policies share: the usable path of the best state and, within it, of the lowest
 * cost. Inlined with its cost function. Costs are below 2^32; the first of equal paths wins.
 */
static __always_inline struct mpath_path *
mpath_scan_paths(struct mpath_head *head, u64 (*cost)(struct mpath_path *path, unsigned int arg),
		 unsigned int arg)
{
	struct mpath_path *path, *best = NULL;
	u64 best_key = U64_MAX;

	mpath_for_each_path(path, head) {
		enum mpath_state state = mpath_path_state(path);
		u64 key;

		if (!mpath_state_is_usable(state))
			continue;
		key = (u64)state << 32 | cost(path, arg);
		if (key < best_key) {
			best_key = key;
			best = path;
		}
	}
	return best;
}

/* The per-CPU choice: index in the low bits, the rest is the time of the choice in events. */
#define MPATH_CHOICE_BITS	ilog2(MPATH_MAX_PATHS)

static inline unsigned int mpath_choice_index(unsigned int choice)
{
	return choice % MPATH_MAX_PATHS;
}

static inline unsigned int mpath_choice_encode(unsigned int seq, unsigned int index)
{
	return seq << MPATH_CHOICE_BITS | index;
}

/* How far after @last an index comes in round-robin order: 0 for the next, highest for @last. */
static inline unsigned int mpath_index_distance(unsigned int index, unsigned int last)
{
	return (index - last - 1) % MPATH_MAX_PATHS;
}

/* policy.c */
struct mpath_path *mpath_head_select(struct mpath_head *head);
const struct mpath_policy *mpath_policy_find(const char *name);
bool mpath_head_has_path(struct mpath_head *head);
void mpath_head_note_loss(struct mpath_head *head);
unsigned int mpath_head_lost_ms(const struct mpath_head *head);

/* context.c */
int mpath_contexts_setup(void);
void mpath_contexts_takedown(void);
void mpath_contexts_drop(void);
int mpath_contexts_init(struct mpath_head *head);
int mpath_contexts_resize(struct mpath_head *head, unsigned int paths);
struct mpath_context *mpath_get_context(struct mpath_head *head);
void mpath_put_context(struct mpath_head *head, struct mpath_context *ctx);

/* submit.c */
bool mpath_status_is_path_error(blk_status_t status, bool killed, bool beyond_end);
bool mpath_issue_bio(struct mpath_head *head, struct mpath_path *path, struct bio *bio,
		     blk_opf_t clear);
bool mpath_issue_context(struct mpath_context *ctx, struct mpath_path *path, blk_opf_t clear);
void mpath_end_context(struct mpath_context *ctx, blk_status_t status);

/* requeue.c */
void mpath_requeue_init(struct mpath_head *head);
void mpath_no_path(struct mpath_head *head, struct bio *bio);
void mpath_no_memory(struct mpath_head *head, struct bio *bio);
void mpath_retry_context(struct mpath_context *ctx);
bool mpath_may_wait(struct mpath_head *head);
void mpath_requeue_work(struct work_struct *work);

/* head.c */
extern struct workqueue_struct *mpath_wq;
extern struct workqueue_struct *mpath_limits_wq;

/* disk.c */
void mpath_scan_work(struct work_struct *work);
void mpath_head_queue_scan(struct mpath_head *head);

/* limits.c */

/**
 * struct mpath_limits - limits of a head in the making
 * @lim: what was stacked so far
 * @integrity: the integrity profiles agree
 * @discard: every path can discard
 * @secure_erase: every path can erase
 */
struct mpath_limits {
	struct queue_limits lim;
	bool integrity;
	bool discard;
	bool secure_erase;
};

void mpath_limits_start(struct mpath_limits *stack);
void mpath_limits_add(struct mpath_limits *stack, const struct queue_limits *path);
void mpath_limits_finish(struct mpath_limits *stack, const struct queue_limits *old);
void mpath_path_check_size(struct mpath_path *path);
void mpath_limits_work(struct work_struct *work);

/* remove.c */
void mpath_remove_work(struct work_struct *work);
void mpath_head_check_last_path(struct mpath_head *head);

#endif /* _LIB_MULTIPATH_INTERNAL_H */
