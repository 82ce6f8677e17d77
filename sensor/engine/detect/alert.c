/*
 * alert - what matched in one packet, put in order; pass rules end it.
 */
#include "engine/detect/explain_private.h"

static bool
before(const struct queued *a, const struct queued *b)
{
	if (a->sig != b->sig)
		return a->sig < b->sig;
	return a->alert.tx && b->alert.tx && a->alert.tx->id < b->alert.tx->id;
}

/* Rules that reject are told apart by whom they would tell. */
static uint8_t
reject_of(uint8_t action)
{
	switch (action) {
	case RULE_REJECT:
	case RULE_REJECT_SRC:
		return 1;
	case RULE_REJECT_DST:
		return 2;
	case RULE_REJECT_BOTH:
		return 3;
	default:
		return 0;
	}
}

void
queue_alert(struct detect *d, uint32_t sig, struct tx *tx, bool from_stream, struct span where, bool guessed)
{
	const struct sig *s = &d->rules->sigs[sig];
	struct queued q = { .sig = sig, .alert = { .card = s->card, .tx = tx, .matched = where, .from_stream = from_stream,
		.context = d->context, .guessed = tx && guessed, .frame = d->frame, .reject = reject_of(s->action) } };
	uint32_t k;

	if (d->explain && sig == explain_sig(d->explain))
		explain_queued(d->explain, d->now->p->num, s->flags & SIG_NOALERT || s->action == RULE_PASS || s->action == RULE_CONFIG);
	if (s->flags & SIG_NOALERT && s->action != RULE_PASS)
		return;
	q.alert.blocked = q.alert.reject > 0;
	if (d->n_queue == d->cap_queue) {
		counter_inc(d->cnt, C_DETECT_QUEUE_OVERFLOW);
		if (!before(&q, &d->queue[d->n_queue - 1]))
			return;
		d->n_queue--;
	}
	for (k = d->n_queue++; k > 0 && before(&q, &d->queue[k - 1]); k--)
		d->queue[k] = d->queue[k - 1];
	d->queue[k] = q;
}

/* Nothing but addresses, ports and protocols. */
static bool
header_only(const struct sig *s)
{
	return !s->n_matchers && !(s->flags & SIG_ESTABLISHED) && !s->n_packet_parts && !(s->flags & SIG_PAYLOAD);
}

/* A pass that was found in the stream, in a transaction or by the header alone holds for the whole flow. */
static void
pass(struct detect *d, const struct queued *q)
{
	const struct sig *s = &d->rules->sigs[q->sig];

	if (d->now->marks && (q->alert.tx || q->alert.from_stream || s->flags & SIG_IPONLY || header_only(s)))
		d->now->marks->flags |= MARKS_PASS;
}

/* What is true of the packet as a whole is told by each of its alerts. */
static void
verdict(struct detect *d, unsigned n, bool passed)
{
	struct span vars = d->packet_vars.p ? json_text(&d->packet_vars) : SPAN_NONE;
	uint8_t reject = 0;

	for (unsigned i = 0; i < n; i++)
		if (d->out[i].reject > reject)
			reject = d->out[i].reject;
	for (unsigned i = 0; i < n; i++) {
		d->out[i].reject = reject;
		d->out[i].passed = passed;
		d->out[i].packet_vars = vars;
	}
}

unsigned
queue_finish(struct detect *d, const struct detect_alert **out)
{
	unsigned n = 0;
	bool passed = false;

	for (uint32_t i = 0; i < d->n_queue && !passed; i++) {
		const struct queued *q = &d->queue[i];
		const struct sig *s = &d->rules->sigs[q->sig];
		if (s->action == RULE_PASS) {
			pass(d, q);
			passed = true;
			if (!(s->flags & SIG_ALERTS))
				break;
		}
		if (s->action == RULE_CONFIG)
			continue;
		if (n == d->conf.packet_alert_max) {
			counter_inc(d->cnt, C_DETECT_QUEUE_OVERFLOW);
			continue;
		}
		d->out[n++] = q->alert;
	}
	verdict(d, n, passed);
	if (d->explain)
		explain_outcome(d, n, passed);
	counter_add(d->cnt, C_DETECT_ALERTS, n);
	d->n_queue = 0;
	*out = d->out;
	return n;
}
