// SPDX-License-Identifier: GPL-2.0
/*
 * What sense data says about the access state: one table.
 *
 * A row takes a range of additional sense code qualifiers; the first row that matches decides.
 * The class depends on which command failed: to an RTPG every unit attention is only a reason to
 * send it again, and an illegal request says which form of it the target refuses.
 *
 * Contexts:  any; a pure function.
 * Invariant: sense data of an earlier command (deferred) says nothing.
 */
#include <linux/array_size.h>
#include <linux/export.h>
#include <kunit/visibility.h>
#include <scsi/scsi_alua.h>
#include <scsi/scsi_common.h>
#include <scsi/scsi_eh.h>
#include <scsi/scsi_proto.h>

#define ANY		(-1)
#define NO_STATE	(-1)

#define NONE		SCSI_ALUA_REFRESH_NONE
#define NOW		SCSI_ALUA_REFRESH_NOW
#define PACED		SCSI_ALUA_REFRESH_PACED

#define SENSE_CLASS(name)	SCSI_ALUA_CLASS_##name

#define TRANSITIONING	SCSI_ACCESS_STATE_TRANSITIONING

/**
 * struct scsi_alua_sense_rule - one row of the table
 * @key: sense key, or ANY
 * @asc: additional sense code, or ANY
 * @first: first qualifier of the range
 * @last: last one
 * @class: class for each &enum scsi_alua_sense_context
 * @state: state that it tells, or NO_STATE
 * @refresh: what a failed I/O calls for
 */
struct scsi_alua_sense_rule {
	s16 key;
	s16 asc;
	u8 first;
	u8 last;
	enum scsi_alua_class class[SCSI_ALUA_SENSE_RTPG_EXT + 1];
	s8 state;
	enum scsi_alua_refresh refresh;
};

/* Classes of a failed I/O, of an RTPG, and of an RTPG that asked for the extended header. */
#define ALL(c)			{ SENSE_CLASS(c), SENSE_CLASS(c), SENSE_CLASS(c) }
#define OF(io, rtpg, ext)	{ SENSE_CLASS(io), SENSE_CLASS(rtpg), SENSE_CLASS(ext) }
#define SENT_AGAIN(io)		OF(io, RETRY, RETRY)

static const struct scsi_alua_sense_rule scsi_alua_sense_rules[] = {
	{ NOT_READY, 0x04, 0x0a, 0x0a, ALL(TRANSITION), TRANSITIONING, PACED },
	{ UNIT_ATTENTION, 0x04, 0x0a, 0x0a, ALL(TRANSITION), TRANSITIONING, PACED },
	{ NOT_READY, 0x04, 0x0b, 0x0b, ALL(STANDBY), SCSI_ACCESS_STATE_STANDBY, NOW },
	{ NOT_READY, 0x04, 0x0c, 0x0c, ALL(UNAVAILABLE), SCSI_ACCESS_STATE_UNAVAILABLE, NOW },

	{ UNIT_ATTENTION, 0x2a, 0x06, 0x07, SENT_AGAIN(CHANGED), NO_STATE, NOW },
	{ UNIT_ATTENTION, 0x29, 0x00, 0xff, SENT_AGAIN(RESET), NO_STATE, NOW },
	{ UNIT_ATTENTION, 0x3f, 0x03, 0x03, SENT_AGAIN(IDENTITY), NO_STATE, NOW },
	{ UNIT_ATTENTION, 0x3f, 0x05, 0x05, SENT_AGAIN(IDENTITY), NO_STATE, NOW },
	{ UNIT_ATTENTION, 0x3f, 0x0e, 0x0e, SENT_AGAIN(LUNS), NO_STATE, NONE },
	{ UNIT_ATTENTION, ANY, 0x00, 0xff, ALL(RETRY), NO_STATE, NONE },

	/* Becoming ready, formatting, rebuilding, powering up: it ends by itself. */
	{ NOT_READY, 0x04, 0x01, 0x01, ALL(WAIT), NO_STATE, NONE },
	{ NOT_READY, 0x04, 0x04, 0x09, ALL(WAIT), NO_STATE, NONE },
	{ NOT_READY, 0x04, 0x11, 0x11, ALL(WAIT), NO_STATE, NONE },
	{ NOT_READY, 0x04, 0x14, 0x14, ALL(WAIT), NO_STATE, NONE },
	{ NOT_READY, 0x04, 0x1a, 0x1b, ALL(WAIT), NO_STATE, NONE },
	{ NOT_READY, 0x04, 0x1d, 0x1d, ALL(WAIT), NO_STATE, NONE },

	{ ILLEGAL_REQUEST, 0x25, 0x00, 0x00, ALL(GONE), NO_STATE, NONE },
	{ ILLEGAL_REQUEST, ANY, 0x00, 0xff, OF(PASS, UNSUPPORTED, FALLBACK), NO_STATE, NONE },
	{ NO_SENSE, ANY, 0x00, 0xff, ALL(DONE), NO_STATE, NONE },
	{ RECOVERED_ERROR, ANY, 0x00, 0xff, ALL(DONE), NO_STATE, NONE },
	{ ABORTED_COMMAND, ANY, 0x00, 0xff, SENT_AGAIN(PASS), NO_STATE, NONE },
	{ ANY, ANY, 0x00, 0xff, OF(PASS, FAIL, FAIL), NO_STATE, NONE },
};

static bool scsi_alua_rule_matches(const struct scsi_alua_sense_rule *rule,
				   const struct scsi_sense_hdr *sshdr)
{
	return (rule->key == ANY || rule->key == sshdr->sense_key) &&
	       (rule->asc == ANY || rule->asc == sshdr->asc) &&
	       sshdr->ascq >= rule->first && sshdr->ascq <= rule->last;
}

static struct scsi_alua_sense scsi_alua_apply(const struct scsi_alua_sense_rule *rule,
					      enum scsi_alua_sense_context context)
{
	struct scsi_alua_sense found = {
		.class = rule->class[context],
		.state = rule->state,
		.refresh = rule->refresh,
	};

	/* A refresh that asked for the next one would never end. */
	if (context != SCSI_ALUA_SENSE_IO && found.refresh == NOW)
		found.refresh = NONE;
	return found;
}

/**
 * scsi_alua_sense_class() - what decoded sense data means for the access state
 * @sshdr: the sense data; reserved response codes count as none
 * @context: which command it belongs to
 *
 * Context: Any.
 * Return: class, the state that it tells, and when to ask for the states.
 */
struct scsi_alua_sense scsi_alua_sense_class(const struct scsi_sense_hdr *sshdr,
					     enum scsi_alua_sense_context context)
{
	struct scsi_alua_sense nothing = {
		.class = SCSI_ALUA_CLASS_NONE,
		.state = NO_STATE,
		.refresh = NONE,
	};
	unsigned int i;

	/* 74h to 7Fh are reserved or vendor specific. */
	if (!scsi_sense_valid(sshdr) || sshdr->response_code > 0x73)
		return nothing;
	if (scsi_sense_is_deferred(sshdr)) {
		nothing.class = SCSI_ALUA_CLASS_DEFERRED;
		return nothing;
	}
	for (i = 0; i < ARRAY_SIZE(scsi_alua_sense_rules) - 1; i++)
		if (scsi_alua_rule_matches(&scsi_alua_sense_rules[i], sshdr))
			break;
	return scsi_alua_apply(&scsi_alua_sense_rules[i], context);
}
EXPORT_SYMBOL_GPL(scsi_alua_sense_class);

/**
 * scsi_alua_sense_classify() - what sense data means for the access state
 * @sense: sense data, fixed or descriptor format
 * @len: length of @sense
 * @context: which command it belongs to
 *
 * Context: Any.
 * Return: as scsi_alua_sense_class().
 */
struct scsi_alua_sense scsi_alua_sense_classify(const u8 *sense, size_t len,
						enum scsi_alua_sense_context context)
{
	struct scsi_sense_hdr sshdr;

	/* Leaves an invalid header where there is no sense data. */
	scsi_normalize_sense(sense, len, &sshdr);
	return scsi_alua_sense_class(&sshdr, context);
}
EXPORT_SYMBOL_IF_KUNIT(scsi_alua_sense_classify);
