/*
 * analysis - what operators may ask: which keywords there are, what became of each rule.
 */
#include <stdlib.h>

#include "engine/detect/ruleset.h"

#define INSIDE_MAX 20 /* ranges that are printed */

static const char *const scope_name[] = { "meta", "packet", "flow", "content", "buffer", "transform", "action", "transaction" };
static const char *const dir_name[] = { "to server", "to client" };
static const char *const kind_name[] = { "sticky buffer", "sticky buffer", "sticky buffer", "number", "flag" };

const char *
keyword_scope_name(unsigned scope)
{
	return scope_name[scope];
}

const char *
field_kind_name(unsigned kind)
{
	return kind_name[kind];
}

static void
row(FILE *out, bool csv, const char *name, const char *scope, const char *protocol, const char *help, const char *note)
{
	if (csv)
		fprintf(out, "%s;%s;%s;%s;%s\n", name, scope, protocol, help, note);
	else
		fprintf(out, "%-28s %-13s %-10s %s%s%s%s\n", name, scope, protocol, help, *note ? " (" : "", note, *note ? ")" : "");
}

void
ruleset_list_keywords(FILE *out, bool csv)
{
	if (csv)
		fprintf(out, "name;kind;protocol;description;note\n");
	for (unsigned i = 0; i < keyword_table_n; i++) {
		const struct keyword *k = keyword_table[i];
		row(out, csv, k->name, scope_name[k->scope], k->protocols ? k->protocols : "", k->help ? k->help : "", k->note ? k->note : "");
	}
	for (unsigned p = 0; p < protocol_table_n; p++)
		each_field(f, protocol_table[p])
			row(out, csv, f->name, kind_name[f->kind], protocol_table[p]->name, f->help ? f->help : "", "");
	for (unsigned p = 0; p < protocol_table_n; p++)
		for (const struct app_frame_type *f = protocol_table[p]->frames; f && f->name; f++) {
			char name[96];
			snprintf(name, sizeof(name), "frame:%s.%s", protocol_table[p]->name, f->name);
			row(out, csv, name, "frame", protocol_table[p]->name, f->help, "");
		}
}

const char *
sig_kind_name(const struct sig *s)
{
	if (s->flags & SIG_IPONLY)
		return "addresses only";
	if (s->flags & SIG_FRAME)
		return "frame";
	if (s->flags & SIG_TX)
		return "transaction";
	if (s->flags & SIG_EVENT)
		return "packet event";
	if (s->flags & SIG_PDONLY)
		return "protocol detection";
	if (!(s->flags & SIG_PAYLOAD))
		return "packet";
	if (s->flags & SIG_NEED_STREAM)
		return s->flags & SIG_NEED_PACKET ? "stream and packet payload" : "stream";
	return "packet payload";
}

void
excerpt_print(struct span s, uint32_t max, char *out, size_t cap)
{
	size_t n = 0;
	bool hex = false;

	out[n++] = '"';
	for (uint32_t i = 0; i < s.n && i < max && n + 12 < cap; i++) {
		bool plain = s.p[i] >= ' ' && s.p[i] <= '~' && s.p[i] != '|' && s.p[i] != '"';
		if (plain == hex) {
			out[n++] = '|';
			hex = !hex;
		}
		n += plain ? (size_t) snprintf(out + n, cap - n, "%c", s.p[i])
		           : (size_t) snprintf(out + n, cap - n, "%s%02x", out[n - 1] == '|' ? "" : " ", s.p[i]);
	}
	snprintf(out + n, cap - n, "%s\"%s", hex ? "|" : "", s.n > max ? " ..." : "");
}

static void
print_list(FILE *out, const char *name, const struct list *l)
{
	if (l && l->n)
		fprintf(out, "  %-60s %u\n", name, l->n);
}

static void
print_placed_fields(const struct ruleset *r, int dir, unsigned kind, FILE *out)
{
	char name[128];

	for (unsigned p = 0; p < protocol_table_n; p++) {
		const struct app_group *g = r->app[p][dir];
		for (uint32_t k = 0; g && k < g->n_scans; k++) {
			const struct finder *f = g->scans[k].finder[kind];
			snprintf(name, sizeof(name), "%s in %s, %s%s", r->buffers[g->scans[k].buffer].name, protocol_table[p]->name, dir_name[dir],
			    ends_name(&r->ends, kind));
			print_list(out, name, &(struct list) { .n = f ? anchors_count(f->fixed) + anchors_count(f->last) : 0 });
		}
	}
}

/* What "inside" stands for in the names that follow. */
static void
print_inside(const struct ends *e, FILE *out)
{
	char lo[ADDR_STRLEN], hi[ADDR_STRLEN];

	if (!e->inside)
		return;
	fprintf(out, "inside, the addresses that most rules name:\n");
	for (uint32_t i = 0; i < e->inside->n && i < INSIDE_MAX; i++) {
		addr_print(&e->inside->r[i].lo, lo);
		addr_print(&e->inside->r[i].hi, hi);
		fprintf(out, "  %s - %s\n", lo, hi);
	}
	if (e->inside->n > INSIDE_MAX)
		fprintf(out, "  and %u ranges more\n", e->inside->n - INSIDE_MAX);
}

static void
print_groups(const struct ruleset *r, FILE *out)
{
	static const char *const class_name[] = { "tcp", "tcp stream", "udp", "other" };
	char name[96];

	print_inside(&r->ends, out);
	fprintf(out, "databases (patterns, rules, bytes):\n");
	for (uint32_t i = 0; i < r->n_scans; i++)
		fprintf(out, "  %-60s %6u %6u %8llu%s\n", r->scans[i]->name, r->scans[i]->n_patterns + r->scans[i]->n_runs, r->scans[i]->n_rules,
		    (unsigned long long) r->scans[i]->bytes, r->scans[i]->cached ? " cached" : "");
	fprintf(out, "rules with a pattern at one place, looked up there:\n");
	for (int dir = 0; dir < 2; dir++)
		for (unsigned k = 0; k < ENDS; k++) {
			for (unsigned c = 0; c < CLASS_N; c++) {
				const struct finder *f = r->packet[c][dir][k].payload;
				snprintf(name, sizeof(name), "%s, %s%s", class_name[c], dir_name[dir], ends_name(&r->ends, k));
				print_list(out, name, &(struct list) { .n = f ? anchors_count(f->fixed) : 0 });
			}
			print_placed_fields(r, dir, k, out);
		}
	fprintf(out, "rules not found by a pattern:\n");
	for (int dir = 0; dir < 2; dir++)
		for (unsigned k = 0; k < ENDS; k++) {
			for (unsigned c = 0; c < CLASS_N; c++) {
				const struct packet_group *g = &r->packet[c][dir][k];
				snprintf(name, sizeof(name), "%s, %s%s", class_name[c], dir_name[dir], ends_name(&r->ends, k));
				print_list(out, name, &g->rest);
				snprintf(name, sizeof(name), "%s, %s%s, by ports", class_name[c], dir_name[dir], ends_name(&r->ends, k));
				print_list(out, name, &(struct list) { .n = ports_count(g->rest_ports) });
			}
			for (unsigned p = 0; p < protocol_table_n; p++) {
				snprintf(name, sizeof(name), "%s, %s%s", protocol_table[p]->name, dir_name[dir], ends_name(&r->ends, k));
				print_list(out, name, r->app[p][dir] ? &r->app[p][dir]->rest[k] : NULL);
			}
		}
	print_list(out, "packet events", &r->events);
}

static enum where
placed(const struct ruleset *r, const struct fast *f, uint32_t *at)
{
	return finder_where(f->payload ? FINDER_PAYLOAD : finder_of_buffer(&r->buffers[f->buffer]), f, at);
}

/* Why a rule costs more than others; NULL: it does not. */
static const char *
slow(const struct ruleset *r, uint32_t i)
{
	const struct sig *s = &r->sigs[i];
	const struct fast *f = r->fasts ? &r->fasts[i] : NULL;
	bool regex = false;
	uint32_t at;

	for (unsigned k = 0; k < s->n_payload; k++)
		regex |= s->payload[k].type == OP_PCRE;
	for (unsigned p = 0; p < s->n_parts; p++)
		for (unsigned k = 0; s->parts[p].kind == PART_BUFFER && k < s->parts[p].n; k++)
			regex |= s->parts[p].ops[k].type == OP_PCRE;
	if (!f || s->flags & (SIG_IPONLY | SIG_EVENT | SIG_PDONLY))
		return NULL;
	if (!f->content && regex)
		return "a regular expression without a pattern to find it by";
	if (!f->content && !s->src && !s->dst && !s->sport && !s->dport && !s->apps && !s->n_matchers &&
	    !(s->flags & SIG_ESTABLISHED))
		return "looked at for every packet of its IP protocols";
	if (f->content && f->bytes.n < 3 && !(s->flags & SIG_BY_PORT) && placed(r, f, &at) == ANYWHERE)
		return "the pattern it is found by is shorter than 3 bytes";
	return NULL;
}

static void
print_found_by(const struct ruleset *r, uint32_t i, FILE *out)
{
	const struct fast *f = r->fasts ? &r->fasts[i] : NULL;
	char bytes[256];
	uint32_t at;

	if (r->sigs[i].flags & SIG_BY_PORT) {
		fprintf(out, "; found by its ports");
		return;
	}
	if (!f || !f->content) {
		fprintf(out, r->sigs[i].flags & SIG_PREFILTERED ? "; found by a pattern" : "; without a pattern");
		return;
	}
	excerpt_print(f->bytes, 32, bytes, sizeof(bytes));
	fprintf(out, "; found by %s%s in %s", f->content->flags & CO_NEGATED ? "!" : "", bytes, f->payload ? "payload" : r->buffers[f->buffer].name);
	switch (placed(r, f, &at)) {
	case FROM_BEGIN:
		fprintf(out, " at byte %u", at);
		break;
	case FROM_END:
		fprintf(out, at ? " %u bytes before the end" : " at the end", at);
		break;
	case ANYWHERE:
		break;
	}
}

static void
print_slow(const struct ruleset *r, FILE *out)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->n; i++)
		n += slow(r, i) != NULL;
	fprintf(out, "rules that cost more than others: %u\n", n);
	for (uint32_t i = 0; i < r->n; i++)
		if (slow(r, i))
			fprintf(out, "  sid %u: %s\n", r->cards->card[r->sigs[i].card].sid, slow(r, i));
}

void
ruleset_analysis(const struct ruleset *r, FILE *out)
{
	fprintf(out, "rules: %u loaded, %u failed, %u skipped; built in %lld ms\n", r->report.loaded, r->report.failed, r->report.skipped,
	    (long long) (r->report.build_ns / 1000000));
	print_groups(r, out);
	print_slow(r, out);
	fprintf(out, "rules in the order they are looked at:\n");
	for (uint32_t i = 0; i < r->n; i++) {
		const struct sig *s = &r->sigs[i];
		const struct card *c = &r->cards->card[s->card];
		fprintf(out, "  sid %u rev %u: %s, %s%s", c->sid, c->rev, sig_kind_name(s),
		    s->dirs == 1 ? "to server" : s->dirs == 2 ? "to client" : "both directions", s->flags & SIG_NOALERT ? ", noalert" : "");
		for (unsigned k = 0; k < s->n_parts; k++)
			if (s->parts[k].kind <= PART_FLAG)
				fprintf(out, ", %s", r->buffers[s->parts[k].buffer].name);
		print_found_by(r, i, out);
		fputc('\n', out);
	}
}

/* ---- what the rules have cost ---- */

static int
by_cost(const void *x, const void *y)
{
	const struct rule_profile *a = x, *b = y;

	if (a->ns != b->ns)
		return a->ns < b->ns ? 1 : -1;
	return a->rule < b->rule ? -1 : a->rule > b->rule;
}

static void
profile_row(const struct rule_profile *p, const struct card *c, double share, bool json, FILE *out)
{
	unsigned long long checks = p->checks, matches = p->matches, ns = p->ns, most = p->ns_max, mean = p->checks ? p->ns / p->checks : 0;

	if (json)
		fprintf(out, "{\"gid\":%u,\"signature_id\":%u,\"rev\":%u,\"checks\":%llu,\"matches\":%llu,\"ns_total\":%llu,\"ns_avg\":%llu,"
		             "\"ns_max\":%llu,\"percent\":%.2f}\n", c->gid, c->sid, c->rev, checks, matches, ns, mean, most, share);
	else
		fprintf(out, "%10u %5u %12llu %10llu %14llu %8llu %9llu %6.2f  %.60s\n", c->sid, c->rev, checks, matches, ns, mean, most, share, c->msg);
}

void
ruleset_profile(const struct ruleset *r, struct rule_profile *sum, uint32_t most, bool json, FILE *out)
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < r->n; i++) {
		sum[i].rule = i;
		total += sum[i].ns;
	}
	qsort(sum, r->n, sizeof(*sum), by_cost);
	if (!json)
		fprintf(out, "%10s %5s %12s %10s %14s %8s %9s %6s  %s\n", "sid", "rev", "checks", "matches", "ns", "average", "longest", "%", "message");
	for (uint32_t i = 0; i < r->n && i < most && sum[i].checks; i++)
		profile_row(&sum[i], &r->cards->card[r->sigs[sum[i].rule].card], total ? 100.0 * (double) sum[i].ns / (double) total : 0, json, out);
}
