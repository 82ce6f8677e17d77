/*
 * test_mkpcap - scripts become the packets they describe, byte by byte where it matters.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "mkpcap.h" /* before cmocka, whose fail() is a macro */

#include <cmocka.h>

struct made {
	struct diag d;
	struct script s;
	int code;
};

static void
make(struct made *m, const char *text)
{
	diag_init(&m->d, 10);
	script_init(&m->s, &m->d);
	m->code = script_run(&m->s, "test.pkt", span_str(text));
}

static void
unmake(struct made *m)
{
	script_clear(&m->s);
	diag_clear(&m->d);
}

static struct rd
at(const struct made *m, uint32_t packet, uint32_t offset)
{
	assert_true(packet < m->s.n_packets);
	struct rd r = rd_of(span_of(m->s.packets[packet].bytes, m->s.packets[packet].n));
	rd_skip(&r, offset);
	return r;
}

static uint32_t
u16_at(const struct made *m, uint32_t packet, uint32_t offset)
{
	struct rd r = at(m, packet, offset);
	return rd_u16(&r);
}

static uint32_t
u32_at(const struct made *m, uint32_t packet, uint32_t offset)
{
	struct rd r = at(m, packet, offset);
	return rd_u32(&r);
}

static uint32_t
sum_of(const uint8_t *p, uint32_t n, uint32_t sum)
{
	for (uint32_t i = 0; i < n; i++)
		sum += i % 2 ? p[i] : (uint32_t) p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void
test_connection(void **state)
{
	struct made m;
	(void) state;

	make(&m, "host c 10.0.0.1 mac 02:00:00:00:00:01\ntcp c:1000 -> 10.0.0.2:80 { > \"GET\\r\\n\"; < \"abc\" }\n");
	assert_int_equal(m.code, 0);
	static const uint8_t flags[] = { 2, 0x12, 0x10, 0x18, 0x10, 0x18, 0x10, 0x11, 0x11, 0x10 };
	assert_int_equal(m.s.n_packets, sizeof flags);
	for (uint32_t i = 0; i < m.s.n_packets; i++) {
		assert_int_equal(u16_at(&m, i, 46) & 0xff, flags[i]);
		assert_int_equal(sum_of(m.s.packets[i].bytes + 14, 20, 0), 0xffff);
		uint32_t l4 = m.s.packets[i].n - 34;
		assert_int_equal(sum_of(m.s.packets[i].bytes + 34, l4, sum_of(m.s.packets[i].bytes + 26, 8, 6 + l4)), 0xffff);
	}
	uint32_t isn = u32_at(&m, 0, 38), other = u32_at(&m, 1, 38);
	assert_int_equal(u32_at(&m, 1, 42), isn + 1);
	assert_int_equal(u32_at(&m, 3, 38), isn + 1);
	assert_int_equal(u32_at(&m, 4, 42), isn + 6);
	assert_int_equal(u32_at(&m, 7, 38), isn + 6);
	assert_int_equal(u32_at(&m, 9, 42), other + 5);
	assert_int_equal(u16_at(&m, 0, 34), 1000);
	assert_int_equal(m.s.packets[1].at - m.s.packets[0].at, 100);
	unmake(&m);
}

static void
test_loops_and_time(void **state)
{
	struct made m;
	(void) state;

	make(&m, "start 2026-11-20T03:00:00.5Z\nrepeat i 1..3 every 10ms { syn 10.0.0.1:50000+i*2 -> 10.1.0.{i+1}:22 }\n"
		 "at +0s1ms\nudp 1.1.1.1:5 -> 2.2.2.2:6 \"n=\\{2*(3+4)}\"\n");
	assert_int_equal(m.code, 0);
	assert_int_equal(m.s.n_packets, 4);
	assert_int_equal(m.s.packets[0].at, 1795143600500000);
	assert_int_equal(u32_at(&m, 1, 30), 0x02020202); /* in between by its time */
	assert_memory_equal(m.s.packets[1].bytes + 42, "n=14", 4);
	assert_int_equal(u32_at(&m, 3, 30), 0x0a010004);
	assert_int_equal(u16_at(&m, 3, 34), 50006);
	assert_int_equal(m.s.packets[3].at - m.s.packets[0].at, 20000);
	unmake(&m);
}

static void
test_settings(void **state)
{
	struct made m;
	(void) state;

	make(&m, "aside { set fragment 16; set vlan 7; udp 1.1.1.1:1 -> 2.2.2.2:2 fill 20 \"ab\" }\nset checksum bad\n"
		 "udp 1.1.1.1:1 -> 2.2.2.2:2 \"x\"\ntcp [2001:db8::1]:1 -> [2001:db8::2]:2 rst\n");
	assert_int_equal(m.code, 0);
	assert_int_equal(m.s.n_packets, 5);
	uint32_t tagged = 0;
	for (uint32_t i = 0; i < 5; i++)
		tagged += u16_at(&m, i, 12) == 0x8100;
	assert_int_equal(tagged, 2);
	assert_int_equal(u16_at(&m, 0, 24), 0x2000); /* more fragments */
	unmake(&m);
}

static void
test_messages(void **state)
{
	static const uint8_t modbus[] = { 0, 0, 0, 0, 0, 6, 1, 6, 0, 100, 0, 5 };
	static const uint8_t command[] = { 0x68, 14, 0, 0, 0, 0, 45, 1, 6, 0, 1, 0, 0xe9, 3, 0, 1 };
	static const uint8_t dnp3[] = { 5, 0x64, 8, 0xc4, 10, 0, 1, 0 };
	struct made m;
	(void) state;

	make(&m, "set acks off\ntcp 1.1.1.1 -> 2.2.2.2:502 midstream { > modbus unit 1 write-register 100 = 5; open }\n"
		 "tcp 1.1.1.1 -> 2.2.2.2:2404 midstream { > iec104 command 45 ioa 1001 on; open }\n"
		 "tcp 1.1.1.1 -> 2.2.2.2:20000 midstream { > dnp3 function 13; open }\n"
		 "udp 1.1.1.1 -> 2.2.2.2:53 dns-query a.example TXT\n");
	assert_int_equal(m.code, 0);
	assert_int_equal(m.s.n_packets, 4);
	assert_memory_equal(m.s.packets[0].bytes + 54, modbus, sizeof modbus);
	assert_memory_equal(m.s.packets[1].bytes + 54, command, sizeof command);
	assert_memory_equal(m.s.packets[2].bytes + 54, dnp3, sizeof dnp3);
	assert_memory_equal(m.s.packets[3].bytes + 54, "\1a\7example\0\0\20\0\1", 15);
	unmake(&m);
}

static void
test_file_header(void **state)
{
	struct made m;
	struct buf b;
	(void) state;

	make(&m, "udp 1.1.1.1:1 -> 2.2.2.2:2 \"x\"");
	buf_init(&b, 1000);
	script_write(&m.s, &b);
	assert_int_equal(b.n, 24 + 16 + 43);
	assert_memory_equal(b.p, "\xd4\xc3\xb2\xa1\2\0\4\0", 8);
	buf_clear(&b);
	unmake(&m);
}

static void
test_errors(void **state)
{
	static const struct {
		const char *text;
		uint32_t line, column;
	} rows[] = { { "\n  nonsense 1", 2, 3 }, { "syn 1.1.1.1 2.2.2.2", 1, 13 }, { "syn nobody -> 2.2.2.2", 1, 5 },
		{ "> \"x\"", 1, 3 }, { "udp 1.1.1.1 -> 2.2.2.2 \"x", 1, 24 }, { "udp 1.1.1.1 -> 2.2.2.2 \"\\q\"", 1, 24 },
		{ "tcp 1.1.1.1 -> 2.2.2.2 {\n> \"x\"", 2, 6 }, { "repeat i 3..1 { }", 1, 10 }, { "at yesterday", 1, 4 },
		{ "udp 1.1.1.1 -> 2.2.2.2 hex 123", 1, 28 }, { "udp 1.1.1.1:99999 -> 2.2.2.2 \"\"", 1, 5 },
		{ "udp 1.1.1.1 -> ::1 \"\"", 1, 20 }, { "udp 1.1.1.1 -> 2.2.2.2 u8 1/0", 1, 27 }, { "}", 1, 1 },
		{ "udp 1.1.1.1 -> 2.2.2.2 file \"x\"", 1, 29 } };
	struct made m;
	(void) state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		make(&m, rows[i].text);
		assert_int_equal(m.code, E_BAD);
		assert_true(m.d.n >= 1);
		if (m.d.items[0].line != rows[i].line || m.d.items[0].column != rows[i].column)
			fail_msg("%s: %u:%u %s", rows[i].text, m.d.items[0].line, m.d.items[0].column, m.d.items[0].text);
		unmake(&m);
	}
}

static void
test_all_problems(void **state)
{
	struct made m;
	(void) state;

	make(&m, "bad1\nrepeat i 1..9 { bad2 }\nsyn 1.1.1.1 -> 2.2.2.2:1\nbad3");
	assert_int_equal(m.code, E_BAD);
	assert_int_equal(m.d.errors, 3);
	unmake(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_connection), cmocka_unit_test(test_loops_and_time),
		cmocka_unit_test(test_settings), cmocka_unit_test(test_messages), cmocka_unit_test(test_file_header),
		cmocka_unit_test(test_errors), cmocka_unit_test(test_all_problems) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
