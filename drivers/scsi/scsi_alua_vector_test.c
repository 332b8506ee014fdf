// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit: RTPG replies, pages 0x83 and sense data from test vectors, with what must be made of them.
 *
 * The vectors are files that scsi_alua_vectors.awk converts at build time; vectors/README describes
 * them, and other directories can be given. Each is read three times: with the bytes behind the
 * transfer as the file has them, with these bytes inverted, and from an allocation that ends where
 * the transfer ends, so that KASAN reports a byte too far.
 */
#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <scsi/scsi_alua.h>
#include <scsi/scsi_proto.h>
#include "scsi_alua_vector.h"
#include "scsi_lun_id.h"

#define VECTOR_PORTS	65536

static const char * const results[] = {
	[SCSI_ALUA_OK]		= "ok",
	[SCSI_ALUA_SHORT]	= "short",
	[SCSI_ALUA_MALFORMED]	= "malformed",
};

static const char * const headers[] = {
	[SCSI_ALUA_HEADER_NONE]		= "none",
	[SCSI_ALUA_HEADER_PLAIN]	= "plain",
	[SCSI_ALUA_HEADER_EXT]		= "ext",
};

static const char * const nexts[] = {
	[SCSI_ALUA_USE]		= "use",
	[SCSI_ALUA_REISSUE]	= "reissue",
	[SCSI_ALUA_FALLBACK]	= "fallback",
	[SCSI_ALUA_RETRY]	= "retry",
	[SCSI_ALUA_FAIL]	= "fail",
};

static const char * const lookups[] = {
	[SCSI_ALUA_STATE]	= "state",
	[SCSI_ALUA_UNKNOWN]	= "unknown",
	[SCSI_ALUA_OWN_RTPG]	= "own-rtpg",
	[SCSI_ALUA_ABSENT]	= "absent",
	[SCSI_ALUA_INCOMPLETE]	= "incomplete",
	[SCSI_ALUA_CONFLICT]	= "conflict",
	[SCSI_ALUA_VOID]	= "void",
};

static const char * const classes[] = {
	[SCSI_ALUA_CLASS_NONE]		= "none",
	[SCSI_ALUA_CLASS_PASS]		= "pass",
	[SCSI_ALUA_CLASS_DEFERRED]	= "deferred",
	[SCSI_ALUA_CLASS_DONE]		= "done",
	[SCSI_ALUA_CLASS_TRANSITION]	= "transition",
	[SCSI_ALUA_CLASS_STANDBY]	= "standby",
	[SCSI_ALUA_CLASS_UNAVAILABLE]	= "unavailable",
	[SCSI_ALUA_CLASS_CHANGED]	= "changed",
	[SCSI_ALUA_CLASS_RESET]		= "reset",
	[SCSI_ALUA_CLASS_IDENTITY]	= "identity",
	[SCSI_ALUA_CLASS_LUNS]		= "luns",
	[SCSI_ALUA_CLASS_RETRY]		= "retry",
	[SCSI_ALUA_CLASS_WAIT]		= "wait",
	[SCSI_ALUA_CLASS_GONE]		= "gone",
	[SCSI_ALUA_CLASS_FALLBACK]	= "fallback",
	[SCSI_ALUA_CLASS_UNSUPPORTED]	= "unsupported",
	[SCSI_ALUA_CLASS_FAIL]		= "fail",
};

static const char * const refreshes[] = {
	[SCSI_ALUA_REFRESH_NONE]	= "none",
	[SCSI_ALUA_REFRESH_NOW]		= "now",
	[SCSI_ALUA_REFRESH_PACED]	= "paced",
};

static const char * const lun_types[] = {
	[SCSI_LUN_ID_NAA6]	= "naa6",
	[SCSI_LUN_ID_UUID]	= "uuid",
	[SCSI_LUN_ID_EUI16]	= "eui16",
	[SCSI_LUN_ID_EUI12]	= "eui12",
	[SCSI_LUN_ID_NAA5]	= "naa5",
	[SCSI_LUN_ID_NAA2]	= "naa2",
	[SCSI_LUN_ID_EUI8]	= "eui8",
	[SCSI_LUN_ID_NAME]	= "name",
	[SCSI_LUN_ID_NAA3]	= "naa3",
};

static const struct {
	const char *name;
	enum scsi_alua_sense_context context;
} contexts[] = {
	{ "io", SCSI_ALUA_SENSE_IO },
	{ "rtpg", SCSI_ALUA_SENSE_RTPG },
	{ "rtpg-ext", SCSI_ALUA_SENSE_RTPG_EXT },
};

static const char *state_name(int state)
{
	switch (state) {
	case -1:
		return "none";
	case SCSI_ACCESS_STATE_TRANSITIONING:
		return "transitioning";
	case SCSI_ACCESS_STATE_STANDBY:
		return "standby";
	case SCSI_ACCESS_STATE_UNAVAILABLE:
		return "unavailable";
	default:
		return "another";
	}
}

/* Add what @desc lists to @ports, once each. */
static void take_ports(unsigned long *ports, const struct scsi_alua_desc *desc)
{
	unsigned int i;

	for (i = 0; i < desc->nr_ports; i++) {
		u16 port = scsi_alua_desc_port(desc, i);

		if (port)
			__set_bit(port, ports);
	}
}

static void expect_ports(struct kunit *test, const struct scsi_alua_rtpg *rtpg,
			 const struct vector_group *want)
{
	unsigned long *found = kunit_kzalloc(test, BITS_TO_BYTES(VECTOR_PORTS), GFP_KERNEL);
	unsigned long *wanted = kunit_kzalloc(test, BITS_TO_BYTES(VECTOR_PORTS), GFP_KERNEL);
	struct scsi_alua_desc desc;
	unsigned int i;
	u32 pos = 0;

	KUNIT_ASSERT_NOT_NULL(test, found);
	KUNIT_ASSERT_NOT_NULL(test, wanted);
	while (scsi_alua_rtpg_desc(rtpg, &pos, &desc))
		if (desc.group == want->id)
			take_ports(found, &desc);
	for (i = 0; i < want->nr_ports; i++) {
		KUNIT_ASSERT_LT(test, want->ports[i], VECTOR_PORTS);
		__set_bit(want->ports[i], wanted);
	}
	KUNIT_EXPECT_TRUE_MSG(test, bitmap_equal(found, wanted, VECTOR_PORTS),
			      "group %#x: ports %*pbl, expected %*pbl", want->id,
			      VECTOR_PORTS, found, VECTOR_PORTS, wanted);
	KUNIT_EXPECT_EQ(test, bitmap_weight(wanted, VECTOR_PORTS), want->nr_ports);
}

static void expect_group(struct kunit *test, const struct scsi_alua_rtpg *rtpg,
			 const struct scsi_alua_desc *first, const struct vector_group *want)
{
	KUNIT_EXPECT_EQ(test, first->group, want->id);
	KUNIT_EXPECT_EQ(test, scsi_alua_rtpg_conflict(rtpg, first->group), want->conflict);
	if (want->conflict)
		return;
	KUNIT_EXPECT_EQ(test, first->state, want->state);
	KUNIT_EXPECT_EQ(test, first->preferred, want->pref);
	KUNIT_EXPECT_EQ(test, first->supported, want->sup);
	KUNIT_EXPECT_EQ(test, first->status, want->status);
	expect_ports(test, rtpg, want);
}

/* Is the descriptor before @end the first one of @group? */
static bool is_first(const struct scsi_alua_rtpg *rtpg, u32 end, u16 group)
{
	struct scsi_alua_desc desc;
	u32 pos = 0;

	while (scsi_alua_rtpg_desc(rtpg, &pos, &desc) && pos != end)
		if (desc.group == group)
			return false;
	return true;
}

static void expect_groups(struct kunit *test, const struct scsi_alua_rtpg *rtpg,
			  const struct vector *v)
{
	struct scsi_alua_desc desc;
	unsigned int n = 0;
	u32 pos = 0;

	KUNIT_ASSERT_EQ(test, v->nr_groups, v->nr_group_lines);
	while (scsi_alua_rtpg_desc(rtpg, &pos, &desc)) {
		if (!is_first(rtpg, pos, desc.group))
			continue;
		KUNIT_ASSERT_LT(test, n, v->nr_groups);
		expect_group(test, rtpg, &desc, &v->groups[n++]);
	}
	KUNIT_EXPECT_EQ(test, n, v->nr_groups);
}

static void expect_own(struct kunit *test, const struct scsi_alua_rtpg *rtpg,
		       const struct vector_own *want)
{
	struct scsi_alua_port port = { .group = want->group, .port = want->port };
	enum scsi_alua_role role = strcmp(want->role, "sibling") ? SCSI_ALUA_ISSUER :
								   SCSI_ALUA_SIBLING;
	enum scsi_alua_lookup lookup;
	bool preferred = false;
	u8 state = 0;

	lookup = scsi_alua_rtpg_lookup(rtpg, &port, role, &state, &preferred);
	KUNIT_EXPECT_STREQ_MSG(test, lookups[lookup], want->verdict, "%s, group %lld, port %lld",
			       want->role, want->group, want->port);
	if (lookup != SCSI_ALUA_STATE)
		return;
	KUNIT_EXPECT_EQ_MSG(test, state, want->state, "%s, group %lld, port %lld", want->role,
			    want->group, want->port);
	KUNIT_EXPECT_EQ_MSG(test, preferred, want->pref, "%s, group %lld, port %lld", want->role,
			    want->group, want->port);
}

static void expect_rtpg(struct kunit *test, const struct vector *v, const u8 *data)
{
	struct scsi_alua_rtpg rtpg;
	unsigned int i;

	scsi_alua_rtpg_parse(&rtpg, data, v->xferlen, v->alloclen, !strcmp(v->asked, "ext"));
	KUNIT_EXPECT_STREQ(test, results[rtpg.result], v->result);
	KUNIT_EXPECT_STREQ(test, headers[rtpg.header], v->header);
	KUNIT_EXPECT_EQ(test, rtpg.transition_secs, v->transition_secs);
	KUNIT_EXPECT_EQ(test, rtpg.declared_len, v->declared_len);
	KUNIT_EXPECT_STREQ(test, rtpg.complete ? "yes" : "no", v->complete);
	KUNIT_EXPECT_STREQ(test, nexts[rtpg.next], v->next);
	if (rtpg.next == SCSI_ALUA_REISSUE)
		KUNIT_EXPECT_EQ(test, rtpg.reissue_len, v->reissue);
	expect_groups(test, &rtpg, v);
	for (i = 0; i < v->nr_owns; i++)
		expect_own(test, &rtpg, &v->owns[i]);
}

static void expect_vpd83(struct kunit *test, const struct vector *v, const u8 *data)
{
	struct scsi_lun_id *id = kunit_kzalloc(test, sizeof(*id), GFP_KERNEL);
	struct scsi_alua_port port;

	KUNIT_ASSERT_NOT_NULL(test, id);
	KUNIT_EXPECT_STREQ(test, results[scsi_alua_port_parse(data, v->xferlen, &port)],
			   v->result);
	KUNIT_EXPECT_EQ(test, port.group, v->group_id);
	KUNIT_EXPECT_EQ(test, port.port, v->rel_port);
	if (!scsi_lun_id_parse(data, v->xferlen, id)) {
		KUNIT_EXPECT_STREQ(test, "none", v->lun_type);
		return;
	}
	KUNIT_EXPECT_STREQ(test, lun_types[id->type], v->lun_type);
	KUNIT_ASSERT_EQ(test, id->len, v->lun_id_len);
	KUNIT_EXPECT_MEMEQ(test, id->bytes, v->lun_id, v->lun_id_len);
}

static void expect_sense(struct kunit *test, const struct vector *v, const u8 *data)
{
	struct scsi_alua_sense sense;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(contexts); i++)
		if (!strcmp(contexts[i].name, v->context))
			break;
	KUNIT_ASSERT_LT(test, i, ARRAY_SIZE(contexts));
	sense = scsi_alua_sense_classify(data, v->xferlen, contexts[i].context);
	KUNIT_EXPECT_STREQ(test, classes[sense.class], v->class);
	KUNIT_EXPECT_STREQ(test, state_name(sense.state), v->state);
	KUNIT_EXPECT_STREQ(test, refreshes[sense.refresh], v->refresh);
}

static const struct {
	const char *name;
	void (*expect)(struct kunit *test, const struct vector *v, const u8 *data);
} kinds[] = {
	{ "rtpg", expect_rtpg },
	{ "vpd83", expect_vpd83 },
	{ "sense", expect_sense },
};

/* Bytes at and behind this were not transferred. */
static size_t vector_end(const struct vector *v)
{
	return strcmp(v->kind, "rtpg") ? v->xferlen : min(v->xferlen, v->alloclen);
}

static u8 *vector_copy(struct kunit *test, const struct vector *v, size_t len)
{
	u8 *data = kunit_kmalloc(test, len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, data);
	memcpy(data, v->data, len);
	return data;
}

static void vector_case(struct kunit *test)
{
	const struct vector *v = test->param_value;
	unsigned int kind;
	size_t end, i;
	u8 *data;

	if (v->error)
		kunit_err(test, "%s: %s", v->name, v->error);
	KUNIT_ASSERT_NULL(test, v->error);
	for (kind = 0; kind < ARRAY_SIZE(kinds); kind++)
		if (!strcmp(kinds[kind].name, v->kind))
			break;
	KUNIT_ASSERT_LT(test, kind, ARRAY_SIZE(kinds));
	end = vector_end(v);
	KUNIT_ASSERT_LE_MSG(test, end, v->len, "less data than was transferred");

	data = vector_copy(test, v, v->len);
	kinds[kind].expect(test, v, data);
	for (i = end; i < v->len; i++)
		data[i] = ~data[i];
	kinds[kind].expect(test, v, data);
	kinds[kind].expect(test, v, vector_copy(test, v, end));
}

static void vector_describe(const struct vector *v, char *desc)
{
	strscpy(desc, v->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(vector, vectors, vector_describe);

/* No vector at all is no success. */
static void vector_count(struct kunit *test)
{
	KUNIT_EXPECT_NE(test, ARRAY_SIZE(vectors), 0);
}

static struct kunit_case vector_cases[] = {
	KUNIT_CASE(vector_count),
	KUNIT_CASE_PARAM(vector_case, vector_gen_params),
	{}
};

static struct kunit_suite vector_suite = {
	.name = "scsi_alua_vectors",
	.test_cases = vector_cases,
};

kunit_test_suite(vector_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_DESCRIPTION("KUnit tests of the ALUA parsers by test vectors");
MODULE_LICENSE("GPL");
