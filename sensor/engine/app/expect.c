/*
 * expect - flows that another flow announced: data connections.
 *
 * Thread:    the worker's; flows of the same two addresses are at the same worker.
 * Memory:    a table of fixed size in struct apps.
 * Owns:      the entries, until their flow comes, their time is over, or newer ones need the place.
 * Not here:  what is announced -> the protocols
 */
#include "engine/app/inner.h"

void
app_expect(struct app *a, int side, uint16_t port, const struct protocol *p, struct span note)
{
	struct apps *e = a->engine;
	struct app_expected *x = &e->expected[e->expected_next++ % APP_EXPECT_MAX];

	if (!e->of[protocol_index(p)].on[0] || note.n > APP_NOTE_MAX)
		return;
	e->expected_n += x->proto == NULL;
	*x = (struct app_expected) { .proto = p, .from = a->addr[!side], .to = a->addr[side], .port = port,
		.note_n = (uint16_t) note.n, .until = a->now + APP_EXPECT_NS };
	if (note.n)
		memcpy(x->note, note.p, note.n);
}

/* The newest that fits. */
const struct app_expected *
app_expect_take(struct app *a)
{
	struct apps *e = a->engine;

	if (!e->expected_n || a->transport != APP_TCP)
		return NULL;
	for (unsigned i = 1; i <= APP_EXPECT_MAX; i++) {
		struct app_expected *x = &e->expected[(e->expected_next - i) % APP_EXPECT_MAX];
		const struct protocol *p = x->proto;
		bool late = p && x->until < a->now;

		if (!p || (!late && (x->port != a->port[TO_CLIENT] || !addr_eq(&x->to, &a->addr[TO_CLIENT]) ||
		    !addr_eq(&x->from, &a->addr[TO_SERVER]))))
			continue;
		x->proto = NULL;
		e->expected_n--;
		if (late)
			continue;
		a->seen[0] = a->seen[1] = p;
		return x;
	}
	return NULL;
}
