// SPDX-License-Identifier: GPL-2.0
/*
 * The access state of one device: what an answer, sense data or the want of an answer makes of it,
 * and when to ask again.
 *
 * A transition has a deadline, set when it is first seen and moved by nothing. Until then the state
 * is read ever more slowly; a transition that outlives it leaves an unknown state, not one that
 * nobody has told, and is looked at a few times more.
 *
 * Contexts:  any; the caller has the lock of the device, and jiffies are an argument.
 * Invariant: the number of questions that follow from one trigger is bounded.
 */
#include <linux/array_size.h>
#include <linux/export.h>
#include <linux/typecheck.h>
#include <linux/jiffies.h>	/* uses the one before */
#include <linux/minmax.h>
#include <kunit/visibility.h>
#include <scsi/scsi_proto.h>
#include "scsi_alua_state.h"

#define TRANSITION_SECS		60
#define TRANSITION_EARLY	(10 * HZ)
#define TRANSITION_PACE		(1 * HZ)
#define TRANSITION_LATE_PACE	(2 * HZ)
#define EXPIRED_PACE		(60 * HZ)
#define EXPIRED_READS		10
#define MAX_AGAIN		5
#define MAX_BUSY		4

static const u16 transition_first_ms[] = { 100, 200, 400, 800 };

static void scsi_alua_show(struct scsi_alua_machine *m, enum scsi_alua_kind kind,
			   enum scsi_alua_why why)
{
	m->view.kind = kind;
	m->why = why;
}

/**
 * scsi_alua_machine_init() - begin with a device whose state is not known
 * @m: its access state
 * @why: why not
 */
void scsi_alua_machine_init(struct scsi_alua_machine *m, enum scsi_alua_why why)
{
	*m = (struct scsi_alua_machine) { .view.state = SCSI_ACCESS_STATE_TRANSITIONING };
	scsi_alua_show(m, SCSI_ALUA_KIND_UNKNOWN, why);
}
EXPORT_SYMBOL_IF_KUNIT(scsi_alua_machine_init);

/**
 * scsi_alua_machine_none() - the device has no access states, or none any more
 * @m: its access state
 */
void scsi_alua_machine_none(struct scsi_alua_machine *m)
{
	scsi_alua_machine_init(m, SCSI_ALUA_WHY_NONE);
	m->view.kind = SCSI_ALUA_NONE;
}
EXPORT_SYMBOL_IF_KUNIT(scsi_alua_machine_none);

static void scsi_alua_settle(struct scsi_alua_machine *m, u8 state, bool preferred)
{
	*m = (struct scsi_alua_machine) {
		.view = { .state = state, .preferred = preferred },
		.was_valid = true,
	};
	scsi_alua_show(m, SCSI_ALUA_VALID, SCSI_ALUA_WHY_NONE);
}

/* The first sight of a transition sets its deadline. */
static void scsi_alua_begin(struct scsi_alua_machine *m, int transition_secs, unsigned long now)
{
	if (m->in_transition)
		return;
	m->in_transition = true;
	m->expired = false;
	m->rereads = 0;
	m->began = now;
	m->deadline = now + (transition_secs > 0 ? transition_secs : TRANSITION_SECS) * HZ;
	m->view.state = SCSI_ACCESS_STATE_TRANSITIONING;
	scsi_alua_show(m, SCSI_ALUA_TRANSITIONING, SCSI_ALUA_WHY_NONE);
}

/**
 * scsi_alua_machine_told() - sense data tells the state
 * @m: access state of the device that has sent it
 * @state: one of enum scsi_access_state
 * @transition_secs: implicit transition time in seconds; 0 or -1 if not known
 * @now: jiffies
 */
void scsi_alua_machine_told(struct scsi_alua_machine *m, u8 state, int transition_secs,
			    unsigned long now)
{
	if (state == SCSI_ACCESS_STATE_TRANSITIONING)
		scsi_alua_begin(m, transition_secs, now);
	else
		scsi_alua_settle(m, state, m->view.preferred);
}
EXPORT_SYMBOL_IF_KUNIT(scsi_alua_machine_told);

static long scsi_alua_expired_delay(struct scsi_alua_machine *m)
{
	return m->rereads++ < EXPIRED_READS ? EXPIRED_PACE : SCSI_ALUA_IDLE;
}

static long scsi_alua_transition_delay(struct scsi_alua_machine *m, unsigned long now)
{
	long left = m->deadline - now, delay;

	if (m->rereads < ARRAY_SIZE(transition_first_ms))
		delay = msecs_to_jiffies(transition_first_ms[m->rereads]);
	else if (time_before(now, m->began + TRANSITION_EARLY))
		delay = TRANSITION_PACE;
	else
		delay = TRANSITION_LATE_PACE;
	m->rereads++;
	/* The last reading is at the deadline. */
	return min(delay, left);
}

/* Still no other state: go on, or give up at the deadline. */
static long scsi_alua_still(struct scsi_alua_machine *m, unsigned long now)
{
	if (time_before(now, m->deadline))
		return scsi_alua_transition_delay(m, now);
	m->in_transition = false;
	m->expired = true;
	m->rereads = 0;
	scsi_alua_show(m, SCSI_ALUA_KIND_UNKNOWN, SCSI_ALUA_WHY_EXPIRED);
	return scsi_alua_expired_delay(m);
}

static long scsi_alua_transition(struct scsi_alua_machine *m, const struct scsi_alua_answer *a)
{
	m->again = 0;
	m->busy = 0;
	/* What was given up begins anew only if something has happened. */
	if (m->expired && !a->triggered)
		return scsi_alua_expired_delay(m);
	scsi_alua_begin(m, a->transition_secs, a->now);
	return scsi_alua_still(m, a->now);
}

/* No state, and asking again would not bring one. */
static long scsi_alua_lose(struct scsi_alua_machine *m, enum scsi_alua_kind kind,
			   enum scsi_alua_why why)
{
	m->in_transition = false;
	m->expired = false;
	m->again = 0;
	m->busy = 0;
	m->page_read = false;
	scsi_alua_show(m, kind, why);
	return SCSI_ALUA_IDLE;
}

/* What was known may still hold, but nobody can tell. */
static long scsi_alua_fail(struct scsi_alua_machine *m)
{
	return scsi_alua_lose(m, m->was_valid ? SCSI_ALUA_STALE : SCSI_ALUA_KIND_UNKNOWN,
			      SCSI_ALUA_WHY_FAILED);
}

/* No answer for now. */
static long scsi_alua_busy(struct scsi_alua_machine *m, const struct scsi_alua_answer *a)
{
	m->again = 0;
	if (m->in_transition)
		return scsi_alua_still(m, a->now);
	if (m->expired && !a->triggered)
		return scsi_alua_expired_delay(m);
	if (m->busy >= MAX_BUSY)
		return scsi_alua_fail(m);
	return HZ << m->busy++;
}

static long scsi_alua_again(struct scsi_alua_machine *m, const struct scsi_alua_answer *a)
{
	return m->again++ < MAX_AGAIN ? 0 : scsi_alua_busy(m, a);
}

/* The reply does not fit the port: has that another group now? */
static long scsi_alua_misfit(struct scsi_alua_machine *m, enum scsi_alua_why why)
{
	if (m->page_read)
		return scsi_alua_lose(m, SCSI_ALUA_KIND_UNKNOWN, why);
	m->page_read = true;
	return SCSI_ALUA_READ_PAGE;
}

static long scsi_alua_told(struct scsi_alua_machine *m, const struct scsi_alua_answer *a,
			   bool preferred)
{
	if (a->state == SCSI_ACCESS_STATE_TRANSITIONING)
		return scsi_alua_transition(m, a);
	scsi_alua_settle(m, a->state, preferred);
	return SCSI_ALUA_IDLE;
}

static long scsi_alua_looked_up(struct scsi_alua_machine *m, const struct scsi_alua_answer *a)
{
	switch (a->lookup) {
	case SCSI_ALUA_STATE:
		return scsi_alua_told(m, a, a->preferred);
	case SCSI_ALUA_UNKNOWN:
		return scsi_alua_lose(m, SCSI_ALUA_KIND_UNKNOWN, SCSI_ALUA_WHY_RESERVED);
	case SCSI_ALUA_ABSENT:
		return scsi_alua_misfit(m, SCSI_ALUA_WHY_ABSENT);
	case SCSI_ALUA_CONFLICT:
		return scsi_alua_misfit(m, SCSI_ALUA_WHY_CONFLICT);
	case SCSI_ALUA_VOID:
		return scsi_alua_lose(m, SCSI_ALUA_KIND_UNKNOWN, SCSI_ALUA_WHY_MALFORMED);
	default:
		/* The rest of the reply may be had next time. */
		return scsi_alua_busy(m, a);
	}
}

/**
 * scsi_alua_machine_answer() - take what a query has brought
 * @m: access state of the device that was asked
 * @a: what it has brought
 *
 * Return: jiffies after which to ask again; SCSI_ALUA_IDLE: not before the next trigger;
 * SCSI_ALUA_READ_PAGE: at once, when VPD page 0x83 has been read again.
 */
long scsi_alua_machine_answer(struct scsi_alua_machine *m, const struct scsi_alua_answer *a)
{
	switch (a->outcome) {
	case SCSI_ALUA_OUTCOME_ANSWERED:
		return scsi_alua_looked_up(m, a);
	case SCSI_ALUA_OUTCOME_STATE:
		return scsi_alua_told(m, a, m->view.preferred);
	case SCSI_ALUA_OUTCOME_AGAIN:
		return scsi_alua_again(m, a);
	case SCSI_ALUA_OUTCOME_BUSY:
		return scsi_alua_busy(m, a);
	case SCSI_ALUA_OUTCOME_REFUSED:
		return scsi_alua_lose(m, SCSI_ALUA_KIND_UNKNOWN, SCSI_ALUA_WHY_REFUSED);
	default:
		return scsi_alua_fail(m);
	}
}
EXPORT_SYMBOL_IF_KUNIT(scsi_alua_machine_answer);
