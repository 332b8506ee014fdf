// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit: RTPG replies, pages 0x83 and sense data that nobody has thought of.
 *
 * Each round takes a test vector, or bytes at random, changes some of it, and asks for what must
 * hold for any input. The data ends where a page ends that has nothing behind it, so a byte too far
 * is a fault on any kernel. The seed is printed; with the same seed and number of rounds the same
 * data comes again.
 */
#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <linux/prandom.h>
#include <linux/random.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <scsi/scsi_alua.h>
#include <scsi/scsi_proto.h>
#include "scsi_alua_vector.h"
#include "scsi_lun_id.h"

static unsigned int rounds = 20000;
module_param(rounds, uint, 0444);
MODULE_PARM_DESC(rounds, "Number of rounds for each kind of data (default 20000)");

static ulong seed;
module_param(seed, ulong, 0444);
MODULE_PARM_DESC(seed, "Seed of the data; 0 takes one at random (default 0)");

#define FUZZ_SIZE	(2 * PAGE_SIZE)

struct fuzz {
	struct rnd_state rnd;
	u8 *area;		/* FUZZ_SIZE bytes, then nothing */
	u8 *data;
	size_t len;
	size_t xferlen;
	size_t alloclen;
};

static u32 below(struct fuzz *f, u32 n)
{
	return prandom_u32_state(&f->rnd) % n;
}

/* Lengths at which something ends are worth more than others. */
static size_t some_length(struct fuzz *f, size_t around)
{
	switch (below(f, 4)) {
	case 0:
		return below(f, FUZZ_SIZE + 1);
	case 1:
		return around;
	default:
		return clamp((long)around - 8 + (long)below(f, 17), 0L, (long)FUZZ_SIZE);
	}
}

static void change_a_byte(struct fuzz *f)
{
	static const u8 edges[] = { 0x00, 0x01, 0x04, 0x07, 0x0f, 0x10, 0x7f, 0x80, 0xfe, 0xff };
	u32 at = below(f, f->len);

	if (below(f, 2))
		f->data[at] = edges[below(f, ARRAY_SIZE(edges))];
	else
		f->data[at] ^= BIT(below(f, 8));
}

/* New data of one kind of vectors, at the end of the area. */
static void new_data(struct fuzz *f, const char *kind)
{
	const struct vector *v;
	unsigned int i;

	do {
		v = &vectors[below(f, ARRAY_SIZE(vectors))];
	} while (v->error || strcmp(v->kind, kind) || v->len > FUZZ_SIZE);

	f->len = some_length(f, v->len);
	f->data = f->area + FUZZ_SIZE - f->len;
	prandom_bytes_state(&f->rnd, f->data, f->len);
	if (below(f, 16))
		memcpy(f->data, v->data, min(f->len, v->len));
	for (i = below(f, 6); i && f->len; i--)
		change_a_byte(f);
	f->xferlen = min(f->len, some_length(f, v->xferlen));
	/* A buffer is as large as the allocation length, and may be given as larger than it is. */
	f->alloclen = f->len + below(f, 3) * 4;
	f->xferlen = min(f->xferlen, f->alloclen);
}

/* Cut to what was transferred: the byte behind it is a fault now. */
static u8 *cut_data(struct fuzz *f, size_t len)
{
	u8 *cut = f->area + FUZZ_SIZE - len;

	memmove(cut, f->data, len);
	return cut;
}

static void expect_sane_rtpg(struct kunit *test, const struct scsi_alua_rtpg *rtpg, size_t len,
			     const struct scsi_alua_port *port)
{
	enum scsi_alua_lookup lookup;
	struct scsi_alua_desc desc;
	bool preferred = false;
	u32 pos = 0, last = 0;
	u8 state = 0xff;

	KUNIT_ASSERT_LE(test, rtpg->end, len);
	KUNIT_ASSERT_TRUE(test, rtpg->result != SCSI_ALUA_MALFORMED || !rtpg->end);
	KUNIT_ASSERT_TRUE(test, rtpg->next != SCSI_ALUA_REISSUE ||
			  rtpg->reissue_len <= SCSI_ALUA_RTPG_MAX);
	while (scsi_alua_rtpg_desc(rtpg, &pos, &desc)) {
		KUNIT_ASSERT_GT(test, pos, last);
		KUNIT_ASSERT_LE(test, pos, rtpg->end);
		last = pos;
	}
	lookup = scsi_alua_rtpg_lookup(rtpg, port, SCSI_ALUA_ISSUER, &state, &preferred);
	if (lookup == SCSI_ALUA_STATE)
		KUNIT_ASSERT_TRUE(test, state <= SCSI_ACCESS_STATE_LBA ||
				  state == SCSI_ACCESS_STATE_OFFLINE ||
				  state == SCSI_ACCESS_STATE_TRANSITIONING);
	if (lookup == SCSI_ALUA_ABSENT)
		KUNIT_ASSERT_TRUE(test, rtpg->complete);
}

static bool same_rtpg(const struct scsi_alua_rtpg *a, const struct scsi_alua_rtpg *b)
{
	return a->first == b->first && a->end == b->end && a->declared_len == b->declared_len &&
	       a->transition_secs == b->transition_secs && a->reissue_len == b->reissue_len &&
	       a->result == b->result && a->header == b->header && a->next == b->next &&
	       a->complete == b->complete;
}

static void rtpg_round(struct kunit *test, struct fuzz *f)
{
	struct scsi_alua_port port = { .group = below(f, 4), .port = below(f, 4) };
	struct scsi_alua_rtpg rtpg, again;
	bool ext = below(f, 2);

	new_data(f, "rtpg");
	scsi_alua_rtpg_parse(&rtpg, f->data, f->xferlen, f->alloclen, ext);
	expect_sane_rtpg(test, &rtpg, f->xferlen, &port);
	scsi_alua_rtpg_parse(&again, cut_data(f, f->xferlen), f->xferlen, f->alloclen, ext);
	KUNIT_ASSERT_TRUE(test, same_rtpg(&rtpg, &again));
	expect_sane_rtpg(test, &again, f->xferlen, &port);
}

static void vpd83_round(struct kunit *test, struct fuzz *f)
{
	struct scsi_alua_port port, again;
	enum scsi_alua_result result;
	struct scsi_lun_id id;

	new_data(f, "vpd83");
	result = scsi_alua_port_parse(f->data, f->xferlen, &port);
	KUNIT_ASSERT_TRUE(test, port.group >= -1 && port.group <= 0xffff);
	KUNIT_ASSERT_TRUE(test, port.port == -1 || (port.port > 0 && port.port <= 0xffff));
	if (scsi_lun_id_parse(f->data, f->xferlen, &id)) {
		KUNIT_ASSERT_EQ(test, result, SCSI_ALUA_OK);
		KUNIT_ASSERT_NE(test, id.len, 0);
	}
	f->data = cut_data(f, f->xferlen);
	KUNIT_ASSERT_EQ(test, scsi_alua_port_parse(f->data, f->xferlen, &again), result);
	KUNIT_ASSERT_EQ(test, again.group, port.group);
	KUNIT_ASSERT_EQ(test, again.port, port.port);
	scsi_lun_id_parse(f->data, f->xferlen, &id);
}

static void sense_round(struct kunit *test, struct fuzz *f)
{
	enum scsi_alua_sense_context context = below(f, SCSI_ALUA_SENSE_RTPG_EXT + 1);
	struct scsi_alua_sense sense;

	new_data(f, "sense");
	sense = scsi_alua_sense_classify(cut_data(f, f->xferlen), f->xferlen, context);
	KUNIT_ASSERT_LE(test, sense.class, SCSI_ALUA_CLASS_FAIL);
	KUNIT_ASSERT_TRUE(test, sense.state == -1 || sense.class == SCSI_ALUA_CLASS_TRANSITION ||
			  sense.class == SCSI_ALUA_CLASS_STANDBY ||
			  sense.class == SCSI_ALUA_CLASS_UNAVAILABLE);
	KUNIT_ASSERT_TRUE(test, context == SCSI_ALUA_SENSE_IO ||
			  sense.refresh != SCSI_ALUA_REFRESH_NOW);
}

/* Other vectors than the kernel's need not have all kinds. */
static bool has_vector(const char *kind)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vectors); i++)
		if (!vectors[i].error && !strcmp(vectors[i].kind, kind) &&
		    vectors[i].len <= FUZZ_SIZE)
			return true;
	return false;
}

static void run(struct kunit *test, const char *kind,
		void (*round)(struct kunit *test, struct fuzz *f))
{
	struct fuzz *f = test->priv;
	u64 from = seed ?: get_random_u64();
	unsigned int i;

	if (!has_vector(kind))
		kunit_skip(test, "no test vector of kind %s to begin with", kind);
	prandom_seed_state(&f->rnd, from);
	kunit_info(test, "seed=%llu rounds=%u\n", from, rounds);
	for (i = 0; i < rounds; i++) {
		round(test, f);
		if (!(i % 1024))
			cond_resched();
	}
}

static void rtpg_replies(struct kunit *test)
{
	run(test, "rtpg", rtpg_round);
}

static void vpd83_pages(struct kunit *test)
{
	run(test, "vpd83", vpd83_round);
}

static void sense_buffers(struct kunit *test)
{
	run(test, "sense", sense_round);
}

static void free_area(void *area)
{
	vfree(area);
}

static int fuzz_init(struct kunit *test)
{
	struct fuzz *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->area = vmalloc(FUZZ_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, f->area);
	test->priv = f;
	return kunit_add_action_or_reset(test, free_area, f->area);
}

static struct kunit_case fuzz_cases[] = {
	KUNIT_CASE_SLOW(rtpg_replies),
	KUNIT_CASE_SLOW(vpd83_pages),
	KUNIT_CASE_SLOW(sense_buffers),
	{}
};

static struct kunit_suite fuzz_suite = {
	.name = "scsi_alua_fuzz",
	.init = fuzz_init,
	.test_cases = fuzz_cases,
};

kunit_test_suite(fuzz_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_DESCRIPTION("KUnit tests of the ALUA parsers by changed test vectors");
MODULE_LICENSE("GPL");
