# SPDX-License-Identifier: GPL-2.0
# Convert ALUA test vectors to initialisers for scsi_alua_vector_test.c. The format is described in
# vectors/README.
#
# usage: awk -f scsi_alua_vectors.awk FILE.vec ... > scsi_alua_vectors.h
#
# A file that is not understood becomes a vector with an error, which the test reports as a failure.

function fail(why)
{
	if (error == "")
		error = why
}

function quoted(text)
{
	gsub(/[\\"]/, "?", text)
	return "\"" text "\""
}

# The C form of a number; "none" is -1 where that is allowed.
function number(text, what, none_allowed)
{
	if (none_allowed && text == "none")
		return "-1"
	if (text ~ /^0[xX][0-9a-fA-F]+$/ && length(text) <= 18)
		return text
	if (text ~ /^[0-9]+$/ && length(text) <= 18) {
		sub(/^0+/, "", text)
		return text == "" ? "0" : text
	}
	fail(what ": '" text "' is no number")
	return "0"
}

function word(text, what, allowed,	i, n, w)
{
	n = split(allowed, w, "|")
	for (i = 1; i <= n; i++)
		if (text == w[i])
			return quoted(text)
	fail(what ": '" text "', expected " allowed)
	return quoted(text)
}

# Appends the bytes of TEXT, hex digits, to the list in bytes[WHICH].
function add_bytes(which, text,		i)
{
	for (i = 1; i <= length(text); i += 2) {
		bytes[which] = bytes[which] "0x" substr(text, i, 2) ","
		count[which]++
	}
}

function hex_line(text,		i, n, w)
{
	n = split(text, w, " ")
	for (i = 1; i <= n; i++) {
		if (w[i] !~ /^[0-9a-fA-F][0-9a-fA-F]$/)
			fail("hex: '" w[i] "' is no byte")
		else
			add_bytes("hex", w[i])
	}
}

# Splits "a=1 b=2 c" into pair[]; pair["c"] is "".
function pairs(text, what, allowed,	i, n, w, name)
{
	split("", pair)
	n = split(text, w, " ")
	for (i = 1; i <= n; i++) {
		name = w[i]
		sub(/=.*/, "", name)
		if (index(" " allowed " ", " " name " ") == 0)
			fail(what ": unknown word '" name "'")
		if (name in pair)
			fail(what ": '" name "' twice")
		pair[name] = ""
		if (index(w[i], "="))
			pair[name] = substr(w[i], length(name) + 2)
	}
}

function field(name, what, none_allowed)
{
	if (!(name in pair))
		fail(what ": no '" name "'")
	return number(pair[name], what " " name, none_allowed)
}

function port_list(text,	i, n, w, list)
{
	if (text == "-")
		return ".ports = NULL, .nr_ports = 0"
	n = split(text, w, ",")
	for (i = 1; i <= n; i++)
		list = list number(w[i], "expect.group ports") ","
	if (!n)
		fail("expect.group: no port")
	return ".ports = (const u32 []) { " list " }, .nr_ports = " n
}

function group_line(text,	is_conflict, c)
{
	pairs(text, "expect.group", "id conflict state pref sup status ports")
	c = "{ .id = " field("id", "expect.group")
	is_conflict = "conflict" in pair
	if (is_conflict) {
		if (text !~ /^id=[^ ]+ +conflict$/)
			fail("expect.group: '" text "'")
		return c ", .conflict = true },"
	}
	c = c ", .state = " field("state", "expect.group") ", .pref = " field("pref", "expect.group")
	c = c ", .sup = " field("sup", "expect.group") ", .status = " field("status", "expect.group")
	if (!("ports" in pair))
		fail("expect.group: no 'ports'")
	return c ", " port_list(pair["ports"]) " },"
}

function own_line(text,		c, has_state)
{
	pairs(text, "expect.own", "role group port verdict state pref")
	c = "{ .role = " word(pair["role"], "expect.own role", "issuer|sibling")
	c = c ", .group = " field("group", "expect.own", 1) ", .port = " field("port", "expect.own", 1)
	c = c ", .verdict = " word(pair["verdict"], "expect.own verdict",
				   "state|unknown|own-rtpg|absent|incomplete|conflict|void")
	has_state = pair["verdict"] == "state"
	if (has_state != ("state" in pair) || has_state != ("pref" in pair))
		fail("expect.own: state and pref belong to verdict=state")
	if (has_state)
		c = c ", .state = " field("state", "expect.own") ", .pref = " field("pref", "expect.own")
	return c " },"
}

function lun_id(text)
{
	if (text == "none")
		return "\t.lun_type = \"none\",\n"
	pairs(text, "expect.lun_id", "type hex")
	if (pair["hex"] !~ /^[0-9a-f]+$/ || length(pair["hex"]) % 2)
		fail("expect.lun_id: '" text "'")
	else
		add_bytes("lun_id", pair["hex"])
	return "\t.lun_type = " word(pair["type"], "expect.lun_id type",
			"naa6|uuid|eui16|eui12|naa5|naa2|eui8|name|naa3") ",\n"
}

function next_word(text,	w, n)
{
	n = split(text, w, " ")
	if (n == 2 && w[1] == "reissue")
		return "\t.next = \"reissue\", .reissue = " number(w[2], "expect.next") ",\n"
	return "\t.next = " word(text, "expect.next", "use|fallback|retry|fail") ",\n"
}

function rtpg_fields()
{
	return "\t.asked = " word(value["asked"], "asked", "plain|ext") ",\n" \
	    "\t.alloclen = " number(value["alloclen"], "alloclen") ",\n" \
	    "\t.header = " word(value["expect.header_format"], "expect.header_format", "plain|ext|none") ",\n" \
	    "\t.transition_secs = " number(value["expect.implicit_transition_secs"],
					   "expect.implicit_transition_secs", 1) ",\n" \
	    "\t.declared_len = " number(value["expect.declared_len"], "expect.declared_len", 1) ",\n" \
	    "\t.complete = " word(value["expect.complete"], "expect.complete", "yes|no") ",\n" \
	    "\t.nr_groups = " number(value["expect.ngroups"], "expect.ngroups") ",\n" \
	    next_word(value["expect.next"]) \
	    "\t.groups = (const struct vector_group []) { " groups "{} },\n" \
	    "\t.nr_group_lines = " nr_groups + 0 ",\n" \
	    "\t.owns = (const struct vector_own []) { " owns "{} },\n" \
	    "\t.nr_owns = " nr_owns + 0 ",\n"
}

function vpd83_fields()
{
	return lun_id(value["expect.lun_id"]) \
	    "\t.group_id = " number(value["expect.group_id"], "expect.group_id", 1) ",\n" \
	    "\t.rel_port = " number(value["expect.rel_port"], "expect.rel_port", 1) ",\n"
}

function sense_fields()
{
	return "\t.context = " word(value["context"], "context", "io|rtpg|rtpg-ext") ",\n" \
	    "\t.class = " quoted(value["expect.class"]) ",\n" \
	    "\t.state = " word(value["expect.state"], "expect.state",
			       "none|transitioning|standby|unavailable") ",\n" \
	    "\t.refresh = " word(value["expect.refresh"], "expect.refresh", "none|now|paced") ",\n"
}

# Every key that the kind has must be there, and no other.
function check_keys(	i, n, w, key)
{
	n = split(keys[value["kind"]] " kind xferlen", w, " ")
	split("", wanted)
	for (i = 1; i <= n; i++) {
		wanted[w[i]] = 1
		if (!(w[i] in value))
			fail("no '" w[i] "'")
	}
	for (key in value)
		if (!(key in wanted) && key != "note")
			fail("key '" key "' is not one of kind " value["kind"])
	if (value["kind"] != "rtpg" && groups owns != "")
		fail("expect.group and expect.own are not of kind " value["kind"])
	if (!seen_hex)
		fail("no 'hex'")
}

function finish(	c, xferlen)
{
	if (name == "")
		return
	c = ""
	if (!("kind" in value) || !(value["kind"] in keys)) {
		fail("kind: '" value["kind"] "', expected rtpg, vpd83 or sense")
	} else {
		check_keys()
		xferlen = number(value["xferlen"], "xferlen")
		if (value["kind"] != "sense")
			c = "\t.result = " word(value["expect.result"], "expect.result",
						"ok|short|malformed") ",\n"
		if (value["kind"] == "rtpg")
			c = c rtpg_fields()
		else if (value["kind"] == "vpd83")
			c = c vpd83_fields()
		else
			c = c sense_fields()
		c = "\t.kind = " quoted(value["kind"]) ",\n\t.xferlen = " xferlen ",\n" c
		c = c "\t.data = (const u8 []) { " bytes["hex"] " 0 },\n\t.len = " count["hex"] + 0 ",\n"
		c = c "\t.lun_id = (const u8 []) { " bytes["lun_id"] " 0 },\n"
		c = c "\t.lun_id_len = " count["lun_id"] + 0 ",\n"
	}
	if (error != "")
		c = "\t.error = " quoted(error) ",\n"
	printf "{\n\t.name = %s,\n%s},\n", quoted(name), c
}

function base_name(path)
{
	sub(/.*\//, "", path)
	return path
}

function begin_file()
{
	name = base_name(FILENAME)
	begun[FILENAME] = 1
	error = groups = owns = ""
	nr_groups = nr_owns = seen_hex = 0
	split("", value)
	split("", bytes)
	split("", count)
}

BEGIN {
	keys["rtpg"] = "asked alloclen expect.result expect.header_format" \
		" expect.implicit_transition_secs expect.declared_len expect.complete expect.next" \
		" expect.ngroups"
	keys["vpd83"] = "expect.result expect.lun_id expect.group_id expect.rel_port"
	keys["sense"] = "context expect.class expect.state expect.refresh"
	print "/* Made by scsi_alua_vectors.awk from test vectors. */"
}

FNR == 1 {
	finish()
	begin_file()
}

/^#/ || /^[ \t]*$/ || /^x-[^:]*:/ { next }

!/^[a-z0-9._]+:/ {
	fail("line " FNR " is no 'key: value'")
	next
}

{
	key = text = $0
	sub(/:.*/, "", key)
	sub(/^[^:]*:[ \t]*/, "", text)
	sub(/[ \t]+$/, "", text)
	if (key == "hex") {
		seen_hex = 1
		hex_line(text)
	} else if (key == "expect.group") {
		groups = groups group_line(text) " "
		nr_groups++
	} else if (key == "expect.own") {
		owns = owns own_line(text) " "
		nr_owns++
	} else if (key in value) {
		fail("'" key "' twice")
	} else {
		value[key] = text
	}
}

END {
	finish()
	for (i = 1; i < ARGC; i++)
		if (!(ARGV[i] in begun))
			printf "{\n\t.name = %s,\n\t.error = \"empty\",\n},\n",
			       quoted(base_name(ARGV[i]))
}
