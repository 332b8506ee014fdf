// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the access state of a device: what each answer makes of it, and when the next
 * question is asked. Answers and times are made up, so nothing waits.
 *
 * A case is a list of steps. Each gives one answer, after the time that the last step asked for,
 * and says what has to follow.
 */
#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/jiffies.h>
#include <linux/string.h>
#include <scsi/scsi_proto.h>
#include "scsi_alua_slots.h"
#include "scsi_alua_state.h"

#define OPTIMIZED	SCSI_ACCESS_STATE_OPTIMAL
#define NON_OPTIMIZED	SCSI_ACCESS_STATE_ACTIVE
#define STANDBY		SCSI_ACCESS_STATE_STANDBY
#define TRANSITIONING	SCSI_ACCESS_STATE_TRANSITIONING

#define IDLE		SCSI_ALUA_IDLE
#define PAGE		SCSI_ALUA_READ_PAGE

#define KIND(name)	.kind = SCSI_ALUA_##name
#define UNKNOWN(name)	.kind = SCSI_ALUA_KIND_UNKNOWN, .why = SCSI_ALUA_WHY_##name

/* What a query brings. */
#define LISTED(s)	.outcome = SCSI_ALUA_OUTCOME_ANSWERED, .lookup = SCSI_ALUA_STATE, \
			.state = (s)
#define LOOKUP(name)	.outcome = SCSI_ALUA_OUTCOME_ANSWERED, .lookup = SCSI_ALUA_##name
#define OUTCOME(name)	.outcome = SCSI_ALUA_OUTCOME_##name
#define TOLD(s)		.outcome = SCSI_ALUA_OUTCOME_STATE, .state = (s)

#define MAX_STEPS	12

/* One answer, and what follows; @next is in ms, IDLE or PAGE. */
struct state_step {
	struct scsi_alua_answer a;
	long next;
	enum scsi_alua_kind kind;
	enum scsi_alua_why why;
};

static const struct state_case {
	const char *name;
	unsigned int nr_steps;
	struct state_step steps[MAX_STEPS];
} state_cases[] = {
	{ "a state is believed", 1, {
		{ { LISTED(NON_OPTIMIZED) }, IDLE, KIND(VALID) } } },
	{ "state 0 is one too", 1, {
		{ { LISTED(OPTIMIZED) }, IDLE, KIND(VALID) } } },
	{ "a reserved state is unknown", 1, {
		{ { LOOKUP(UNKNOWN) }, IDLE, UNKNOWN(RESERVED) } } },
	{ "a reply that makes no sense", 2, {
		{ { LISTED(OPTIMIZED) }, IDLE, KIND(VALID) },
		{ { LOOKUP(VOID) }, IDLE, UNKNOWN(MALFORMED) } } },
	{ "refused", 1, {
		{ { OUTCOME(REFUSED) }, IDLE, UNKNOWN(REFUSED) } } },
	{ "refused after a state was known", 2, {
		{ { LISTED(STANDBY) }, IDLE, KIND(VALID) },
		{ { OUTCOME(REFUSED) }, IDLE, UNKNOWN(REFUSED) } } },
	{ "failed, nothing was known", 1, {
		{ { OUTCOME(FAILED) }, IDLE, UNKNOWN(FAILED) } } },
	{ "failed, what was known is stale", 3, {
		{ { LISTED(OPTIMIZED) }, IDLE, KIND(VALID) },
		{ { OUTCOME(FAILED) }, IDLE, KIND(STALE), .why = SCSI_ALUA_WHY_FAILED },
		{ { LISTED(OPTIMIZED) }, IDLE, KIND(VALID) } } },
	{ "a group that is absent: page 0x83 once, then unknown", 2, {
		{ { LOOKUP(ABSENT) }, PAGE, UNKNOWN(ASKING) },
		{ { LOOKUP(ABSENT) }, IDLE, UNKNOWN(ABSENT) } } },
	{ "a group that had another number", 4, {
		{ { LISTED(OPTIMIZED) }, IDLE, KIND(VALID) },
		{ { LOOKUP(ABSENT) }, PAGE, KIND(VALID) },
		{ { LISTED(STANDBY) }, IDLE, KIND(VALID) },
		{ { LOOKUP(ABSENT) }, PAGE, KIND(VALID) } } },
	{ "a conflict: page 0x83 once, then unknown", 2, {
		{ { LOOKUP(CONFLICT) }, PAGE, UNKNOWN(ASKING) },
		{ { LOOKUP(CONFLICT) }, IDLE, UNKNOWN(CONFLICT) } } },
	{ "busy: after 1, 2, 4 and 8 s, then no more", 6, {
		{ { LISTED(STANDBY) }, IDLE, KIND(VALID) },
		{ { OUTCOME(BUSY) }, 1000, KIND(VALID) },
		{ { OUTCOME(BUSY) }, 2000, KIND(VALID) },
		{ { LOOKUP(INCOMPLETE) }, 4000, KIND(VALID) },
		{ { OUTCOME(BUSY) }, 8000, KIND(VALID) },
		{ { OUTCOME(BUSY) }, IDLE, KIND(STALE), .why = SCSI_ALUA_WHY_FAILED } } },
	{ "an answer ends the pacing", 4, {
		{ { OUTCOME(BUSY) }, 1000, UNKNOWN(ASKING) },
		{ { OUTCOME(BUSY) }, 2000, UNKNOWN(ASKING) },
		{ { LISTED(OPTIMIZED) }, IDLE, KIND(VALID) },
		{ { OUTCOME(BUSY) }, 1000, KIND(VALID) } } },
	{ "unit attentions: five at once, then paced", 7, {
		{ { OUTCOME(AGAIN) }, 0, UNKNOWN(ASKING) },
		{ { OUTCOME(AGAIN) }, 0, UNKNOWN(ASKING) },
		{ { OUTCOME(AGAIN) }, 0, UNKNOWN(ASKING) },
		{ { OUTCOME(AGAIN) }, 0, UNKNOWN(ASKING) },
		{ { OUTCOME(AGAIN) }, 0, UNKNOWN(ASKING) },
		{ { OUTCOME(AGAIN) }, 1000, UNKNOWN(ASKING) },
		{ { LISTED(OPTIMIZED) }, IDLE, KIND(VALID) } } },
	{ "sense data of the query tells the state", 1, {
		{ { TOLD(STANDBY) }, IDLE, KIND(VALID) } } },
	{ "a transition, ever more slowly read", 8, {
		{ { LISTED(TRANSITIONING) }, 100, KIND(TRANSITIONING) },
		{ { TOLD(TRANSITIONING) }, 200, KIND(TRANSITIONING) },
		{ { LISTED(TRANSITIONING) }, 400, KIND(TRANSITIONING) },
		{ { OUTCOME(BUSY) }, 800, KIND(TRANSITIONING) },
		{ { LISTED(TRANSITIONING) }, 1000, KIND(TRANSITIONING) },
		{ { LISTED(TRANSITIONING) }, 1000, KIND(TRANSITIONING) },
		{ { LISTED(TRANSITIONING) }, 1000, KIND(TRANSITIONING) },
		{ { LISTED(NON_OPTIMIZED) }, IDLE, KIND(VALID) } } },
	{ "a transition of 1 s that does not end", 6, {
		{ { LISTED(TRANSITIONING), .transition_secs = 1 }, 100, KIND(TRANSITIONING) },
		/* Another time does not move the deadline. */
		{ { LISTED(TRANSITIONING), .transition_secs = 9 }, 200, KIND(TRANSITIONING) },
		{ { LISTED(TRANSITIONING), .transition_secs = 9 }, 400, KIND(TRANSITIONING) },
		/* The last reading is at the deadline. */
		{ { LISTED(TRANSITIONING), .transition_secs = 9 }, 300, KIND(TRANSITIONING) },
		{ { LISTED(TRANSITIONING), .transition_secs = 9 }, 60000, UNKNOWN(EXPIRED) },
		{ { LISTED(TRANSITIONING), .transition_secs = 9 }, 60000, UNKNOWN(EXPIRED) } } },
	{ "neither unit attentions nor triggers move the deadline", 6, {
		{ { LISTED(TRANSITIONING), .transition_secs = 1 }, 100, KIND(TRANSITIONING) },
		{ { LISTED(TRANSITIONING) }, 200, KIND(TRANSITIONING) },
		{ { LISTED(TRANSITIONING) }, 400, KIND(TRANSITIONING) },
		{ { OUTCOME(AGAIN) }, 0, KIND(TRANSITIONING) },
		{ { LISTED(TRANSITIONING) }, 300, KIND(TRANSITIONING) },
		{ { LISTED(TRANSITIONING), .triggered = true }, 60000, UNKNOWN(EXPIRED) } } },
};

static long in_ms(long delay)
{
	return delay < 0 ? delay : jiffies_to_msecs(delay);
}

static void steps_follow(struct kunit *test)
{
	const struct state_case *c = test->param_value;
	unsigned long now = INITIAL_JIFFIES;
	struct scsi_alua_machine m;
	unsigned int i;

	scsi_alua_machine_init(&m, SCSI_ALUA_WHY_ASKING);
	for (i = 0; i < c->nr_steps; i++) {
		const struct state_step *step = &c->steps[i];
		struct scsi_alua_answer a = step->a;
		long delay;

		a.now = now;
		delay = scsi_alua_machine_answer(&m, &a);
		KUNIT_EXPECT_EQ_MSG(test, in_ms(delay), step->next, "step %u", i);
		KUNIT_EXPECT_EQ_MSG(test, m.view.kind, step->kind, "step %u", i);
		KUNIT_EXPECT_EQ_MSG(test, m.why, step->why, "step %u", i);
		if (m.view.kind == SCSI_ALUA_VALID && a.lookup == SCSI_ALUA_STATE &&
		    a.outcome == SCSI_ALUA_OUTCOME_ANSWERED)
			KUNIT_EXPECT_EQ_MSG(test, m.view.state, a.state, "step %u", i);
		now += max(delay, 0L);
	}
}

KUNIT_ARRAY_PARAM_DESC(state, state_cases, name);

/* Ask for as long as @m wants to, always with the same answer. Return: number of questions. */
static unsigned int ask_until_idle(struct kunit *test, struct scsi_alua_machine *m,
				   struct scsi_alua_answer *a)
{
	unsigned int asked = 0;
	long delay;

	do {
		delay = scsi_alua_machine_answer(m, a);
		a->now += max(delay, 0L);
		a->triggered = false;
		asked++;
		KUNIT_ASSERT_LT(test, asked, 1000);
	} while (delay != SCSI_ALUA_IDLE);
	return asked;
}

/* 4 early ones, 1 s each up to 10 s, 2 s each up to 60 s, one at the deadline, ten every minute. */
static void endless_transition_is_left(struct kunit *test)
{
	struct scsi_alua_answer a = { LISTED(TRANSITIONING), .now = 0 };
	struct scsi_alua_machine m;
	unsigned int asked;

	scsi_alua_machine_init(&m, SCSI_ALUA_WHY_ASKING);
	asked = ask_until_idle(test, &m, &a);
	KUNIT_EXPECT_EQ(test, m.view.kind, SCSI_ALUA_KIND_UNKNOWN);
	KUNIT_EXPECT_EQ(test, m.why, SCSI_ALUA_WHY_EXPIRED);
	KUNIT_EXPECT_EQ(test, jiffies_to_msecs(a.now), 660 * MSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, asked, 4 + 9 + 25 + 1 + 10);
}

static void no_answer_forever_is_left(struct kunit *test)
{
	static const enum scsi_alua_outcome outcomes[] = {
		SCSI_ALUA_OUTCOME_AGAIN, SCSI_ALUA_OUTCOME_BUSY, SCSI_ALUA_OUTCOME_FAILED,
		SCSI_ALUA_OUTCOME_REFUSED,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(outcomes); i++) {
		struct scsi_alua_answer a = { .outcome = outcomes[i], .now = INITIAL_JIFFIES };
		struct scsi_alua_machine m;

		scsi_alua_machine_init(&m, SCSI_ALUA_WHY_ASKING);
		KUNIT_EXPECT_LE(test, ask_until_idle(test, &m, &a), 30);
		KUNIT_EXPECT_EQ(test, m.view.kind, SCSI_ALUA_KIND_UNKNOWN);
	}
}

/* An expired transition that a trigger finds again is a new one; one of the series is not. */
static void expired_transition_needs_a_trigger(struct kunit *test)
{
	struct scsi_alua_answer a = { LISTED(TRANSITIONING), .now = INITIAL_JIFFIES };
	struct scsi_alua_machine m;

	scsi_alua_machine_init(&m, SCSI_ALUA_WHY_ASKING);
	ask_until_idle(test, &m, &a);
	scsi_alua_machine_answer(&m, &a);
	KUNIT_EXPECT_EQ(test, m.view.kind, SCSI_ALUA_KIND_UNKNOWN);
	a.triggered = true;
	KUNIT_EXPECT_GE(test, scsi_alua_machine_answer(&m, &a), 0);
	KUNIT_EXPECT_EQ(test, m.view.kind, SCSI_ALUA_TRANSITIONING);
}

static void sense_sets_the_state_and_keeps_pref(struct kunit *test)
{
	struct scsi_alua_answer a = { LISTED(OPTIMIZED), .preferred = true };
	struct scsi_alua_machine m;

	scsi_alua_machine_init(&m, SCSI_ALUA_WHY_ASKING);
	scsi_alua_machine_answer(&m, &a);
	scsi_alua_machine_told(&m, STANDBY, -1, INITIAL_JIFFIES);
	KUNIT_EXPECT_EQ(test, m.view.kind, SCSI_ALUA_VALID);
	KUNIT_EXPECT_EQ(test, m.view.state, STANDBY);
	KUNIT_EXPECT_TRUE(test, m.view.preferred);
	scsi_alua_machine_told(&m, TRANSITIONING, 5, INITIAL_JIFFIES);
	KUNIT_EXPECT_EQ(test, m.view.kind, SCSI_ALUA_TRANSITIONING);
	KUNIT_EXPECT_TRUE(test, m.view.preferred);
	KUNIT_EXPECT_EQ(test, m.deadline, INITIAL_JIFFIES + 5 * HZ);
	/* Told again, it has begun when it began. */
	scsi_alua_machine_told(&m, TRANSITIONING, 5, INITIAL_JIFFIES + HZ);
	KUNIT_EXPECT_EQ(test, m.deadline, INITIAL_JIFFIES + 5 * HZ);
}

/* 0 is active/optimized: what is not known must not be stored as that. */
static void unknown_is_not_zero(struct kunit *test)
{
	struct scsi_alua_machine m;

	scsi_alua_machine_init(&m, SCSI_ALUA_WHY_ASKING);
	KUNIT_EXPECT_NE(test, m.view.state, OPTIMIZED);
	scsi_alua_machine_none(&m);
	KUNIT_EXPECT_EQ(test, m.view.kind, SCSI_ALUA_NONE);
}

static unsigned int take(struct scsi_alua_slot *slots, unsigned int n, const void *host,
			 const void *target, unsigned long now)
{
	unsigned int taken = 0;

	while (taken < n && !scsi_alua_slot_take(&slots[taken], host, target, now))
		taken++;
	return taken;
}

static void give(struct scsi_alua_slot *slots, unsigned int n)
{
	while (n--)
		scsi_alua_slot_give(&slots[n]);
}

static void slots_are_bounded(struct kunit *test)
{
	struct scsi_alua_slot *slots = kunit_kcalloc(test, 128, sizeof(*slots), GFP_KERNEL);
	int hosts[2], targets[9];
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, slots);
	/* 16 for a target, 64 for a host. */
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, take(slots + 16 * i, 17, &hosts[0], &targets[i], 0), 16);
	KUNIT_EXPECT_EQ(test, take(slots + 64, 1, &hosts[0], &targets[4], 0), 0);
	KUNIT_EXPECT_EQ(test, take(slots + 64, 17, &hosts[1], &targets[5], 0), 16);
	/* Another one when one has been given back. */
	scsi_alua_slot_give(&slots[0]);
	KUNIT_EXPECT_EQ(test, take(slots, 1, &hosts[0], &targets[0], 0), 1);
	/* After a second they count no more; a silent target gets one. */
	KUNIT_EXPECT_EQ(test, take(slots + 80, 17, &hosts[0], &targets[6], HZ), 16);
	KUNIT_EXPECT_EQ(test, take(slots + 96, 2, &hosts[0], &targets[0], HZ), 1);
	/* Many may wait for a silent one, so they look less often. */
	KUNIT_EXPECT_EQ(test, scsi_alua_slot_take(&slots[97], &hosts[0], &targets[0], HZ), HZ);
	KUNIT_EXPECT_LT(test, scsi_alua_slot_take(&slots[97], &hosts[0], &targets[6], HZ), HZ / 10);
	give(slots, 97);
	KUNIT_EXPECT_EQ(test, take(slots, 17, &hosts[0], &targets[0], HZ), 16);
	give(slots, 16);
}

static struct kunit_case scsi_alua_state_test_cases[] = {
	KUNIT_CASE_PARAM(steps_follow, state_gen_params),
	KUNIT_CASE(endless_transition_is_left),
	KUNIT_CASE(no_answer_forever_is_left),
	KUNIT_CASE(expired_transition_needs_a_trigger),
	KUNIT_CASE(sense_sets_the_state_and_keeps_pref),
	KUNIT_CASE(unknown_is_not_zero),
	KUNIT_CASE(slots_are_bounded),
	{}
};

static struct kunit_suite scsi_alua_state_test_suite = {
	.name = "scsi_alua_state",
	.test_cases = scsi_alua_state_test_cases,
};

kunit_test_suite(scsi_alua_state_test_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_DESCRIPTION("KUnit tests of the access state of a device");
MODULE_LICENSE("GPL");
