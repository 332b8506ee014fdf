// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the choice of a path: what each policy must do, and what one of them does.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/numa.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/topology.h>
#include "internal.h"

static const struct policy_case {
	const char *name;
} policy_cases[] = {
	{ "numa" },
	{ "round-robin" },
	{ "queue-depth" },
};

KUNIT_ARRAY_PARAM_DESC(policy, policy_cases, name);

/* A path without a disk: what a policy looks at, and no more. */
struct fake_path {
	struct mpath_path path;
	enum mpath_state state;
};

static struct fake_path *to_fake(struct mpath_path *path)
{
	return container_of(path, struct fake_path, path);
}

static enum mpath_state fake_state(struct mpath_path *path)
{
	return READ_ONCE(to_fake(path)->state);
}

static const struct mpath_ops fake_ops = {
	.path_state = fake_state,
};

static void fake_event(struct fake_path *fake)
{
	fake->path.event_seq = atomic_inc_return(&fake->path.head->seq);
}

static void fake_set_state(struct fake_path *fake, enum mpath_state state)
{
	WRITE_ONCE(fake->state, state);
	fake_event(fake);
}

static void fake_kill(struct fake_path *fake)
{
	clear_bit(MPATH_PATH_READY, &fake->path.flags);
	percpu_ref_kill(&fake->path.ref);
}

static void fake_leave(struct fake_path *fake)
{
	struct mpath_head *head = fake->path.head;

	clear_bit(MPATH_PATH_READY, &fake->path.flags);
	list_del_rcu(&fake->path.siblings);
	RCU_INIT_POINTER(head->by_index[fake->path.index], NULL);
	synchronize_srcu(&head->srcu);
}

static void fake_released(struct percpu_ref *ref)
{
	complete_all(&container_of(ref, struct mpath_path, ref)->drained);
}

static void fake_path_free(void *data)
{
	struct fake_path *fake = data;

	if (!percpu_ref_is_dying(&fake->path.ref))
		percpu_ref_kill(&fake->path.ref);
	wait_for_completion(&fake->path.drained);
	percpu_ref_exit(&fake->path.ref);
	free_percpu(fake->path.stats);
}

static struct fake_path *fake_path_make(struct kunit *test, struct mpath_head *head,
					unsigned int index)
{
	struct fake_path *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fake);
	fake->path.head = head;
	fake->path.index = index;
	fake->path.node = NUMA_NO_NODE;
	fake->path.depth_at = jiffies - HZ;
	fake->path.stats = alloc_percpu(struct mpath_path_stats);
	KUNIT_ASSERT_TRUE(test, !!fake->path.stats);
	init_completion(&fake->path.drained);
	KUNIT_ASSERT_EQ(test, percpu_ref_init(&fake->path.ref, fake_released, 0, GFP_KERNEL), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, fake_path_free, fake), 0);
	set_bit(MPATH_PATH_READY, &fake->path.flags);
	rcu_assign_pointer(head->by_index[index], &fake->path);
	list_add_tail_rcu(&fake->path.siblings, &head->paths);
	fake_event(fake);
	return fake;
}

static void fake_head_free(void *data)
{
	struct mpath_head *head = data;

	free_percpu(head->choice);
	cleanup_srcu_struct(&head->srcu);
}

/* A head with @nr optimized paths and the policy of the test's row, or the default. */
static struct mpath_head *fake_head_make(struct kunit *test, struct fake_path **fakes, size_t nr)
{
	const struct policy_case *c = test->param_value;
	struct mpath_head *head = kunit_kzalloc(test, sizeof(*head), GFP_KERNEL);
	size_t i;

	KUNIT_ASSERT_NOT_NULL(test, head);
	head->ops = &fake_ops;
	head->policy = mpath_policy_find(c ? c->name : NULL);
	KUNIT_ASSERT_NOT_NULL(test, head->policy);
	INIT_LIST_HEAD(&head->paths);
	KUNIT_ASSERT_EQ(test, init_srcu_struct_fast(&head->srcu), 0);
	head->choice = alloc_percpu(unsigned int);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, fake_head_free, head), 0);
	KUNIT_ASSERT_TRUE(test, !!head->choice);
	for (i = 0; i < nr; i++)
		fakes[i] = fake_path_make(test, head, i);
	return head;
}

/* The path that the next bio would take, or NULL. */
static struct fake_path *chosen(struct mpath_head *head)
{
	struct mpath_path *path = mpath_head_select(head);

	if (!path)
		return NULL;
	percpu_ref_put(&path->ref);
	return to_fake(path);
}

/* True if @tp is chosen @times times in a row. */
static bool always_chosen(struct mpath_head *head, struct fake_path *tp, unsigned int times)
{
	while (times--)
		if (chosen(head) != tp)
			return false;
	return true;
}

/* Optimized before usable, usable before unknown, unknown before nothing. */
static void best_state_first(struct kunit *test)
{
	struct fake_path *paths[5];
	struct mpath_head *head = fake_head_make(test, paths, ARRAY_SIZE(paths));

	fake_set_state(paths[0], MPATH_LAST);
	fake_set_state(paths[1], MPATH_USABLE);
	fake_set_state(paths[2], MPATH_OPTIMIZED);
	fake_set_state(paths[3], MPATH_PENDING);
	fake_set_state(paths[4], MPATH_GONE);
	KUNIT_EXPECT_TRUE(test, always_chosen(head, paths[2], 10));
	fake_set_state(paths[2], MPATH_GONE);
	KUNIT_EXPECT_TRUE(test, always_chosen(head, paths[1], 10));
	fake_set_state(paths[1], MPATH_PENDING);
	KUNIT_EXPECT_TRUE(test, always_chosen(head, paths[0], 10));
	fake_set_state(paths[0], MPATH_PENDING);
	KUNIT_EXPECT_PTR_EQ(test, chosen(head), NULL);
	fake_set_state(paths[4], MPATH_USABLE);
	KUNIT_EXPECT_TRUE(test, always_chosen(head, paths[4], 10));
}

/* State is read live: a change counts at once, without an event. */
static void state_is_live(struct kunit *test)
{
	struct fake_path *paths[2];
	struct mpath_head *head = fake_head_make(test, paths, ARRAY_SIZE(paths));

	KUNIT_EXPECT_NOT_NULL(test, chosen(head));
	WRITE_ONCE(paths[0]->state, MPATH_GONE);
	KUNIT_EXPECT_TRUE(test, always_chosen(head, paths[1], 10));
	WRITE_ONCE(paths[0]->state, MPATH_OPTIMIZED);
	WRITE_ONCE(paths[1]->state, MPATH_GONE);
	KUNIT_EXPECT_TRUE(test, always_chosen(head, paths[0], 10));
}

/* The remembered path leaves: the others are chosen, at once, and with none left nothing spins. */
static void remembered_path_leaves(struct kunit *test)
{
	struct fake_path *paths[3];
	struct mpath_head *head = fake_head_make(test, paths, ARRAY_SIZE(paths));
	unsigned int left = ARRAY_SIZE(paths);

	while (left--) {
		struct fake_path *tp = chosen(head);

		KUNIT_ASSERT_NOT_NULL_MSG(test, tp, "no path with %u left", left + 1);
		fake_leave(tp);
		KUNIT_EXPECT_PTR_NE(test, chosen(head), tp);
	}
	KUNIT_EXPECT_PTR_EQ(test, chosen(head), NULL);
}

/* A killed path is not chosen although it is still on the list. */
static void killed_path_is_skipped(struct kunit *test)
{
	struct fake_path *paths[2];
	struct mpath_head *head = fake_head_make(test, paths, ARRAY_SIZE(paths));
	struct fake_path *first = chosen(head);

	fake_kill(first);
	KUNIT_EXPECT_TRUE(test, always_chosen(head, paths[first == paths[0]], 10));
	fake_kill(paths[first == paths[0]]);
	KUNIT_EXPECT_PTR_EQ(test, chosen(head), NULL);
}

/* A path that is smaller than the head is not chosen, however good it is. */
static void small_path_is_skipped(struct kunit *test)
{
	struct fake_path *paths[2];
	struct mpath_head *head = fake_head_make(test, paths, ARRAY_SIZE(paths));

	set_bit(MPATH_PATH_SMALL, &paths[1]->path.flags);
	fake_set_state(paths[0], MPATH_LAST);
	KUNIT_EXPECT_TRUE(test, always_chosen(head, paths[0], 10));
}

/* Equal paths in turn: 300 choices of one CPU are 100 of each of three paths. */
static void spread_is_even(struct kunit *test)
{
	const struct policy_case *c = test->param_value;
	struct fake_path *paths[3];
	struct mpath_head *head = fake_head_make(test, paths, ARRAY_SIZE(paths));
	unsigned int i, hits[3] = {};

	if (!strcmp(c->name, "numa")) {
		kunit_skip(test, "keeps to one path");
		return;
	}
	migrate_disable();
	for (i = 0; i < 300; i++)
		hits[chosen(head)->path.index]++;
	migrate_enable();
	for (i = 0; i < ARRAY_SIZE(hits); i++)
		KUNIT_EXPECT_EQ_MSG(test, hits[i], 100, "path %u", i);
}

/* The turn goes over the best paths only, and over the gap that a path leaves. */
static void round_robin_skips_gaps(struct kunit *test)
{
	struct fake_path *paths[4];
	struct mpath_head *head = fake_head_make(test, paths, ARRAY_SIZE(paths));
	unsigned int i, hits[4] = {};

	KUNIT_ASSERT_EQ(test, mpath_head_set_policy(head, "round-robin"), 0);
	fake_set_state(paths[3], MPATH_USABLE);
	fake_leave(paths[1]);
	migrate_disable();
	for (i = 0; i < 100; i++)
		hits[chosen(head)->path.index]++;
	migrate_enable();
	KUNIT_EXPECT_EQ(test, hits[0], 50);
	KUNIT_EXPECT_EQ(test, hits[2], 50);
}

/* The nearest path is kept to, and a nearer one is noticed by its event. */
static void numa_prefers_near(struct kunit *test)
{
	struct fake_path *paths[2];
	struct mpath_head *head = fake_head_make(test, paths, ARRAY_SIZE(paths));
	int here;

	/* Any other number is a far node: what does not exist has the distance of a remote one. */
	migrate_disable();
	here = numa_node_id();
	paths[0]->path.node = here + 1;
	paths[1]->path.node = here;
	fake_event(paths[0]);
	KUNIT_EXPECT_TRUE(test, always_chosen(head, paths[1], 10));
	fake_set_state(paths[1], MPATH_USABLE);
	KUNIT_EXPECT_TRUE(test, always_chosen(head, paths[0], 10));
	fake_set_state(paths[1], MPATH_OPTIMIZED);
	KUNIT_EXPECT_TRUE(test, always_chosen(head, paths[1], 10));
	migrate_enable();
}

/* The path with less in flight is chosen until the other one has less. */
static void queue_depth_prefers_idle(struct kunit *test)
{
	struct fake_path *paths[2];
	struct mpath_head *head = fake_head_make(test, paths, ARRAY_SIZE(paths));
	unsigned int i;

	KUNIT_ASSERT_EQ(test, mpath_head_set_policy(head, "queue-depth"), 0);
	migrate_disable();
	for (i = 0; i < 10; i++)
		this_cpu_inc(paths[0]->path.stats->started);
	KUNIT_EXPECT_TRUE(test, always_chosen(head, paths[1], 10));
	for (i = 0; i < 20; i++)
		this_cpu_inc(paths[1]->path.stats->started);
	KUNIT_EXPECT_TRUE(test, always_chosen(head, paths[0], 10));
	for (i = 0; i < 20; i++)
		this_cpu_inc(paths[1]->path.stats->finished);
	KUNIT_EXPECT_TRUE(test, always_chosen(head, paths[1], 10));
	migrate_enable();
}

/* What other CPUs have in flight counts after one interval at the latest. */
static void queue_depth_sees_other_cpus(struct kunit *test)
{
	struct fake_path *paths[2];
	struct mpath_head *head = fake_head_make(test, paths, ARRAY_SIZE(paths));
	int cpu;

	KUNIT_ASSERT_EQ(test, mpath_head_set_policy(head, "queue-depth"), 0);
	KUNIT_EXPECT_NOT_NULL(test, chosen(head));
	for_each_possible_cpu(cpu)
		per_cpu_ptr(paths[0]->path.stats, cpu)->started += 5;
	schedule_timeout_uninterruptible(msecs_to_jiffies(20));
	KUNIT_EXPECT_TRUE(test, always_chosen(head, paths[1], 10));
}

static const struct name_case {
	const char *name;
	bool valid;
} name_cases[] = {
	{ "numa", true },
	{ "numa\n", true },
	{ "round-robin", true },
	{ "queue-depth", true },
	{ "", false },
	{ "\n", false },
	{ "num", false },
	{ "numa ", false },
	{ "numas", false },
	{ "NUMA", false },
	{ "round-robin\n\n", false },
	{ "round robin", false },
	{ "queue-depth,numa", false },
};

KUNIT_ARRAY_PARAM_DESC(name, name_cases, name);

/* Names are whole words. */
static void name_is_exact(struct kunit *test)
{
	const struct name_case *c = test->param_value;

	KUNIT_EXPECT_EQ_MSG(test, !!mpath_policy_name(c->name), c->valid, "\"%s\"", c->name);
}

static struct kunit_case policy_tests[] = {
	KUNIT_CASE_PARAM(best_state_first, policy_gen_params),
	KUNIT_CASE_PARAM(state_is_live, policy_gen_params),
	KUNIT_CASE_PARAM(remembered_path_leaves, policy_gen_params),
	KUNIT_CASE_PARAM(killed_path_is_skipped, policy_gen_params),
	KUNIT_CASE_PARAM(small_path_is_skipped, policy_gen_params),
	KUNIT_CASE_PARAM(spread_is_even, policy_gen_params),
	KUNIT_CASE(round_robin_skips_gaps),
	KUNIT_CASE(numa_prefers_near),
	KUNIT_CASE(queue_depth_prefers_idle),
	KUNIT_CASE(queue_depth_sees_other_cpus),
	KUNIT_CASE_PARAM(name_is_exact, name_gen_params),
	{}
};

static struct kunit_suite policy_suite = {
	.name = "multipath_policy",
	.test_cases = policy_tests,
};

kunit_test_suite(policy_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_DESCRIPTION("Tests of libmultipath");
MODULE_LICENSE("GPL");
