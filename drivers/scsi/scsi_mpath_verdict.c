// SPDX-License-Identifier: GPL-2.0
/*
 * What a failed command means for a multipath disk: values in, verdict out.
 *
 * One table says it all. The first rule that matches decides: rules for a command that was not
 * sent, then for its host byte, its status, and its sense data. Nothing here reads a device, takes
 * a lock or remembers anything, so a test can ask about every failure there is.
 *
 * Contexts:  any.
 * Invariant: a rule ends in SCSI_MPATH_OTHER only where another path may do better, and never
 *            where the outcome is a property of the data, of the request or of a reservation.
 */
#include <linux/array_size.h>
#include <linux/module.h>
#include <kunit/visibility.h>
#include <scsi/scsi.h>
#include <scsi/scsi_proto.h>
#include <scsi/scsi_status.h>
#include <scsi/scsi_multipath.h>

/* How long a device may say that it is busy before another path is asked. */
#define SCSI_MPATH_BUSY_MS	50

/* What is compared. */
enum scsi_mpath_rule_kind {
	STATE,		/* not sent: state of the device */
	RECOVERY,	/* not sent: the host handles errors */
	REFUSED,	/* not sent, for whatever reason */
	HOST,		/* host byte */
	HOST_ANY,	/* every other host byte but DID_OK */
	STATUS,		/* status byte */
	DEFERRED,	/* deferred sense data */
	SENSE,		/* sense key, additional sense code, range of qualifiers */
	SENSE_ANY,	/* every other sense data */
	ANY,		/* every other result */
};

/* What it means; the rows of scsi_mpath_outcomes. */
enum scsi_mpath_outcome_id {
	PASS_UP,
	WAIT,
	OTHER,
	OTHER_ONCE,
	OTHER_ONCE_IF_READ,
	SAME,
	SAME_ONCE,
	SAME_3,
	SAME_SHORTLY,
};

/**
 * struct scsi_mpath_outcome - how a command goes on
 * @class: what to do with it
 * @then: what to do when @tries, @max_age_ms or @once are exhausted or the mid-layer gives up
 * @tries: how often the path may try again; 0 for no limit of ours
 * @max_age_ms: how old the command may grow meanwhile; 0 for no limit of ours
 * @once: only until another path has failed as well
 * @reads: only for reads
 */
struct scsi_mpath_outcome {
	enum scsi_mpath_class class;
	enum scsi_mpath_class then;
	u8 tries;
	u8 max_age_ms;
	bool once;
	bool reads;
};

static const struct scsi_mpath_outcome scsi_mpath_outcomes[] = {
	[PASS_UP]	= { SCSI_MPATH_PASS_UP, SCSI_MPATH_PASS_UP },
	[WAIT]		= { SCSI_MPATH_WAIT, SCSI_MPATH_PASS_UP },
	[OTHER]		= { SCSI_MPATH_OTHER, SCSI_MPATH_OTHER },
	[OTHER_ONCE]	= { SCSI_MPATH_OTHER, SCSI_MPATH_PASS_UP, .once = true },
	[OTHER_ONCE_IF_READ] = { SCSI_MPATH_OTHER, SCSI_MPATH_PASS_UP, .once = true,
				 .reads = true },
	[SAME]		= { SCSI_MPATH_SAME, SCSI_MPATH_OTHER },
	[SAME_ONCE]	= { SCSI_MPATH_SAME, SCSI_MPATH_OTHER, .tries = 1 },
	[SAME_3]	= { SCSI_MPATH_SAME, SCSI_MPATH_OTHER, .tries = 3 },
	[SAME_SHORTLY]	= { SCSI_MPATH_SAME, SCSI_MPATH_OTHER, .max_age_ms = SCSI_MPATH_BUSY_MS },
};

/* Short forms for the table. */
enum {
	REFRESH		= SCSI_MPATH_ACT_REFRESH,
	TRANSITION	= SCSI_MPATH_ACT_TRANSITION,
	HOLD		= SCSI_MPATH_ACT_HOLD,
	RELIST		= SCSI_MPATH_ACT_RELIST,
	GONE		= SCSI_MPATH_ACT_GONE,
	BACKOFF		= SCSI_MPATH_ACT_BACKOFF,
	PROBE		= SCSI_MPATH_ACT_PROBE,
	MARGINAL	= SCSI_MPATH_ACT_MARGINAL,
	REVALIDATE	= SCSI_MPATH_ACT_REVALIDATE,
	RESERVATIONS	= SCSI_MPATH_ACT_RESERVATIONS,
};

/* A path is blamed only for a command that it loses. */
#define SCSI_MPATH_BLAME	(BACKOFF | PROBE | MARGINAL)

#define NO_ASC		0	/* the kind has no additional sense code */
#define ANY_ASC		0x100

/**
 * struct scsi_mpath_rule - one row of the table
 * @kind: what is compared
 * @code: state, host byte, status byte or sense key
 * @asc: additional sense code, or ANY_ASC
 * @first: first additional sense code qualifier
 * @last: last additional sense code qualifier
 * @outcome: how the command goes on
 * @actions: what else to do
 * @name: for tests
 */
struct scsi_mpath_rule {
	enum scsi_mpath_rule_kind kind;
	u8 code;
	u16 asc;
	u8 first;
	u8 last;
	enum scsi_mpath_outcome_id outcome;
	u16 actions;
	const char *name;
};

static const struct scsi_mpath_rule scsi_mpath_rules[] = {
	/* Not sent. What is blocked stays in its queue; it is here for completeness. */
	{ STATE, SDEV_DEL, NO_ASC, 0, 0, OTHER, GONE, "device deleted" },
	{ STATE, SDEV_CANCEL, NO_ASC, 0, 0, OTHER, 0, "device going away" },
	{ STATE, SDEV_OFFLINE, NO_ASC, 0, 0, OTHER, 0, "device offline" },
	{ STATE, SDEV_TRANSPORT_OFFLINE, NO_ASC, 0, 0, OTHER, 0, "transport offline" },
	{ STATE, SDEV_BLOCK, NO_ASC, 0, 0, OTHER, 0, "device blocked" },
	{ STATE, SDEV_CREATED_BLOCK, NO_ASC, 0, 0, OTHER, 0, "new device blocked" },
	{ STATE, SDEV_QUIESCE, NO_ASC, 0, 0, OTHER, 0, "device quiesced" },
	{ RECOVERY, 0, NO_ASC, 0, 0, OTHER, 0, "host in recovery" },
	{ REFUSED, 0, NO_ASC, 0, 0, OTHER, REFRESH, "refused by the device handler" },

	/* The transport and the host. A time-out comes here after error handling has ended it. */
	{ HOST, DID_NO_CONNECT, NO_ASC, 0, 0, OTHER, BACKOFF, "no connection" },
	{ HOST, DID_BAD_TARGET, NO_ASC, 0, 0, OTHER, BACKOFF, "bad target" },
	{ HOST, DID_TRANSPORT_DISRUPTED, NO_ASC, 0, 0, OTHER, BACKOFF, "transport disrupted" },
	{ HOST, DID_TRANSPORT_FAILFAST, NO_ASC, 0, 0, OTHER, BACKOFF, "transport failed" },
	{ HOST, DID_TRANSPORT_MARGINAL, NO_ASC, 0, 0, OTHER, MARGINAL, "transport marginal" },
	{ HOST, DID_IMM_RETRY, NO_ASC, 0, 0, SAME_3, BACKOFF, "immediate retry" },
	{ HOST, DID_REQUEUE, NO_ASC, 0, 0, SAME, BACKOFF, "requeue" },
	{ HOST, DID_BUS_BUSY, NO_ASC, 0, 0, OTHER, 0, "bus busy" },
	{ HOST, DID_ERROR, NO_ASC, 0, 0, SAME_ONCE, BACKOFF, "host error" },
	{ HOST, DID_SOFT_ERROR, NO_ASC, 0, 0, SAME_ONCE, BACKOFF, "host soft error" },
	{ HOST, DID_PARITY, NO_ASC, 0, 0, SAME_ONCE, BACKOFF, "parity error" },
	{ HOST, DID_BAD_INTR, NO_ASC, 0, 0, SAME_ONCE, BACKOFF, "bad interrupt" },
	{ HOST, DID_TIME_OUT, NO_ASC, 0, 0, OTHER, BACKOFF | PROBE, "timed out" },
	{ HOST, DID_ABORT, NO_ASC, 0, 0, OTHER, BACKOFF | PROBE, "aborted by the host" },
	{ HOST, DID_RESET, NO_ASC, 0, 0, SAME, BACKOFF, "reset" },
	{ HOST, DID_PASSTHROUGH, NO_ASC, 0, 0, PASS_UP, 0, "passed through" },
	{ HOST_ANY, 0, NO_ASC, 0, 0, SAME_ONCE, BACKOFF, "unknown host byte" },

	/* The target port. */
	{ STATUS, SAM_STAT_BUSY, NO_ASC, 0, 0, SAME_SHORTLY, MARGINAL, "busy" },
	{ STATUS, SAM_STAT_TASK_SET_FULL, NO_ASC, 0, 0, SAME_SHORTLY, MARGINAL, "task set full" },
	{ STATUS, SAM_STAT_TASK_ABORTED, NO_ASC, 0, 0, SAME_ONCE, 0, "task aborted" },
	{ STATUS, SAM_STAT_RESERVATION_CONFLICT, NO_ASC, 0, 0, PASS_UP, 0, "reservation conflict" },

	/* Sense data. Those of an earlier command only say that this one was not executed. */
	{ DEFERRED, 0, NO_ASC, 0, 0, SAME, 0, "deferred error" },
	{ SENSE, NO_SENSE, ANY_ASC, 0, 0, PASS_UP, 0, "no sense" },
	{ SENSE, RECOVERED_ERROR, ANY_ASC, 0, 0, PASS_UP, 0, "recovered error" },

	{ SENSE, NOT_READY, 0x04, 0x0a, 0x0a, OTHER, REFRESH | TRANSITION, "state transition" },
	{ SENSE, NOT_READY, 0x04, 0x0b, 0x0b, OTHER, REFRESH, "standby" },
	{ SENSE, NOT_READY, 0x04, 0x0c, 0x0c, OTHER, REFRESH, "unavailable" },
	{ SENSE, NOT_READY, 0x04, 0x01, 0x01, WAIT, 0, "becoming ready" },
	{ SENSE, NOT_READY, 0x04, 0x04, 0x09, WAIT, 0, "operation in progress" },
	{ SENSE, NOT_READY, 0x04, 0x11, 0x11, WAIT, 0, "spin-up required" },
	{ SENSE, NOT_READY, 0x04, 0x14, 0x14, WAIT, 0, "space allocation in progress" },
	{ SENSE, NOT_READY, 0x04, 0x1a, 0x1b, WAIT, 0, "start or sanitize in progress" },
	{ SENSE, NOT_READY, 0x04, 0x1d, 0x1d, WAIT, 0, "configuration in progress" },
	{ SENSE, NOT_READY, 0x04, 0x02, 0x02, PASS_UP, 0, "not started" },
	{ SENSE, NOT_READY, 0x04, 0x03, 0x03, OTHER_ONCE, 0, "intervention required" },
	{ SENSE, NOT_READY, 0x04, 0x12, 0x12, OTHER_ONCE, 0, "offline" },
	{ SENSE, NOT_READY, 0x04, 0x20, 0x22, OTHER_ONCE, 0, "not accessible" },
	{ SENSE, NOT_READY, ANY_ASC, 0, 0, PASS_UP, 0, "not ready" },

	{ SENSE, MEDIUM_ERROR, 0x11, 0x00, 0xff, PASS_UP, 0, "unrecovered read error" },
	{ SENSE, MEDIUM_ERROR, 0x13, 0x00, 0xff, PASS_UP, 0, "address mark not found" },
	{ SENSE, MEDIUM_ERROR, 0x14, 0x00, 0xff, PASS_UP, 0, "record not found" },
	{ SENSE, MEDIUM_ERROR, ANY_ASC, 0, 0, PASS_UP, 0, "medium error" },

	/* Arrays that have lost a logical unit for good say so on every path. */
	{ SENSE, HARDWARE_ERROR, 0x3e, 0x01, 0x01, PASS_UP, 0, "logical unit failure" },
	{ SENSE, HARDWARE_ERROR, 0x3e, 0x03, 0x03, PASS_UP, 0, "failed self-test" },
	{ SENSE, HARDWARE_ERROR, 0x4c, 0x00, 0xff, PASS_UP, 0, "failed self-configuration" },
	{ SENSE, HARDWARE_ERROR, ANY_ASC, 0, 0, OTHER_ONCE, 0, "hardware error" },

	{ SENSE, ILLEGAL_REQUEST, 0x10, 0x00, 0xff, OTHER_ONCE_IF_READ, 0, "protection error" },
	{ SENSE, ILLEGAL_REQUEST, 0x20, 0x00, 0xff, PASS_UP, 0, "invalid command" },
	{ SENSE, ILLEGAL_REQUEST, 0x21, 0x00, 0xff, PASS_UP, REVALIDATE, "address out of range" },
	{ SENSE, ILLEGAL_REQUEST, 0x22, 0x00, 0xff, PASS_UP, 0, "illegal function" },
	{ SENSE, ILLEGAL_REQUEST, 0x24, 0x00, 0xff, PASS_UP, 0, "invalid field in CDB" },
	{ SENSE, ILLEGAL_REQUEST, 0x25, 0x00, 0x00, OTHER, GONE, "no such logical unit" },
	{ SENSE, ILLEGAL_REQUEST, 0x26, 0x00, 0xff, PASS_UP, 0, "invalid parameter" },
	{ SENSE, ILLEGAL_REQUEST, 0x27, 0x00, 0xff, PASS_UP, 0, "write protected" },
	{ SENSE, ILLEGAL_REQUEST, 0x68, 0x00, 0xff, PASS_UP, 0, "logical unit not configured" },
	{ SENSE, ILLEGAL_REQUEST, ANY_ASC, 0, 0, PASS_UP, 0, "illegal request" },

	/* After a reset or a change of the list, the number may lead to another logical unit. */
	{ SENSE, UNIT_ATTENTION, 0x04, 0x0a, 0x0a, OTHER, REFRESH | TRANSITION,
	  "state transition began" },
	{ SENSE, UNIT_ATTENTION, 0x29, 0x00, 0xff, OTHER, HOLD | REFRESH, "reset or nexus loss" },
	{ SENSE, UNIT_ATTENTION, 0x2a, 0x01, 0x01, SAME, REVALIDATE, "mode parameters changed" },
	{ SENSE, UNIT_ATTENTION, 0x2a, 0x03, 0x05, SAME, RESERVATIONS, "reservations changed" },
	{ SENSE, UNIT_ATTENTION, 0x2a, 0x06, 0x07, SAME, REFRESH, "access state changed" },
	{ SENSE, UNIT_ATTENTION, 0x2a, 0x09, 0x09, SAME, REVALIDATE, "capacity changed" },
	{ SENSE, UNIT_ATTENTION, 0x3f, 0x03, 0x03, OTHER, HOLD | REFRESH, "INQUIRY data changed" },
	{ SENSE, UNIT_ATTENTION, 0x3f, 0x05, 0x05, OTHER, HOLD | REFRESH, "identifier changed" },
	{ SENSE, UNIT_ATTENTION, 0x3f, 0x0e, 0x0e, OTHER, HOLD | RELIST, "logical units changed" },
	{ SENSE, UNIT_ATTENTION, ANY_ASC, 0, 0, SAME, 0, "unit attention" },

	{ SENSE, DATA_PROTECT, 0x27, 0x07, 0x07, PASS_UP, 0, "out of space" },
	{ SENSE, DATA_PROTECT, ANY_ASC, 0, 0, PASS_UP, 0, "data protect" },
	{ SENSE, BLANK_CHECK, ANY_ASC, 0, 0, PASS_UP, 0, "blank check" },
	{ SENSE, COPY_ABORTED, ANY_ASC, 0, 0, PASS_UP, 0, "copy aborted" },
	{ SENSE, ABORTED_COMMAND, 0x10, 0x00, 0xff, OTHER_ONCE_IF_READ, 0, "protection error" },
	{ SENSE, ABORTED_COMMAND, 0x2e, 0x01, 0x03, PASS_UP, 0, "duration limit exceeded" },
	{ SENSE, ABORTED_COMMAND, ANY_ASC, 0, 0, SAME_ONCE, MARGINAL, "aborted command" },
	{ SENSE, VOLUME_OVERFLOW, ANY_ASC, 0, 0, PASS_UP, 0, "volume overflow" },
	{ SENSE, MISCOMPARE, ANY_ASC, 0, 0, PASS_UP, 0, "miscompare" },
	{ SENSE, COMPLETED, ANY_ASC, 0, 0, PASS_UP, 0, "completed with sense data" },
	{ SENSE_ANY, 0, NO_ASC, 0, 0, PASS_UP, 0, "other sense data" },

	{ ANY, 0, NO_ASC, 0, 0, PASS_UP, 0, "other result" },
};

static u8 scsi_mpath_status_byte(const struct scsi_mpath_failure *f)
{
	return f->result & 0xff;
}

/* A conflict is a conflict, also for a driver that puts an error of its own beside the status. */
static u8 scsi_mpath_host_byte(const struct scsi_mpath_failure *f)
{
	if (host_byte(f->result) == DID_ERROR &&
	    scsi_mpath_status_byte(f) == SAM_STAT_RESERVATION_CONFLICT)
		return DID_OK;
	return host_byte(f->result);
}

static bool scsi_mpath_has_sense(const struct scsi_mpath_failure *f)
{
	return f->sense_valid && scsi_mpath_status_byte(f) == SAM_STAT_CHECK_CONDITION;
}

static bool scsi_mpath_sense_matches(const struct scsi_mpath_rule *rule,
				     const struct scsi_mpath_failure *f)
{
	if (!scsi_mpath_has_sense(f) || f->deferred || rule->code != f->key)
		return false;
	return rule->asc == ANY_ASC ||
	       (rule->asc == f->asc && f->ascq >= rule->first && f->ascq <= rule->last);
}

static bool scsi_mpath_rule_matches(const struct scsi_mpath_rule *rule,
				    const struct scsi_mpath_failure *f)
{
	bool refused = f->stage == SCSI_MPATH_REFUSED;

	switch (rule->kind) {
	case STATE:
		return refused && rule->code == f->state;
	case RECOVERY:
		return refused && f->in_recovery;
	case REFUSED:
		return refused;
	case HOST:
		return rule->code == scsi_mpath_host_byte(f);
	case HOST_ANY:
		return scsi_mpath_host_byte(f) != DID_OK;
	case STATUS:
		return rule->code == scsi_mpath_status_byte(f);
	case DEFERRED:
		return scsi_mpath_has_sense(f) && f->deferred;
	case SENSE:
		return scsi_mpath_sense_matches(rule, f);
	case SENSE_ANY:
		return scsi_mpath_has_sense(f);
	case ANY:
		break;
	}
	return true;
}

/* A limit of the mid-layer's that is lower than ours counts. */
static bool scsi_mpath_tries_exhausted(const struct scsi_mpath_outcome *outcome,
				       const struct scsi_mpath_failure *f)
{
	int tries = outcome->tries;

	if (!tries)
		return false;
	if (f->allowed >= 0)
		tries = min(tries, f->allowed);
	return f->retries > tries;
}

static bool scsi_mpath_exhausted(const struct scsi_mpath_outcome *outcome,
				 const struct scsi_mpath_failure *f)
{
	return (f->stage == SCSI_MPATH_ENDING && outcome->class != SCSI_MPATH_OTHER) ||
	       scsi_mpath_tries_exhausted(outcome, f) ||
	       (outcome->max_age_ms && f->age_ms > outcome->max_age_ms) ||
	       (outcome->once && f->moved) ||
	       (outcome->reads && !f->read);
}

/**
 * scsi_mpath_judge() - what does a failure mean
 * @failure: the failed command and its circumstances
 *
 * Context: Any. No side effects.
 * Return: the verdict.
 */
struct scsi_mpath_verdict scsi_mpath_judge(const struct scsi_mpath_failure *failure)
{
	const struct scsi_mpath_rule *rule = scsi_mpath_rules;
	const struct scsi_mpath_outcome *outcome;
	struct scsi_mpath_verdict verdict = {};

	/* The last rule matches everything. */
	while (!scsi_mpath_rule_matches(rule, failure))
		rule++;
	outcome = &scsi_mpath_outcomes[rule->outcome];

	verdict.rule = rule - scsi_mpath_rules;
	verdict.tries = outcome->tries;
	verdict.class = scsi_mpath_exhausted(outcome, failure) ? outcome->then : outcome->class;
	verdict.actions = rule->actions;
	if (verdict.class == SCSI_MPATH_OTHER)
		verdict.status = BLK_STS_TRANSPORT;
	else
		verdict.actions &= ~SCSI_MPATH_BLAME;
	return verdict;
}
EXPORT_SYMBOL_GPL(scsi_mpath_judge);

/**
 * scsi_mpath_rule_name() - what a rule is about, in a few words, for tests
 * @rule: &scsi_mpath_verdict.rule
 *
 * Context: Any.
 * Return: the name, or NULL if there is no such rule.
 */
const char *scsi_mpath_rule_name(unsigned int rule)
{
	return rule < ARRAY_SIZE(scsi_mpath_rules) ? scsi_mpath_rules[rule].name : NULL;
}
EXPORT_SYMBOL_IF_KUNIT(scsi_mpath_rule_name);
