/*
 * Tests of rule/: text -> struct rule, variables, address and port lists, meta options, every message with its place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "rule/rule.h"

struct load {
	struct rule_set set;
	struct rule_vars *vars;
	struct diag diag;
};

static void
load_as(struct load *l, bool whole, const char *text)
{
	rule_set_init(&l->set);
	l->set.whole = whole;
	l->vars = rule_vars_new();
	diag_init(&l->diag, 0);
	assert_int_equal(rule_set_read_text(&l->set, "t.rules", span_str(text), l->vars, &l->diag), 0);
}

static void
load_text(struct load *l, const char *text)
{
	load_as(l, false, text);
}

static void
unload(struct load *l)
{
	rule_set_clear(&l->set);
	rule_vars_free(l->vars);
	diag_clear(&l->diag);
}

static bool
has(const struct addr_set *s, const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(&a, text), 0);
	return addr_set_has(s, &a);
}

static void
test_fields(void **state)
{
	struct rule_options o = { 0 };
	struct load l;
	const struct rule *r;

	load_as(&l, true, "Alert TCP:Flow_Start $HOME_NET 1024: <> [10.1.0.0/16, !10.1.2.0/24] [80,!81,90:92] ( msg:\"a \\\"b\\; c\\\\\"; "
		      "CONTENT:\"x\\;y:z\";nocase ; sid:7;rev : 3; gid:2; priority:2; metadata: k v 1 , flag,k w;)");
	assert_int_equal(l.diag.errors + l.diag.warnings, 0);
	assert_int_equal(l.set.n, 1);
	r = l.set.rules[0];
	assert_int_equal(r->action, RULE_ALERT);
	assert_string_equal(r->proto, "tcp");
	assert_string_equal(r->hook, "flow_start");
	assert_true(r->bidirectional && !r->transactional && !r->src_any && !r->dst_any && !r->sport->any);
	assert_true(has(r->src, "192.168.7.7") && !has(r->src, "8.8.8.8"));
	assert_true(has(r->dst, "10.1.3.1") && !has(r->dst, "10.1.2.9"));
	assert_true(port_set_has(r->dport, 91) && port_set_has(r->dport, 80) && !port_set_has(r->dport, 81));
	assert_true(port_set_has(r->sport, 65535) && !port_set_has(r->sport, 1023));
	assert_string_equal(r->msg, "a \"b; c\\");
	assert_int_equal(r->sid, 7);
	assert_int_equal(r->gid, 2);
	assert_int_equal(r->rev, 3);
	assert_int_equal(r->priority, 2);
	assert_int_equal(rule_options_read(&o, r), 0);
	assert_int_equal(o.n, 8);
	assert_string_equal(o.v[1].name, "content");
	assert_string_equal(o.v[1].value, "\"x\\;y:z\"");
	assert_int_equal(o.v[1].n, strlen(o.v[1].value));
	assert_string_equal(o.v[2].name, "nocase");
	assert_null(o.v[2].value);
	assert_int_equal(o.v[2].line, 1);
	rule_options_clear(&o);
	assert_int_equal(r->n_metadata, 3);
	assert_string_equal(r->metadata[0].key, "k");
	assert_string_equal(r->metadata[0].value, "v 1");
	assert_string_equal(r->metadata[1].value, "");
	unload(&l);
}

static void
test_lines(void **state)
{
	struct rule_options o = { 0 };
	struct load l;

	load_as(&l, true, "\xef\xbb\xbf# comment \\\r\n\r\nalert ip any any -> any any \\\r\n  (msg:\"a\"; \\\n  nosuch:1; \\  \n\tsid:1;)\r\n"
		      "  ; no rule\nalert ip any any -> any any (sid:2;)");
	assert_int_equal(l.diag.errors + l.diag.warnings, 0);
	assert_int_equal(l.set.n, 2);
	assert_int_equal(l.set.rules[0]->line, 3);
	assert_int_equal(l.set.rules[0]->column, 1);
	assert_int_equal(rule_options_read(&o, l.set.rules[0]), 0);
	assert_int_equal(o.v[1].line, 5);
	assert_int_equal(o.v[1].column, 3);
	assert_int_equal(o.v[1].value_column, 10);
	assert_int_equal(o.v[2].line, 6);
	assert_int_equal(l.set.rules[1]->line, 8);
	assert_int_equal(rule_options_read(&o, l.set.rules[1]), 0);
	assert_int_equal(o.n, 1);
	assert_int_equal(o.v[0].line, 8);
	assert_true(l.set.rules[1]->src_any && l.set.rules[1]->dport->any);
	rule_options_clear(&o);
	unload(&l);
}

/* A rule keeps what it looks for, each option at its place; all of it when that was asked for. */
static void
test_kept(void **state)
{
	static const char text[] = "alert ip any any -> any any ( msg:\"a b\\;\"; content : \"x\\;\" ;nocase; sid:7; pcre:\"/a\\ ;rev:3; \\\n"
				   "  depth:4; metadata:a b; offset: \\\n 1; within:\\\n\\\n2\\\n;)";
	static const struct {
		const char *name, *value;
		uint32_t line, column, value_column;
	} kept[] = { { "content", "\"x\\;\"", 1, 44, 54 }, { "nocase", NULL, 1, 61, 0 }, { "pcre", "\"/a\\", 1, 76, 81 }, { "depth", "4", 2, 3, 9 },
		{ "offset", "1", 2, 26, 2 }, { "within", "2", 3, 5, 1 } };
	struct rule_options o = { 0 };
	struct load l;

	for (int whole = 0; whole < 2; whole++) {
		load_as(&l, whole, text);
		const struct rule *r = l.set.rules[0];
		assert_int_equal(l.diag.errors + l.diag.warnings, 0);
		assert_string_equal(r->msg, "a b;");
		assert_int_equal(r->rev, 3);
		assert_int_equal(rule_options_read(&o, r), 0);
		assert_int_equal(o.n, whole ? 10 : 6);
		for (unsigned i = 0, k = 0; i < 6; i++, k++) {
			while (strcmp(o.v[k].name, kept[i].name) != 0)
				k++;
			if (kept[i].value)
				assert_string_equal(o.v[k].value, kept[i].value);
			else
				assert_null(o.v[k].value);
			assert_int_equal(o.v[k].line, kept[i].line);
			assert_int_equal(o.v[k].column, kept[i].column);
			assert_int_equal(o.v[k].value_column, kept[i].value_column);
		}
		unload(&l);
	}
	load_text(&l, "alert ip any any -> any any (sid:1; rev:1;)");
	assert_int_equal(rule_options_read(&o, l.set.rules[0]), 0);
	assert_int_equal(o.n, 0);
	rule_options_clear(&o);
	unload(&l);
}

/* More places than are kept apart: all of the text stays. */
static void
test_many_places(void **state)
{
	struct rule_options o = { 0 };
	struct load l;
	struct buf b;

	buf_init(&b, (size_t) 1 << 20);
	buf_str(&b, "alert ip any any -> any any (sid:1; ");
	for (int i = 0; i < 1000; i++)
		buf_str(&b, "nocase; reference:url,example.org; ");
	buf_str(&b, ")");
	load_text(&l, b.p);
	assert_int_equal(rule_options_read(&o, l.set.rules[0]), 0);
	assert_int_equal(o.n, 2001);
	assert_int_equal(o.v[1999].column, 37 + 999 * 35);
	rule_options_clear(&o);
	buf_clear(&b);
	unload(&l);
}

/* A file is read a piece at a time: rules, and one far longer than a piece, come out as from a text. */
static void
test_file(void **state)
{
	char path[] = "/tmp/casus-rules-XXXXXX", sum[2][65];
	struct rule_options o = { 0 };
	int fd = mkstemp(path);
	struct load l;
	struct buf b;

	assert_true(fd >= 0);
	buf_init(&b, (size_t) 16 << 20);
	buf_str(&b, "\xef\xbb\xbf# comment\n");
	for (int i = 1; i <= 3000; i++) {
		buf_printf(&b, "alert ip any any -> any any (msg:\"%0*d\"; content:\"%d\"; sid:%d;)\n%s", i % 300 + 1, i, i, i, i % 7 ? "" : "\r\n");
		if (i % 1000 == 0) {
			buf_str(&b, "alert ip any any -> any any (");
			for (int k = 0; k < 20000; k++)
				buf_str(&b, k % 100 ? "content:\"0123456789\"; " : "content:\"0123456789\"; \\\n");
			buf_printf(&b, "sid:%d;)\n", 10000 + i);
		}
	}
	buf_str(&b, "alert ip any any -> any any (sid:4000;) \\");
	assert_int_equal(write(fd, b.p, b.n), b.n);
	close(fd);
	load_text(&l, b.p);
	assert_int_equal(l.set.n, 3004);
	rule_set_hash(&l.set, sum[0]);
	unload(&l);
	load_text(&l, "");
	assert_int_equal(rule_set_read(&l.set, path, l.vars, &l.diag), 0);
	assert_int_equal(l.diag.errors + l.diag.warnings, 0);
	assert_int_equal(l.set.n, 3004);
	rule_set_hash(&l.set, sum[1]);
	assert_string_equal(sum[0], sum[1]);
	assert_int_equal(rule_options_read(&o, l.set.rules[1000]), 0);
	assert_int_equal(o.n, 20000);
	assert_string_equal(o.v[19999].value, "\"0123456789\"");
	assert_int_equal(rule_options_read(&o, l.set.rules[3002]), 0);
	assert_string_equal(o.v[0].value, "\"0123456789\"");
	assert_int_equal(l.set.rules[3003]->line, 3000 + 3000 / 7 + 3 * 201 + 2);
	rule_options_clear(&o);
	unload(&l);
	buf_clear(&b);
	unlink(path);
	load_text(&l, "");
	assert_int_equal(rule_set_read(&l.set, path, l.vars, &l.diag), E_NOENT);
	assert_int_equal(rule_set_read(&l.set, "/", l.vars, &l.diag), E_IO);
	assert_int_equal(l.diag.errors, 2);
	unload(&l);
}

/* The last line has no newline, and is longer than what came before it; once it is longer than a piece of the file, too. */
static void
test_last_line(void **state)
{
	for (int long_one = 0; long_one < 2; long_one++) {
		char path[] = "/tmp/casus-rules-XXXXXX";
		struct rule_options o = { 0 };
		int fd = mkstemp(path);
		struct load l;
		struct buf b;

		assert_true(fd >= 0);
		buf_init(&b, (size_t) 16 << 20);
		buf_str(&b, "#\n  \t  alert tcp any any -> any any (msg:\"a\"; sid:11; ");
		for (int k = 0; k < (long_one ? 20000 : 1); k++)
			buf_str(&b, "content:\"0123456789\"; ");
		buf_str(&b, "content:\"abc\"; depth:33;)");
		assert_int_equal(write(fd, b.p, b.n), b.n);
		close(fd);
		load_text(&l, "");
		assert_int_equal(rule_set_read(&l.set, path, l.vars, &l.diag), 0);
		assert_int_equal(l.diag.errors + l.diag.warnings, 0);
		assert_int_equal(l.set.n, 1);
		assert_int_equal(l.set.rules[0]->sid, 11);
		assert_int_equal(rule_options_read(&o, l.set.rules[0]), 0);
		assert_int_equal(o.n, long_one ? 20002 : 3);
		assert_string_equal(o.v[o.n - 1].value, "33");
		rule_options_clear(&o);
		buf_clear(&b);
		unload(&l);
		unlink(path);
	}
}

/* The digest is of the rules alone, as `grep -v '^#' | sha256sum` has it. */
static void
test_hash(void **state)
{
	struct load l;
	char sum[65];

	load_text(&l, "# two rules\n\nalert ip any any -> any any (sid:1;)\nalert ip any any -> any any (msg:\"x\"; sid:2;)\n");
	rule_set_hash(&l.set, sum);
	assert_string_equal(sum, "b4b2623053bb71da67f25f45316cfd4526669f21d1e6b5166270ea559bd4cb2b");
	rule_set_hash(&l.set, sum);
	assert_string_equal(sum, "b4b2623053bb71da67f25f45316cfd4526669f21d1e6b5166270ea559bd4cb2b");
	unload(&l);
}

/* What rules have in common is read once: each has it, and its own besides. */
static void
test_same_words(void **state)
{
	struct load l;
	struct card_texts *texts;
	const struct rule *a, *b, *c, *d;

	load_text(&l, "alert tcp $HOME_NET any -> any [80,81] (metadata:k v, flag; reference:cve,1-2; sid:1;)\n"
		      "alert tcp $HOME_NET any -> any [80,81] (metadata:k v, flag; reference:cve,1-2; metadata:k v; sid:2;)\n"
		      "alert tcp $HOME_NET any -> any [80,81] (metadata:\"k v, flag\"; reference:CVE , 1-2; reference:cve,1-2; \\\n sid:3;)\n"
		      "alert tcp $HOME_NET any -> any [80,81](sid:5;)\n"
		      "alert tcp $HOME_NET any -> any [80,81] (metadata:,; sid:4;)\n"
		      "alert tcp $HOME_NET any -> any [80,81] sid:6;)\n");
	assert_int_equal(l.diag.warnings, 1); /* the system cve, once */
	assert_int_equal(l.diag.errors, 2);
	assert_int_equal(l.set.n, 4);
	a = l.set.rules[0];
	b = l.set.rules[1];
	c = l.set.rules[2];
	d = l.set.rules[3];
	assert_ptr_equal(a->src, d->src);
	assert_true(port_set_has(d->dport, 81) && !port_set_has(d->dport, 82));
	assert_int_equal(a->n_metadata, 2);
	assert_ptr_equal(a->metadata[0].value, c->metadata[0].value);
	assert_int_equal(b->n_metadata, 3);
	assert_string_equal(b->metadata[1].key, "flag");
	assert_string_equal(b->metadata[2].value, "v");
	assert_int_equal(c->n_references, 2);
	assert_ptr_equal(a->references[0], c->references[1]);
	assert_string_equal(c->references[0], "cve:1-2");
	assert_int_equal(d->n_metadata, 0);
	assert_int_equal(d->line, 6);
	texts = card_texts_ref(l.set.texts);
	const char *url = b->references[0];
	unload(&l);
	assert_string_equal(url, "cve:1-2"); /* cards outlive the rules */
	card_texts_unref(texts);
}

static void
test_long_line(void **state)
{
	struct rule_options o = { 0 };
	struct load l;
	struct buf b;

	buf_init(&b, (size_t) 16 << 20);
	buf_str(&b, "alert ip any any -> any any (");
	for (int i = 0; i < 100000; i++)
		buf_str(&b, "content:\"0123456789\"; \\\n");
	buf_str(&b, "sid:1;)\nalert ip any any -> any any (sid:2;)\n");
	load_text(&l, b.p);
	assert_int_equal(l.set.n, 2);
	assert_int_equal(rule_options_read(&o, l.set.rules[0]), 0);
	assert_int_equal(o.n, 100000);
	rule_options_clear(&o);
	assert_int_equal(l.set.rules[1]->line, 100002);
	buf_clear(&b);
	unload(&l);
}

/* One row a bad rule: the message begins with `text` and stands at `column`. */
static const struct bad {
	const char *rule;
	uint32_t column;
	const char *text;
} bad[] = {
	{ "alrt ip any any -> any any (sid:1;)", 1, "unknown action \"alrt\"" },
	{ "alert ip any any >> any any (sid:1;)", 18, "bad direction \">>\"" },
	{ "alert ip any any <- any any (sid:1;)", 18, "bad direction \"<-\"" },
	{ "alert ip $NOPE any -> any any (sid:1;)", 10, "source address: unknown variable $NOPE" },
	{ "alert ip [1.1.1.1,$NOPE] any -> any any (sid:1;)", 19, "source address: unknown variable $NOPE" },
	{ "alert ip any any -> !any any (sid:1;)", 21, "destination address: !any" },
	{ "alert ip any any -> [10.0.0.0/8,!10.0.0.0/8] any (sid:1;)", 21, "destination address: no address is left" },
	{ "alert ip any any -> 10.0.0.300 any (sid:1;)", 21, "destination address: bad address" },
	{ "alert ip any any -> 10.0.0.0/33 any (sid:1;)", 21, "destination address: bad address" },
	{ "alert ip any any -> [10.0.0.1,[10.0.0.2] any (sid:1;)", 21, "destination address: " },
	{ "alert ip any any -> 10.0.0.9-10.0.0.1 any (sid:1;)", 21, "destination address: address range ends" },
	{ "alert ip any any -> [10.0.0.1,,10.0.0.2] any (sid:1;)", 31, "destination address: empty element" },
	{ "alert ip any !any -> any any (sid:1;)", 14, "source port: !any" },
	{ "alert ip any 65536 -> any any (sid:1;)", 14, "source port: bad port" },
	{ "alert ip any 9:1 -> any any (sid:1;)", 14, "source port: port range ends" },
	{ "alert ip any [80,!80] -> any any (sid:1;)", 14, "source port: no port is left" },
	{ "alert ip any $HOME_NET -> any any (sid:1;)", 14, "source port: unknown variable" },
	{ "alert ip any any -> any", 24, "destination port missing" },
	{ "alert ip any any -> any any", 28, "no options" },
	{ "alert ip any any -> any any (sid:1)", 30, "option without an end" },
	{ "alert ip any any -> any any (msg:\"x\";)", 1, "rule without a sid" },
	{ "alert ip any any -> any any (sid:x;)", 34, "sid is \"x\"" },
	{ "alert ip any any -> any any (sid:0;)", 34, "sid is \"0\"" },
	{ "alert ip any any -> any any (sid:4294967296;)", 34, "sid is" },
	{ "alert ip any any -> any any (sid;)", 30, "sid without a value" },
	{ "alert ip any any -> any any (sid:1; sid:2;)", 37, "sid given twice" },
	{ "alert ip any any -> any any (msg:x; sid:1;)", 34, "msg without quotes" },
	{ "alert ip any any -> any any (sid:1;; rev:1;)", 36, "empty option" },
	{ "alert ip any any -> any any (sid:1; priority:4294967296;)", 46, "priority is" },
	{ "alert ip any any -> any any (sid:1; reference:url;)", 47, "bad reference" },
	{ "alert ip: any any -> any any (sid:1;)", 9, "empty hook" },
};

static void
test_bad(void **state)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct load l;
		struct buf b;

		buf_init(&b, 4096);
		buf_printf(&b, "%s\nalert ip any any -> any any (sid:99;)\n", bad[i].rule);
		load_text(&l, b.p);
		if (l.diag.errors != 1 || l.diag.items[0].column != bad[i].column
		    || strncmp(l.diag.items[0].text, bad[i].text, strlen(bad[i].text)) != 0) {
			print_error("rule: %s\nwanted %u: %s\n", bad[i].rule, bad[i].column, bad[i].text);
			fail();
		}
		assert_int_equal(l.set.failed, 1);
		assert_int_equal(l.set.n, 1); /* the rule behind it is there */
		assert_int_equal(l.set.rules[0]->sid, 99);
		buf_clear(&b);
		unload(&l);
	}
}

static void
test_variables(void **state)
{
	struct rule_vars *v = rule_vars_new();
	struct rule_set s;
	struct diag d;
	static const char text[] = "alert ip $EXTERNAL_NET any -> $HOME_NET any (sid:1;)\n"
				   "alert ip !$EXTERNAL_NET any -> [!$HOME_NET,10.9.0.0/16] $FILE_DATA_PORTS (sid:2;)\n"
				   "alert ip $EXTERNAL_NET any -> $LOOP any (sid:3;)\n";

	rule_set_init(&s);
	diag_init(&d, 0);
	rule_vars_set_address(v, "LOOP", "[1.1.1.1,$LOOP]");
	rule_vars_set_address(v, "HOME_NET", "[10.0.0.0/16,fd00::/8]");
	rule_set_read_text(&s, "t", span_str(text), v, &d);
	assert_int_equal(s.n, 2);
	assert_int_equal(d.errors, 1);
	assert_non_null(strstr(d.items[0].text, "nested deeper"));
	assert_true(has(s.rules[0]->src, "8.8.8.8") && !has(s.rules[0]->src, "10.0.1.1") && !has(s.rules[0]->src, "fd00::1"));
	assert_true(has(s.rules[0]->src, "2001:db8::1"));
	assert_true(has(s.rules[1]->src, "10.0.1.1") && has(s.rules[1]->src, "fd00::1") && !has(s.rules[1]->src, "8.8.8.8"));
	assert_true(has(s.rules[1]->dst, "10.9.0.1") && !has(s.rules[1]->dst, "8.8.8.8")); /* flat, as in Suricata */
	assert_true(port_set_has(s.rules[1]->dport, 143) && port_set_has(s.rules[1]->dport, 80));

	/* HOME_NET any: what needs its opposite does not load. New variables, no old sets. */
	rule_vars_set_address(v, "HOME_NET", "any");
	rule_set_read_text(&s, "t", span_str("alert ip any any -> $HOME_NET any (sid:4;)\nalert ip $EXTERNAL_NET any -> any any (sid:5;)\n"),
	    v, &d);
	assert_int_equal(s.n, 3);
	assert_true(s.rules[2]->dst_any);
	assert_int_equal(d.errors, 2);
	assert_non_null(strstr(d.items[1].text, "in $HOME_NET: !any"));
	rule_vars_free(v);
	rule_set_clear(&s);
	diag_clear(&d);
}

static void
test_families(void **state)
{
	struct load l;

	load_text(&l, "alert ip ::/0 any -> 0.0.0.0/0 any (sid:1;)\nalert ip !10.0.0.0/255.0.0.0 any -> 1.1.1.1-1.1.1.3 any (sid:2;)\n");
	assert_int_equal(l.set.n, 2);
	assert_true(has(l.set.rules[0]->src, "::1") && has(l.set.rules[0]->src, "ffff::1") && !has(l.set.rules[0]->src, "1.2.3.4"));
	assert_true(has(l.set.rules[0]->dst, "1.2.3.4") && !has(l.set.rules[0]->dst, "::1"));
	assert_true(has(l.set.rules[1]->src, "2001:db8::1") && !has(l.set.rules[1]->src, "10.255.0.1"));
	assert_true(has(l.set.rules[1]->dst, "1.1.1.3") && !has(l.set.rules[1]->dst, "1.1.1.4"));
	unload(&l);
}

static void
test_duplicates(void **state)
{
	struct load l;

	load_text(&l, "alert ip any any -> any any (sid:1; rev:2; msg:\"a\";)\nalert ip any any -> any any (sid:2;)\n"
		      "alert ip any any -> any any (sid:1; rev:1; msg:\"b\";)\nalert ip any any -> any any (sid:1; rev:5; msg:\"c\";)\n"
		      "alert ip any any -> any any (sid:1; gid:3;)\n");
	assert_int_equal(l.set.n, 3);
	assert_int_equal(l.set.duplicates, 2);
	assert_int_equal(l.diag.warnings, 2);
	assert_int_equal(l.set.rules[0]->sid, 2);
	assert_string_equal(l.set.rules[1]->msg, "c");
	assert_non_null(strstr(l.diag.items[0].text, "t.rules:1"));
	/* A later file sees the earlier ones. */
	rule_set_read_text(&l.set, "u.rules", span_str("alert ip any any -> any any (sid:1; rev:6; msg:\"d\";)"), l.vars, &l.diag);
	assert_int_equal(l.set.n, 3);
	assert_string_equal(l.set.rules[2]->msg, "d");
	unload(&l);
}

static void
test_patterns(void **state)
{
	static const struct {
		const char *value;
		int result;
		const char *bytes;
		uint32_t n;
		bool negated;
	} rows[] = {
		{ "\"abc\"", 0, "abc", 3, false }, { "!\"a|0D 0a|b\"", 0, "a\r\nb", 4, true }, { "\"a\\\"\\;\\\\\\:b\"", 0, "a\";\\:b", 6, false },
		{ "\"|41||42|\"", 0, "AB", 2, false }, { "\"|00|\"", 0, "\0", 1, false }, { "abc", E_BAD, NULL, 0, false },
		{ "\"\"", E_BAD, NULL, 0, false }, { "\"|4|\"", E_BAD, NULL, 0, false }, { "\"|41\"", E_BAD, NULL, 0, false },
		{ "\"a\\b\"", E_BAD, NULL, 0, false }, { "\"|4g|\"", E_BAD, NULL, 0, false },
	};
	struct arena a;

	arena_init(&a, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct span out;
		bool negated;
		uint32_t at;
		assert_int_equal(rule_pattern(&a, rows[i].value, &out, &negated, &at), rows[i].result);
		if (rows[i].result == 0) {
			assert_true(span_eq(out, span_of(rows[i].bytes, rows[i].n)));
			assert_int_equal(negated, rows[i].negated);
		}
	}
	arena_clear(&a);
}

static void
test_regexes(void **state)
{
	const char *pattern, *flags;
	struct arena a;
	bool negated;

	arena_init(&a, 0);
	assert_int_equal(rule_regex(&a, "!\"/a\\/b[\"x]/smiR\"", &pattern, &flags, &negated), 0);
	assert_string_equal(pattern, "a\\/b[\"x]");
	assert_string_equal(flags, "smiR");
	assert_true(negated);
	assert_int_equal(rule_regex(&a, "\"/a\\\\/\"", &pattern, &flags, &negated), 0);
	assert_string_equal(pattern, "a\\\\");
	assert_int_equal(rule_regex(&a, "\"/a\\/\"", &pattern, &flags, &negated), E_BAD);
	assert_int_equal(rule_regex(&a, "\"a/\"", &pattern, &flags, &negated), E_BAD);
	assert_int_equal(rule_regex(&a, "!/a/i", &pattern, &flags, &negated), 0); /* without quotes */
	assert_string_equal(pattern, "a");
	assert_true(negated);
	assert_int_equal(rule_regex(&a, "\"/a/", &pattern, &flags, &negated), E_BAD);
	assert_int_equal(rule_regex(&a, "a", &pattern, &flags, &negated), E_BAD);
	arena_clear(&a);
}

/* ---- configuration files ---- */

static char *
write_file(const char *text)
{
	char *path = strdup("/tmp/casus-test-XXXXXX");
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");

	fputs(text, f);
	fclose(f);
	return path;
}

static void
remove_file(char *path)
{
	remove(path);
	free(path);
}

static void
test_config(void **state)
{
	struct load l;
	const struct rule *r;
	char *c = write_file("# x\nconfig classification: bad-thing,A Bad Thing, 1\nconfig classification: dull,Dull,4\nrubbish\n");
	char *f = write_file("config reference: url   http://\nconfig reference: CVE https://cve/\n");

	load_text(&l, "");
	assert_int_equal(rule_set_classification(&l.set, c, &l.diag), 0);
	assert_int_equal(rule_set_references(&l.set, f, &l.diag), 0);
	assert_int_equal(l.diag.warnings, 1);
	assert_int_equal(l.diag.items[0].line, 4);
	rule_set_read_text(&l.set, "t",
	    span_str("alert ip any any -> any any (sid:1; classtype:bad-thing; reference:cve,1-2; reference:url,x.y/z;)\n"
		     "alert ip any any -> any any (sid:2; priority:2; classtype:dull;)\n"
		     "alert ip any any -> any any (sid:3; classtype:nope; reference:nope,1;)\n"),
	    l.vars, &l.diag);
	assert_int_equal(l.set.n, 3);
	r = l.set.rules[0];
	assert_string_equal(r->category, "A Bad Thing");
	assert_int_equal(r->priority, 1);
	assert_int_equal(r->n_references, 2);
	assert_string_equal(r->references[0], "https://cve/1-2");
	assert_string_equal(r->references[1], "http://x.y/z");
	assert_int_equal(l.set.rules[1]->priority, 2);
	assert_int_equal(l.set.rules[2]->priority, 3);
	assert_int_equal(l.diag.warnings, 3);
	assert_int_equal(rule_set_classification(&l.set, "/nonexistent/x", &l.diag), E_NOENT);
	remove_file(c);
	remove_file(f);
	unload(&l);
}

static void
test_threshold_config(void **state)
{
	struct load l;
	struct rule_thresholds t = { 0 };
	char *f = write_file("suppress gen_id 1, sig_id 5\nsuppress gen_id 1, sig_id 6, track by_src, \\\n  ip [10.0.0.0/8,!10.1.0.0/16]\n"
			     "event_filter gen_id 1, sig_id 0, type both, track by_dst, count 5, seconds 60\n"
			     "threshold gen_id 1, sig_id 9, type backoff, track by_flow, count 1, multiplier 10\n"
			     "rate_filter gen_id 1, sig_id 7, track by_rule, count 10, seconds 1, new_action drop, timeout 30\n"
			     "suppress gen_id 1, sig_id 6, track by_src\nsuppress gen_id 1, sig_id 6, track by_src, ip 1.2.3\nnonsense x\n");

	load_text(&l, "");
	assert_int_equal(rule_thresholds_read(&l.set, f, l.vars, &t, &l.diag), 0);
	assert_int_equal(t.n, 5);
	assert_int_equal(t.t[0].type, THRESHOLD_SUPPRESS);
	assert_null(t.t[0].ip);
	assert_true(has(t.t[1].ip, "10.2.0.1") && !has(t.t[1].ip, "10.1.0.1"));
	assert_int_equal(t.t[1].track, TRACK_SRC);
	assert_int_equal(t.t[2].type, THRESHOLD_BOTH);
	assert_int_equal(t.t[2].seconds, 60);
	assert_int_equal(t.t[3].multiplier, 10);
	assert_int_equal(t.t[4].new_action, RULE_DROP);
	assert_int_equal(t.t[4].timeout, 30);
	assert_int_equal(l.diag.errors, 3);
	assert_int_equal(l.diag.items[0].line, 7);
	assert_int_equal(l.diag.items[1].line, 8);
	assert_int_equal(l.diag.items[1].column, 47);
	assert_int_equal(l.diag.items[2].line, 9);
	remove_file(f);
	unload(&l);
}

static void
test_threshold_keyword(void **state)
{
	struct rule_threshold t;
	const char *why;
	uint32_t at;

	assert_int_equal(rule_threshold_keyword("type limit,track by_src ,seconds 60, count 1", false, &t, &why, &at), 0);
	assert_true(t.type == THRESHOLD_LIMIT && t.track == TRACK_SRC && t.seconds == 60 && t.count == 1);
	assert_int_equal(rule_threshold_keyword("track by_dst, count 3, seconds 4, unique_on dst_port", true, &t, &why, &at), 0);
	assert_true(t.type == THRESHOLD_DETECTION && t.distinct == 2);
	assert_int_equal(rule_threshold_keyword("type limit, track by_x, count 1, seconds 1", false, &t, &why, &at), E_BAD);
	assert_int_equal(at, 18);
	assert_int_equal(rule_threshold_keyword("type limit, track by_src, count 1", false, &t, &why, &at), E_BAD);
	assert_int_equal(rule_threshold_keyword("track by_src, count 0, seconds 1", true, &t, &why, &at), E_BAD);
	assert_int_equal(rule_threshold_keyword(NULL, true, &t, &why, &at), E_BAD);
}

/* ---- a large public set ---- */

static void
shared_path(char path[static 1024], const char *name)
{
	const char *top = getenv("top_srcdir"), *shared = getenv("CASUS_SHARED");

	if (shared)
		snprintf(path, 1024, "%s/rules/%s", shared, name);
	else
		snprintf(path, 1024, "%s/../shared/rules/%s", top ? top : ".", name);
}

static int
unpack(struct buf *b, const char *path)
{
	gzFile f = gzopen(path, "rb");
	char chunk[65536];
	int n;

	if (!f)
		return -1;
	while ((n = gzread(f, chunk, sizeof(chunk))) > 0)
		buf_add(b, chunk, (size_t) n);
	gzclose(f);
	return n;
}

/* Every rule reads, in well under a second (measured without sanitizers: see the line it prints). */
static void
test_many(void **state)
{
	struct load l;
	struct buf b;
	char path[1024];
	int64_t start;

	buf_init(&b, (size_t) 256 << 20);
	shared_path(path, "et-open.rules.gz");
	if (unpack(&b, path) < 0)
		skip();
	load_text(&l, "");
	shared_path(path, "classification.config");
	assert_int_equal(rule_set_classification(&l.set, path, &l.diag), 0);
	shared_path(path, "reference.config");
	assert_int_equal(rule_set_references(&l.set, path, &l.diag), 0);
	start = clock_monotonic();
	assert_int_equal(rule_set_read_text(&l.set, "et-open.rules", span_of(b.p, b.n), l.vars, &l.diag), 0);
	print_message("%u rules in %.3f s, %zu MB\n", l.set.n, (double) (clock_monotonic() - start) / 1e9, l.set.arena.held >> 20);
	diag_print(&l.diag, stdout);
	assert_int_equal(l.set.failed, 0);
	assert_int_equal(l.set.n, 35397);
	assert_int_equal(l.diag.warnings, 0);
	buf_clear(&b);
	unload(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields), cmocka_unit_test(test_lines), cmocka_unit_test(test_same_words),
		cmocka_unit_test(test_kept), cmocka_unit_test(test_many_places), cmocka_unit_test(test_file), cmocka_unit_test(test_last_line), cmocka_unit_test(test_hash),
		cmocka_unit_test(test_long_line), cmocka_unit_test(test_bad),
		cmocka_unit_test(test_variables), cmocka_unit_test(test_families), cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_patterns), cmocka_unit_test(test_regexes), cmocka_unit_test(test_config),
		cmocka_unit_test(test_threshold_config), cmocka_unit_test(test_threshold_keyword), cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
