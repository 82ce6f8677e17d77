/*
 * flood - a capture on standard output: a flood of SYNs from many forged sources, and once a second something else that must not
 * be lost among them. The same bytes for the same arguments.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEGIN 1700000000u
#define HEADERS 14
#define VICTIMS 4

static void
put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t) (v >> 24);
	p[1] = (uint8_t) (v >> 16);
	p[2] = (uint8_t) (v >> 8);
	p[3] = (uint8_t) v;
}

static void
put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t) (v >> 8);
	p[1] = (uint8_t) v;
}

static void
checksum(uint8_t *ip)
{
	uint32_t sum = 0;

	for (int k = 0; k < 20; k += 2)
		sum += (uint32_t) (ip[k] << 8 | ip[k + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	put16(ip + 10, ~(sum + (sum >> 16)) & 0xffff);
}

static void
frame(uint64_t ns, uint8_t proto, uint32_t src, uint32_t dst, const uint8_t *l4, uint32_t n)
{
	uint8_t f[HEADERS + 20 + 64] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45 };
	uint8_t *ip = f + HEADERS;
	uint32_t head[4] = { BEGIN + (uint32_t) (ns / 1000000000), (uint32_t) (ns % 1000000000), HEADERS + 20 + n, HEADERS + 20 + n };

	put16(ip + 2, 20 + n);
	ip[8] = 64;
	ip[9] = proto;
	put32(ip + 12, src);
	put32(ip + 16, dst);
	checksum(ip);
	memcpy(ip + 20, l4, n);
	fwrite(head, sizeof(head), 1, stdout);
	fwrite(f, HEADERS + 20 + n, 1, stdout);
}

int
main(int argc, char **argv)
{
	static const uint8_t global[24] = { 0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0 };
	uint64_t seconds, rate, sources;

	if (argc != 4) {
		fprintf(stderr, "usage: flood SECONDS RATE SOURCES\n");
		return 64;
	}
	seconds = strtoull(argv[1], NULL, 10);
	rate = strtoull(argv[2], NULL, 10);
	sources = strtoull(argv[3], NULL, 10);
	if (!seconds || !rate || !sources)
		return 64;
	fwrite(global, sizeof(global), 1, stdout);
	for (uint64_t k = 0; k < seconds * rate; k++) {
		uint64_t at = k * 1000000000 / rate, who = k * 2654435761u % sources; /* odd and prime: every source comes */
		uint8_t syn[20] = { 0 };

		put16(syn, 1024 + (uint32_t) who % 60000);
		put16(syn + 2, 80);
		put32(syn + 4, (uint32_t) k);
		syn[12] = 0x50;
		syn[13] = 2;
		put16(syn + 14, 8192);
		frame(at, 6, 0x20000000u + (uint32_t) who, 0x0a010001u + (uint32_t) (k % VICTIMS), syn, sizeof(syn));
		if (k % rate == rate / 2) { /* another attacker, another victim */
			uint32_t s = (uint32_t) (k / rate);
			uint8_t mark[12] = { 0 };
			put16(mark, 5555);
			put16(mark + 2, 666);
			put16(mark + 4, sizeof(mark));
			memcpy(mark + 8, "MARK", 4);
			frame(at, 17, 0xc6120001u + (s << 8), 0x0a400001u + (s << 8), mark, sizeof(mark));
		}
	}
	return 0;
}
