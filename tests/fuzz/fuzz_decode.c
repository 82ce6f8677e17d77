/*
 * fuzz_decode - any bytes as a frame of any link type: the first byte chooses it.
 */
#include "engine/decode/decode.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
touch(const struct frame *f, const struct packet *p)
{
	const struct span all[] = { p->frame, p->l3, p->l3_header, p->l4, p->l4_header, p->payload, p->icmp_inner };
	volatile uint8_t sink = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (uint32_t k = 0; k < all[i].n; k++)
			sink ^= all[i].p[k];
	sink ^= packet_checksum_l3_ok(p) ^ packet_checksum_l4_ok(p);
	if (p->num != f->num || p->vlan_n > PACKET_VLANS || p->depth > DECODE_PACKETS || p->source >= PKT_SRC_N)
		abort();
	if (p->ip_version == 0 && (p->sport || p->dport))
		abort();
	if (p->flags & PACKET_FRAGMENT && p->l4_header.n)
		abort();
	(void) sink;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const uint16_t links[] = { 1, 113, 276, 101, 12, 14, 0, 108, 9, 50, 104, 166, 228, 229, 147, 65535 };
	static struct counters cnt;
	static uint64_t num;
	struct decode_conf c = { .max_layers = 16, .vxlan = true, .geneve = true, .teredo = true, .erspan_typei = true,
		.vxlan_ports = "4789", .geneve_ports = "6081", .teredo_ports = "any", .defrag_memcap = 1 << 20, .defrag_trackers = 64,
		.defrag_timeout = INT64_C(60000000000) };
	static struct decode *d;
	struct packet *p;

	if (n < 1)
		return 0;
	if (!d && !(d = decode_new(&c, &cnt, 1)))
		abort();
	uint8_t *copy = malloc(n);
	memcpy(copy, data + 1, n - 1);
	num++;
	struct frame f = { .num = num, .ts = (int64_t) num * 1000, .bytes = span_of(copy, n - 1), .wire_len = (uint32_t) (n - 1),
		.linktype = links[data[0] & 15] };
	unsigned k = decode_frame(d, &f, &p);
	if (k < 1 || k > DECODE_PACKETS)
		abort();
	for (unsigned i = 0; i < k; i++)
		touch(&f, &p[i]);
	decode_share(&f);
	free(copy);
	return 0;
}
