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
#include <linux/module.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <kunit/visibility.h>
#include "scsi_mpath_id.h"

#define SCSI_MPATH_PAGE_HEADER	4
#define SCSI_MPATH_DESIG_HEADER	4

/* Fields of a designator; association 0 is the logical unit. */
#define SCSI_MPATH_CODE_SET(d)		((d)[0] & 0x0f)
#define SCSI_MPATH_ASSOCIATION(d)	(((d)[1] >> 4) & 3)
#define SCSI_MPATH_DESIG_TYPE(d)	((d)[1] & 0x0f)

enum {
	BINARY = 1,
	UTF8 = 3,
};

enum {
	DESIG_EUI64 = 2,
	DESIG_NAA = 3,
	DESIG_NAME = 8,
	DESIG_UUID = 0xa,
};

#define ANY_NIBBLE	0xff
#define ANY_LENGTH	0

/**
 * struct scsi_mpath_id_rule - which designators are of one kind
 * @desig: designator type
 * @code_set: code set
 * @len: length in bytes, or ANY_LENGTH
 * @nibble: high half of the first byte, or ANY_NIBBLE
 * @skip: bytes at the start that are not part of the identity
 * @prefix: what @wwid begins with
 */
struct scsi_mpath_id_rule {
	u8 desig;
	u8 code_set;
	u8 len;
	u8 nibble;
	u8 skip;
	const char *prefix;
};

static const struct scsi_mpath_id_rule scsi_mpath_id_rules[SCSI_MPATH_ID_NR_TYPES] = {
	[SCSI_MPATH_ID_NAA6]  = { DESIG_NAA,   BINARY, 16, 6, 0, "naa." },
	[SCSI_MPATH_ID_UUID]  = { DESIG_UUID,  BINARY, 18, 1, 2, "uuid." },
	[SCSI_MPATH_ID_EUI16] = { DESIG_EUI64, BINARY, 16, ANY_NIBBLE, 0, "eui." },
	[SCSI_MPATH_ID_EUI12] = { DESIG_EUI64, BINARY, 12, ANY_NIBBLE, 0, "eui." },
	[SCSI_MPATH_ID_NAA5]  = { DESIG_NAA,   BINARY, 8, 5, 0, "naa." },
	[SCSI_MPATH_ID_NAA2]  = { DESIG_NAA,   BINARY, 8, 2, 0, "naa." },
	[SCSI_MPATH_ID_EUI8]  = { DESIG_EUI64, BINARY, 8, ANY_NIBBLE, 0, "eui." },
	[SCSI_MPATH_ID_NAME]  = { DESIG_NAME,  UTF8, ANY_LENGTH, ANY_NIBBLE, 0, "" },
	[SCSI_MPATH_ID_NAA3]  = { DESIG_NAA,   BINARY, 8, 3, 0, "naa." },
};

static const char * const scsi_mpath_id_schemes[] = { "iqn.", "eui.", "naa." };

static bool scsi_mpath_id_rule_matches(const struct scsi_mpath_id_rule *rule, const u8 *d)
{
	u8 len = d[3];

	return SCSI_MPATH_DESIG_TYPE(d) == rule->desig &&
	       SCSI_MPATH_CODE_SET(d) == rule->code_set && len &&
	       (rule->len == ANY_LENGTH || len == rule->len) &&
	       (rule->nibble == ANY_NIBBLE || d[SCSI_MPATH_DESIG_HEADER] >> 4 == rule->nibble);
}

/* All zeros or all ones: a vendor that forgot to fill it in. An NAA says so after its nibble. */
static bool scsi_mpath_id_is_blank(const u8 *bytes, u8 len, bool is_naa)
{
	u8 first = is_naa ? bytes[0] & 0x0f : bytes[0];
	u8 ones = is_naa ? 0x0f : 0xff;

	if (first != 0 && first != ones)
		return false;
	return !memchr_inv(bytes + 1, first ? 0xff : 0x00, len - 1);
}

/* A name says which scheme makes it unique, and has something behind that. */
static bool scsi_mpath_id_is_name(const u8 *bytes, u8 len)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(scsi_mpath_id_schemes); i++) {
		const char *scheme = scsi_mpath_id_schemes[i];
		size_t n = strlen(scheme);

		if (len > n && !memcmp(bytes, scheme, n))
			return true;
	}
	return false;
}

static bool scsi_mpath_id_is_sane(const struct scsi_mpath_id *id)
{
	if (id->type == SCSI_MPATH_ID_NAME)
		return scsi_mpath_id_is_name(id->bytes, id->len);
	return !scsi_mpath_id_is_blank(id->bytes, id->len,
				       scsi_mpath_id_rules[id->type].desig == DESIG_NAA);
}

static void scsi_mpath_id_copy(struct scsi_mpath_id *id, enum scsi_mpath_id_type type, const u8 *d)
{
	u8 skip = scsi_mpath_id_rules[type].skip;

	id->type = type;
	id->len = d[3] - skip;
	memcpy(id->bytes, d + SCSI_MPATH_DESIG_HEADER + skip, id->len);
	if (type == SCSI_MPATH_ID_NAME)
		while (id->len && !id->bytes[id->len - 1])
			id->len--;
}

/* Of the same kind the bytewise smaller one; of one that begins the other, the shorter. */
static bool scsi_mpath_id_is_better(const struct scsi_mpath_id *a, const struct scsi_mpath_id *b)
{
	int diff;

	if (a->type != b->type)
		return a->type < b->type;
	diff = memcmp(a->bytes, b->bytes, min(a->len, b->len));
	return diff ? diff < 0 : a->len < b->len;
}

/* Is the whole designator at @d a name of the logical unit? */
static bool scsi_mpath_id_read(const u8 *d, struct scsi_mpath_id *id)
{
	enum scsi_mpath_id_type type;

	if (SCSI_MPATH_ASSOCIATION(d) != 0)
		return false;
	for (type = 0; type < SCSI_MPATH_ID_NR_TYPES; type++) {
		if (!scsi_mpath_id_rule_matches(&scsi_mpath_id_rules[type], d))
			continue;
		scsi_mpath_id_copy(id, type, d);
		return scsi_mpath_id_is_sane(id);
	}
	return false;
}

/**
 * scsi_mpath_id_parse() - find the identity of a logical unit
 * @page: VPD page 0x83, header included
 * @len: bytes that were transferred
 * @id: the identity, if there is one; its content is undefined otherwise
 *
 * Context: Any.
 * Return: true if there is one; false if the page is cut, malformed, another one, or names the
 * logical unit by nothing that is unique.
 */
bool scsi_mpath_id_parse(const u8 *page, size_t len, struct scsi_mpath_id *id)
{
	struct scsi_mpath_id candidate;
	bool found = false;
	const u8 *d, *end;

	if (len < SCSI_MPATH_PAGE_HEADER || page[1] != 0x83 ||
	    len < SCSI_MPATH_PAGE_HEADER + get_unaligned_be16(page + 2))
		return false;

	d = page + SCSI_MPATH_PAGE_HEADER;
	end = d + get_unaligned_be16(page + 2);
	while (end - d >= SCSI_MPATH_DESIG_HEADER) {
		if (end - d < SCSI_MPATH_DESIG_HEADER + d[3])
			return false;
		if (scsi_mpath_id_read(d, &candidate) &&
		    (!found || scsi_mpath_id_is_better(&candidate, id))) {
			*id = candidate;
			found = true;
		}
		d += SCSI_MPATH_DESIG_HEADER + d[3];
	}
	/* Too little for a designator may only be padding. */
	return found && !memchr_inv(d, 0, end - d);
}
EXPORT_SYMBOL_IF_KUNIT(scsi_mpath_id_parse);

/**
 * scsi_mpath_id_equal() - are two identities that of one logical unit
 * @a: an identity
 * @b: another one
 *
 * Context: Any.
 * Return: true if kind, length and bytes are the same.
 */
bool scsi_mpath_id_equal(const struct scsi_mpath_id *a, const struct scsi_mpath_id *b)
{
	return a->type == b->type && a->len == b->len && !memcmp(a->bytes, b->bytes, a->len);
}
EXPORT_SYMBOL_IF_KUNIT(scsi_mpath_id_equal);

/**
 * scsi_mpath_id_is_local() - is an identity unique only because an administrator says so
 * @id: the identity
 *
 * Context: Any.
 * Return: true for a locally assigned name.
 */
bool scsi_mpath_id_is_local(const struct scsi_mpath_id *id)
{
	return id->type == SCSI_MPATH_ID_NAA3;
}
EXPORT_SYMBOL_IF_KUNIT(scsi_mpath_id_is_local);

/**
 * scsi_mpath_id_format() - text form of an identity, as the wwid attribute of a device has it
 * @id: the identity
 * @buf: where to put it
 * @size: size of @buf
 *
 * Context: Any.
 * Return: length of the text without its NUL; -ENOSPC if @buf is too small, and then it is empty.
 */
int scsi_mpath_id_format(const struct scsi_mpath_id *id, char *buf, size_t size)
{
	const char *prefix = scsi_mpath_id_rules[id->type].prefix;
	size_t n = strlen(prefix);
	bool is_text = id->type == SCSI_MPATH_ID_NAME;
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
EXPORT_SYMBOL_IF_KUNIT(scsi_mpath_id_format);
