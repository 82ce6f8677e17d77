/*
 * explain - see explain.h: the steps of one rule against what is at hand, and the attempt that came furthest.
 */
#include "engine/detect/explain_private.h"
#include "engine/detect/header.h"

bool
explain_loaded(const struct explain *e)
{
	return e->loaded;
}

bool
explain_is(const struct explain *e, uint32_t card)
{
	return e->loaded && e->card == card;
}

void
explain_told(struct explain *e, bool suppressed)
{
	if (suppressed)
		e->suppressed++;
	else
		e->told++;
}

uint32_t
explain_sig(const struct explain *e)
{
	return e->sig;
}

uint32_t
explain_wants(const struct explain *e)
{
	return e->loaded ? 0 : e->sid;
}

/* ---- steps ---- */

static const char *
option_text(const struct explain *e, uint16_t opt)
{
	return opt && opt <= e->n_options && e->option[opt - 1].text ? e->option[opt - 1].text : "";
}

bool
explain_check(struct explain *e, bool ok, uint16_t opt, const char *fmt, ...)
{
	struct attempt *a = &e->now;
	struct step *s = &a->step[a->n < STEPS_MAX ? a->n : STEPS_MAX - 1];
	va_list ap;
	int n = 0;

	if (a->n == STEPS_MAX)
		return ok;
	a->n++;
	s->ok = ok;
	s->got[0] = 0;
	if (opt)
		n = snprintf(s->what, sizeof(s->what), "%s (%u:%u)%s", option_text(e, opt), opt <= e->n_options ? e->option[opt - 1].line : 0,
		    opt <= e->n_options ? e->option[opt - 1].column : 0, fmt[0] && strcmp(fmt, "%s") != 0 ? " " : "");
	if (n < 0 || n >= (int) sizeof(s->what))
		n = (int) sizeof(s->what) - 1;
	va_start(ap, fmt);
	vsnprintf(s->what + n, sizeof(s->what) - (size_t) n, fmt, ap);
	va_end(ap);
	return ok;
}

void
explain_got(struct explain *e, const char *fmt, ...)
{
	struct attempt *a = &e->now;
	va_list ap;

	if (!a->n)
		return;
	va_start(ap, fmt);
	vsnprintf(a->step[a->n - 1].got, GOT_MAX, fmt, ap);
	va_end(ap);
}

void
explain_got_bytes(struct explain *e, const char *where, struct span s)
{
	char bytes[EXCERPT * 4 + 8];

	if (!e->content) {
		explain_got(e, "%s has %u bytes", where, s.n);
		return;
	}
	excerpt_print(s, EXCERPT, bytes, sizeof(bytes));
	explain_got(e, "%s has %u bytes: %s", where, s.n, bytes);
}

static void
who(struct explain *e, const struct detect *d, const struct tx *tx)
{
	const struct packet *p = d->now->p;
	char src[ADDR_STRLEN], dst[ADDR_STRLEN];
	const char *app = d->now->app ? app_name(d->now->app) : NULL;
	int n;

	addr_print(&p->src, src);
	addr_print(&p->dst, dst);
	n = p->ip_version == 0 ? snprintf(e->now.who, WHAT_MAX, "not IP")
	                       : snprintf(e->now.who, WHAT_MAX, "%s:%u -> %s:%u, protocol %u", src, p->sport, dst, p->dport, p->proto);
	if (app && n < WHAT_MAX)
		n += snprintf(e->now.who + n, (size_t) (WHAT_MAX - n), ", %s", app);
	if (tx && n < WHAT_MAX)
		n += snprintf(e->now.who + n, (size_t) (WHAT_MAX - n), ", transaction %llu", (unsigned long long) tx->id);
	if (p->flags & PACKET_PSEUDO && n < WHAT_MAX)
		snprintf(e->now.who + n, (size_t) (WHAT_MAX - n), ", at the end of its flow");
}

void
explain_begin(struct detect *d, const struct tx *tx)
{
	struct explain *e = d->explain;

	d->in.look_only = true;
	e->now.n = e->now.held = 0;
	e->now.num = d->now->p->num;
	who(e, d, tx);
	if (tx)
		e->transactions++;
	else
		e->packets++;
}

static void
count_cause(struct explain *e, const struct step *s)
{
	struct cause *c = NULL;

	for (unsigned i = 0; i < e->n_causes && !c; i++)
		if (!strcmp(e->cause[i].what, s->what))
			c = &e->cause[i];
	if (!c) {
		if (e->n_causes == CAUSES_MAX)
			return;
		c = &e->cause[e->n_causes++];
		*c = (struct cause) { .first = e->now.num, .held = e->now.held };
		memcpy(c->what, s->what, sizeof(c->what));
	}
	c->times++;
}

void
explain_end(struct detect *d)
{
	struct explain *e = d->explain;
	struct attempt *a = &e->now;

	while (a->held < a->n && a->step[a->held].ok)
		a->held++;
	d->in.look_only = false;
	d->in.n_captures = 0;
	if (a->held == a->n)
		return; /* explain_queued() tells of matches */
	count_cause(e, &a->step[a->held]);
	if (a->held > e->best.held || e->best.n == 0)
		e->best = *a;
}

void
explain_queued(struct explain *e, uint64_t num, bool noalert)
{
	if (!e->matched++)
		e->first_match = num;
	e->last_match = num;
	if (noalert)
		e->noalert++;
	else
		e->queued++;
}

/* The packet's alerts are settled. */
void
explain_outcome(struct detect *d, unsigned n, bool passed)
{
	struct explain *e = d->explain;
	uint64_t told = 0;

	for (unsigned i = 0; i < n; i++)
		told += d->out[i].card == e->card;
	e->alerts += told;
	if (passed)
		e->passed += e->queued - told;
	else
		e->overflow += e->queued - told;
	e->queued = 0;
}

/* ---- header and packet ---- */

static const char *const end_name[2] = { "source", "destination" };

static bool
explain_address(struct explain *e, const struct sig *s, const struct packet *p, bool turned, int end)
{
	char text[ADDR_STRLEN];

	if ((end ? s->dst : s->src) && !explain_check(e, header_address(s, p, turned, end), 0, "%s address of \"%s\"", end_name[end], e->header)) {
		addr_print((end != 0) != turned ? &p->dst : &p->src, text);
		explain_got(e, "%s is not in it", text);
		return false;
	}
	return true;
}

static bool
explain_port(struct explain *e, const struct sig *s, const struct packet *p, bool turned, int end)
{
	if ((end ? s->dport : s->sport) && !explain_check(e, header_port(s, p, turned, end), 0, "%s port of \"%s\"", end_name[end], e->header)) {
		explain_got(e, "port %u is not in it", (end != 0) != turned ? p->dport : p->sport);
		return false;
	}
	return true;
}

static bool
explain_ends(struct explain *e, const struct sig *s, const struct packet *p, bool turned)
{
	if (!header_has_ends(s))
		return true;
	if (!p->ip_version && !explain_check(e, false, 0, "addresses and ports of \"%s\"", e->header)) {
		explain_got(e, "the packet is not IP");
		return false;
	}
	if ((s->sport || s->dport) && !explain_check(e, header_whole(s, p), 0, "ports of \"%s\"", e->header)) {
		explain_got(e, "the packet is a fragment");
		return false;
	}
	if (s->flags & SIG_BOTH_WAYS)
		return explain_check(e, header_ends(s, p, turned) || header_ends(s, p, !turned), 0, "addresses and ports of \"%s\", either way", e->header);
	return explain_address(e, s, p, turned, 0) && explain_address(e, s, p, turned, 1) && explain_port(e, s, p, turned, 0) && explain_port(e, s, p, turned, 1);
}

static bool
explain_flow(struct detect *d, const struct sig *s)
{
	struct explain *e = d->explain;
	const struct detect_in *in = d->now;

	if (s->flags & (SIG_NEED_FLOW | SIG_NEED_TCP) && !explain_check(e, header_flow(s, in) && (in->flow || header_session(s, in)), 0, "a flow")) {
		explain_got(e, "the packet belongs to none");
		return false;
	}
	if (!explain_check(e, header_direction(s, in->p), 0, "direction %s", s->dirs == 1 ? "to server" : s->dirs == 2 ? "to client" : "any")) {
		explain_got(e, "this packet goes to the %s", in->p->dir == TO_SERVER ? "server" : "client");
		return false;
	}
	if (s->flags & SIG_NEED_TCP && !explain_check(e, header_session(s, in), 0, "a TCP session")) {
		explain_got(e, "its beginning was not seen (stream.midstream), or its packets were left out");
		return false;
	}
	return true;
}

static bool
explain_app(struct detect *d, const struct sig *s)
{
	struct explain *e = d->explain;
	const char *name = d->now->app ? app_name(d->now->app) : NULL;

	if (s->apps && !explain_check(e, d->now->app || header_app(s, d), 0, "bytes of the flow")) {
		explain_got(e, "none were seen yet%s", d->now->p->proto == 6 ? ", or its stream is not followed" : "");
		return false;
	}
	if (s->apps && !explain_check(e, name || header_app(s, d), 0, "an application protocol that is known")) {
		explain_got(e, "more bytes are needed to tell");
		return false;
	}
	if (s->apps && !explain_check(e, header_app(s, d), 0, "application protocol of \"%s\"", e->header)) {
		explain_got(e, "the flow speaks %s", name);
		return false;
	}
	return !(s->flags & SIG_PDONLY) || explain_check(e, header_fresh(s, d), 0, "the protocol became known with this packet");
}

bool
explain_header(struct detect *d, const struct sig *s, bool turned)
{
	struct explain *e = d->explain;
	const struct packet *p = d->now->p;

	if (!(s->flags & SIG_NO_IP) && !explain_check(e, header_protocol(s, p), 0, "IP protocol of \"%s\"", e->header))
		return false;
	if (!explain_ends(e, s, p, turned) || !explain_flow(d, s) || !explain_app(d, s))
		return false;
	if (!header_wire(s, p))
		return explain_check(e, false, 0, "a packet of the wire");
	if (s->flags & SIG_ESTABLISHED && !explain_check(e, d->now->established, s->established_opt, "%s", ""))
		return false;
	for (unsigned i = 0; i < s->n_matchers; i++)
		if (!explain_check(e, s->matchers[i].fn(&d->ctx, &s->matchers[i].arg), s->matchers[i].opt, "%s", s->matchers[i].opt ? "" : "hook"))
			return false;
	return true;
}

/* How many of the operations hold, one after the other. */
static unsigned
ops_held(struct detect *d, const struct op *ops, unsigned n, struct span buf, uint64_t start)
{
	unsigned k = 0;

	while (k < n && content_match(&d->in, ops, k + 1, buf, start))
		k++;
	return k;
}

static bool
ops_steps(struct detect *d, const struct op *ops, unsigned n, unsigned held, const char *where)
{
	for (unsigned i = 0; i < n && i <= held; i++)
		if (!explain_check(d->explain, i < held, ops[i].opt, "in %s", where))
			return false;
	return true;
}

bool
explain_ops(struct detect *d, const struct op *ops, unsigned n, struct span buf, uint64_t start, const char *where)
{
	if (ops_steps(d, ops, n, ops_held(d, ops, n, buf, start), where))
		return true;
	explain_got_bytes(d->explain, where, buf);
	return false;
}

/* Of several buffers the one that came furthest. */
bool
explain_buffers(struct detect *d, const struct op *ops, unsigned n, const struct buffer *b, struct tx *tx, int dir, bool over)
{
	struct span s, best = SPAN_NONE;
	uint64_t start;
	unsigned held = 0, i;

	for (i = 0; buffer_instance(d, b, tx, dir, i, over, &s, &start); i++) {
		unsigned k = ops_held(d, ops, n, s, start);
		if (i == 0 || k > held) {
			held = k;
			best = s;
		}
		if (k == n)
			return ops_steps(d, ops, n, k, b->name);
	}
	if (i == 0) {
		explain_check(d->explain, false, n ? ops[0].opt : 0, "in %s", b->name);
		explain_got(d->explain, "there is no %s", b->name);
		return false;
	}
	ops_steps(d, ops, n, held, b->name);
	explain_got_bytes(d->explain, b->name, best);
	return false;
}

bool
explain_payload(struct detect *d, const struct sig *s)
{
	bool stream = s->flags & SIG_NEED_STREAM && d->now->p->proto == 6;
	bool packet = d->payload.p && (!stream || !(s->flags & SIG_STREAM_ONLY || (!(s->flags & SIG_NEED_PACKET) &&
	    d->now->p->flags & PACKET_STREAM_ADDED)));
	unsigned a = stream && d->has_raw ? ops_held(d, s->payload, s->n_payload, d->raw.bytes, 0) : 0;
	unsigned b = packet ? ops_held(d, s->payload, s->n_payload, d->payload, 0) : 0;

	if (stream && d->has_raw && a >= b)
		return explain_ops(d, s->payload, s->n_payload, d->raw.bytes, 0, "stream");
	if (packet)
		return explain_ops(d, s->payload, s->n_payload, d->payload, 0, "payload");
	explain_check(d->explain, false, s->payload[0].opt, "in %s", stream ? "stream" : "payload");
	explain_got(d->explain, "%s", d->now->p->flags & PACKET_NO_PAYLOAD_INSPECT ? "these bytes are not to be looked at (encrypted, or made at the end of a flow)"
	        : "no bytes are at hand");
	return false;
}

void
explain_packet(struct detect *d)
{
	struct explain *e = d->explain;
	const struct sig *s = &d->rules->sigs[e->sig];

	explain_begin(d, NULL);
	if (d->now->marks && d->now->marks->flags & MARKS_PASS)
		e->flow_passed++;
	if (!explain_header(d, s, false))
		goto end;
	for (unsigned i = 0; i < s->n_packet_parts; i++) {
		const struct part *pt = &s->packet_parts[i];
		struct span b;
		if (!d->rules->buffers[pt->buffer].kw->packet_bytes(d->now->p, &b)) {
			if (!explain_check(e, pt->absent_ok, pt->n ? pt->ops[0].opt : 0, "in %s", d->rules->buffers[pt->buffer].name))
				goto end;
			continue;
		}
		if (transforms_apply(d, &d->rules->buffers[pt->buffer], &b) &&
		    !explain_ops(d, pt->ops, pt->n, b, 0, d->rules->buffers[pt->buffer].name))
			goto end;
	}
	if (s->flags & SIG_TX)
		explain_check(e, false, 0, "a transaction to look at");
	else if (s->flags & SIG_PAYLOAD)
		explain_payload(d, s);
end:
	explain_end(d);
}
