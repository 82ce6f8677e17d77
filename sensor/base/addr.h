/*
 * addr - IP addresses, prefixes and sets of them.
 *
 * Thread:    any; a set is read-only once built.
 * Memory:    addresses are values; a set is one array on the heap.
 * Owns:      a set its array, until addr_set_clear().
 * Not here:  whose an address is -> ../pipeline/incident/inventory.h
 *
 * Every address is 16 bytes in network order; IPv4 is kept as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2), so
 * one comparison, one hash and one table serve both. Whether a packet was IPv4 or IPv6 is in the packet.
 */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include "base/span.h"

struct addr {
	union {
		uint8_t b[16];
		uint32_t w[4];
		uint64_t q[2];
	};
};

struct prefix {
	struct addr a;
	uint8_t len; /* 0..128, IPv4 /n is stored as 96 + n */
};

#define ADDR_STRLEN 46

static inline bool
addr_is_v4(const struct addr *a)
{
	return a->q[0] == 0 && a->w[2] == __builtin_bswap32(0xffff);
}

static inline bool
addr_eq(const struct addr *a, const struct addr *b)
{
	return a->q[0] == b->q[0] && a->q[1] == b->q[1];
}

static inline int
addr_cmp(const struct addr *a, const struct addr *b)
{
	int hi = a->q[0] != b->q[0];
	uint64_t x = __builtin_bswap64(a->q[!hi]), y = __builtin_bswap64(b->q[!hi]);

	return (x > y) - (x < y);
}

/* Four bytes as they lie in memory. Written as two words, since who reads it as such would wait for smaller stores. */
static inline struct addr
addr_mapped(uint32_t v4)
{
	return (struct addr) { .q = { 0, (uint64_t) v4 << 32 | __builtin_bswap32(0xffff) } };
}

/* The one behind it; false: there was none, and it is the lowest now. */
bool addr_next(struct addr *a);
/* The one before it; false: there was none, and it is the highest now. */
bool addr_prev(struct addr *a);
/* The IPv4 addresses from lo to hi, as numbers; false: there are none. */
bool addr_v4_part(const struct addr *lo, const struct addr *hi, uint32_t *from, uint32_t *to);
struct addr addr_v4(const uint8_t b[4]);
struct addr addr_v6(const uint8_t b[16]);

/* "192.0.2.1" or "2001:db8::1" (RFC 5952 form out, no leading zeros); -1 when the text is neither. */
int addr_parse(struct addr *out, const char *text);
/* Writes at most ADDR_STRLEN bytes with the final NUL, returns the length. IPv6 in RFC 5952 form. */
int addr_print(const struct addr *a, char out[static ADDR_STRLEN]);
/* As addr_print, but IPv6 as eight groups of four digits (what EVE writes). */
int addr_print_full(const struct addr *a, char out[static ADDR_STRLEN]);
/* "192.0.2.0/24", "2001:db8::/32", or an address alone; -1 when the text is neither. Host bits are cleared. */
int prefix_parse(struct prefix *out, const char *text);
bool prefix_has(const struct prefix *p, const struct addr *a);

/*
 * A set of inclusive, sorted, disjoint ranges: fast membership by binary search. Built at load time from
 * positive and negative parts; "[10.0.0.0/8,!10.1.0.0/16]" is the first without the second.
 */
struct addr_range {
	struct addr lo, hi;
};
struct addr_set {
	struct addr_range *r; /* heap, owned by the set */
	uint32_t n, cap;
};
void addr_set_init(struct addr_set *s);
void addr_set_clear(struct addr_set *s);
int addr_set_add(struct addr_set *s, const struct addr *lo, const struct addr *hi);
int addr_set_add_prefix(struct addr_set *s, const struct prefix *p);
/* Sorts and joins; call once after the last add and before any of the calls below. */
void addr_set_seal(struct addr_set *s);
/* a without b / everything that is not in a; both sealed before and after. */
int addr_set_subtract(struct addr_set *a, const struct addr_set *b);
int addr_set_complement(struct addr_set *a);
bool addr_set_has(const struct addr_set *s, const struct addr *a);
bool addr_set_is_all(const struct addr_set *s);
bool addr_set_eq(const struct addr_set *a, const struct addr_set *b);

#endif
