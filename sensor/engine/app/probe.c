/*
 * probe - which protocol the first bytes of a direction look like.
 *
 * Thread:    the worker's.
 * Memory:    none; a bit per protocol and direction in struct app remembers who said no.
 * Owns:      nothing.
 * Not here:  what follows from it -> app.c   what a protocol looks like -> protocols/
 */
#include "engine/app/inner.h"

/* Bits of the protocols that have this port, by transport: the port's place among the boundaries of the table. */
static uint64_t
on_port(const struct app_port_map *m, uint16_t port)
{
	unsigned lo = 0, hi = m->n;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;
		if (m->port[mid] < port)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < m->n && m->port[lo] == port ? m->protocols[lo] : 0;
}

/* The server's port; the client's too where it is not sure who is who. */
static uint64_t
likely_here(const struct app *a)
{
	const struct app_port_map *m = &a->engine->by_port[app_transport_i(a)];
	uint64_t set = on_port(m, a->port[TO_CLIENT]);

	if (a->transport == APP_UDP || a->midstream)
		set |= on_port(m, a->port[TO_SERVER]);
	return set;
}

static enum app_probe
ask(const struct app *a, unsigned i, int dir, struct span first, bool last, bool likely)
{
	const struct protocol *p = protocol_table[i];
	bool lenient = p->probe_likely && likely;
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

/* Those of the set in the order of the table: yes ends the search, no is remembered. */
static bool
try_set(struct app *a, uint64_t set, bool likely, int dir, struct span first, bool last, enum app_probe *sum, const struct protocol **found)
{
	for (; set; set &= set - 1) {
		unsigned i = (unsigned) __builtin_ctzll(set);
		enum app_probe r = ask(a, i, dir, first, last, likely);
		if (r == PROBE_NO)
			a->refused[dir] |= UINT64_C(1) << i;
		if (r == PROBE_MORE && *sum == PROBE_NO)
			*sum = PROBE_MORE;
		if (r != PROBE_YES && r != PROBE_REVERSED)
			continue;
		*sum = r;
		*found = protocol_table[i];
		return true;
	}
	return false;
}

/* What is most likely first: the other direction's protocol (or the expected one), those of the port, then all. */
enum app_probe
app_probe(struct app *a, int dir, struct span first, bool last, const struct protocol **found)
{
	const struct protocol *hint = a->proto ? a->proto : a->upgrade;
	unsigned t = app_transport_i(a);
	uint64_t likely = likely_here(a), set = a->engine->probed[t] & ~a->refused[dir] & (likely | ~a->engine->only_ports);
	enum app_probe sum = PROBE_NO;

	if (hint) {
		uint64_t one = set & UINT64_C(1) << protocol_index(hint);
		if (try_set(a, one, likely & one, dir, first, last, &sum, found))
			return sum;
		set &= ~one;
	}
	if (!try_set(a, set & likely, true, dir, first, last, &sum, found))
		try_set(a, set & ~likely, false, dir, first, last, &sum, found);
	return sum;
}
