/*
 * frames - writing frames by hand: put_*() append to a buffer, run() decodes them.
 */
#ifndef TESTS_DECODE_FRAMES_H
#define TESTS_DECODE_FRAMES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "engine/decode/decode.h"

struct out {
	uint8_t b[70000];
	uint32_t n;
};

static struct counters cnt;
static struct decode *dec;
static struct packet *pkt;
static int64_t now_ns;

static inline void
put(struct out *o, const void *p, uint32_t n)
{
	assert_true(o->n + n <= sizeof(o->b));
	memcpy(o->b + o->n, p, n);
	o->n += n;
}

/* "45 00 0014": hex digits, blanks between bytes as one likes */
static inline void
hex(struct out *o, const char *s)
{
	unsigned have = 0, v = 0;

	for (; *s; s++) {
		if (*s == ' ')
			continue;
		v = v << 4 | (unsigned) (*s <= '9' ? *s - '0' : (*s | 32) - 'a' + 10);
		if (++have == 2) {
			uint8_t b = (uint8_t) v;
			put(o, &b, 1);
			have = v = 0;
		}
	}
	assert_int_equal(have, 0);
}

static inline void
u16(struct out *o, unsigned v)
{
	uint8_t b[2] = { (uint8_t) (v >> 8), (uint8_t) v };
	put(o, b, 2);
}

static inline void
fill(struct out *o, uint8_t c, uint32_t n)
{
	while (n--)
		put(o, &c, 1);
}

static inline void
put_eth(struct out *o, unsigned type)
{
	hex(o, "0200 0000 0002 0200 0000 0001");
	u16(o, type);
}

/* 10.0.0.1 -> 10.0.0.2, frag: flags and offset as on the wire */
static inline void
put_ip4(struct out *o, unsigned proto, unsigned data_n, unsigned frag, unsigned id)
{
	uint8_t p = (uint8_t) proto;

	hex(o, "4500");
	u16(o, 20 + data_n);
	u16(o, id);
	u16(o, frag);
	hex(o, "40");
	put(o, &p, 1);
	hex(o, "0000 0a000001 0a000002");
}

/* 2001:db8::1 -> 2001:db8::2 */
static inline void
put_ip6(struct out *o, unsigned next, unsigned data_n)
{
	uint8_t p = (uint8_t) next;

	hex(o, "60000000");
	u16(o, data_n);
	put(o, &p, 1);
	hex(o, "40 20010db8 00000000 00000000 00000001 20010db8 00000000 00000000 00000002");
}

static inline void
put_udp(struct out *o, unsigned sport, unsigned dport, unsigned data_n)
{
	u16(o, sport);
	u16(o, dport);
	u16(o, 8 + data_n);
	u16(o, 0);
}

static inline unsigned
run_link(const struct out *o, unsigned linktype)
{
	/* exactly as long as it is, so that the sanitizer sees a step too far */
	static uint8_t *copy;
	static uint64_t num;
	struct frame f = { .num = ++num, .ts = now_ns, .wire_len = o->n, .linktype = (uint16_t) linktype };

	free(copy);
	copy = malloc(o->n ? o->n : 1);
	memcpy(copy, o->b, o->n);
	f.bytes = span_of(copy, o->n);
	return decode_frame(dec, &f, &pkt);
}

static inline unsigned
run(const struct out *o)
{
	return run_link(o, 1);
}

static inline struct decode_conf
usual(void)
{
	return (struct decode_conf) { .max_layers = 16, .vxlan = true, .geneve = true, .teredo = true, .erspan_typei = true,
		.vxlan_ports = "4789", .geneve_ports = "6081", .teredo_ports = "3544", .defrag_memcap = 1 << 20,
		.defrag_trackers = 64, .defrag_timeout = INT64_C(60000000000) };
}

static inline int
start(void **state)
{
	struct decode_conf c = usual();

	memset(&cnt, 0, sizeof(cnt));
	now_ns = INT64_C(1700000000000000000);
	dec = decode_new(&c, &cnt, 1);
	return dec ? 0 : -1;
}

static inline int
stop(void **state)
{
	decode_free(dec);
	return 0;
}

#endif
