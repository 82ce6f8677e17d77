/*
 * addr - IP addresses and prefixes: reading and printing. Sets are in addr_set.c.
 */
#include "base/addr.h"

#include <arpa/inet.h>

#include "base/err.h"

bool
addr_next(struct addr *a)
{
	for (int i = 15; i >= 0; i--)
		if (++a->b[i])
			return true;
	return false;
}

bool
addr_prev(struct addr *a)
{
	for (int i = 15; i >= 0; i--)
		if (a->b[i]--)
			return true;
	return false;
}

bool
addr_v4_part(const struct addr *lo, const struct addr *hi, uint32_t *from, uint32_t *to)
{
	const struct addr first = addr_mapped(0), last = addr_mapped(UINT32_MAX);

	if (addr_cmp(hi, &first) < 0 || addr_cmp(lo, &last) > 0)
		return false;
	*from = addr_cmp(lo, &first) < 0 ? 0 : __builtin_bswap32(lo->w[3]);
	*to = addr_cmp(hi, &last) > 0 ? UINT32_MAX : __builtin_bswap32(hi->w[3]);
	return true;
}

struct addr
addr_v4(const uint8_t b[4])
{
	uint32_t w;

	memcpy(&w, b, sizeof(w));
	return addr_mapped(w);
}

struct addr
addr_v6(const uint8_t b[16])
{
	struct addr a;

	memcpy(a.b, b, 16);
	return a;
}

int
addr_parse(struct addr *out, const char *text)
{
	uint8_t b[16];

	if (inet_pton(AF_INET, text, b) == 1) {
		*out = addr_v4(b);
		return 0;
	}
	if (inet_pton(AF_INET6, text, b) != 1)
		return -1;
	*out = addr_v6(b);
	return 0;
}

static char *
put_u8(char *p, unsigned v)
{
	if (v >= 100)
		*p++ = (char) ('0' + v / 100);
	if (v >= 10)
		*p++ = (char) ('0' + v / 10 % 10);
	*p++ = (char) ('0' + v % 10);
	return p;
}

static char *
put_v4(char *p, const uint8_t b[4])
{
	for (int i = 0; i < 4; i++) {
		if (i)
			*p++ = '.';
		p = put_u8(p, b[i]);
	}
	return p;
}

static char *
put_group(char *p, unsigned v, bool all_digits)
{
	static const char hex[] = "0123456789abcdef";

	if (all_digits || v >= 0x1000)
		*p++ = hex[v >> 12];
	if (all_digits || v >= 0x100)
		*p++ = hex[v >> 8 & 15];
	if (all_digits || v >= 0x10)
		*p++ = hex[v >> 4 & 15];
	*p++ = hex[v & 15];
	return p;
}

/* RFC 5952 section 4.2: the longest run of at least two zero groups, the first of equals. */
static int
longest_zero_run(const unsigned g[8], int *run)
{
	int best = -1;

	*run = 1;
	for (int i = 0; i < 8; i++) {
		int k = i;
		while (k < 8 && g[k] == 0)
			k++;
		if (k - i > *run) {
			best = i;
			*run = k - i;
		}
		if (k > i)
			i = k - 1;
	}
	return best;
}

static void
groups_of(const struct addr *a, unsigned g[8])
{
	for (int i = 0; i < 8; i++)
		g[i] = (unsigned) a->b[2 * i] << 8 | a->b[2 * i + 1];
}

int
addr_print(const struct addr *a, char out[static ADDR_STRLEN])
{
	char *p = out;
	unsigned g[8];
	int run, zero;

	if (addr_is_v4(a)) {
		p = put_v4(p, a->b + 12);
		*p = 0;
		return (int) (p - out);
	}
	groups_of(a, g);
	zero = longest_zero_run(g, &run);
	for (int i = 0; i < 8; i++) {
		if (i == zero) {
			*p++ = ':';
			*p++ = ':';
			i += run - 1;
			continue;
		}
		if (i && p[-1] != ':')
			*p++ = ':';
		p = put_group(p, g[i], false);
	}
	*p = 0;
	return (int) (p - out);
}

int
addr_print_full(const struct addr *a, char out[static ADDR_STRLEN])
{
	char *p = out;
	unsigned g[8];

	if (addr_is_v4(a))
		return addr_print(a, out);
	groups_of(a, g);
	for (int i = 0; i < 8; i++) {
		if (i)
			*p++ = ':';
		p = put_group(p, g[i], true);
	}
	*p = 0;
	return (int) (p - out);
}

static void
clear_host_bits(struct prefix *p)
{
	for (unsigned bit = p->len; bit < 128; bit += 8 - bit % 8)
		p->a.b[bit / 8] &= (uint8_t) ~(0xff >> bit % 8);
}

/* "24" or, for IPv4, "255.255.255.0". */
static int
prefix_len(const char *text, bool v4)
{
	unsigned v = 0, n = 0;
	struct addr mask;
	uint32_t m;

	if (v4 && strchr(text, '.')) {
		if (addr_parse(&mask, text) < 0)
			return -1;
		m = ntohl(mask.w[3]);
		if (~m & (~m + 1)) /* ones, then zeros */
			return -1;
		return 96 + __builtin_popcount(m);
	}
	for (; *text >= '0' && *text <= '9' && n < 4; text++, n++)
		v = v * 10 + (unsigned) (*text - '0');
	if (n == 0 || *text || v > (v4 ? 32u : 128u))
		return -1;
	return (int) (v4 ? 96 + v : v);
}

int
prefix_parse(struct prefix *out, const char *text)
{
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t) (slash - text) : strlen(text);
	char a[ADDR_STRLEN];
	int len = 128;

	if (n >= sizeof(a))
		return -1;
	memcpy(a, text, n);
	a[n] = 0;
	if (addr_parse(&out->a, a) < 0)
		return -1;
	if (slash && (len = prefix_len(slash + 1, strchr(a, ':') == NULL)) < 0)
		return -1;
	out->len = (uint8_t) len;
	clear_host_bits(out);
	return 0;
}

bool
prefix_has(const struct prefix *p, const struct addr *a)
{
	unsigned whole = p->len / 8, rest = p->len % 8;

	if (memcmp(p->a.b, a->b, whole) != 0)
		return false;
	return rest == 0 || ((p->a.b[whole] ^ a->b[whole]) & (0xff00 >> rest & 0xff)) == 0;
}
