// SPDX-License-Identifier: GPL-2.0
/*
 * Parser of REPORT TARGET PORT GROUPS replies, and of the target port in VPD page 0x83.
 *
 * A target may send fewer bytes than its header declares, may declare more than a buffer can hold,
 * and may list a group twice. A descriptor counts if all of it was transferred; that a group does
 * not exist follows only from a reply that has all of them.
 *
 * Contexts:  any; pure functions over a buffer and its lengths.
 * Invariant: no byte is read that was not transferred, and none behind the allocation length.
 */
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <kunit/visibility.h>
#include <scsi/scsi_alua.h>
#include <scsi/scsi_proto.h>
#include "scsi_vpd83.h"

#define RTPG_LENGTH_SIZE	4	/* RETURN DATA LENGTH, the whole plain header */
#define RTPG_EXT_HEADER_SIZE	8
#define RTPG_FORMAT(byte)	(((byte) >> 4) & 7)
#define RTPG_FORMAT_PLAIN	0
#define RTPG_FORMAT_EXT		1
#define GROUP_DESC_SIZE		8
#define MAX_OTHER_GROUPS	16	/* that list a port, and are looked at one by one */
#define PORT_DESC_SIZE		SCSI_ALUA_PORT_DESC_SIZE

/* Sets format, first descriptor and transition time; a header that is cut leaves no descriptor. */
static enum scsi_alua_result scsi_alua_read_header(struct scsi_alua_rtpg *rtpg, u32 end, bool ext)
{
	rtpg->first = RTPG_LENGTH_SIZE;
	if (!ext || !rtpg->declared_len) {
		rtpg->header = SCSI_ALUA_HEADER_PLAIN;
		return SCSI_ALUA_OK;
	}
	if (end < 5)
		return SCSI_ALUA_SHORT;
	switch (RTPG_FORMAT(rtpg->buf[4])) {
	case RTPG_FORMAT_PLAIN:
		rtpg->header = SCSI_ALUA_HEADER_PLAIN;
		return SCSI_ALUA_OK;
	case RTPG_FORMAT_EXT:
		rtpg->header = SCSI_ALUA_HEADER_EXT;
		rtpg->first = RTPG_EXT_HEADER_SIZE;
		if (end >= 6)
			rtpg->transition_secs = rtpg->buf[5];
		return end < RTPG_EXT_HEADER_SIZE ? SCSI_ALUA_SHORT : SCSI_ALUA_OK;
	default:
		return SCSI_ALUA_MALFORMED;
	}
}

/* Find the end of the last whole descriptor; bytes up to @end were transferred. */
static enum scsi_alua_result scsi_alua_walk(struct scsi_alua_rtpg *rtpg, u32 end)
{
	u32 need = rtpg->declared_len + RTPG_LENGTH_SIZE;
	u32 pos = rtpg->first;

	for (; pos < need; rtpg->end = pos) {
		const u8 *desc = rtpg->buf + pos;

		if (end - pos < GROUP_DESC_SIZE) {
			if (end < need || memchr_inv(desc, 0, end - pos))
				return SCSI_ALUA_SHORT;
			return SCSI_ALUA_OK;
		}
		/* Not group 0, active/optimized: what a target puts behind its last group. */
		if (!memchr_inv(desc, 0, GROUP_DESC_SIZE))
			return SCSI_ALUA_OK;
		if (end - pos < GROUP_DESC_SIZE + desc[7] * PORT_DESC_SIZE)
			return SCSI_ALUA_SHORT;
		pos += GROUP_DESC_SIZE + desc[7] * PORT_DESC_SIZE;
	}
	return SCSI_ALUA_OK;
}

/*
 * Would a larger buffer have held more? A target may leave the 4 more bytes of its own header out
 * of an extended length, and then skips groups that do not fit.
 */
static bool scsi_alua_is_cut(const struct scsi_alua_rtpg *rtpg, size_t alloclen, bool ext)
{
	return rtpg->declared_len + (ext ? RTPG_EXT_HEADER_SIZE : RTPG_LENGTH_SIZE) > alloclen;
}

/**
 * scsi_alua_rtpg_parse() - read a REPORT TARGET PORT GROUPS reply (SPC-5 6.36)
 * @rtpg: what is made of it; refers to @buf
 * @buf: parameter data
 * @xferlen: bytes that were transferred
 * @alloclen: allocation length of the command
 * @ext: the extended header was asked for
 *
 * Context: Any.
 */
void scsi_alua_rtpg_parse(struct scsi_alua_rtpg *rtpg, const u8 *buf, size_t xferlen,
			  size_t alloclen, bool ext)
{
	u32 need;

	*rtpg = (struct scsi_alua_rtpg) {
		.buf = buf,
		.declared_len = -1,
		.transition_secs = -1,
		.result = SCSI_ALUA_SHORT,
		.next = ext ? SCSI_ALUA_FALLBACK : SCSI_ALUA_RETRY,
	};
	xferlen = min(xferlen, alloclen);
	if (xferlen < RTPG_LENGTH_SIZE)
		return;

	rtpg->declared_len = get_unaligned_be32(buf);
	if (rtpg->declared_len + RTPG_EXT_HEADER_SIZE > SCSI_ALUA_RTPG_MAX) {
		rtpg->result = SCSI_ALUA_MALFORMED;
		rtpg->next = SCSI_ALUA_FAIL;
		return;
	}
	rtpg->reissue_len = rtpg->declared_len + RTPG_EXT_HEADER_SIZE;
	need = rtpg->declared_len + RTPG_LENGTH_SIZE;

	rtpg->result = scsi_alua_read_header(rtpg, min(need, xferlen), ext);
	if (rtpg->result == SCSI_ALUA_OK)
		rtpg->result = scsi_alua_walk(rtpg, min(need, xferlen));
	if (rtpg->result == SCSI_ALUA_MALFORMED)
		return;
	if (scsi_alua_is_cut(rtpg, alloclen, ext)) {
		rtpg->next = SCSI_ALUA_REISSUE;
	} else if (rtpg->result == SCSI_ALUA_OK) {
		rtpg->next = SCSI_ALUA_USE;
		rtpg->complete = need <= xferlen;
	}
}
EXPORT_SYMBOL_IF_KUNIT(scsi_alua_rtpg_parse);

/**
 * scsi_alua_rtpg_desc() - take a target port group descriptor from a reply, and go on
 * @rtpg: a reply that was read
 * @pos: 0 for the first descriptor; where the next one is, on return
 * @desc: the descriptor; refers to the reply's buffer
 *
 * A group with more than 255 ports, and one of a confused target, has several.
 *
 * Context: Any.
 * Return: false if there is none left.
 */
bool scsi_alua_rtpg_desc(const struct scsi_alua_rtpg *rtpg, u32 *pos, struct scsi_alua_desc *desc)
{
	u32 at = *pos ?: rtpg->first;
	const u8 *d = rtpg->buf + at;

	if (at >= rtpg->end)
		return false;
	*desc = (struct scsi_alua_desc) {
		.group = get_unaligned_be16(d + 2),
		.state = d[0] & SCSI_ACCESS_STATE_MASK,
		.preferred = d[0] & SCSI_ACCESS_STATE_PREFERRED,
		.supported = d[1],
		.status = d[5],
		.nr_ports = d[7],
		.ports = d + GROUP_DESC_SIZE,
	};
	*pos = at + GROUP_DESC_SIZE + d[7] * PORT_DESC_SIZE;
	return true;
}
EXPORT_SYMBOL_GPL(scsi_alua_rtpg_desc);

static bool scsi_alua_lists_port(const struct scsi_alua_desc *desc, int port)
{
	unsigned int i;

	/* 0 is reserved, whatever a target means by it. */
	if (port <= 0)
		return false;
	for (i = 0; i < desc->nr_ports; i++)
		if (scsi_alua_desc_port(desc, i) == port)
			return true;
	return false;
}

static bool scsi_alua_differs(const struct scsi_alua_desc *a, const struct scsi_alua_desc *b)
{
	return a->state != b->state || a->preferred != b->preferred ||
	       a->supported != b->supported;
}

/**
 * scsi_alua_rtpg_conflict() - does a reply list a group with more than one state
 * @rtpg: a reply that was read
 * @group: the group
 *
 * Context: Any.
 * Return: true if it does; nothing is known of that group then.
 */
bool scsi_alua_rtpg_conflict(const struct scsi_alua_rtpg *rtpg, u16 group)
{
	struct scsi_alua_desc first, desc;
	bool found = false;
	u32 pos = 0;

	while (scsi_alua_rtpg_desc(rtpg, &pos, &desc)) {
		if (desc.group != group)
			continue;
		if (found && scsi_alua_differs(&first, &desc))
			return true;
		if (!found)
			first = desc;
		found = true;
	}
	return false;
}
EXPORT_SYMBOL_IF_KUNIT(scsi_alua_rtpg_conflict);

/* The descriptor of @port's own group; of several, that which lists the port. */
static bool scsi_alua_own_desc(const struct scsi_alua_rtpg *rtpg,
			       const struct scsi_alua_port *port,
			       struct scsi_alua_desc *own, bool *listed)
{
	struct scsi_alua_desc desc;
	bool found = false;
	u32 pos = 0;

	*listed = false;
	while (scsi_alua_rtpg_desc(rtpg, &pos, &desc)) {
		if (desc.group != port->group)
			continue;
		*own = desc;
		found = true;
		*listed |= scsi_alua_lists_port(&desc, port->port);
	}
	return found;
}

/*
 * Is @port listed in another group too? That is a secondary group if it is offline, and otherwise
 * a contradiction.
 */
static enum scsi_alua_lookup scsi_alua_other_groups(const struct scsi_alua_rtpg *rtpg,
						    const struct scsi_alua_port *port)
{
	enum scsi_alua_lookup found = SCSI_ALUA_ABSENT;
	struct scsi_alua_desc desc;
	unsigned int checks = 0;
	u32 pos = 0;

	while (scsi_alua_rtpg_desc(rtpg, &pos, &desc)) {
		if (desc.group == port->group || !scsi_alua_lists_port(&desc, port->port))
			continue;
		if (desc.state != SCSI_ACCESS_STATE_OFFLINE)
			return SCSI_ALUA_CONFLICT;
		/* Each check reads all of the reply; a port is in very few groups. */
		if (checks++ < MAX_OTHER_GROUPS && scsi_alua_rtpg_conflict(rtpg, desc.group))
			return SCSI_ALUA_CONFLICT;
		found = SCSI_ALUA_STATE;
	}
	return found;
}

static bool scsi_alua_is_reserved(u8 state)
{
	return state > SCSI_ACCESS_STATE_LBA && state < SCSI_ACCESS_STATE_OFFLINE;
}

/**
 * scsi_alua_rtpg_lookup() - find the state of one device in a reply
 * @rtpg: a reply that was read
 * @port: the target port through which the device is reached
 * @role: whether the device has sent the command
 * @state: for SCSI_ALUA_STATE: one of enum scsi_access_state
 * @preferred: for SCSI_ALUA_STATE: PREF
 *
 * Context: Any.
 * Return: what the reply says of the device.
 */
enum scsi_alua_lookup scsi_alua_rtpg_lookup(const struct scsi_alua_rtpg *rtpg,
					    const struct scsi_alua_port *port,
					    enum scsi_alua_role role, u8 *state, bool *preferred)
{
	enum scsi_alua_lookup other;
	struct scsi_alua_desc own;
	bool listed;

	if (rtpg->result == SCSI_ALUA_MALFORMED)
		return SCSI_ALUA_VOID;
	if (!scsi_alua_own_desc(rtpg, port, &own, &listed))
		return rtpg->complete ? SCSI_ALUA_ABSENT : SCSI_ALUA_INCOMPLETE;
	if (scsi_alua_rtpg_conflict(rtpg, port->group))
		return SCSI_ALUA_CONFLICT;

	other = scsi_alua_other_groups(rtpg, port);
	if (other == SCSI_ALUA_CONFLICT)
		return SCSI_ALUA_CONFLICT;
	if (other == SCSI_ALUA_STATE) {
		*state = SCSI_ACCESS_STATE_OFFLINE;
		*preferred = false;
		return SCSI_ALUA_STATE;
	}
	if (role == SCSI_ALUA_SIBLING && !listed)
		return SCSI_ALUA_OWN_RTPG;
	if (scsi_alua_is_reserved(own.state))
		return SCSI_ALUA_UNKNOWN;
	*state = own.state;
	*preferred = own.preferred;
	return SCSI_ALUA_STATE;
}
EXPORT_SYMBOL_IF_KUNIT(scsi_alua_rtpg_lookup);

/* A number that designators of the same kind must agree on. */
struct scsi_alua_number {
	int value;
	bool ambiguous;
};

static void scsi_alua_note(struct scsi_alua_number *n, int value)
{
	if (n->value >= 0 && n->value != value)
		n->ambiguous = true;
	n->value = value;
}

static int scsi_alua_number(const struct scsi_alua_number *n)
{
	return n->ambiguous ? -1 : n->value;
}

/**
 * scsi_alua_port_parse() - find the target port in VPD page 0x83 (SPC-5 7.7.6)
 * @page: the page, header included
 * @xferlen: bytes that were transferred
 * @port: group and identifier of the port, as far as designators that were read tell
 *
 * Context: Any.
 * Return: how far the page could be read.
 */
enum scsi_alua_result scsi_alua_port_parse(const u8 *page, size_t xferlen,
					   struct scsi_alua_port *port)
{
	struct scsi_alua_number group = { .value = -1 }, rel_port = { .value = -1 };
	struct scsi_vpd83 walk;
	const u8 *d;

	scsi_vpd83_begin(&walk, page, xferlen);
	while ((d = scsi_vpd83_next(&walk))) {
		u16 value;

		if (SCSI_VPD83_ASSOCIATION(d) != SCSI_VPD83_TARGET_PORT ||
		    SCSI_VPD83_CODE_SET(d) != SCSI_VPD83_BINARY || d[3] != 4)
			continue;
		value = get_unaligned_be16(d + SCSI_VPD83_DESIG_HEADER + 2);
		if (SCSI_VPD83_TYPE(d) == SCSI_VPD83_TARGET_PORT_GROUP)
			scsi_alua_note(&group, value);
		if (SCSI_VPD83_TYPE(d) == SCSI_VPD83_RELATIVE_PORT && value)
			scsi_alua_note(&rel_port, value);
	}
	*port = (struct scsi_alua_port) {
		.group = scsi_alua_number(&group),
		.port = scsi_alua_number(&rel_port),
	};
	return walk.result;
}
EXPORT_SYMBOL_IF_KUNIT(scsi_alua_port_parse);
