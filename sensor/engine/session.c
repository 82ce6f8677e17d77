/*
 * session - see session.h. Numbers that the flow has already are not kept twice.
 */
#include "engine/session.h"

_Static_assert(sizeof(struct session) == 72, "with struct flow three cache lines");

int
sessions_init(struct sessions *e, uint32_t n, struct pool *pool)
{
	e->pool = pool;
	return slab_init(&e->rests, sizeof(struct session_rest), n);
}

void
sessions_clear(struct sessions *e)
{
	slab_clear(&e->rests);
}

size_t
sessions_memory(const struct sessions *e)
{
	return (size_t) e->rests.peak * e->rests.size;
}

/* There is one for every flow. */
static struct session_rest *
rest(struct sessions *e, struct session *s)
{
	if (!s->rest)
		s->rest = slab_number(&e->rests, slab_take(&e->rests));
	return slab_at(&e->rests, s->rest);
}

void
session_count_flags(struct session *s, const struct flow *f, const struct packet *p, struct event_facts *now)
{
	uint8_t flags = p->tcp.flags, handshake = flags & (TCP_SYN | TCP_ACK);
	bool to_server = p->dir == TO_SERVER;

	if (f->packets[0] + f->packets[1] == 1 && to_server && handshake == (TCP_SYN | TCP_ACK))
		s->answer_first = true;
	if (s->answer_first)
		to_server = !to_server;
	if (to_server && handshake == TCP_SYN && !s->syn)
		now->syn = s->syn = true;
	if (!to_server && handshake == (TCP_SYN | TCP_ACK) && !s->synack)
		now->synack = s->synack = true;
	if (flags & TCP_RST && !s->rst)
		now->rst = s->rst = true;
	if (flags & TCP_FIN && !s->fin)
		now->fin = s->fin = true;
}

void
session_add(struct sessions *e, struct session *s, const struct event_facts *now)
{
	struct session_rest *r;
	uint32_t any = now->requests | now->responses | now->failures;

	for (int k = 0; k < OT_KINDS; k++)
		any |= now->ot[k];
	if (!any)
		return;
	r = rest(e, s);
	r->requests += now->requests;
	r->responses += now->responses;
	r->failures += now->failures;
	for (int k = 0; k < OT_KINDS; k++)
		r->ot[k] += now->ot[k];
}

void
session_turn(struct sessions *e, struct session *s)
{
	struct session_rest *r = slab_at(&e->rests, s->rest);

	s->app_next = (uint8_t) ((s->app_next & 1) << 1 | s->app_next >> 1);
	s->marks.asked = 0; /* that was of the ends as they were */
	SWAP_PAIR(s->bytes);
	SWAP_PAIR(s->squares);
	if (!r)
		return;
	SWAP_PAIR(r->told_packets);
	SWAP_PAIR(r->told_bytes);
	macs_swap(r->macs);
}

void
session_macs(struct sessions *e, struct session *s, const struct packet *p)
{
	if (p->has_mac)
		macs_add(&rest(e, s)->macs, e->pool, p);
}

void
session_facts(const struct sessions *e, const struct session *s, const struct flow *f, struct event_facts *out)
{
	const struct session_rest *r = session_rest(e, s);

	wipe(out, sizeof(*out));
	out->flows = 1;
	out->syn = s->syn;
	out->synack = s->synack;
	out->rst = s->rst;
	out->fin = s->fin;
	for (int d = 0; d < 2; d++) {
		out->packets[d] = f->packets[d];
		out->bytes[d] = s->bytes[d];
		out->payload[d] = f->payload[d];
		out->lost += s->stream ? stream_lost(s->stream, d) : 0;
	}
	if (!r)
		return;
	out->requests = r->requests;
	out->responses = r->responses;
	out->failures = r->failures;
	memcpy(out->ot, r->ot, sizeof(out->ot));
}

void
session_since(const struct sessions *e, const struct session *s, const struct flow *f, struct event_volume *out)
{
	const struct session_rest *r = session_rest(e, s);

	for (int d = 0; d < 2; d++) {
		out->packets[d] = f->packets[d] - (r ? r->told_packets[d] : 0);
		out->bytes[d] = s->bytes[d] - (r ? r->told_bytes[d] : 0);
		out->squares[d] = s->squares[d];
	}
}

void
session_told(struct sessions *e, struct session *s, const struct flow *f)
{
	struct session_rest *r = rest(e, s);

	s->alerted = true;
	memcpy(r->told_packets, f->packets, sizeof(r->told_packets));
	memcpy(r->told_bytes, s->bytes, sizeof(r->told_bytes));
	memset(s->squares, 0, sizeof(s->squares));
}

void
session_end(struct sessions *e, struct session *s)
{
	struct session_rest *r = slab_at(&e->rests, s->rest);

	if (r)
		macs_clear(&r->macs, e->pool);
	slab_give(&e->rests, r);
	s->rest = 0;
}

void
session_fetch(const struct sessions *e, const struct session *s)
{
	if (s->stream)
		stream_fetch(s->stream);
	if (s->app)
		app_fetch(s->app);
	if (s->rest)
		fetch(session_rest(e, s), sizeof(struct session_rest));
}

void
session_pseudo_packet(struct packet *p, const struct flow *f, int dir)
{
	wipe(p, sizeof(*p));
	p->ts = f->last;
	p->num = 0;
	p->src = flow_addr(f, dir);
	p->dst = flow_addr(f, !dir);
	p->sport = flow_port(f, dir);
	p->dport = flow_port(f, !dir);
	p->proto = f->path.proto;
	p->ip_version = f->path.ip_version;
	p->dir = (uint8_t) dir;
	p->source = PKT_SRC_FLOW_END;
	p->iface = f->iface;
	p->vlan[0] = f->path.vlan[0];
	p->vlan[1] = f->path.vlan[1];
	p->vlan_n = (uint8_t) ((f->path.vlan[0] != 0) + (f->path.vlan[1] != 0));
	p->flags = PACKET_PSEUDO | PACKET_STREAM_EST | PACKET_NO_PAYLOAD_INSPECT;
	if (p->proto == 6)
		p->tcp.flags = TCP_ACK;
}
