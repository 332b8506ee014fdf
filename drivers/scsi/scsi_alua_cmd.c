// SPDX-License-Identifier: GPL-2.0
/*
 * Commands of asymmetric logical unit access: sent, repeated where the reply asks for it, and
 * reduced to what came of them.
 *
 * Contexts:  process context; each sleeps until the command has ended. None starts I/O to get
 *            memory, as what it learns may be what I/O waits for.
 * Invariant: every command has a time limit of its own, and a query sends a bounded number.
 */
#include <linux/array_size.h>
#include <linux/cleanup.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <scsi/scsi.h>
#include <scsi/scsi_alua.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>
#include <scsi/scsi_proto.h>
#include "scsi_alua_priv.h"

#define SCSI_ALUA_TIMEOUT	msecs_to_jiffies(SCSI_ALUA_TIMEOUT_MS)
#define SCSI_ALUA_RETRIES	5	/* where somebody waits for the answer */
#define RTPG_FIRST_LEN		512U
#define PAGE_83_LEN		4096U
#define STPG_LEN		8
#define STPG_TIMEOUT		(255 * HZ)	/* the longest transition that can be told */
#define RTPG_MAX_REISSUES	2
#define INQUIRY_LEN		36
#define INQUIRY_TPGS(data)	((data)[5] >> 4 & 3)

/* Somebody waits, with other paths to try. */
#define SCSI_ALUA_FAILFAST	(REQ_FAILFAST_DEV | REQ_FAILFAST_TRANSPORT | REQ_FAILFAST_DRIVER)

/* How an attempt to have a command executed ended. */
struct scsi_alua_reply {
	int result;
	int resid;
	enum scsi_alua_class class;
	int state;
	bool identity;
	struct scsi_sense_hdr sshdr;
};

static void scsi_alua_read_sense(struct scsi_alua_reply *reply, const u8 *sense,
				 enum scsi_alua_sense_context context)
{
	struct scsi_alua_sense found =
		scsi_alua_sense_classify(sense, SCSI_SENSE_BUFFERSIZE, context);
	struct scsi_alua_sense io =
		scsi_alua_sense_classify(sense, SCSI_SENSE_BUFFERSIZE, SCSI_ALUA_SENSE_IO);

	reply->class = found.class;
	reply->state = found.state;
	reply->identity = io.class == SCSI_ALUA_CLASS_IDENTITY;
}

static void scsi_alua_execute(struct scsi_device *sdev, const u8 *cdb, blk_opf_t opf, void *buf,
			      u32 len, bool background, enum scsi_alua_sense_context context,
			      struct scsi_alua_reply *reply)
{
	u8 sense[SCSI_SENSE_BUFFERSIZE] = {};
	const struct scsi_exec_args args = {
		.sense = sense,
		.sense_len = sizeof(sense),
		.sshdr = &reply->sshdr,
		.resid = &reply->resid,
		.scmd_flags = background ? SCMD_FAIL_IF_RECOVERING | SCMD_ALUA : 0,
	};

	*reply = (struct scsi_alua_reply) { .class = SCSI_ALUA_CLASS_NONE, .state = -1 };
	if (!background)
		opf |= SCSI_ALUA_FAILFAST;
	reply->result = scsi_execute_cmd(sdev, cdb, opf, buf, len, SCSI_ALUA_TIMEOUT,
					 background ? 0 : SCSI_ALUA_RETRIES, &args);
	/* A command that was not executed has left no sense data. */
	if (scsi_status_is_check_condition(reply->result))
		scsi_alua_read_sense(reply, sense, context);
}

static bool scsi_alua_succeeded(const struct scsi_alua_reply *reply)
{
	return !reply->result || reply->class == SCSI_ALUA_CLASS_DONE;
}

/* What a class of sense data makes of a query; all others are of one that was not answered. */
static const enum scsi_alua_outcome scsi_alua_outcomes[] = {
	[SCSI_ALUA_CLASS_TRANSITION]	= SCSI_ALUA_OUTCOME_STATE,
	[SCSI_ALUA_CLASS_STANDBY]	= SCSI_ALUA_OUTCOME_STATE,
	[SCSI_ALUA_CLASS_UNAVAILABLE]	= SCSI_ALUA_OUTCOME_STATE,
	[SCSI_ALUA_CLASS_RETRY]		= SCSI_ALUA_OUTCOME_AGAIN,
	[SCSI_ALUA_CLASS_GONE]		= SCSI_ALUA_OUTCOME_REFUSED,
	[SCSI_ALUA_CLASS_UNSUPPORTED]	= SCSI_ALUA_OUTCOME_REFUSED,
	[SCSI_ALUA_CLASS_FAIL]		= SCSI_ALUA_OUTCOME_FAILED,
};

static enum scsi_alua_outcome scsi_alua_failure(const struct scsi_alua_reply *reply)
{
	return reply->class < ARRAY_SIZE(scsi_alua_outcomes) ? scsi_alua_outcomes[reply->class] :
							       SCSI_ALUA_OUTCOME_BUSY;
}

static void scsi_alua_note_failure(struct scsi_alua_query *query,
				   const struct scsi_alua_reply *reply)
{
	query->outcome = scsi_alua_failure(reply);
	query->state = reply->state;
	query->result = reply->result;
	query->sshdr = reply->sshdr;
}

/*
 * The timer of a command does not run while its device is blocked. When a host goes, its devices go
 * one after the other: they would wait for each other's commands.
 */
static bool scsi_alua_may_send(struct scsi_device *sdev)
{
	return READ_ONCE(sdev->sdev_state) == SDEV_RUNNING && scsi_host_scan_allowed(sdev->host) &&
	       !READ_ONCE(sdev->alua->stopped);
}

static void scsi_alua_send_rtpg(struct scsi_device *sdev, struct scsi_alua_query *query, bool ext,
				struct scsi_alua_reply *reply)
{
	u8 cdb[MAX_COMMAND_SIZE] = {
		MAINTENANCE_IN,
		MI_REPORT_TARGET_PGS | (ext ? MI_EXT_HDR_PARAM_FMT : 0),
	};

	put_unaligned_be32(query->len, cdb + 6);
	query->sent++;
	scsi_alua_execute(sdev, cdb, REQ_OP_DRV_IN, query->buf, query->len, query->background,
			  ext ? SCSI_ALUA_SENSE_RTPG_EXT : SCSI_ALUA_SENSE_RTPG, reply);
	query->identity |= reply->identity;
}

/* The larger buffer first, then the smaller one goes. */
static bool scsi_alua_grow(struct scsi_alua_query *query, u32 len)
{
	u8 *buf = kzalloc(len, GFP_NOIO | __GFP_NOWARN | __GFP_NORETRY);

	if (!buf) {
		query->outcome = SCSI_ALUA_OUTCOME_BUSY;
		query->result = -ENOMEM;
		return false;
	}
	kfree(query->buf);
	query->buf = buf;
	query->len = len;
	return true;
}

/* Send one RTPG and read what it brings. Return: what to do next. */
static enum scsi_alua_next scsi_alua_ask(struct scsi_device *sdev, struct scsi_alua_query *query,
					 bool ext)
{
	struct scsi_alua_reply reply;

	memset(query->buf, 0, query->len);
	scsi_alua_send_rtpg(sdev, query, ext, &reply);
	if (reply.class == SCSI_ALUA_CLASS_FALLBACK)
		return SCSI_ALUA_FALLBACK;
	if (!scsi_alua_succeeded(&reply)) {
		scsi_alua_note_failure(query, &reply);
		return SCSI_ALUA_FAIL;
	}
	scsi_alua_rtpg_parse(&query->rtpg, query->buf,
			     query->len - clamp(reply.resid, 0, (int)query->len), query->len, ext);
	if (query->rtpg.transition_secs >= 0)
		query->transition_secs = query->rtpg.transition_secs;
	query->outcome = SCSI_ALUA_OUTCOME_ANSWERED;
	query->result = reply.result;
	return query->rtpg.next;
}

/**
 * scsi_alua_query() - ask a device for the states of its target port groups
 * @sdev: the device; the caller holds a reference
 * @query: @background, and @plain_only as an earlier query has left it; all else is set. To be
 *	   ended by scsi_alua_query_end().
 *
 * Sends up to four commands: a larger buffer is tried twice, the plain form once.
 *
 * Context: Process context, sleeps. A command has 20 s, and the error handling after that; one that
 * somebody waits for is repeated up to five times where the result of an attempt allows it.
 */
void scsi_alua_query(struct scsi_device *sdev, struct scsi_alua_query *query)
{
	bool ext = !query->plain_only;
	enum scsi_alua_next next;
	unsigned int reissues = 0;

	*query = (struct scsi_alua_query) {
		.background = query->background,
		.plain_only = query->plain_only,
		.transition_secs = -1,
		.outcome = SCSI_ALUA_OUTCOME_BUSY,
		.state = -1,
		.result = DID_NO_CONNECT << 16,
		.started = ktime_get(),
	};
	if (!scsi_alua_grow(query, RTPG_FIRST_LEN))
		return;
	while (!query->background || scsi_alua_may_send(sdev)) {
		next = scsi_alua_ask(sdev, query, ext);
		if (next == SCSI_ALUA_REISSUE && reissues++ < RTPG_MAX_REISSUES) {
			if (!scsi_alua_grow(query, query->rtpg.reissue_len))
				return;
			continue;
		}
		if (next == SCSI_ALUA_FALLBACK && ext) {
			ext = false;
			continue;
		}
		/* The target is believed to know the plain form only when that has served. */
		if (next == SCSI_ALUA_USE)
			query->plain_only = !ext;
		return;
	}
	query->outcome = SCSI_ALUA_OUTCOME_BUSY;
}
EXPORT_SYMBOL_GPL(scsi_alua_query);

/**
 * scsi_alua_query_end() - free what a query holds
 * @query: a query; @query->rtpg is gone when this returns
 *
 * Context: Any.
 */
void scsi_alua_query_end(struct scsi_alua_query *query)
{
	kfree(query->buf);
	query->buf = NULL;
}
EXPORT_SYMBOL_GPL(scsi_alua_query_end);

/**
 * scsi_alua_tur() - have a device tell its state without a reply
 * @sdev: the device; the caller holds a reference
 * @query: @outcome, @state and @result are set; SCSI_ALUA_OUTCOME_ANSWERED: it is ready
 *
 * Context: Process context, sleeps; as scsi_alua_query() for one command that somebody waits for.
 */
void scsi_alua_tur(struct scsi_device *sdev, struct scsi_alua_query *query)
{
	static const u8 cdb[MAX_COMMAND_SIZE] = { TEST_UNIT_READY };
	struct scsi_alua_reply reply;

	*query = (struct scsi_alua_query) { .outcome = SCSI_ALUA_OUTCOME_ANSWERED, .state = -1 };
	scsi_alua_execute(sdev, cdb, REQ_OP_DRV_IN, NULL, 0, false, SCSI_ALUA_SENSE_RTPG, &reply);
	if (!scsi_alua_succeeded(&reply))
		scsi_alua_note_failure(query, &reply);
}
EXPORT_SYMBOL_GPL(scsi_alua_tur);

/**
 * scsi_alua_stpg() - SET TARGET PORT GROUPS (SPC-5 6.45)
 * @sdev: the device; the caller holds a reference
 * @group: target port group
 * @state: the state that it is to have, one of enum scsi_access_state
 * @sshdr: sense data of a command that has failed
 *
 * What came of it is to be learned by a query.
 *
 * Context: Process context, sleeps. The command has 255 s, and the error handling after that; it is
 * repeated up to five times where the result of an attempt allows it.
 * Return: 0, the result of a command that has failed, or a negative error if it was not executed.
 */
int scsi_alua_stpg(struct scsi_device *sdev, u16 group, u8 state, struct scsi_sense_hdr *sshdr)
{
	u8 cdb[MAX_COMMAND_SIZE] = { MAINTENANCE_OUT, MO_SET_TARGET_PGS };
	u8 data[STPG_LEN] = { [4] = state };
	const struct scsi_exec_args args = { .sshdr = sshdr };

	put_unaligned_be32(sizeof(data), cdb + 6);
	put_unaligned_be16(group, data + 6);
	return scsi_execute_cmd(sdev, cdb, REQ_OP_DRV_OUT | SCSI_ALUA_FAILFAST, data, sizeof(data),
				STPG_TIMEOUT, SCSI_ALUA_RETRIES, &args);
}
EXPORT_SYMBOL_GPL(scsi_alua_stpg);

/* What the device could bear to be asked for when it was scanned. */
static u32 scsi_alua_page_len(struct scsi_device *sdev)
{
	const struct scsi_vpd *vpd;

	guard(rcu)();
	vpd = rcu_dereference(sdev->vpd_pg83);
	return vpd ? clamp(vpd->len, 255, (int)PAGE_83_LEN) : 255;
}

/**
 * scsi_alua_read_port() - read from VPD page 0x83 through which target port a device is reached
 * @sdev: the device; the caller holds a reference
 * @port: the port
 *
 * Context: Process context, sleeps; the command has 20 s, and the error handling after that.
 * Return: 0, or -EIO if the page could not be read now, or not so far as to tell the group.
 */
int scsi_alua_read_port(struct scsi_device *sdev, struct scsi_alua_port *port)
{
	u32 len = scsi_alua_page_len(sdev);
	u8 cdb[MAX_COMMAND_SIZE] = { INQUIRY, 1, 0x83, len >> 8, len & 0xff };
	struct scsi_alua_reply reply;
	enum scsi_alua_result result;
	u8 *page __free(kfree) = kzalloc(len, GFP_NOIO);

	if (!page || !scsi_device_supports_vpd(sdev) || !scsi_alua_may_send(sdev))
		return -EIO;
	scsi_alua_execute(sdev, cdb, REQ_OP_DRV_IN, page, len, true, SCSI_ALUA_SENSE_RTPG, &reply);
	if (!scsi_alua_succeeded(&reply))
		return -EIO;
	result = scsi_alua_port_parse(page, len - clamp(reply.resid, 0, (int)len), port);
	return result == SCSI_ALUA_OK || port->group >= 0 ? 0 : -EIO;
}

/**
 * scsi_alua_read_tpgs() - read from the standard INQUIRY data what a device has of access states
 * @sdev: the device
 *
 * Context: Process context, sleeps; the command has 20 s, and the error handling after that.
 * Return: TPGS (SPC-5 6.7.2), or -EIO if it could not be read now.
 */
int scsi_alua_read_tpgs(struct scsi_device *sdev)
{
	static const u8 cdb[MAX_COMMAND_SIZE] = { INQUIRY, 0, 0, 0, INQUIRY_LEN };
	struct scsi_alua_reply reply;
	u8 *data __free(kfree) = kzalloc(INQUIRY_LEN, GFP_NOIO);

	if (!data || !scsi_alua_may_send(sdev))
		return -EIO;
	scsi_alua_execute(sdev, cdb, REQ_OP_DRV_IN, data, INQUIRY_LEN, true, SCSI_ALUA_SENSE_RTPG,
			  &reply);
	if (!scsi_alua_succeeded(&reply) || reply.resid < 0 || reply.resid > INQUIRY_LEN - 6)
		return -EIO;
	return INQUIRY_TPGS(data);
}
