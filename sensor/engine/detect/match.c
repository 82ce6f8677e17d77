/*
 * match - one rule against the packet at hand: header, packet keywords, payload and stream.
 */
#include "engine/detect/header.h"

bool
port_in(const struct port_set *s, uint16_t port)
{
	uint32_t lo = 0, hi = s->n;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;
		if (port < s->r[mid].lo)
			hi = mid;
		else if (port > s->r[mid].hi)
			lo = mid + 1;
		else
			return true;
	}
	return false;
}

bool
header_match(const struct detect *d, const struct sig *s, bool turned)
{
	const struct detect_in *in = d->now;
	const struct packet *p = in->p;

	if (!header_flow(s, in) || !header_direction(s, p) || !header_app(s, d) || !header_protocol(s, p))
		return false;
	if (s->flags & (SIG_NEED_TCP | SIG_NOT_PSEUDO | SIG_PDONLY) && !(header_session(s, in) && header_wire(s, p) && header_fresh(s, d)))
		return false;
	if (!header_has_ends(s))
		return true;
	if (p->ip_version == 0)
		return false;
	return header_ends(s, p, turned) || (s->flags & SIG_BOTH_WAYS && header_ends(s, p, !turned));
}

static bool
packet_part_match(struct detect *d, const struct part *pt)
{
	const struct buffer *b = &d->rules->buffers[pt->buffer];
	struct span s;

	if (!b->kw->packet_bytes(d->now->p, &s))
		return pt->absent_ok;
	if (pt->absent_only || !transforms_apply(d, b, &s))
		return false;
	if (!s.p)
		s.p = (const uint8_t *) "";
	return content_match(&d->in, pt->ops, pt->n, s, 0);
}

bool
packet_match(struct detect *d, const struct sig *s)
{
	if (s->flags & SIG_ESTABLISHED && !d->now->established)
		return false;
	for (unsigned i = 0; i < s->n_matchers; i++)
		if (!s->matchers[i].fn(&d->ctx, &s->matchers[i].arg))
			return false;
	for (unsigned i = 0; i < s->n_packet_parts; i++)
		if (!s->packet_parts[i].writes && !packet_part_match(d, &s->packet_parts[i]))
			return false;
	return true;
}

bool
packet_writes(struct detect *d, const struct sig *s)
{
	for (unsigned i = 0; s->flags & SIG_WRITES && i < s->n_packet_parts; i++)
		if (s->packet_parts[i].writes && !packet_part_match(d, &s->packet_parts[i]))
			return false;
	return true;
}

/* Suricata 8: the stream first, then the packet, unless the stream is all that counts or has the packet's bytes. */
bool
payload_match(struct detect *d, const struct sig *s, bool *from_stream, struct span *where)
{
	const struct packet *p = d->now->p;

	*from_stream = false;
	if (!d->ctx.has_payload) /* nor is a pattern absent from nothing */
		return false;
	if (s->flags & SIG_NEED_STREAM && p->proto == 6) {
		if (d->has_raw && content_match(&d->in, s->payload, s->n_payload, d->raw.bytes, 0)) {
			*from_stream = true;
			*where = d->raw.bytes;
			return true;
		}
		if (s->flags & SIG_STREAM_ONLY || (!(s->flags & SIG_NEED_PACKET) && p->flags & PACKET_STREAM_ADDED))
			return false;
	}
	if (!d->payload.p || !content_match(&d->in, s->payload, s->n_payload, d->payload, 0))
		return false;
	*where = d->payload;
	return true;
}

void
sig_act(struct detect *d, const struct sig *s, struct tx *tx)
{
	vars_settle(d);
	if (!s->n_actions)
		return;
	d->ctx.tx = tx;
	for (unsigned i = 0; i < s->n_actions; i++)
		s->actions[i].fn(&d->ctx, &s->actions[i].arg);
	d->ctx.tx = NULL;
}
