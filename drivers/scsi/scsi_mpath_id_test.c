// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the identity of logical units.
 *
 * Each page is copied into an allocation of exactly its size, so that KASAN reports a byte that is
 * read behind the transfer. The first rows are pages as arrays, targets and disks send them, and
 * what they look like when something went wrong; the others take one rule each.
 */
#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/hex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "scsi_mpath_id.h"

#define NO_ID	(-1)

/* The page as transferred, in hexadecimal, and the designator that must be found in it. */
static const struct id_case {
	const char *name;
	const char *page;
	int type;
	const char *id;
} id_cases[] = {
	{ "group designator of 2 bytes at the page end, EUI-64 of zeros: both ignored",
	  "00830026010200080000000000000000010200080002c90300a1b2c301940004"
	  "0000000b019500020005",
	  SCSI_MPATH_ID_EUI8,
	  "0002c90300a1b2c3" },
	{ "last designator crosses the page end, bytes behind belong to nobody",
	  "008300220103001060014054a1b2c3d4e5f60718293a4b5c0195000400000003"
	  "0194000400000007",
	  NO_ID },
	{ "EUI-64 of 16 bytes is preferred to NAA 5",
	  "00830020010300085000c500a1b2c3d4010200100025385b71b00a1100000000"
	  "000000c3",
	  SCSI_MPATH_ID_EUI16,
	  "0025385b71b00a1100000000000000c3" },
	{ "LIO layout: NAA 6, T10, port, group 0, LU group, port name, device name",
	  "008300870103001060014054a1b2c3d4e5f60718293a4b5c020100174c494f2d"
	  "4f5247206469736b303a34613162326333640051940004000000015195000400"
	  "00000001060004000000005398002069716e2e323032362d30312e6f72672e78"
	  "3a74312c742c30783030303100000053a8001869716e2e323032362d30312e6f"
	  "72672e783a743100000000",
	  SCSI_MPATH_ID_NAA6,
	  "60014054a1b2c3d4e5f60718293a4b5c" },
	{ "IEEE extended (NAA 2) is preferred to an 8 byte EUI-64",
	  "00830018010200080002c90300a1b2c3010300082100000e1e0a0b0c",
	  SCSI_MPATH_ID_NAA2,
	  "2100000e1e0a0b0c" },
	{ "NAA 5 before NAA 6: the order in the page does not matter",
	  "00830030010300085000c500a1b2c3d401950004000000020194000400000007"
	  "0103001060014054a1b2c3d4e5f60718293a4b5c",
	  SCSI_MPATH_ID_NAA6,
	  "60014054a1b2c3d4e5f60718293a4b5c" },
	{ "the same page with NAA 6 first",
	  "008300300103001060014054a1b2c3d4e5f60718293a4b5c0195000400000002"
	  "0194000400000007010300085000c500a1b2c3d4",
	  SCSI_MPATH_ID_NAA6,
	  "60014054a1b2c3d4e5f60718293a4b5c" },
	{ "name string only, NUL padding stripped",
	  "008300340308002069716e2e323031392d30332e636f6d2e6578616d706c653a"
	  "6c752e303034320001940004000000030195000400000001",
	  SCSI_MPATH_ID_NAME,
	  "69716e2e323031392d30332e636f6d2e6578616d706c653a6c752e30303432" },
	{ "PIV is not required",
	  "0083001c010300085000c500a1b2c3d401150004000012340114000400008001",
	  SCSI_MPATH_ID_NAA5,
	  "5000c500a1b2c3d4" },
	{ "NAA 3 with target port and target device designators around it",
	  "008300700201001c4c696e7578202020736373695f6465627567202020202020"
	  "323030300103000833333330000007d061940004000000016193000822222220"
	  "000007cf619500040000010061a3000822222220000007cd63a800186e61612e"
	  "3332323232323230303030303037434400000000",
	  SCSI_MPATH_ID_NAA3,
	  "33333330000007d0" },
	{ "page longer than the transfer: ids of the port are used, identity is not; the rest of the buffer is stale",
	  "00830030010300085000c500a1b2c3d401950004000000030194000400000004",
	  NO_ID },
	{ "T10 vendor id is no identity",
	  "00830038020100244558414d504c4520564449534b2020202020202020202020"
	  "30303030303030303030343201950004000000040194000400000002",
	  NO_ID },
	{ "two different group ids: ambiguous",
	  "0083002c0103001060014054a1b2c3d4e5f60718293a4b5c0195000400000003"
	  "01950004000000040194000400000001",
	  SCSI_MPATH_ID_NAA6,
	  "60014054a1b2c3d4e5f60718293a4b5c" },
	{ "UUID designator is preferred to a name string and to NAA 5",
	  "00830046030800186e61612e3530303063353030613162326333643400000000"
	  "010a001210007d4447409dc011d1b2455ffdce74fad2010300085000c500a1b2"
	  "c3d40195000400000009",
	  SCSI_MPATH_ID_UUID,
	  "7d4447409dc011d1b2455ffdce74fad2" },
	{ "NAA 6 of the port and of the device is not the LU; group id with association 0 is ignored",
	  "008300380193001060014054a1b2c3d4e5f60718293a4b5c01a3001060014054"
	  "a1b2c3d4e5f60718293a4b5c010500040000000501a4000400000006",
	  NO_ID },
	{ "page code 0x80",
	  "008000240103001060014054a1b2c3d4e5f60718293a4b5c0195000400000003"
	  "0194000400000001",
	  NO_ID },

	{ "no byte at all",
	  "",
	  NO_ID },
	{ "cut inside the header",
	  "008300",
	  NO_ID },
	{ "empty page",
	  "00830000",
	  NO_ID },
	{ "peripheral qualifier and type do not matter",
	  "1f83000c010300085000c500a1b2c3d4",
	  SCSI_MPATH_ID_NAA5,
	  "5000c500a1b2c3d4" },
	{ "bytes behind the page are not looked at",
	  "0083000c010300085000c500a1b2c3d401030010600140540102030405060708"
	  "090a0b0c",
	  SCSI_MPATH_ID_NAA5,
	  "5000c500a1b2c3d4" },
	{ "cut by one byte",
	  "0083001401030010600140540102030405060708090a0b",
	  NO_ID },
	{ "whole identity, but the page is cut behind it",
	  "0083001c01030010600140540102030405060708090a0b0c01150004000000",
	  NO_ID },
	{ "header of a designator at the end of the page",
	  "00830010010300085000c500a1b2c3d401030010",
	  NO_ID },
	{ "three bytes of a header at the end of the page",
	  "0083000f010300085000c500a1b2c3d4010300",
	  NO_ID },
	{ "padding of three zeros",
	  "0083000f010300085000c500a1b2c3d4000000",
	  SCSI_MPATH_ID_NAA5,
	  "5000c500a1b2c3d4" },
	{ "designator without length is skipped",
	  "0083001001030000010300085000c500a1b2c3d4",
	  SCSI_MPATH_ID_NAA5,
	  "5000c500a1b2c3d4" },
	{ "designator of the page's whole length",
	  "00830103030800ff69716e2e7878787878787878787878787878787878787878"
	  "7878787878787878787878787878787878787878787878787878787878787878"
	  "7878787878787878787878787878787878787878787878787878787878787878"
	  "7878787878787878787878787878787878787878787878787878787878787878"
	  "7878787878787878787878787878787878787878787878787878787878787878"
	  "7878787878787878787878787878787878787878787878787878787878787878"
	  "7878787878787878787878787878787878787878787878787878787878787878"
	  "7878787878787878787878787878787878787878787878787878787878787878"
	  "78787878787878",
	  SCSI_MPATH_ID_NAME,
	  "69716e2e78787878787878787878787878787878787878787878787878787878"
	  "7878787878787878787878787878787878787878787878787878787878787878"
	  "7878787878787878787878787878787878787878787878787878787878787878"
	  "7878787878787878787878787878787878787878787878787878787878787878"
	  "7878787878787878787878787878787878787878787878787878787878787878"
	  "7878787878787878787878787878787878787878787878787878787878787878"
	  "7878787878787878787878787878787878787878787878787878787878787878"
	  "78787878787878787878787878787878787878787878787878787878787878" },
	{ "uuid",
	  "00830016010a001210007d4447409dc011d1b2455ffdce74fad2",
	  SCSI_MPATH_ID_UUID,
	  "7d4447409dc011d1b2455ffdce74fad2" },
	{ "uuid of another kind",
	  "00830016010a001220007d4447409dc011d1b2455ffdce74fad2",
	  NO_ID },
	{ "uuid of 17 bytes",
	  "00830015010a001110007d4447409dc011d1b2455ffdce74fa",
	  NO_ID },
	{ "eui12",
	  "008300100102000c0002c90300a1b2c301020304",
	  SCSI_MPATH_ID_EUI12,
	  "0002c90300a1b2c301020304" },
	{ "eui of 10 bytes",
	  "0083000e0102000a0002c90300a1b2c30102",
	  NO_ID },
	{ "naa6 of 8 bytes",
	  "0083000c010300086001405401020304",
	  NO_ID },
	{ "naa5 of 16 bytes",
	  "00830014010300105000c500a1b2c3d45000c500a1b2c3d4",
	  NO_ID },
	{ "naa2",
	  "0083000c010300082100000e1e0a0b0c",
	  SCSI_MPATH_ID_NAA2,
	  "2100000e1e0a0b0c" },
	{ "naa 4 does not exist",
	  "0083000c010300084100000e1e0a0b0c",
	  NO_ID },
	{ "naa6 in ASCII code set",
	  "0083001402030010600140540102030405060708090a0b0c",
	  NO_ID },
	{ "reserved association",
	  "0083001401330010600140540102030405060708090a0b0c",
	  NO_ID },
	{ "vendor specific",
	  "0083001401000010600140540102030405060708090a0b0c",
	  NO_ID },
	{ "logical unit group",
	  "008300080106000400000001",
	  NO_ID },
	{ "MD5",
	  "0083001401070010600140540102030405060708090a0b0c",
	  NO_ID },
	{ "type 9",
	  "008300080109000400020000",
	  NO_ID },
	{ "eui of zeros",
	  "0083000c010200080000000000000000",
	  NO_ID },
	{ "eui of ones",
	  "0083000c01020008ffffffffffffffff",
	  NO_ID },
	{ "uuid of zeros",
	  "00830016010a0012100000000000000000000000000000000000",
	  NO_ID },
	{ "uuid of ones",
	  "00830016010a00121000ffffffffffffffffffffffffffffffff",
	  NO_ID },
	{ "naa5 of zeros",
	  "0083000c010300085000000000000000",
	  NO_ID },
	{ "naa6 of ones",
	  "00830014010300106fffffffffffffffffffffffffffffff",
	  NO_ID },
	{ "naa5 of ones but the last",
	  "0083000c010300085ffffffffffffffe",
	  SCSI_MPATH_ID_NAA5,
	  "5ffffffffffffffe" },
	{ "naa5 that begins with zeros",
	  "0083000c010300085000000000000001",
	  SCSI_MPATH_ID_NAA5,
	  "5000000000000001" },
	{ "blank naa6 does not hide naa5",
	  "008300200103001060000000000000000000000000000000010300085000c500"
	  "a1b2c3d4",
	  SCSI_MPATH_ID_NAA5,
	  "5000c500a1b2c3d4" },
	{ "name of only its prefix",
	  "0083000c0308000869716e2e00000000",
	  NO_ID },
	{ "name of nothing but padding",
	  "0083000c030800080000000000000000",
	  NO_ID },
	{ "name of an unknown scheme",
	  "00830014030800107431302e415441206469736b00000000",
	  NO_ID },
	{ "name in binary code set",
	  "008300170108001369716e2e323032362d30312e6f72672e783a61",
	  NO_ID },
	{ "name in capitals",
	  "008300180308001449514e2e323032362d30312e6f72672e783a6100",
	  NO_ID },
	{ "naa name is not turned into a binary naa",
	  "00830018030800146e61612e35303030633530306131623263336434",
	  SCSI_MPATH_ID_NAME,
	  "6e61612e35303030633530306131623263336434" },
	{ "naa3 is the last choice",
	  "00830028010300083333333000000001030800186575692e3030303263393033"
	  "303061316232633300000000",
	  SCSI_MPATH_ID_NAME,
	  "6575692e30303032633930333030613162326333" },
	{ "two naa6: the smaller one, first",
	  "0083002801030010600140540102030405060708090a0b0b0103001060014054"
	  "0102030405060708090a0b0c",
	  SCSI_MPATH_ID_NAA6,
	  "600140540102030405060708090a0b0b" },
	{ "two naa6: the smaller one, last",
	  "0083002801030010600140540102030405060708090a0b0c0103001060014054"
	  "0102030405060708090a0b0b",
	  SCSI_MPATH_ID_NAA6,
	  "600140540102030405060708090a0b0b" },
	{ "two names: the shorter one, first",
	  "0083002f0308001369716e2e323032362d30312e6f72672e783a610308001469"
	  "716e2e323032362d30312e6f72672e783a6162",
	  SCSI_MPATH_ID_NAME,
	  "69716e2e323032362d30312e6f72672e783a61" },
	{ "two names: the shorter one, last",
	  "0083002f0308001469716e2e323032362d30312e6f72672e783a616203080013"
	  "69716e2e323032362d30312e6f72672e783a61",
	  SCSI_MPATH_ID_NAME,
	  "69716e2e323032362d30312e6f72672e783a61" },
};

KUNIT_ARRAY_PARAM_DESC(id, id_cases, name);

/* An allocation of exactly the bytes that @hex spells; kmalloc(0) is a pointer that must not be used. */
static u8 *unhex(struct kunit *test, const char *hex, size_t *len)
{
	u8 *bytes;

	*len = strlen(hex) / 2;
	bytes = kunit_kmalloc(test, *len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bytes);
	KUNIT_ASSERT_EQ(test, hex2bin(bytes, hex, *len), 0);
	return bytes;
}

static void page_names_the_logical_unit(struct kunit *test)
{
	const struct id_case *c = test->param_value;
	struct scsi_mpath_id *id = kunit_kzalloc(test, sizeof(*id), GFP_KERNEL);
	size_t len, want_len;
	u8 *page, *want;
	bool found;

	KUNIT_ASSERT_NOT_NULL(test, id);
	page = unhex(test, c->page, &len);
	found = scsi_mpath_id_parse(page, len, id);
	KUNIT_ASSERT_EQ(test, found, c->type != NO_ID);
	if (!found)
		return;

	want = unhex(test, c->id, &want_len);
	KUNIT_EXPECT_EQ(test, (int)id->type, c->type);
	KUNIT_ASSERT_EQ(test, (size_t)id->len, want_len);
	KUNIT_EXPECT_MEMEQ(test, id->bytes, want, want_len);
	KUNIT_EXPECT_EQ(test, scsi_mpath_id_is_local(id), c->type == SCSI_MPATH_ID_NAA3);
}

/* However few bytes of a page were transferred, none behind them is read. */
static void cut_page_names_nobody(struct kunit *test)
{
	const struct id_case *c = test->param_value;
	struct scsi_mpath_id *id = kunit_kzalloc(test, sizeof(*id), GFP_KERNEL);
	size_t len, declared, cut;
	u8 *page, *copy;

	KUNIT_ASSERT_NOT_NULL(test, id);
	page = unhex(test, c->page, &len);
	declared = len < 4 ? 0 : 4 + (page[2] << 8 | page[3]);
	for (cut = 0; cut < min(len, declared); cut++) {
		copy = kmalloc(cut, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, copy);
		memcpy(copy, page, cut);
		KUNIT_EXPECT_FALSE_MSG(test, scsi_mpath_id_parse(copy, cut, id),
				       "an identity in %zu of %zu bytes", cut, declared);
		kfree(copy);
	}
}

static void set_id(struct scsi_mpath_id *id, enum scsi_mpath_id_type type, const char *bytes)
{
	memset(id, 0, sizeof(*id));
	id->type = type;
	id->len = strlen(bytes);
	memcpy(id->bytes, bytes, id->len);
}

static void identities_compare(struct kunit *test)
{
	struct scsi_mpath_id *a = kunit_kzalloc(test, 2 * sizeof(*a), GFP_KERNEL), *b;

	KUNIT_ASSERT_NOT_NULL(test, a);
	b = a + 1;
	set_id(a, SCSI_MPATH_ID_NAME, "iqn.2026-01.org.x:a");
	set_id(b, SCSI_MPATH_ID_NAME, "iqn.2026-01.org.x:a");
	/* What lies behind the identity is not part of it. */
	b->bytes[b->len] = 0x5a;
	KUNIT_EXPECT_TRUE(test, scsi_mpath_id_equal(a, b));
	set_id(b, SCSI_MPATH_ID_NAME, "iqn.2026-01.org.x:A");
	KUNIT_EXPECT_FALSE_MSG(test, scsi_mpath_id_equal(a, b), "case was folded");
	set_id(b, SCSI_MPATH_ID_NAME, "iqn.2026-01.org.x:ab");
	KUNIT_EXPECT_FALSE_MSG(test, scsi_mpath_id_equal(a, b), "length was ignored");
	set_id(a, SCSI_MPATH_ID_NAA5, "P1234567");
	set_id(b, SCSI_MPATH_ID_EUI8, "P1234567");
	KUNIT_EXPECT_FALSE_MSG(test, scsi_mpath_id_equal(a, b), "type was ignored");
}

static const struct format_case {
	const char *name;
	enum scsi_mpath_id_type type;
	const char *bytes;
	size_t size;
	const char *want;
} format_cases[] = {
	{ "naa5", SCSI_MPATH_ID_NAA5, "P\x11\x22\x33\x44\x55\x66\x77", 64, "naa.5011223344556677" },
	{ "eui8", SCSI_MPATH_ID_EUI8, "\x01\x11\x22\x33\x44\x55\x66\x77", 64,
	  "eui.0111223344556677" },
	{ "uuid", SCSI_MPATH_ID_UUID, "}DG@\x9d\xc0\x11\xd1\xb2" "E_\xfd\xcet\xfa\xd2", 64,
	  "uuid.7d4447409dc011d1b2455ffdce74fad2" },
	{ "name", SCSI_MPATH_ID_NAME, "iqn.2026-01.org.x:a", 64, "iqn.2026-01.org.x:a" },
	{ "name that just fits", SCSI_MPATH_ID_NAME, "iqn.a", 6, "iqn.a" },
	{ "name one byte too long", SCSI_MPATH_ID_NAME, "iqn.a", 5, NULL },
	{ "naa5 that just fits", SCSI_MPATH_ID_NAA5, "P\x11\x22\x33\x44\x55\x66\x77", 21,
	  "naa.5011223344556677" },
	{ "naa5 one byte too long", SCSI_MPATH_ID_NAA5, "P\x11\x22\x33\x44\x55\x66\x77", 20, NULL },
};

KUNIT_ARRAY_PARAM_DESC(format, format_cases, name);

static void identity_has_a_text_form(struct kunit *test)
{
	const struct format_case *c = test->param_value;
	struct scsi_mpath_id *id = kunit_kzalloc(test, sizeof(*id), GFP_KERNEL);
	char *buf = kunit_kmalloc(test, c->size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, id);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	set_id(id, c->type, c->bytes);
	if (c->want) {
		KUNIT_EXPECT_EQ(test, scsi_mpath_id_format(id, buf, c->size),
				(int)strlen(c->want));
		KUNIT_EXPECT_STREQ(test, buf, c->want);
	} else {
		KUNIT_EXPECT_EQ(test, scsi_mpath_id_format(id, buf, c->size), -ENOSPC);
		KUNIT_EXPECT_STREQ(test, buf, "");
	}
}

/* Every kind of identity is found in some page above, and has a word of its own. */
static void every_type_has_a_row(struct kunit *test)
{
	unsigned int type, i;
	bool found;

	for (type = 0; type < SCSI_MPATH_ID_NR_TYPES; type++) {
		found = false;
		for (i = 0; i < ARRAY_SIZE(id_cases); i++)
			found |= id_cases[i].type == type;
		KUNIT_EXPECT_TRUE_MSG(test, found, "no page with %s",
				      scsi_mpath_id_type_name(type));
	}
}

static struct kunit_case scsi_mpath_id_test_cases[] = {
	KUNIT_CASE_PARAM(page_names_the_logical_unit, id_gen_params),
	KUNIT_CASE_PARAM(cut_page_names_nobody, id_gen_params),
	KUNIT_CASE(identities_compare),
	KUNIT_CASE_PARAM(identity_has_a_text_form, format_gen_params),
	KUNIT_CASE(every_type_has_a_row),
	{}
};

static struct kunit_suite scsi_mpath_id_test_suite = {
	.name = "scsi_mpath_id",
	.test_cases = scsi_mpath_id_test_cases,
};

kunit_test_suite(scsi_mpath_id_test_suite);

MODULE_DESCRIPTION("KUnit tests of the identity of logical units");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");
