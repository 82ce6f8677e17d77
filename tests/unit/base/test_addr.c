/*
 * Tests of addresses, prefixes and sets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/err.h"

static struct addr
a_of(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(&a, text), 0);
	return a;
}

static void
printing(void **state)
{
	/* in, RFC 5952 form, eight full groups */
	static const char *const t[][3] = {
		{ "1.2.3.4", "1.2.3.4", "1.2.3.4" },
		{ "255.0.10.100", "255.0.10.100", "255.0.10.100" },
		{ "2001:DB8::1", "2001:db8::1", "2001:0db8:0000:0000:0000:0000:0000:0001" },
		{ "::", "::", "0000:0000:0000:0000:0000:0000:0000:0000" },
		{ "1::", "1::", "0001:0000:0000:0000:0000:0000:0000:0000" },
		{ "::1", "::1", "0000:0000:0000:0000:0000:0000:0000:0001" },
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", "2001:0db8:0000:0001:0001:0001:0001:0001" },
		{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1", "2001:0000:0000:0001:0000:0000:0000:0001" },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", "2001:0db8:0000:0000:0001:0000:0000:0001" },
		{ "::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1" },
	};

	for (unsigned i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct addr a = a_of(t[i][0]);
		char out[ADDR_STRLEN];
		assert_int_equal(addr_print(&a, out), strlen(t[i][1]));
		assert_string_equal(out, t[i][1]);
		assert_int_equal(addr_print_full(&a, out), strlen(t[i][2]));
		assert_string_equal(out, t[i][2]);
	}
}

static void
refused(void **state)
{
	static const char *const bad[] = { "", "1.2.3", "1.2.3.256", "1.2.3.4/33", "::/129", "1.2.3.4/", "1.2.3.4/x",
		"1.2.3.4/255.0.255.0", "g::", "1.2.3.4 ", "1.2.3.4/-1", "1.2.3.4/00000000008" };
	struct prefix p;

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(prefix_parse(&p, bad[i]), -1);
}

static void
prefixes(void **state)
{
	struct addr in = a_of("10.1.255.255"), out = a_of("10.2.0.0"), zero = a_of("10.0.0.0");
	struct prefix p;

	assert_int_equal(prefix_parse(&p, "10.1.2.3/16"), 0);
	assert_int_equal(p.len, 112);
	assert_true(prefix_has(&p, &in));
	assert_false(prefix_has(&p, &out));
	assert_int_equal(prefix_parse(&p, "10.1.2.3/255.255.0.0"), 0);
	assert_int_equal(p.len, 112);
	assert_int_equal(prefix_parse(&p, "10.1.2.3/15"), 0);
	assert_true(addr_eq(&p.a, &zero));
	assert_false(prefix_has(&p, &out));
	assert_int_equal(prefix_parse(&p, "2001:db8:ffff::/33"), 0);
	in = a_of("2001:db8:8000::1");
	assert_true(prefix_has(&p, &in));
	in = a_of("2001:db8:7fff::1");
	assert_false(prefix_has(&p, &in));
	assert_int_equal(prefix_parse(&p, "::/0"), 0);
	assert_true(prefix_has(&p, &in));
}

static void
add(struct addr_set *s, const char *text)
{
	struct prefix p;

	assert_int_equal(prefix_parse(&p, text), 0);
	assert_int_equal(addr_set_add_prefix(s, &p), 0);
}

static void
expect(const struct addr_set *s, const char *text, bool in)
{
	struct addr a = a_of(text);

	if (addr_set_has(s, &a) != in)
		fail_msg("%s: %d expected", text, in);
}

static void
sets(void **state)
{
	struct addr_set a, b;

	addr_set_init(&a);
	addr_set_init(&b);
	add(&a, "10.0.0.0/9");
	add(&a, "10.128.0.0/9"); /* touches: one range */
	add(&a, "10.3.0.0/16");
	add(&a, "192.168.0.0/16");
	addr_set_seal(&a);
	assert_int_equal(a.n, 2);
	add(&b, "10.1.0.0/16");
	add(&b, "192.168.255.0/24");
	add(&b, "9.0.0.0/8");
	addr_set_seal(&b);
	assert_int_equal(addr_set_subtract(&a, &b), 0);
	expect(&a, "10.0.255.255", true);
	expect(&a, "10.1.0.0", false);
	expect(&a, "10.1.255.255", false);
	expect(&a, "10.2.0.0", true);
	expect(&a, "192.168.254.255", true);
	expect(&a, "192.168.255.0", false);
	expect(&a, "11.0.0.0", false);
	assert_int_equal(a.n, 3);
	addr_set_clear(&a);
	addr_set_clear(&b);
}

static void
complements(void **state)
{
	struct addr_set a, b;
	struct addr lo = a_of("10.0.0.2"), hi = a_of("10.0.0.1");

	addr_set_init(&a);
	addr_set_init(&b);
	assert_int_equal(addr_set_complement(&a), 0);
	assert_true(addr_set_is_all(&a));
	assert_int_equal(addr_set_complement(&a), 0);
	assert_int_equal(a.n, 0);
	add(&a, "::/1");
	add(&a, "ffff::/16");
	addr_set_seal(&a);
	add(&b, "::/1");
	add(&b, "ffff::/16");
	addr_set_seal(&b);
	assert_int_equal(addr_set_complement(&a), 0);
	assert_int_equal(a.n, 1);
	assert_false(addr_set_eq(&a, &b));
	assert_int_equal(addr_set_complement(&a), 0);
	assert_true(addr_set_eq(&a, &b));
	assert_true(addr_set_add(&a, &lo, &hi) < 0);
	addr_set_clear(&a);
	addr_set_clear(&b);
}

/* The one before and behind, and what of a range is IPv4. */
static void
neighbours(void **state)
{
	static const struct {
		const char *lo, *hi;
		bool any;
		uint32_t from, to;
	} parts[] = { { "10.0.0.0", "10.0.0.255", true, 0x0a000000, 0x0a0000ff }, { "::", "9.255.255.255", true, 0, 0x09ffffff },
		{ "224.0.0.0", "2001:db8::", true, 0xe0000000, 0xffffffff }, { "::", "::fffe:ffff:ffff", false, 0, 0 }, { "2001:db8::", "2001:db8::1", false, 0, 0 } };
	struct addr a, b;
	uint32_t from, to;

	(void) state;
	assert_int_equal(addr_parse(&a, "10.0.255.255"), 0);
	assert_int_equal(addr_parse(&b, "10.1.0.0"), 0);
	assert_true(addr_next(&a) && addr_eq(&a, &b));
	assert_true(addr_prev(&a) && addr_next(&a) && addr_eq(&a, &b));
	assert_int_equal(addr_parse(&a, "::"), 0);
	assert_false(addr_prev(&a));
	assert_true(a.q[0] == UINT64_MAX && a.q[1] == UINT64_MAX);
	assert_false(addr_next(&a));
	assert_true(a.q[0] == 0 && a.q[1] == 0);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		assert_int_equal(addr_parse(&a, parts[i].lo), 0);
		assert_int_equal(addr_parse(&b, parts[i].hi), 0);
		assert_int_equal(addr_v4_part(&a, &b, &from, &to), parts[i].any);
		if (!parts[i].any)
			continue;
		assert_int_equal(from, parts[i].from);
		assert_int_equal(to, parts[i].to);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(printing), cmocka_unit_test(refused), cmocka_unit_test(prefixes),
		cmocka_unit_test(sets), cmocka_unit_test(complements), cmocka_unit_test(neighbours) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
