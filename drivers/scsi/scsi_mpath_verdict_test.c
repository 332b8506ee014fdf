// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the verdict on failed commands.
 *
 * scsi_mpath_verdict_cases is the table of error classes, row by row: what failed, and the class,
 * the tries and the actions that it must get. "Same path once, then another" is two rows, one for
 * each answer. A rule that no row reaches fails the test, and so does a host byte without a row.
 */
#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/bitmap.h>
#include <scsi/scsi.h>
#include <scsi/scsi_proto.h>
#include <scsi/scsi_status.h>
#include <scsi/scsi_multipath.h>

#define SAME		SCSI_MPATH_SAME
#define OTHER		SCSI_MPATH_OTHER
#define WAIT		SCSI_MPATH_WAIT
#define PASS_UP		SCSI_MPATH_PASS_UP

#define REFRESH		SCSI_MPATH_ACT_REFRESH
#define TRANSITION	SCSI_MPATH_ACT_TRANSITION
#define HOLD		SCSI_MPATH_ACT_HOLD
#define RELIST		SCSI_MPATH_ACT_RELIST
#define GONE		SCSI_MPATH_ACT_GONE
#define BACKOFF		SCSI_MPATH_ACT_BACKOFF
#define PROBE		SCSI_MPATH_ACT_PROBE
#define MARGINAL	SCSI_MPATH_ACT_MARGINAL
#define REVALIDATE	SCSI_MPATH_ACT_REVALIDATE
#define RESERVATIONS	SCSI_MPATH_ACT_RESERVATIONS

#define REFUSED		SCSI_MPATH_REFUSED
#define RETRYING	SCSI_MPATH_RETRYING
#define ENDING		SCSI_MPATH_ENDING

/* What sd allows each of its commands. */
#define ALLOWED		5

struct verdict_want {
	enum scsi_mpath_class class;
	u8 tries;
	u16 actions;
};

/* One host byte. */
static const struct verdict_host_case {
	const char *name;
	u8 byte;
	int retries;
	struct verdict_want want;
	struct verdict_want ending;
} verdict_host_cases[] = {
	{ "NO_CONNECT", DID_NO_CONNECT, 0, { OTHER, 0, BACKOFF }, { OTHER, 0, BACKOFF } },
	{ "BAD_TARGET", DID_BAD_TARGET, 0, { OTHER, 0, BACKOFF }, { OTHER, 0, BACKOFF } },
	{ "TRANSPORT_DISRUPTED at once", DID_TRANSPORT_DISRUPTED, 1,
	  { OTHER, 0, BACKOFF }, { OTHER, 0, BACKOFF } },
	{ "TRANSPORT_FAILFAST", DID_TRANSPORT_FAILFAST, 0,
	  { OTHER, 0, BACKOFF }, { OTHER, 0, BACKOFF } },
	{ "TRANSPORT_MARGINAL", DID_TRANSPORT_MARGINAL, 0,
	  { OTHER, 0, MARGINAL }, { OTHER, 0, MARGINAL } },
	{ "IMM_RETRY, first", DID_IMM_RETRY, 1, { SAME, 3, 0 }, { OTHER, 3, BACKOFF } },
	{ "IMM_RETRY, third", DID_IMM_RETRY, 3, { SAME, 3, 0 }, { OTHER, 3, BACKOFF } },
	{ "IMM_RETRY, fourth", DID_IMM_RETRY, 4, { OTHER, 3, BACKOFF }, { OTHER, 3, BACKOFF } },
	{ "REQUEUE", DID_REQUEUE, 0, { SAME, 0, 0 }, { OTHER, 0, BACKOFF } },
	{ "BUS_BUSY", DID_BUS_BUSY, 1, { OTHER, 0, 0 }, { OTHER, 0, 0 } },
	{ "ERROR, first", DID_ERROR, 1, { SAME, 1, 0 }, { OTHER, 1, BACKOFF } },
	{ "ERROR, second", DID_ERROR, 2, { OTHER, 1, BACKOFF }, { OTHER, 1, BACKOFF } },
	{ "SOFT_ERROR, first", DID_SOFT_ERROR, 1, { SAME, 1, 0 }, { OTHER, 1, BACKOFF } },
	{ "SOFT_ERROR, second", DID_SOFT_ERROR, 2, { OTHER, 1, BACKOFF }, { OTHER, 1, BACKOFF } },
	{ "PARITY, first", DID_PARITY, 1, { SAME, 1, 0 }, { OTHER, 1, BACKOFF } },
	{ "PARITY, second", DID_PARITY, 2, { OTHER, 1, BACKOFF }, { OTHER, 1, BACKOFF } },
	{ "BAD_INTR, after error handling", DID_BAD_INTR, 0,
	  { SAME, 1, 0 }, { OTHER, 1, BACKOFF } },
	{ "TIME_OUT, after error handling", DID_TIME_OUT, 0,
	  { OTHER, 0, BACKOFF | PROBE }, { OTHER, 0, BACKOFF | PROBE } },
	{ "ABORT", DID_ABORT, 0, { OTHER, 0, BACKOFF | PROBE }, { OTHER, 0, BACKOFF | PROBE } },
	{ "RESET", DID_RESET, 0, { SAME, 0, 0 }, { OTHER, 0, BACKOFF } },
	{ "PASSTHROUGH", DID_PASSTHROUGH, 0, { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
};

/* One status, with host byte DID_OK. */
static const struct verdict_status_case {
	const char *name;
	u8 status;
	int retries;
	unsigned int age_ms;
	struct verdict_want want;
	struct verdict_want ending;
} verdict_status_cases[] = {
	{ "BUSY, new", SAM_STAT_BUSY, 0, 0, { SAME, 0, 0 }, { OTHER, 0, MARGINAL } },
	{ "BUSY, after 50 ms", SAM_STAT_BUSY, 0, 50, { SAME, 0, 0 }, { OTHER, 0, MARGINAL } },
	{ "BUSY, for longer", SAM_STAT_BUSY, 0, 51,
	  { OTHER, 0, MARGINAL }, { OTHER, 0, MARGINAL } },
	{ "TASK SET FULL, new", SAM_STAT_TASK_SET_FULL, 0, 0,
	  { SAME, 0, 0 }, { OTHER, 0, MARGINAL } },
	{ "TASK SET FULL, for longer", SAM_STAT_TASK_SET_FULL, 0, 51,
	  { OTHER, 0, MARGINAL }, { OTHER, 0, MARGINAL } },
	{ "TASK ABORTED, first", SAM_STAT_TASK_ABORTED, 1, 0, { SAME, 1, 0 }, { OTHER, 1, 0 } },
	{ "TASK ABORTED, second", SAM_STAT_TASK_ABORTED, 2, 0, { OTHER, 1, 0 }, { OTHER, 1, 0 } },
	{ "RESERVATION CONFLICT", SAM_STAT_RESERVATION_CONFLICT, 0, 0,
	  { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "ACA ACTIVE", SAM_STAT_ACA_ACTIVE, 0, 0, { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "CONDITION MET", SAM_STAT_CONDITION_MET, 0, 0, { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "CHECK CONDITION without sense", SAM_STAT_CHECK_CONDITION, 0, 0,
	  { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "GOOD with a byte of the mid-layer's", SAM_STAT_GOOD, 0, 0,
	  { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
};

/* Each qualifier of a range of sense data, of a read on the first path, not retried yet. */
static const struct verdict_sense_case {
	const char *name;
	u8 key, asc, first, last;
	struct verdict_want want;
	struct verdict_want ending;
} verdict_sense_cases[] = {
	{ "02/04/0A transition", NOT_READY, 0x04, 0x0a, 0x0a,
	  { OTHER, 0, REFRESH | TRANSITION }, { OTHER, 0, REFRESH | TRANSITION } },
	{ "06/04/0A transition", UNIT_ATTENTION, 0x04, 0x0a, 0x0a,
	  { OTHER, 0, REFRESH | TRANSITION }, { OTHER, 0, REFRESH | TRANSITION } },
	{ "02/04/0B standby", NOT_READY, 0x04, 0x0b, 0x0b, { OTHER, 0, REFRESH },
	  { OTHER, 0, REFRESH } },
	{ "02/04/0C unavailable", NOT_READY, 0x04, 0x0c, 0x0c, { OTHER, 0, REFRESH },
	  { OTHER, 0, REFRESH } },
	{ "02/04/01", NOT_READY, 0x04, 0x01, 0x01, { WAIT, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "02/04/04-09", NOT_READY, 0x04, 0x04, 0x09, { WAIT, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "02/04/11", NOT_READY, 0x04, 0x11, 0x11, { WAIT, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "02/04/14", NOT_READY, 0x04, 0x14, 0x14, { WAIT, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "02/04/1A, 1B", NOT_READY, 0x04, 0x1a, 0x1b, { WAIT, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "02/04/1D", NOT_READY, 0x04, 0x1d, 0x1d, { WAIT, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "02/04/02 not started", NOT_READY, 0x04, 0x02, 0x02,
	  { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "02/04/03", NOT_READY, 0x04, 0x03, 0x03, { OTHER, 0, 0 }, { OTHER, 0, 0 } },
	{ "02/04/12", NOT_READY, 0x04, 0x12, 0x12, { OTHER, 0, 0 }, { OTHER, 0, 0 } },
	{ "02/04/20-22", NOT_READY, 0x04, 0x20, 0x22, { OTHER, 0, 0 }, { OTHER, 0, 0 } },
	{ "02/04/00", NOT_READY, 0x04, 0x00, 0x00, { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "02/04/23-FF", NOT_READY, 0x04, 0x23, 0xff, { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "02/3A/xx no medium", NOT_READY, 0x3a, 0x00, 0xff, { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },

	{ "05/25/00 no such unit", ILLEGAL_REQUEST, 0x25, 0x00, 0x00,
	  { OTHER, 0, GONE }, { OTHER, 0, GONE } },
	{ "05/25/01-FF", ILLEGAL_REQUEST, 0x25, 0x01, 0xff, { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "05/68/xx not configured", ILLEGAL_REQUEST, 0x68, 0x00, 0xff,
	  { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "04/3E/01", HARDWARE_ERROR, 0x3e, 0x01, 0x01, { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "04/3E/03", HARDWARE_ERROR, 0x3e, 0x03, 0x03, { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "04/4C/xx", HARDWARE_ERROR, 0x4c, 0x00, 0xff, { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "04/08/xx", HARDWARE_ERROR, 0x08, 0x00, 0xff, { OTHER, 0, 0 }, { OTHER, 0, 0 } },
	{ "04/44/xx", HARDWARE_ERROR, 0x44, 0x00, 0xff, { OTHER, 0, 0 }, { OTHER, 0, 0 } },
	{ "04/3E/00", HARDWARE_ERROR, 0x3e, 0x00, 0x00, { OTHER, 0, 0 }, { OTHER, 0, 0 } },
	{ "05/20/xx", ILLEGAL_REQUEST, 0x20, 0x00, 0xff, { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "05/21/xx checks capacity", ILLEGAL_REQUEST, 0x21, 0x00, 0xff,
	  { PASS_UP, 0, REVALIDATE }, { PASS_UP, 0, REVALIDATE } },
	{ "05/22/xx", ILLEGAL_REQUEST, 0x22, 0x00, 0xff, { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "05/24/xx", ILLEGAL_REQUEST, 0x24, 0x00, 0xff, { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "05/26/xx", ILLEGAL_REQUEST, 0x26, 0x00, 0xff, { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "05/27/xx", ILLEGAL_REQUEST, 0x27, 0x00, 0xff, { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "05/1A, others", ILLEGAL_REQUEST, 0x1a, 0x00, 0xff,
	  { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "05/10 protection", ILLEGAL_REQUEST, 0x10, 0x00, 0xff, { OTHER, 0, 0 }, { OTHER, 0, 0 } },
	{ "0B/10 protection", ABORTED_COMMAND, 0x10, 0x00, 0xff, { OTHER, 0, 0 }, { OTHER, 0, 0 } },

	{ "03/11", MEDIUM_ERROR, 0x11, 0x00, 0xff, { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "03/13", MEDIUM_ERROR, 0x13, 0x00, 0xff, { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "03/14", MEDIUM_ERROR, 0x14, 0x00, 0xff, { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "03/0C, others", MEDIUM_ERROR, 0x0c, 0x00, 0xff, { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "07/27/07 out of space", DATA_PROTECT, 0x27, 0x07, 0x07,
	  { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "07/20, others", DATA_PROTECT, 0x20, 0x00, 0xff, { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "08", BLANK_CHECK, 0x00, 0x00, 0xff, { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "09", 0x09, 0x80, 0x00, 0xff, { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "0A", COPY_ABORTED, 0x0d, 0x00, 0xff, { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "0D", VOLUME_OVERFLOW, 0x00, 0x00, 0xff, { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "0E", MISCOMPARE, 0x1d, 0x00, 0xff, { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },

	{ "0B/47 link", ABORTED_COMMAND, 0x47, 0x00, 0xff, { SAME, 1, 0 }, { OTHER, 1, MARGINAL } },
	{ "0B/4B link", ABORTED_COMMAND, 0x4b, 0x00, 0xff, { SAME, 1, 0 }, { OTHER, 1, MARGINAL } },
	{ "0B/00, others", ABORTED_COMMAND, 0x00, 0x00, 0xff,
	  { SAME, 1, 0 }, { OTHER, 1, MARGINAL } },
	{ "0B/2E/00", ABORTED_COMMAND, 0x2e, 0x00, 0x00, { SAME, 1, 0 }, { OTHER, 1, MARGINAL } },
	{ "0B/2E/01-03 duration limit", ABORTED_COMMAND, 0x2e, 0x01, 0x03,
	  { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "0F/55/0A duration limit", COMPLETED, 0x55, 0x0a, 0x0a,
	  { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },

	{ "06/29/xx reset", UNIT_ATTENTION, 0x29, 0x00, 0xff,
	  { OTHER, 0, HOLD | REFRESH }, { OTHER, 0, HOLD | REFRESH } },
	{ "06/2A/06, 07 state", UNIT_ATTENTION, 0x2a, 0x06, 0x07,
	  { SAME, 0, REFRESH }, { OTHER, 0, REFRESH } },
	{ "06/2A/03-05 reservations", UNIT_ATTENTION, 0x2a, 0x03, 0x05,
	  { SAME, 0, RESERVATIONS }, { OTHER, 0, RESERVATIONS } },
	{ "06/2A/01 mode parameters", UNIT_ATTENTION, 0x2a, 0x01, 0x01,
	  { SAME, 0, REVALIDATE }, { OTHER, 0, REVALIDATE } },
	{ "06/2A/09 capacity", UNIT_ATTENTION, 0x2a, 0x09, 0x09,
	  { SAME, 0, REVALIDATE }, { OTHER, 0, REVALIDATE } },
	{ "06/3F/03 INQUIRY", UNIT_ATTENTION, 0x3f, 0x03, 0x03,
	  { OTHER, 0, HOLD | REFRESH }, { OTHER, 0, HOLD | REFRESH } },
	{ "06/3F/05 identifier", UNIT_ATTENTION, 0x3f, 0x05, 0x05,
	  { OTHER, 0, HOLD | REFRESH }, { OTHER, 0, HOLD | REFRESH } },
	{ "06/3F/0E REPORT LUNS", UNIT_ATTENTION, 0x3f, 0x0e, 0x0e,
	  { OTHER, 0, HOLD | RELIST }, { OTHER, 0, HOLD | RELIST } },
	{ "06/38/07 threshold", UNIT_ATTENTION, 0x38, 0x07, 0x07, { SAME, 0, 0 }, { OTHER, 0, 0 } },
	{ "06/28, others", UNIT_ATTENTION, 0x28, 0x00, 0xff, { SAME, 0, 0 }, { OTHER, 0, 0 } },
	{ "00 done", NO_SENSE, 0x00, 0x00, 0xff, { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
	{ "01 recovered, done", RECOVERED_ERROR, 0x17, 0x00, 0xff,
	  { PASS_UP, 0, 0 }, { PASS_UP, 0, 0 } },
};

/* What depends on more than the result. */
static const struct verdict_case {
	const char *name;
	struct scsi_mpath_failure failure;
	struct verdict_want want;
} verdict_cases[] = {
	{ "not sent: deleted", { .stage = REFUSED, .state = SDEV_DEL }, { OTHER, 0, GONE } },
	{ "not sent: going away", { .stage = REFUSED, .state = SDEV_CANCEL }, { OTHER, 0, 0 } },
	{ "not sent: offline", { .stage = REFUSED, .state = SDEV_OFFLINE }, { OTHER, 0, 0 } },
	{ "not sent: transport offline", { .stage = REFUSED, .state = SDEV_TRANSPORT_OFFLINE },
	  { OTHER, 0, 0 } },
	{ "not sent: blocked", { .stage = REFUSED, .state = SDEV_BLOCK }, { OTHER, 0, 0 } },
	{ "not sent: blocked, new", { .stage = REFUSED, .state = SDEV_CREATED_BLOCK },
	  { OTHER, 0, 0 } },
	{ "not sent: quiesced", { .stage = REFUSED, .state = SDEV_QUIESCE }, { OTHER, 0, 0 } },
	{ "not sent: recovery", { .stage = REFUSED, .state = SDEV_RUNNING, .in_recovery = true },
	  { OTHER, 0, 0 } },
	{ "not sent: device handler", { .stage = REFUSED, .state = SDEV_RUNNING },
	  { OTHER, 0, REFRESH } },
	{ "not sent: the result does not matter",
	  { .stage = REFUSED, .state = SDEV_OFFLINE, .result = SAM_STAT_RESERVATION_CONFLICT },
	  { OTHER, 0, 0 } },
	{ "state does not matter to a command that was sent",
	  { .stage = ENDING, .state = SDEV_OFFLINE, .result = SAM_STAT_CHECK_CONDITION,
	    .sense_valid = true, .key = MEDIUM_ERROR, .asc = 0x11 },
	  { PASS_UP, 0, 0 } },

	{ "no retries allowed, first",
	  { .stage = RETRYING, .result = DID_ERROR << 16, .retries = 1 },
	  { OTHER, 1, BACKOFF } },
	{ "any number of retries allowed, first",
	  { .stage = RETRYING, .result = DID_ERROR << 16, .retries = 1, .allowed = -1 },
	  { SAME, 1, 0 } },
	{ "any number of retries allowed, second",
	  { .stage = RETRYING, .result = DID_ERROR << 16, .retries = 2, .allowed = -1 },
	  { OTHER, 1, BACKOFF } },
	{ "conflict beside a host error",
	  { .stage = ENDING, .result = DID_ERROR << 16 | SAM_STAT_RESERVATION_CONFLICT },
	  { PASS_UP, 0, 0 } },
	{ "host error beside sense data",
	  { .stage = ENDING, .result = DID_NO_CONNECT << 16 | SAM_STAT_CHECK_CONDITION,
	    .sense_valid = true, .key = MEDIUM_ERROR, .asc = 0x11 },
	  { OTHER, 0, BACKOFF } },
	{ "sense data without CHECK CONDITION",
	  { .stage = ENDING, .result = 0x0500, .sense_valid = true, .key = NOT_READY, .asc = 0x04,
	    .ascq = 0x0a },
	  { PASS_UP, 0, 0 } },
	{ "deferred error",
	  { .stage = RETRYING, .result = SAM_STAT_CHECK_CONDITION, .sense_valid = true,
	    .deferred = true, .key = MEDIUM_ERROR, .asc = 0x11 },
	  { SAME, 0, 0 } },
	{ "deferred transition is no transition",
	  { .stage = RETRYING, .result = SAM_STAT_CHECK_CONDITION, .sense_valid = true,
	    .deferred = true, .key = NOT_READY, .asc = 0x04, .ascq = 0x0a },
	  { SAME, 0, 0 } },
	{ "deferred error, given up",
	  { .stage = ENDING, .result = SAM_STAT_CHECK_CONDITION, .sense_valid = true,
	    .deferred = true, .key = MEDIUM_ERROR, .asc = 0x11 },
	  { OTHER, 0, 0 } },
	{ "0B/47, second",
	  { .stage = RETRYING, .result = SAM_STAT_CHECK_CONDITION, .sense_valid = true,
	    .key = ABORTED_COMMAND, .asc = 0x47, .retries = 2, .allowed = ALLOWED },
	  { OTHER, 1, MARGINAL } },
	{ "04/44 again on another path",
	  { .stage = ENDING, .result = SAM_STAT_CHECK_CONDITION, .sense_valid = true,
	    .key = HARDWARE_ERROR, .asc = 0x44, .moved = true },
	  { PASS_UP, 0, 0 } },
	{ "02/04/03 again on another path",
	  { .stage = ENDING, .result = SAM_STAT_CHECK_CONDITION, .sense_valid = true,
	    .key = NOT_READY, .asc = 0x04, .ascq = 0x03, .moved = true },
	  { PASS_UP, 0, 0 } },
	{ "02/04/0B again on another path",
	  { .stage = ENDING, .result = SAM_STAT_CHECK_CONDITION, .sense_valid = true,
	    .key = NOT_READY, .asc = 0x04, .ascq = 0x0b, .moved = true },
	  { OTHER, 0, REFRESH } },
	{ "05/10 protection of a read, again on another path",
	  { .stage = ENDING, .result = SAM_STAT_CHECK_CONDITION, .sense_valid = true,
	    .key = ILLEGAL_REQUEST, .asc = 0x10, .read = true, .moved = true },
	  { PASS_UP, 0, 0 } },
	{ "05/10 protection of a write",
	  { .stage = ENDING, .result = SAM_STAT_CHECK_CONDITION, .sense_valid = true,
	    .key = ILLEGAL_REQUEST, .asc = 0x10 },
	  { PASS_UP, 0, 0 } },
	{ "0B/10 protection of a write",
	  { .stage = ENDING, .result = SAM_STAT_CHECK_CONDITION, .sense_valid = true,
	    .key = ABORTED_COMMAND, .asc = 0x10 },
	  { PASS_UP, 0, 0 } },
};

KUNIT_ARRAY_PARAM_DESC(verdict_host, verdict_host_cases, name);
KUNIT_ARRAY_PARAM_DESC(verdict_status, verdict_status_cases, name);
KUNIT_ARRAY_PARAM_DESC(verdict_sense, verdict_sense_cases, name);
KUNIT_ARRAY_PARAM_DESC(verdict, verdict_cases, name);

static void expect_verdict(struct kunit *test, const struct scsi_mpath_failure *f,
			   const struct verdict_want *want)
{
	struct scsi_mpath_verdict v = scsi_mpath_judge(f);
	const char *rule = scsi_mpath_rule_name(v.rule);

	KUNIT_EXPECT_EQ_MSG(test, v.class, want->class, "rule \"%s\"", rule);
	KUNIT_EXPECT_EQ_MSG(test, v.tries, want->tries, "rule \"%s\"", rule);
	KUNIT_EXPECT_EQ_MSG(test, v.actions, want->actions, "rule \"%s\"", rule);
	KUNIT_EXPECT_EQ_MSG(test, (__force u8)v.status,
			    (__force u8)(want->class == OTHER ? BLK_STS_TRANSPORT : BLK_STS_OK),
			    "rule \"%s\"", rule);
}

static void expect_both_verdicts(struct kunit *test, struct scsi_mpath_failure *f,
				 const struct verdict_want *retrying,
				 const struct verdict_want *ending)
{
	f->stage = RETRYING;
	expect_verdict(test, f, retrying);
	f->stage = ENDING;
	expect_verdict(test, f, ending);
}

static struct scsi_mpath_failure host_failure(const struct verdict_host_case *c)
{
	return (struct scsi_mpath_failure) {
		.stage = RETRYING,
		.result = c->byte << 16,
		.state = SDEV_RUNNING,
		.retries = c->retries,
		.allowed = ALLOWED,
	};
}

static struct scsi_mpath_failure status_failure(const struct verdict_status_case *c)
{
	return (struct scsi_mpath_failure) {
		.stage = RETRYING,
		.result = c->status,
		.state = SDEV_RUNNING,
		.retries = c->retries,
		.allowed = ALLOWED,
		.age_ms = c->age_ms,
	};
}

static struct scsi_mpath_failure sense_failure(const struct verdict_sense_case *c, u8 ascq)
{
	return (struct scsi_mpath_failure) {
		.stage = RETRYING,
		.result = SAM_STAT_CHECK_CONDITION,
		.state = SDEV_RUNNING,
		.sense_valid = true,
		.key = c->key,
		.asc = c->asc,
		.ascq = ascq,
		.read = true,
		.retries = 1,
		.allowed = ALLOWED,
	};
}

static void host_byte_gets_its_class(struct kunit *test)
{
	const struct verdict_host_case *c = test->param_value;
	struct scsi_mpath_failure f = host_failure(c);

	expect_both_verdicts(test, &f, &c->want, &c->ending);
	/* What the target says beside it does not matter, and the sense data are not to be had. */
	f.result |= SAM_STAT_BUSY;
	expect_both_verdicts(test, &f, &c->want, &c->ending);
}

static void status_gets_its_class(struct kunit *test)
{
	const struct verdict_status_case *c = test->param_value;
	struct scsi_mpath_failure f = status_failure(c);

	expect_both_verdicts(test, &f, &c->want, &c->ending);
}

static void sense_gets_its_class(struct kunit *test)
{
	const struct verdict_sense_case *c = test->param_value;
	unsigned int ascq;

	for (ascq = c->first; ascq <= c->last; ascq++) {
		struct scsi_mpath_failure f = sense_failure(c, ascq);

		expect_both_verdicts(test, &f, &c->want, &c->ending);
	}
}

static void circumstances_count(struct kunit *test)
{
	const struct verdict_case *c = test->param_value;

	expect_verdict(test, &c->failure, &c->want);
}

/* Host bytes are a whole byte; those without a name are an error of the host. */
static void every_host_byte_has_a_verdict(struct kunit *test)
{
	static const struct verdict_want want = { SAME, 1, 0 }, ending = { OTHER, 1, BACKOFF };
	DECLARE_BITMAP(named, 256) = {};
	struct scsi_mpath_failure f = {};
	unsigned int i;

	__set_bit(DID_OK, named);
	for (i = 0; i < ARRAY_SIZE(verdict_host_cases); i++)
		__set_bit(verdict_host_cases[i].byte, named);
	/* All names that scsi_status.h has. */
	for (i = DID_OK; i <= DID_TRANSPORT_FAILFAST; i++)
		KUNIT_EXPECT_TRUE_MSG(test, test_bit(i, named), "no row for host byte %#x", i);
	KUNIT_EXPECT_TRUE(test, test_bit(DID_TRANSPORT_MARGINAL, named));

	for_each_clear_bit(i, named, 256) {
		f = (struct scsi_mpath_failure) {
			.result = i << 16, .retries = 1, .allowed = ALLOWED,
		};
		expect_both_verdicts(test, &f, &want, &ending);
	}
}

/* Whatever a target may send, it ends somewhere, and never moves what only failed by its data. */
static void every_sense_has_a_verdict(struct kunit *test)
{
	struct verdict_sense_case c = {};
	unsigned int key, asc, ascq;

	for (key = 0; key < 16; key++) {
		for (asc = 0; asc < 256; asc++) {
			for (ascq = 0; ascq < 256; ascq++) {
				struct scsi_mpath_failure f;
				struct scsi_mpath_verdict v;

				c.key = key;
				c.asc = asc;
				f = sense_failure(&c, ascq);
				v = scsi_mpath_judge(&f);
				KUNIT_ASSERT_LT(test, v.class, SCSI_MPATH_NR_CLASSES);
				KUNIT_ASSERT_NOT_NULL(test, scsi_mpath_rule_name(v.rule));
				if (key == MEDIUM_ERROR || key == DATA_PROTECT ||
				    key == MISCOMPARE)
					KUNIT_ASSERT_EQ(test, v.class, PASS_UP);
			}
		}
	}
}

/* A rule that no row reaches is either dead, behind a wider one, or untested. */
static void every_rule_has_a_row(struct kunit *test)
{
	DECLARE_BITMAP(hit, 256) = {};
	struct scsi_mpath_failure f;
	unsigned int i, ascq;

	for (i = 0; i < ARRAY_SIZE(verdict_host_cases); i++) {
		f = host_failure(&verdict_host_cases[i]);
		__set_bit(scsi_mpath_judge(&f).rule, hit);
	}
	f = (struct scsi_mpath_failure) { .stage = RETRYING, .result = 0xff << 16 };
	__set_bit(scsi_mpath_judge(&f).rule, hit);
	for (i = 0; i < ARRAY_SIZE(verdict_status_cases); i++) {
		f = status_failure(&verdict_status_cases[i]);
		__set_bit(scsi_mpath_judge(&f).rule, hit);
	}
	for (i = 0; i < ARRAY_SIZE(verdict_sense_cases); i++) {
		for (ascq = verdict_sense_cases[i].first; ascq <= verdict_sense_cases[i].last;
		     ascq++) {
			f = sense_failure(&verdict_sense_cases[i], ascq);
			__set_bit(scsi_mpath_judge(&f).rule, hit);
		}
	}
	for (i = 0; i < ARRAY_SIZE(verdict_cases); i++)
		__set_bit(scsi_mpath_judge(&verdict_cases[i].failure).rule, hit);

	for (i = 0; scsi_mpath_rule_name(i); i++)
		KUNIT_EXPECT_TRUE_MSG(test, test_bit(i, hit), "no row reaches rule %u, \"%s\"",
				      i, scsi_mpath_rule_name(i));
	KUNIT_ASSERT_LT(test, i, 256);
}

static struct kunit_case scsi_mpath_verdict_test_cases[] = {
	KUNIT_CASE_PARAM(host_byte_gets_its_class, verdict_host_gen_params),
	KUNIT_CASE_PARAM(status_gets_its_class, verdict_status_gen_params),
	KUNIT_CASE_PARAM(sense_gets_its_class, verdict_sense_gen_params),
	KUNIT_CASE_PARAM(circumstances_count, verdict_gen_params),
	KUNIT_CASE(every_host_byte_has_a_verdict),
	KUNIT_CASE_SLOW(every_sense_has_a_verdict),
	KUNIT_CASE(every_rule_has_a_row),
	{}
};

static struct kunit_suite scsi_mpath_verdict_test_suite = {
	.name = "scsi_mpath_verdict",
	.test_cases = scsi_mpath_verdict_test_cases,
};

kunit_test_suite(scsi_mpath_verdict_test_suite);

MODULE_DESCRIPTION("KUnit tests of the verdict on failed commands of multipath disks");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");
