// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the choice of a path: what each policy must do, and what one of them does.
 */
#include <kunit/test.h>
#include <linux/preempt.h>
#include "test_disk.h"

static const struct policy_case {
	const char *name;
} policy_cases[] = {
	{ "numa" },
	{ "round-robin" },
	{ "queue-depth" },
};

KUNIT_ARRAY_PARAM_DESC(policy, policy_cases, name);

static struct test_head *policy_head(struct kunit *test, struct test_path **paths, size_t nr)
{
	const struct policy_case *c = test->param_value;
	struct test_head *th;
	size_t i;

	for (i = 0; i < nr; i++)
		paths[i] = test_path_make(test, NULL, TEST_SECTORS);
	th = test_head_make(test, c ? c->name : NULL, paths[0]);
	for (i = 1; i < nr; i++)
		test_path_join(test, th, paths[i]);
	return th;
}

/* The path that the next bio would take, or NULL. */
static struct test_path *chosen(struct test_head *th)
{
	struct mpath_path *path = mpath_head_select(&th->head);

	if (!path)
		return NULL;
	mpath_path_put(path);
	return container_of(path, struct test_path, path);
}

/* True if @tp is chosen @times times in a row. */
static bool always_chosen(struct test_head *th, struct test_path *tp, unsigned int times)
{
	while (times--)
		if (chosen(th) != tp)
			return false;
	return true;
}

/* Optimized before usable, usable before unknown, unknown before nothing. */
static void best_state_first(struct kunit *test)
{
	struct test_path *paths[5];
	struct test_head *th = policy_head(test, paths, ARRAY_SIZE(paths));

	test_path_set_state(paths[0], MPATH_LAST);
	test_path_set_state(paths[1], MPATH_USABLE);
	test_path_set_state(paths[2], MPATH_OPTIMIZED);
	test_path_set_state(paths[3], MPATH_PENDING);
	test_path_set_state(paths[4], MPATH_GONE);
	KUNIT_EXPECT_TRUE(test, always_chosen(th, paths[2], 10));
	test_path_set_state(paths[2], MPATH_GONE);
	KUNIT_EXPECT_TRUE(test, always_chosen(th, paths[1], 10));
	test_path_set_state(paths[1], MPATH_PENDING);
	KUNIT_EXPECT_TRUE(test, always_chosen(th, paths[0], 10));
	test_path_set_state(paths[0], MPATH_PENDING);
	KUNIT_EXPECT_PTR_EQ(test, chosen(th), NULL);
	test_path_set_state(paths[4], MPATH_USABLE);
	KUNIT_EXPECT_TRUE(test, always_chosen(th, paths[4], 10));
}

/* State is read live: a change counts at once, without an event. */
static void state_is_live(struct kunit *test)
{
	struct test_path *paths[2];
	struct test_head *th = policy_head(test, paths, ARRAY_SIZE(paths));

	KUNIT_EXPECT_NOT_NULL(test, chosen(th));
	WRITE_ONCE(paths[0]->state, MPATH_GONE);
	KUNIT_EXPECT_TRUE(test, always_chosen(th, paths[1], 10));
	WRITE_ONCE(paths[0]->state, MPATH_OPTIMIZED);
	WRITE_ONCE(paths[1]->state, MPATH_GONE);
	KUNIT_EXPECT_TRUE(test, always_chosen(th, paths[0], 10));
}

/* The remembered path leaves: the others are chosen, at once, and with none left nothing spins. */
static void remembered_path_leaves(struct kunit *test)
{
	struct test_path *paths[3];
	struct test_head *th = policy_head(test, paths, ARRAY_SIZE(paths));
	unsigned int left = ARRAY_SIZE(paths);

	while (left--) {
		struct test_path *tp = chosen(th);

		KUNIT_ASSERT_NOT_NULL_MSG(test, tp, "no path with %u left", left + 1);
		test_path_leave(tp);
		KUNIT_EXPECT_PTR_NE(test, chosen(th), tp);
	}
	KUNIT_EXPECT_PTR_EQ(test, chosen(th), NULL);
}

/* A killed path is not chosen although it is still on the list. */
static void killed_path_is_skipped(struct kunit *test)
{
	struct test_path *paths[2];
	struct test_head *th = policy_head(test, paths, ARRAY_SIZE(paths));
	struct test_path *first = chosen(th);

	mpath_path_kill(&first->path);
	KUNIT_EXPECT_TRUE(test, always_chosen(th, paths[first == paths[0]], 10));
	mpath_path_kill(&paths[first == paths[0]]->path);
	KUNIT_EXPECT_PTR_EQ(test, chosen(th), NULL);
}

/* A path that is smaller than the head is not chosen, however good it is. */
static void small_path_is_skipped(struct kunit *test)
{
	struct test_path *paths[1], *small;
	struct test_head *th = policy_head(test, paths, ARRAY_SIZE(paths));

	small = test_path_make(test, NULL, TEST_SECTORS / 2);
	test_path_join(test, th, small);
	test_path_set_state(paths[0], MPATH_LAST);
	KUNIT_EXPECT_TRUE(test, always_chosen(th, paths[0], 10));
}

/* Equal paths in turn: 300 choices of one CPU are 100 of each of three paths. */
static void spread_is_even(struct kunit *test)
{
	const struct policy_case *c = test->param_value;
	struct test_path *paths[3];
	struct test_head *th = policy_head(test, paths, ARRAY_SIZE(paths));
	unsigned int i, hits[3] = {};

	if (!strcmp(c->name, "numa")) {
		kunit_skip(test, "keeps to one path");
		return;
	}
	migrate_disable();
	for (i = 0; i < 300; i++)
		hits[chosen(th)->path.index]++;
	migrate_enable();
	for (i = 0; i < ARRAY_SIZE(hits); i++)
		KUNIT_EXPECT_EQ_MSG(test, hits[i], 100, "path %u", i);
}

/* The turn goes over the best paths only, and over the gap that a path leaves. */
static void round_robin_skips_gaps(struct kunit *test)
{
	struct test_path *paths[4];
	struct test_head *th = policy_head(test, paths, ARRAY_SIZE(paths));
	unsigned int i, hits[4] = {};

	KUNIT_ASSERT_EQ(test, mpath_head_set_policy(&th->head, "round-robin"), 0);
	test_path_set_state(paths[3], MPATH_USABLE);
	test_path_leave(paths[1]);
	migrate_disable();
	for (i = 0; i < 100; i++)
		hits[chosen(th)->path.index]++;
	migrate_enable();
	KUNIT_EXPECT_EQ(test, hits[0], 50);
	KUNIT_EXPECT_EQ(test, hits[2], 50);
}

/* The nearest path is kept to, and a nearer one is noticed by its event. */
static void numa_prefers_near(struct kunit *test)
{
	int here = numa_node_id();
	struct test_path *paths[2];
	struct test_head *th;

	/* Any other number is a far node: what does not exist has the distance of a remote one. */
	th = policy_head(test, paths, ARRAY_SIZE(paths));
	paths[0]->path.node = here + 1;
	paths[1]->path.node = here;
	migrate_disable();
	mpath_path_event(&paths[0]->path);
	KUNIT_EXPECT_TRUE(test, always_chosen(th, paths[1], 10));
	test_path_set_state(paths[1], MPATH_USABLE);
	KUNIT_EXPECT_TRUE(test, always_chosen(th, paths[0], 10));
	test_path_set_state(paths[1], MPATH_OPTIMIZED);
	KUNIT_EXPECT_TRUE(test, always_chosen(th, paths[1], 10));
	migrate_enable();
}

/* The path with less in flight is chosen until the other one has less. */
static void queue_depth_prefers_idle(struct kunit *test)
{
	struct test_path *paths[2];
	struct test_head *th = policy_head(test, paths, ARRAY_SIZE(paths));
	unsigned int i;

	KUNIT_ASSERT_EQ(test, mpath_head_set_policy(&th->head, "queue-depth"), 0);
	migrate_disable();
	for (i = 0; i < 10; i++)
		this_cpu_inc(paths[0]->path.stats->started);
	KUNIT_EXPECT_TRUE(test, always_chosen(th, paths[1], 10));
	for (i = 0; i < 20; i++)
		this_cpu_inc(paths[1]->path.stats->started);
	KUNIT_EXPECT_TRUE(test, always_chosen(th, paths[0], 10));
	for (i = 0; i < 20; i++)
		this_cpu_inc(paths[1]->path.stats->finished);
	KUNIT_EXPECT_TRUE(test, always_chosen(th, paths[1], 10));
	migrate_enable();
}

/* What other CPUs have in flight counts after one interval at the latest. */
static void queue_depth_sees_other_cpus(struct kunit *test)
{
	struct test_path *paths[2];
	struct test_head *th = policy_head(test, paths, ARRAY_SIZE(paths));
	int cpu;

	KUNIT_ASSERT_EQ(test, mpath_head_set_policy(&th->head, "queue-depth"), 0);
	KUNIT_EXPECT_NOT_NULL(test, chosen(th));
	for_each_possible_cpu(cpu)
		per_cpu_ptr(paths[0]->path.stats, cpu)->started += 5;
	schedule_timeout_uninterruptible(msecs_to_jiffies(20));
	KUNIT_EXPECT_TRUE(test, always_chosen(th, paths[1], 10));
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

	KUNIT_EXPECT_EQ_MSG(test, mpath_policy_valid(c->name), c->valid, "\"%s\"", c->name);
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
