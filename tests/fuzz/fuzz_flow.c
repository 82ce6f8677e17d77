/*
 * fuzz_flow - packets of any addresses, protocols and times against a small table.
 *
 * What must hold: every flow that was begun ends exactly once, ids and keys stay, and the count is right.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "engine/flow/flow.h"

static struct counters cnt;
static uint64_t live;

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
on_end(void *arg, struct flow *f, enum flow_end why)
{
	(void) arg;
	(void) why;
	must(*(uint64_t *) f->user == flow_id(f));
	must(f->packets[0] + f->packets[1] > 0);
	live--;
}

static struct packet
packet(struct rd *r, int64_t *now, uint64_t *num)
{
	static const uint8_t protos[8] = { 6, 17, 1, 58, 132, 6, 17, 47 };
	uint8_t op = rd_u8(r), who = rd_u8(r);
	struct packet p = { .num = ++*num, .proto = protos[op & 7], .ip_version = op & 8 ? 6 : 4, .ttl = who };

	p.src = addr_v4((uint8_t[]) { 10, 0, 0, who & 15 });
	p.dst = addr_v4((uint8_t[]) { 10, 0, 0, who >> 4 });
	p.l3 = p.l4 = p.l4_header = span_of("", 1);
	*now += (op & 16 ? (int64_t) rd_u8(r) << 30 : 1000) * (op & 32 ? -1 : 1);
	if (*now < 0)
		*now = 0;
	p.ts = *now;
	p.tcp.flags = rd_u8(r);
	p.sport = rd_u8(r) & 3;
	p.dport = p.sport ^ 1;
	p.icmp_type = p.tcp.flags & 31;
	if (p.proto == 1 && p.icmp_type == 3)
		p.icmp_inner = rd_span(r, rd_left(r) < 28 ? rd_left(r) : 28);
	if (op & 64)
		p.vlan[p.vlan_n++] = who;
	if (op & 128)
		p.flags = PACKET_FRAGMENT;
	return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t size)
{
	struct rd r = rd_of(span_of(in, size));
	const int64_t second = 1000000000;
	struct flow_conf c = { .max_flows = 20, .tcp_new = 60 * second, .tcp_established = 600 * second, .tcp_closed = second,
		.udp_new = 30 * second, .udp_established = 300 * second, .icmp_new = 3 * second, .icmp_established = 0,
		.other_new = 1, .other_established = 300 * second, .vlan_use = true };
	struct flow_table *t = flow_table_new(&c, 8, 1, &cnt, on_end, NULL);
	int64_t now = 0;
	uint64_t num = 0;
	bool fresh;

	live = 0;
	while (!r.bad && rd_left(&r) > 3) {
		struct packet p = packet(&r, &now, &num);
		struct flow *f;
		flow_expire(t, p.ts);
		if ((f = flow_find(t, &p, &fresh)) == NULL)
			continue;
		if (fresh) {
			*(uint64_t *) f->user = flow_id(f);
			live++;
		}
		must(*(uint64_t *) f->user == flow_id(f) && f->last >= f->start);
		flow_set_state(t, f, (enum flow_state) (p.tcp.flags % 3));
		if (p.tcp.flags == 0x7f)
			flow_swap(t, f, &p);
		else if (p.tcp.flags == 0x7e)
			flow_end(t, f, FLOW_END_CLOSED);
		must(flow_count(t) == live);
	}
	flow_end_all(t);
	must(live == 0 && flow_count(t) == 0);
	flow_table_free(t);
	return 0;
}
