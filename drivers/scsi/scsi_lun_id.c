// SPDX-License-Identifier: GPL-2.0
/*
 * Identity of a logical unit: the best designator in VPD page 0x83, as bytes.
 *
 * scsi_vpd_lun_id() is for people: it makes text, cut to a buffer, and what it picks depends on
 * the order in the page. Joining two disks that are not the same destroys data, so here a page
 * that is cut or malformed names nobody, a designator that vendors are known to repeat is not
 * looked at, and between two of the same kind the choice does not depend on their order.
 *
 * Contexts:  any; pure functions over a buffer and its length.
 * Invariant: no byte at or beyond the end that the page's header or the transfer sets is read.
 */
#include <linux/hex.h>
#include <linux/array_size.h>
#include <linux/kernel.h>
#include <linux/export.h>
#include <linux/string.h>
#include "scsi_lun_id.h"
#include "scsi_vpd83.h"

#define BINARY		SCSI_VPD83_BINARY
#define UTF8		SCSI_VPD83_UTF8

#define DESIG_EUI64	SCSI_VPD83_EUI64
#define DESIG_NAA	SCSI_VPD83_NAA
#define DESIG_NAME	SCSI_VPD83_NAME
#define DESIG_UUID	SCSI_VPD83_UUID

#define ANY_NIBBLE	0xff
#define ANY_LENGTH	0

/**
 * struct scsi_lun_id_rule - which designators are of one kind
 * @desig: designator type
 * @code_set: code set
 * @len: length in bytes, or ANY_LENGTH
 * @nibble: high half of the first byte, or ANY_NIBBLE
 * @skip: bytes at the start that are not part of the identity
 * @prefix: what @wwid begins with
 */
struct scsi_lun_id_rule {
	u8 desig;
	u8 code_set;
	u8 len;
	u8 nibble;
	u8 skip;
	const char *prefix;
};

static const struct scsi_lun_id_rule scsi_lun_id_rules[SCSI_LUN_ID_NR_TYPES] = {
	[SCSI_LUN_ID_NAA6]  = { DESIG_NAA,   BINARY, 16, 6, 0, "naa." },
	[SCSI_LUN_ID_UUID]  = { DESIG_UUID,  BINARY, 18, 1, 2, "uuid." },
	[SCSI_LUN_ID_EUI16] = { DESIG_EUI64, BINARY, 16, ANY_NIBBLE, 0, "eui." },
	[SCSI_LUN_ID_EUI12] = { DESIG_EUI64, BINARY, 12, ANY_NIBBLE, 0, "eui." },
	[SCSI_LUN_ID_NAA5]  = { DESIG_NAA,   BINARY, 8, 5, 0, "naa." },
	[SCSI_LUN_ID_NAA2]  = { DESIG_NAA,   BINARY, 8, 2, 0, "naa." },
	[SCSI_LUN_ID_EUI8]  = { DESIG_EUI64, BINARY, 8, ANY_NIBBLE, 0, "eui." },
	[SCSI_LUN_ID_NAME]  = { DESIG_NAME,  UTF8, ANY_LENGTH, ANY_NIBBLE, 0, "" },
	[SCSI_LUN_ID_NAA3]  = { DESIG_NAA,   BINARY, 8, 3, 0, "naa." },
};

static const char * const scsi_lun_id_schemes[] = { "iqn.", "eui.", "naa." };

static bool scsi_lun_id_rule_matches(const struct scsi_lun_id_rule *rule, const u8 *d)
{
	u8 len = d[3];

	return SCSI_VPD83_TYPE(d) == rule->desig &&
	       SCSI_VPD83_CODE_SET(d) == rule->code_set &&
	       (rule->len == ANY_LENGTH || len == rule->len) &&
	       (rule->nibble == ANY_NIBBLE || d[SCSI_VPD83_DESIG_HEADER] >> 4 == rule->nibble);
}

/* All zeros or all ones: a vendor that forgot to fill it in. An NAA says so after its nibble. */
static bool scsi_lun_id_is_blank(const u8 *bytes, u8 len, bool is_naa)
{
	u8 first = is_naa ? bytes[0] & 0x0f : bytes[0];
	u8 ones = is_naa ? 0x0f : 0xff;

	if (first != 0 && first != ones)
		return false;
	return !memchr_inv(bytes + 1, first ? 0xff : 0x00, len - 1);
}

/* A name says which scheme makes it unique, and has something behind that. */
static bool scsi_lun_id_is_name(const u8 *bytes, u8 len)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(scsi_lun_id_schemes); i++) {
		const char *scheme = scsi_lun_id_schemes[i];
		size_t n = strlen(scheme);

		if (len > n && !memcmp(bytes, scheme, n))
			return true;
	}
	return false;
}

static bool scsi_lun_id_is_sane(const struct scsi_lun_id *id)
{
	if (id->type == SCSI_LUN_ID_NAME)
		return scsi_lun_id_is_name(id->bytes, id->len);
	return !scsi_lun_id_is_blank(id->bytes, id->len,
				       scsi_lun_id_rules[id->type].desig == DESIG_NAA);
}

static void scsi_lun_id_copy(struct scsi_lun_id *id, enum scsi_lun_id_type type, const u8 *d)
{
	u8 skip = scsi_lun_id_rules[type].skip;

	id->type = type;
	id->len = d[3] - skip;
	memcpy(id->bytes, d + SCSI_VPD83_DESIG_HEADER + skip, id->len);
	if (type == SCSI_LUN_ID_NAME)
		while (id->len && !id->bytes[id->len - 1])
			id->len--;
}

/* Of the same kind the bytewise smaller one; of one that begins the other, the shorter. */
static bool scsi_lun_id_is_better(const struct scsi_lun_id *a, const struct scsi_lun_id *b)
{
	int diff;

	if (a->type != b->type)
		return a->type < b->type;
	diff = memcmp(a->bytes, b->bytes, min(a->len, b->len));
	return diff ? diff < 0 : a->len < b->len;
}

/* Is the whole designator at @d a name of the logical unit? */
static bool scsi_lun_id_read(const u8 *d, struct scsi_lun_id *id)
{
	enum scsi_lun_id_type type;

	if (SCSI_VPD83_ASSOCIATION(d) != SCSI_VPD83_LOGICAL_UNIT)
		return false;
	for (type = 0; type < SCSI_LUN_ID_NR_TYPES; type++) {
		if (!scsi_lun_id_rule_matches(&scsi_lun_id_rules[type], d))
			continue;
		scsi_lun_id_copy(id, type, d);
		return scsi_lun_id_is_sane(id);
	}
	return false;
}

/**
 * scsi_lun_id_parse() - find the identity of a logical unit
 * @page: VPD page 0x83, header included
 * @len: bytes that were transferred
 * @id: the identity, if there is one; its content is undefined otherwise
 *
 * Context: Any.
 * Return: true if there is one; false if the page is cut, malformed, another one, or names the
 * logical unit by nothing that is unique.
 */
bool scsi_lun_id_parse(const u8 *page, size_t len, struct scsi_lun_id *id)
{
	struct scsi_lun_id candidate;
	struct scsi_vpd83 walk;
	bool found = false;
	const u8 *d;

	scsi_vpd83_begin(&walk, page, len);
	while ((d = scsi_vpd83_next(&walk))) {
		if (scsi_lun_id_read(d, &candidate) &&
		    (!found || scsi_lun_id_is_better(&candidate, id))) {
			*id = candidate;
			found = true;
		}
	}
	/* What is missing may have been a better one, or another one. */
	return found && walk.result == SCSI_ALUA_OK;
}
EXPORT_SYMBOL_GPL(scsi_lun_id_parse);

/**
 * scsi_lun_id_equal() - are two identities that of one logical unit
 * @a: an identity
 * @b: another one
 *
 * Context: Any.
 * Return: true if kind, length and bytes are the same.
 */
bool scsi_lun_id_equal(const struct scsi_lun_id *a, const struct scsi_lun_id *b)
{
	return a->type == b->type && a->len == b->len && !memcmp(a->bytes, b->bytes, a->len);
}
EXPORT_SYMBOL_GPL(scsi_lun_id_equal);

/**
 * scsi_lun_id_is_local() - is an identity unique only because an administrator says so
 * @id: the identity
 *
 * Context: Any.
 * Return: true for a locally assigned name.
 */
bool scsi_lun_id_is_local(const struct scsi_lun_id *id)
{
	return id->type == SCSI_LUN_ID_NAA3;
}
EXPORT_SYMBOL_GPL(scsi_lun_id_is_local);

/**
 * scsi_lun_id_format() - text form of an identity, as the wwid attribute of a device has it
 * @id: the identity
 * @buf: where to put it
 * @size: size of @buf
 *
 * Context: Any.
 * Return: length of the text without its NUL; -ENOSPC if @buf is too small, and then it is empty.
 */
int scsi_lun_id_format(const struct scsi_lun_id *id, char *buf, size_t size)
{
	const char *prefix = scsi_lun_id_rules[id->type].prefix;
	size_t n = strlen(prefix);
	bool is_text = id->type == SCSI_LUN_ID_NAME;
	size_t need = n + (is_text ? id->len : 2 * id->len);

	if (!size)
		return -ENOSPC;
	buf[0] = '\0';
	if (size <= need)
		return -ENOSPC;
	memcpy(buf, prefix, n);
	if (is_text)
		memcpy(buf + n, id->bytes, id->len);
	else
		bin2hex(buf + n, id->bytes, id->len);
	buf[need] = '\0';
	return need;
}
EXPORT_SYMBOL_GPL(scsi_lun_id_format);
