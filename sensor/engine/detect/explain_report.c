/*
 * explain_report - the rule somebody asks about: its texts, taken when it is loaded, and the answer.
 */
#include <stdlib.h>

#include "engine/detect/explain_private.h"

struct explain *
explain_new(uint32_t sid, bool content)
{
	struct explain *e = calloc(1, sizeof(*e));

	if (e) {
		e->sid = sid;
		e->content = content;
		e->sig = UINT32_MAX;
		arena_init(&e->texts, 0);
	}
	return e;
}

void
explain_free(struct explain *e)
{
	if (!e)
		return;
	arena_clear(&e->texts);
	free(e);
}

static const char *
kind_text(struct explain *e, const struct sig *s)
{
	char b[512];
	int n = snprintf(b, sizeof(b), "%s, %s", sig_kind_name(s), s->dirs == 1 ? "to server" : s->dirs == 2 ? "to client" : "both directions");

	for (unsigned i = 0; i < protocol_table_n && n < 400; i++)
		if (s->apps >> i & 1)
			n += snprintf(b + n, sizeof(b) - (size_t) n, ", %s", protocol_table[i]->name);
	return arena_strdup(&e->texts, b);
}

static const char *
fast_text(struct explain *e, const struct ruleset *r, const struct fast *f)
{
	char b[512], bytes[256];

	if (r->sigs[e->sig].flags & SIG_BY_PORT)
		return arena_strdup(&e->texts, "its ports");
	if (!f->content)
		return arena_strdup(&e->texts, "none: it is looked at for every packet or transaction its header allows");
	excerpt_print(f->bytes, EXCERPT, bytes, sizeof(bytes));
	snprintf(b, sizeof(b), "%s in %s", bytes, f->payload ? "payload" : r->buffers[f->buffer].name);
	return arena_strdup(&e->texts, b);
}

void
explain_rule(struct explain *e, const struct ruleset *r, uint32_t i, const struct rule *rule, const struct fast *f)
{
	struct span header = span_head(rule->text, rule->options - 1);
	struct rule_options options = { 0 };

	if (rule_options_read(&options, rule) < 0 || !(e->option = arena_zalloc(&e->texts, (options.n + 1) * sizeof(*e->option)))) {
		rule_options_clear(&options);
		return;
	}
	for (uint32_t k = 0; k < options.n; k++) {
		const struct rule_option *o = &options.v[k];
		const char *text = arena_printf(&e->texts, "%s%s%s", o->name, o->value ? ":" : "", o->value ? o->value : "");
		e->option[e->n_options++] = (struct option_text) { text, o->line, o->column };
	}
	rule_options_clear(&options);
	while (header.n && header.p[header.n - 1] == ' ')
		header.n--;
	e->header = arena_string(&e->texts, header);
	e->msg = arena_strdup(&e->texts, rule->msg);
	e->file = arena_strdup(&e->texts, rule->file);
	e->line = rule->line;
	e->rev = rule->rev;
	e->kind = kind_text(e, &r->sigs[i]);
	e->sig = i;
	e->fast = fast_text(e, r, f);
	e->card = r->sigs[i].card;
	e->loaded = true;
}

/* ---- the report ---- */

static void
print_attempt(const struct explain *e, FILE *out)
{
	const struct attempt *a = &e->best;

	fprintf(out, "  came furthest  with packet %llu: %s\n", (unsigned long long) a->num, a->who);
	for (unsigned i = 0; i < a->n && i <= a->held; i++) {
		fprintf(out, "                 [%c] %s\n", a->step[i].ok ? 'x' : ' ', a->step[i].what);
		if (!a->step[i].ok && a->step[i].got[0])
			fprintf(out, "                     %s\n", a->step[i].got);
	}
}

static int
by_progress(const void *x, const void *y)
{
	const struct cause *a = x, *b = y;

	if (a->held != b->held)
		return a->held < b->held ? 1 : -1;
	return a->first < b->first ? -1 : a->first > b->first;
}

static void
print_causes(const struct explain *e, FILE *out)
{
	struct cause c[CAUSES_MAX];

	memcpy(c, e->cause, sizeof(c));
	qsort(c, e->n_causes, sizeof(*c), by_progress);
	fprintf(out, "  failed first   (all packets and transactions, those that came furthest on top)\n");
	for (unsigned i = 0; i < e->n_causes && i < 12; i++)
		fprintf(out, "  %10llu x   %s; first at packet %llu\n", (unsigned long long) c[i].times, c[i].what, (unsigned long long) c[i].first);
	if (e->n_causes > 12)
		fprintf(out, "                 and %u others\n", e->n_causes - 12);
}

/* What the engine as a whole left out. */
static void
print_hints(const struct counters *cnt, FILE *out)
{
	static const struct {
		enum counter id;
		const char *hint;
	} hints[] = {
		{ C_STREAM_CHECKSUM, "TCP packets with a wrong checksum were left out; -k none takes them" },
		{ C_STREAM_NO_SESSION, "TCP packets belong to sessions whose beginning was not seen; --set stream.midstream=true follows them" },
		{ C_STREAM_LOST_BYTES, "bytes of TCP streams were never seen: patterns across such holes are not found" },
		{ C_STREAM_DEPTH, "directions of sessions went beyond stream.reassembly.depth; what came later was not looked at" },
		{ C_STREAM_SESSION_MEMCAP, "sessions were not followed for want of memory" },
		{ C_APP_FAILED, "flows speak no protocol that is known" },
		{ C_APP_ERRORS, "flows whose protocol's parser lost its way" },
		{ C_DECODE_INVALID, "packets have damaged headers" },
		{ C_CAPTURE_TRUNCATED, "frames were cut when they were captured" },
	};

	for (unsigned i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (cnt->v[hints[i].id])
			fprintf(out, "  note           %llu %s\n", (unsigned long long) cnt->v[hints[i].id], hints[i].hint);
}

static void
print_verdict(const struct explain *e, FILE *out)
{
	const struct attempt *a = &e->best;

	if (!e->matched && a->n)
		fprintf(out, "  verdict        no match: %s%s%s\n", a->step[a->held].what, a->step[a->held].got[0] ? ": " : "", a->step[a->held].got);
	else if (!e->matched)
		fprintf(out, "  verdict        no match: nothing was there to look at\n");
	else if (e->told)
		fprintf(out, "  verdict        alerted %llu times\n", (unsigned long long) e->told);
	else if (e->suppressed)
		fprintf(out, "  verdict        matched, and held back by a threshold or a suppression\n");
	else if (e->noalert)
		fprintf(out, "  verdict        matched, and told nothing: it says noalert, or its action tells nothing\n");
	else if (e->passed)
		fprintf(out, "  verdict        matched, and a pass rule had the last word\n");
	else if (e->overflow)
		fprintf(out, "  verdict        matched, and packet-alert-max alerts of other rules came first\n");
	else
		fprintf(out, "  verdict        matched, and told nothing\n");
}

void
explain_report(const struct explain *e, const struct counters *cnt, FILE *out)
{
	fprintf(out, "sid %u rev %u \"%s\"\n", e->sid, e->rev, e->msg ? e->msg : "");
	fprintf(out, "  loaded         from %s:%u; %s\n", e->file ? e->file : "?", e->line, e->kind ? e->kind : "");
	fprintf(out, "  found by       %s\n", e->fast ? e->fast : "");
	fprintf(out, "  looked at      %llu packets, %llu looks at transactions\n", (unsigned long long) e->packets, (unsigned long long) e->transactions);
	if (e->flow_passed)
		fprintf(out, "  passed over    %llu packets: a pass rule had matched their flow\n", (unsigned long long) e->flow_passed);
	if (e->matched) {
		fprintf(out, "  matched        %llu times, first at packet %llu, last at packet %llu\n", (unsigned long long) e->matched,
		    (unsigned long long) e->first_match, (unsigned long long) e->last_match);
		fprintf(out, "  of these       %llu told, %llu held back by thresholds, %llu silent (noalert), %llu passed, %llu beyond packet-alert-max\n",
		    (unsigned long long) e->told, (unsigned long long) e->suppressed, (unsigned long long) e->noalert,
		    (unsigned long long) e->passed, (unsigned long long) e->overflow);
	} else if (e->best.n)
		print_attempt(e, out);
	if (e->n_causes)
		print_causes(e, out);
	print_hints(cnt, out);
	print_verdict(e, out);
}
