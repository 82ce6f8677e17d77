/*
 * dns_message - header, names and records of a DNS message.
 *
 * Thread:    the worker's.
 * Memory:    the caller's.
 * Owns:      nothing.
 * Not here:  messages in a flow -> dns.c
 *
 * Source: RFC 1035 section 4. Bounds: DNS_NAME_STEPS labels and pointers a name, DNS_NAME_MAX bytes as text.
 */
#include "engine/app/protocols/dns.h"

int
dns_header(struct span msg, struct dns_header *h)
{
	struct rd r = rd_of(msg);

	h->id = rd_u16(&r);
	h->flags = rd_u16(&r);
	for (unsigned i = 0; i < DNS_SECTIONS; i++)
		h->count[i] = rd_u16(&r);
	return r.bad ? -1 : 0;
}

static void
add_label(struct dns_name *name, struct span label)
{
	uint32_t room;

	if (name->cut)
		return;
	if (name->n && name->n < DNS_NAME_MAX)
		name->p[name->n++] = '.';
	room = DNS_NAME_MAX - name->n;
	name->cut = label.n > room;
	if (name->cut)
		label.n = room;
	if (label.n)
		memcpy(name->p + name->n, label.p, label.n);
	name->n += label.n;
}

/* A pointer: where the name goes on. Only backwards or forwards inside the message. */
static int
follow(struct rd *r, struct span msg, uint8_t high)
{
	uint32_t to = (uint32_t) (high & 0x3f) << 8 | rd_u8(r);

	if (r->bad || to >= msg.n)
		return -1;
	*r = rd_of(span_skip(msg, to));
	return 0;
}

int
dns_name(struct span msg, uint32_t at, struct dns_name *out, uint32_t *next)
{
	struct rd r = rd_of(span_skip(msg, at));
	bool jumped = false;

	out->n = 0;
	out->cut = out->loop = out->labels = false;
	for (unsigned steps = 0;; steps++) {
		uint8_t n = rd_u8(&r);

		if (r.bad)
			return -1;
		if ((n & 0xc0) == 0xc0) {
			if (!jumped)
				*next = msg.n - rd_left(&r) + 1;
			jumped = true;
			if (follow(&r, msg, n) < 0)
				return -1;
		} else if (n & 0xc0) {
			return -1;
		} else if (n == 0) {
			break;
		} else {
			struct span label = rd_span(&r, n);

			if (r.bad)
				return -1;
			if (steps < DNS_NAME_STEPS)
				add_label(out, label);
		}
		if (steps >= DNS_NAME_STEPS && jumped) {
			out->loop = true;
			return *next <= msg.n ? 0 : -1;
		}
		out->labels |= steps >= DNS_NAME_STEPS;
	}
	if (!jumped)
		*next = msg.n - rd_left(&r);
	return *next <= msg.n ? 0 : -1;
}

/* Past a name, without reading it. */
static int
skip_name(struct rd *r)
{
	for (;;) {
		uint8_t n = rd_u8(r);

		if (r->bad)
			return -1;
		if ((n & 0xc0) == 0xc0) {
			rd_u8(r);
			return r->bad ? -1 : 0;
		}
		if (n & 0xc0)
			return -1;
		if (n == 0)
			return 0;
		rd_skip(r, n);
	}
}

int
dns_record(struct span msg, uint32_t at, bool question, struct dns_record *out)
{
	struct rd r = rd_of(span_skip(msg, at));

	out->name_at = at;
	if (at >= msg.n || skip_name(&r) < 0)
		return -1;
	out->type = rd_u16(&r);
	out->class = rd_u16(&r);
	out->ttl = question ? 0 : rd_u32(&r);
	out->data_n = question ? 0 : rd_u16(&r);
	out->data_at = msg.n - rd_left(&r);
	rd_skip(&r, out->data_n);
	out->next = msg.n - rd_left(&r);
	return r.bad ? -1 : 0;
}

uint32_t
dns_data_name(const struct dns_record *r)
{
	if (!r->data_n)
		return 0;
	switch (r->type) {
	case DNS_NS:
	case DNS_CNAME:
	case DNS_PTR:
	case DNS_SOA:
		return r->data_at;
	case DNS_MX:
		return r->data_at + 2;
	case DNS_SRV:
		return r->data_at + 6;
	default:
		return 0;
	}
}
