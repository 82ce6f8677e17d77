/*
 * decode - the index of layers, and one frame through it.
 *
 * Thread:    the worker's.
 * Memory:    one struct decode at start.
 * Owns:      the packets until the next decode_frame().
 * Not here:  the headers -> layers/   pieces of datagrams -> defrag.c
 */
#include "engine/decode/layer.h"

#include <stdlib.h>

static unsigned
ethertype_slot(uint16_t type)
{
	return (type * 0x9e37u >> 7) & 63;
}

bool
decode_bad(struct packet *p, enum packet_event e)
{
	packet_event_set(p, e);
	p->flags |= PACKET_MALFORMED;
	return false;
}

bool
decode_enter(struct decode *d, struct packet *p)
{
	if (p->layers < d->conf.max_layers) {
		p->layers++;
		return true;
	}
	counter_inc(d->cnt, C_DECODE_MAX_LAYERS);
	return decode_bad(p, EV_TOO_MANY_LAYERS);
}

bool
decode_ethertype(struct decode *d, struct packet *p, uint16_t type, struct span in)
{
	for (unsigned i = ethertype_slot(type); d->by_ethertype[i].layer; i = (i + 1) & 63) {
		if (d->by_ethertype[i].type != type)
			continue;
		p->ethertype = type;
		if (decode_enter(d, p))
			d->by_ethertype[i].layer->decode(d, p, in);
		return true;
	}
	p->ethertype = type;
	counter_inc(d->cnt, C_DECODE_UNKNOWN_ETHERTYPE);
	return false;
}

void
decode_protocol(struct decode *d, struct packet *p, struct span in)
{
	const struct layer *l = d->by_protocol[p->proto];

	p->l4 = in;
	if (!l) {
		counter_inc(d->cnt, C_DECODE_OTHER_PROTOCOL);
		return;
	}
	if (decode_enter(d, p))
		l->decode(d, p, in);
}

bool
decode_udp_hooks(struct decode *d, struct packet *p)
{
	bool known = d->udp_map[p->dport >> 6] >> (p->dport & 63) & 1 || d->udp_map[p->sport >> 6] >> (p->sport & 63) & 1;

	for (unsigned i = 0; known && i < d->udp_ports_n; i++)
		if ((d->udp_ports[i].port == p->dport || d->udp_ports[i].port == p->sport) && d->udp_ports[i].layer->udp(d, p, p->payload))
			return true;
	for (unsigned i = 0; i < d->udp_any_n; i++)
		if (d->udp_any[i]->udp(d, p, p->payload))
			return true;
	return false;
}

/* The next free packet, cleared, or NULL. */
static struct packet *
take(struct decode *d)
{
	struct packet *p;

	if (d->taken == DECODE_PACKETS)
		return NULL;
	p = &d->work[d->taken++];
	wipe(p, sizeof(*p));
	p->num = d->frame->num;
	p->ts = d->frame->ts;
	p->iface = d->frame->iface;
	return p;
}

static void
count_events(struct decode *d, const struct packet *p)
{
	for (unsigned w = 0; w < PACKET_EVENT_WORDS; w++)
		for (uint64_t bits = p->events[w]; bits; bits &= bits - 1)
			d->event_counts[w * 64 + (unsigned) __builtin_ctzll(bits)]++;
}

static void
finish(struct decode *d, struct packet *p)
{
	counter_inc(d->cnt, C_DECODE_PACKETS);
	counter_add(d->cnt, C_DECODE_BYTES, p->wire_len);
	if (p->any_event)
		count_events(d, p);
	if (p->flags & PACKET_MALFORMED)
		counter_inc(d->cnt, C_DECODE_INVALID);
	/* Alone it stays where it is: *out points there. */
	if (d->done > 0 || p != d->work)
		d->order[d->done++] = *p;
}

/* In front of a completed datagram assemble() has put what is in front of its last piece. */
static void
defrag_frame(const struct packet *piece, struct packet *p)
{
	uint32_t n = (uint32_t) (piece->l3.p - piece->frame.p);

	if (n > DECODE_LINK_MAX)
		return;
	p->frame = span_of(p->frame.p - n, p->frame.n + n);
	p->wire_len += n;
	p->linktype = piece->linktype;
}

bool
decode_tunnel(struct decode *d, struct packet *p, struct span in, enum packet_source source, layer_fn *fn)
{
	struct packet *inner = take(d);
	unsigned done = d->done;

	if (!inner) {
		counter_inc(d->cnt, C_DECODE_MAX_LAYERS);
		packet_event_set(p, EV_TOO_MANY_LAYERS);
		return false;
	}
	inner->outer = p;
	inner->frame = in;
	inner->linktype = 12;
	inner->wire_len = in.n;
	inner->source = (uint8_t) source;
	inner->layers = p->layers;
	inner->flags = PACKET_TUNNEL;
	inner->depth = (uint8_t) (p->depth + (source != PKT_SRC_DEFRAG));
	inner->vlan_n = p->vlan_n;
	memcpy(inner->vlan, p->vlan, sizeof(p->vlan));
	inner->has_mac = p->has_mac;
	memcpy(inner->mac_src, p->mac_src, 6);
	memcpy(inner->mac_dst, p->mac_dst, 6);
	inner->ethertype = p->ethertype;
	inner->vni = p->vni;
	if (source == PKT_SRC_DEFRAG)
		defrag_frame(p, inner);
	if (!decode_enter(d, inner) || !fn(d, inner, in)) {
		if (inner->any_event)
			count_events(d, inner);
		if (d->done == done)
			d->taken--;
		counter_inc(d->cnt, C_DECODE_BAD_TUNNEL);
		return false;
	}
	finish(d, inner);
	return true;
}

unsigned
decode_frame(struct decode *d, const struct frame *f, struct packet **out)
{
	const struct layer *l = f->linktype < sizeof(d->by_link) / sizeof(d->by_link[0]) ? d->by_link[f->linktype] : NULL;
	struct packet *p;

	d->frame = f;
	d->work = d->frames[d->turn].work;
	d->order = d->frames[d->turn].order;
	d->turn = (d->turn + 1) % DECODE_AHEAD;
	d->taken = d->done = d->assembled = 0;
	p = take(d);
	p->frame = span_parts(&f->bytes);
	p->linktype = f->linktype;
	p->wire_len = f->wire_len;
	if (f->bytes.n < f->wire_len) {
		p->flags |= PACKET_TRUNCATED;
		counter_inc(d->cnt, C_CAPTURE_TRUNCATED);
	}
	if (l) {
		p->layers = 1;
		l->decode(d, p, span_parts(&f->bytes));
	} else {
		counter_inc(d->cnt, C_DECODE_UNKNOWN_LINK);
		p->flags |= PACKET_MALFORMED;
	}
	finish(d, p);
	*out = d->done ? d->order : d->work;
	return d->done ? d->done : 1;
}

bool
decode_lasts(const struct decode *d)
{
	return d->assembled == 0;
}

const uint64_t *
decode_event_counts(const struct decode *d)
{
	return d->event_counts;
}

void
decode_set_policy(struct decode *d, enum defrag_policy (*of)(void *arg, const struct addr *dst), void *arg)
{
	d->policy_of = of;
	d->policy_arg = arg;
}

static void
add_udp_port(struct decode *d, const struct layer *l, uint32_t port)
{
	if (port == 0 || port > 0xffff || d->udp_ports_n == DECODE_UDP_PORTS)
		return;
	d->udp_ports[d->udp_ports_n].port = (uint16_t) port;
	d->udp_ports[d->udp_ports_n++].layer = l;
	d->udp_map[port >> 6] |= UINT64_C(1) << (port & 63);
}

/* "4789", "[8472, 4789]", "any"; the layer's own port when there is no number in it. */
static void
index_udp(struct decode *d, const struct layer *l)
{
	bool enabled;
	const char *text;
	unsigned before = d->udp_ports_n;

	memcpy(&enabled, (const char *) &d->conf + l->udp_enabled, sizeof(enabled));
	memcpy(&text, (const char *) &d->conf + l->udp_ports, sizeof(text));
	if (!enabled)
		return;
	if (text && !strcmp(text, "any") && d->udp_any_n < 4) {
		d->udp_any[d->udp_any_n++] = l;
		return;
	}
	for (const char *s = text && text[0] != '$' ? text : ""; *s;) {
		uint32_t port = 0;

		if (*s < '0' || *s > '9') {
			s++;
			continue;
		}
		while (*s >= '0' && *s <= '9')
			port = port > 0xffff ? port : port * 10 + (uint32_t) (*s - '0'), s++;
		add_udp_port(d, l, port);
	}
	if (d->udp_ports_n == before)
		add_udp_port(d, l, l->udp_port);
}

static void
index_layers(struct decode *d)
{
	static const uint16_t none[] = { LAYER_END };

	for (unsigned n = 0; n < layer_table_n; n++) {
		const struct layer *l = layer_table[n];

		for (const uint16_t *t = l->linktypes ? l->linktypes : none; *t != LAYER_END; t++)
			d->by_link[*t] = l;
		for (const uint16_t *t = l->protocols ? l->protocols : none; *t != LAYER_END; t++)
			d->by_protocol[*t] = l;
		for (const uint16_t *t = l->ethertypes ? l->ethertypes : none; *t != LAYER_END; t++) {
			unsigned i = ethertype_slot(*t);

			while (d->by_ethertype[i].layer)
				i = (i + 1) & 63;
			d->by_ethertype[i].type = *t;
			d->by_ethertype[i].layer = l;
		}
		if (l->udp)
			index_udp(d, l);
	}
}

struct decode *
decode_new(const struct decode_conf *conf, struct counters *cnt, uint64_t hash_seed)
{
	struct decode *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->conf = *conf;
	if (d->conf.max_layers == 0 || d->conf.max_layers > 255)
		d->conf.max_layers = 16;
	d->cnt = cnt;
	d->buffers = calloc(DECODE_ASSEMBLED, sizeof(*d->buffers));
	d->defrag = defrag_new(&d->conf, hash_seed, cnt);
	if (!d->buffers || !d->defrag) {
		decode_free(d);
		return NULL;
	}
	index_layers(d);
	return d;
}

void
decode_free(struct decode *d)
{
	if (!d)
		return;
	defrag_free(d->defrag);
	free(d->buffers);
	free(d);
}
