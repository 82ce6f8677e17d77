/*
 * alert - what matched in one packet, put in order; pass rules end it.
 */
#include "engine/detect/engine.h"

static bool
before(const struct queued *a, const struct queued *b)
{
	if (a->sig != b->sig)
		return a->sig < b->sig;
	return a->alert.tx && b->alert.tx && a->alert.tx->id < b->alert.tx->id;
}

void
queue_alert(struct detect *d, uint32_t sig, struct tx *tx, bool from_stream, struct span where)
{
	const struct sig *s = &d->rules->sigs[sig];
	struct queued q = { .sig = sig, .alert = { .card = s->card, .tx = tx, .matched = where, .from_stream = from_stream } };
	uint32_t k;

	if (s->flags & SIG_NOALERT && s->action != RULE_PASS)
		return;
	q.alert.blocked = s->action == RULE_DROP || (s->action >= RULE_REJECT && s->action <= RULE_REJECT_BOTH);
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

/* A pass that was found in the stream, in a transaction or by addresses holds for the whole flow. */
static void
pass(struct detect *d, const struct queued *q)
{
	const struct sig *s = &d->rules->sigs[q->sig];

	if (d->now->marks && (q->alert.tx || q->alert.from_stream || s->flags & SIG_IPONLY))
		d->now->marks->flags |= MARKS_PASS;
}

unsigned
queue_finish(struct detect *d, const struct detect_alert **out)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < d->n_queue; i++) {
		const struct queued *q = &d->queue[i];
		uint8_t action = d->rules->sigs[q->sig].action;
		if (action == RULE_PASS) {
			pass(d, q);
			break;
		}
		if (action == RULE_CONFIG)
			continue;
		if (n == d->conf.packet_alert_max) {
			counter_inc(d->cnt, C_DETECT_QUEUE_OVERFLOW);
			continue;
		}
		d->out[n++] = q->alert;
	}
	counter_add(d->cnt, C_DETECT_ALERTS, n);
	d->n_queue = 0;
	*out = d->out;
	return n;
}
