/*
 * probe - which protocol the first bytes of a direction look like.
 *
 * Thread:    the worker's.
 * Memory:    none; a bit per protocol and direction in struct app remembers who said no.
 * Owns:      nothing.
 * Not here:  what follows from it -> app.c   what a protocol looks like -> protocols/
 */
#include "engine/app/inner.h"

static bool
has_port(const struct app_ports *ports, uint16_t port)
{
	for (unsigned i = 0; i < ports->n; i++)
		if (ports->port[i] == port)
			return true;
	return false;
}

/* The server's port; the client's too where it is not sure who is who. */
bool
app_port_likely(const struct app *a, unsigned i)
{
	const struct app_ports *ports = &a->engine->of[i].ports[app_transport_i(a)];

	return has_port(ports, a->port[TO_CLIENT]) ||
	    ((a->transport == APP_UDP || a->midstream) && has_port(ports, a->port[TO_SERVER]));
}

static bool
candidate(const struct app *a, unsigned i, int dir)
{
	const struct protocol *p = protocol_table[i];

	return !(a->refused[dir] >> (i & 63) & 1 && i < 64) && p->probe && (p->transport & a->transport) &&
	    a->engine->of[i].on[app_transport_i(a)] && (!p->only_ports || app_port_likely(a, i));
}

static enum app_probe
ask(const struct app *a, unsigned i, int dir, struct span first, bool last)
{
	const struct protocol *p = protocol_table[i];
	bool lenient = p->probe_likely && app_port_likely(a, i);
	uint32_t max = p->probe_max ? p->probe_max : APP_PROBE_MAX;
	enum app_probe r = first.n < p->probe_min ? PROBE_MORE :
	    lenient ? p->probe_likely(first, dir, a->transport) : p->probe(first, dir, a->transport);

	if (r == PROBE_MORE && (last || first.n >= max || a->transport == APP_UDP))
		return PROBE_NO;
	/* over TCP, who opened the connection is the client; only a session joined late may be read the wrong way */
	if (r == PROBE_REVERSED && a->transport == APP_TCP && !a->midstream)
		return p->either_opens ? PROBE_YES : PROBE_NO;
	return r;
}

/* One candidate: yes ends the search, no is remembered. */
static bool
try_one(struct app *a, unsigned i, int dir, struct span first, bool last, enum app_probe *sum)
{
	enum app_probe r;

	if (!candidate(a, i, dir))
		return false;
	r = ask(a, i, dir, first, last);
	if (r == PROBE_NO && i < 64)
		a->refused[dir] |= UINT64_C(1) << i;
	if (r == PROBE_MORE && *sum == PROBE_NO)
		*sum = PROBE_MORE;
	if (r != PROBE_YES && r != PROBE_REVERSED)
		return false;
	*sum = r;
	return true;
}

/* What is most likely first: the other direction's protocol (or the expected one), those of the port, then all. */
enum app_probe
app_probe(struct app *a, int dir, struct span first, bool last, const struct protocol **found)
{
	const struct protocol *hint = a->proto ? a->proto : a->upgrade;
	enum app_probe sum = PROBE_NO;
	unsigned i;

	if (hint && try_one(a, i = app_index(hint), dir, first, last, &sum)) {
		*found = hint;
		return sum;
	}
	for (unsigned pass = 0; pass < 2; pass++)
		for (i = 0; i < protocol_table_n; i++)
			if (app_port_likely(a, i) == (pass == 0) &&
			    try_one(a, i, dir, first, last, &sum)) {
				*found = protocol_table[i];
				return sum;
			}
	return sum;
}
