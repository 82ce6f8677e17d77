/*
 * detect - one worker's detection: who has to be asked about this packet, and what they say.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "engine/detect/explain_private.h"
#include "engine/detect/live_set.h"

#define SCRATCH_BYTES ((size_t) 8 << 20)
#define QUEUE_MAX 1024
#define BITS_MAX 65536 /* xbits and hostbits of a worker */

static const char *const mpm_names[] = { "auto", "hs", NULL };

const struct option_table detect_options = {
	.module = "detection",
	.rows = (const struct option[]) {
	    { "packet-alert-max", OPT_U32, offsetof(struct detect_conf, packet_alert_max), "15", 1, 255, NULL,
	        "alerts a packet can raise at most; the first in the order of the rules count" },
	    { "detect.sgh-mpm-caching-path", OPT_PATH, offsetof(struct detect_conf, cache_dir), NULL, 0, 0, NULL,
	        "folder for what of the patterns takes long to prepare, so that the next start is quick; empty = none" },
	    { "detect.mpm-algo", OPT_ENUM, offsetof(struct detect_conf, mpm_algo), "auto", 0, 0, mpm_names,
	        "how patterns are searched: hs is Hyperscan; auto is quicker where the processor has AVX2, and compiles hardly a database there" },
	    { "geoip-database", OPT_PATH, offsetof(struct detect_conf, geoip_database), NULL, 0, 0, NULL,
	        "MaxMind DB file with countries, for rules with geoip" },
	    { "reputation-categories-file", OPT_PATH, offsetof(struct detect_conf, reputation_categories), NULL, 0, 0, NULL,
	        "names of the categories of addresses, for rules with iprep: NUMBER,name,description a line" },
	    { "default-reputation-path", OPT_PATH, offsetof(struct detect_conf, reputation_path), NULL, 0, 0, NULL,
	        "folder of the reputation files that are named without one" },
	    { "detect.inspection-recursion-limit", OPT_U32, offsetof(struct detect_conf, inspection_recursion_limit), "3000", 1, 1000000, NULL,
	        "steps that matching one rule against one buffer may take" },
	    { "detect.guess-applayer-tx", OPT_BOOL, offsetof(struct detect_conf, guess_tx), "no", 0, 0, NULL,
	        "alerts of rules on packets and streams carry the only open transaction" },
	    { "pcre.match-limit", OPT_U32, offsetof(struct detect_conf, pcre_match_limit), "3500", 1, 100000000, NULL,
	        "effort of one regular expression on one buffer at most" },
	    { "pcre.match-limit-recursion", OPT_U32, offsetof(struct detect_conf, pcre_recursion_limit), "1500", 1, 100000000, NULL,
	        "depth of one regular expression at most" },
	    { "pcre.jit", OPT_BOOL, offsetof(struct detect_conf, pcre_jit), "yes", 0, 0, NULL,
	        "compile regular expressions to machine code where the system allows it" },
	    { "profiling.rules.enabled", OPT_BOOL, offsetof(struct detect_conf, profile_rules), "no", 0, 0, NULL,
	        "print at the end which rules cost most, as --rule-profile" },
	    { 0 } },
	.trees = (const struct option_tree[]) {
	    { "reputation-files", "files with scores of addresses, for rules with iprep: ADDRESS[/LENGTH],CATEGORY,SCORE a line" },
	    { "datasets", "sets of values that rules name: NAME: type, load, save, state, memcap, hashsize; defaults: memcap, hashsize" },
	    { "action-order", "which rules are looked at first: a list of pass, drop, reject, alert" },
	    { NULL, NULL } },
};

/* ---- a worker's memory ---- */

static int
candidates_size(struct candidates *c, uint32_t n)
{
	uint32_t words = n / 64 + 1, summary = n / 4096 + 1;
	uint64_t *word = calloc(words + summary, sizeof(*word));

	if (!word)
		return E_NOMEM;
	free(c->word);
	c->n_words = words;
	c->n_summary = summary;
	c->at = 0;
	c->any = false;
	c->word = word;
	c->summary = word + words;
	return 0;
}

/* Where it fails the rules there were are still in force: what they need is neither freed nor made smaller. */
static int
take_rules(struct detect *d, struct ruleset *r)
{
	uint32_t n = (d->rules && d->rules->n > r->n ? d->rules->n : r->n) + 1;
	uint32_t *later = calloc(n, sizeof(*later));

	if (!later)
		return E_NOMEM;
	if (d->conf.profile_rules) {
		struct rule_profile *profile = calloc(n, sizeof(*profile));
		free(d->profile);
		d->profile = profile;
	}
	free(d->later);
	d->later = later;
	if (candidates_size(&d->packet, n) < 0 || candidates_size(&d->tx, n) < 0)
		return E_NOMEM;
	for (uint32_t i = 0; i < r->n_scans; i++)
		if (r->scans[i]->db && hs_alloc_scratch(r->scans[i]->db, &d->hs) != HS_SUCCESS)
			return E_NOMEM;
	if ((r->n_live || d->n_live) && live_sets_take(d, r) < 0)
		return E_NOMEM;
	if (r->host_tags && !d->host_tags && !(d->host_tags = host_tags_new()))
		return E_NOMEM;
	d->rules = ruleset_ref(r);
	d->had_rules |= r->n != 0;
	return 0;
}

static int
make_pcre(struct detect *d)
{
	d->in.md = pcre2_match_data_create(64, NULL);
	d->in.mc = pcre2_match_context_create(NULL);
	if (!d->in.md || !d->in.mc)
		return E_NOMEM;
	pcre2_set_match_limit(d->in.mc, d->conf.pcre_match_limit ? d->conf.pcre_match_limit : 3500);
	pcre2_set_depth_limit(d->in.mc, d->conf.pcre_recursion_limit ? d->conf.pcre_recursion_limit : 1500);
	return 0;
}

struct detect *
detect_new(struct ruleset *r, const struct detect_conf *conf, struct pool *pool, struct counters *cnt)
{
	struct detect *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->conf = *conf;
	d->pool = pool;
	d->cnt = cnt;
	if (!d->conf.packet_alert_max)
		d->conf.packet_alert_max = 15;
	d->in.steps_max = conf->inspection_recursion_limit ? conf->inspection_recursion_limit : 3000;
	d->in.ctx = &d->ctx;
	d->in.scratch = &d->scratch;
	d->explain = conf->explain && explain_loaded(conf->explain) ? conf->explain : NULL;
	d->ctx.d = d;
	d->cap_queue = QUEUE_MAX;
	d->queue = calloc(QUEUE_MAX, sizeof(*d->queue));
	d->out = calloc(d->conf.packet_alert_max, sizeof(*d->out));
	d->in.base64 = malloc(BASE64_MAX);
	d->bits = addr_bits_new(BITS_MAX);
	arena_init(&d->scratch, SCRATCH_BYTES);
	if (!d->queue || !d->out || !d->in.base64 || !d->bits || arena_reserve(&d->scratch, (size_t) 1 << 20) < 0 ||
	    make_pcre(d) < 0 || take_rules(d, r) < 0) {
		detect_free(d);
		return NULL;
	}
	return d;
}

void
detect_free(struct detect *d)
{
	if (!d)
		return;
	ruleset_unref(d->rules);
	hs_free_scratch(d->hs);
	pcre2_match_data_free(d->in.md);
	pcre2_match_context_free(d->in.mc);
	addr_bits_free(d->bits);
	host_tags_free(d->host_tags);
	live_sets_free(d);
	arena_clear(&d->scratch);
	free(d->packet.word);
	free(d->tx.word);
	free(d->later);
	free(d->profile);
	free(d->in.base64);
	free(d->queue);
	free(d->out);
	free(d);
}

void
detect_switch(struct detect *d, struct ruleset *r)
{
	struct ruleset *old = d->rules;

	if (take_rules(d, r) == 0)
		ruleset_unref(old);
}

bool
detect_idle(const struct detect *d)
{
	return !d->had_rules && !d->explain;
}

struct pool *
detect_pool(struct detect *d)
{
	return d->pool;
}

void
detect_tag_host(struct detect *d, const struct tag_spec *s, const struct packet *p)
{
	if (d->host_tags)
		tag_host(d->host_tags, s, p);
}

struct addr_bits *
detect_bits(struct detect *d)
{
	return d->bits;
}

/* ---- one packet ---- */

static void
look_at_app(struct detect *d)
{
	const struct app *app = d->now->app;
	struct marks *m = d->now->marks;
	uint8_t known = 0, here = (uint8_t) (MARKS_KNOWN << d->now->p->dir), told = (uint8_t) (MARKS_TOLD << d->now->p->dir);

	d->app_index = -1;
	d->app_bit = 0;
	d->proto_fresh = false;
	if (!app)
		return;
	const struct protocol *p = app->proto ? app->proto : app->before; /* in between two, what is left is of the former */

	if (p && (d->app_index = app_protocol_index(app, p)) >= 0)
		d->app_bit = UINT64_C(1) << d->app_index;
	for (int dir = 0; dir < 2; dir++)
		if (app->seen[dir] || app->status == APP_FAILED || app->status == APP_STOPPED)
			known |= (uint8_t) (MARKS_KNOWN << dir);
	if (m) {
		d->proto_fresh = m->flags & here && !(m->flags & told);
		m->flags |= d->proto_fresh ? told : 0;
		for (int dir = 0; dir < 2; dir++) /* another protocol may have begun */
			if (!(known & MARKS_KNOWN << dir))
				m->flags &= (uint8_t) ~((MARKS_KNOWN | MARKS_TOLD) << dir);
		m->flags |= known;
	}
}

/* A message is complete, or a step of a handshake is: the stream's bytes belong to it and wait for no more. */
static bool
message_complete(const struct ruleset *r, const struct detect_in *in)
{
	const struct app *a = in->app;
	int dir = in->p->dir;
	uint16_t step;

	if (!a || !a->proto || a->proto->keeps_stream || !a->last || !in->app_updated)
		return false;
	for (const struct tx *tx = a->first; tx; tx = tx->next)
		if (!tx->done_seen[dir] && !(tx->only_dir && !(tx->only_dir >> dir & 1)) && tx_final(a, tx, dir))
			return true;
	step = (uint16_t) (a->last->id << 8 | (a->last->progress[dir] + 1));
	if (!in->marks || in->marks->app_step[dir] == step)
		return false;
	in->marks->app_step[dir] = step;
	return !*r->bodies[a->index];
}

/* Where it is kept what was asked of the ends of the packet's flow; NULL: nowhere. An ICMP error belongs to the flow it quotes, and has
 * other ends. */
static struct marks *
asked_of(const struct detect *d)
{
	const struct packet *p = d->now->p;

	return d->now->flow && (p->proto == 6 || p->proto == 17) && d->rules->generation & ASKED_GENERATION ? d->now->marks : NULL;
}

/* As it was asked, or of the other direction: source and destination are a bit each. */
static unsigned
kind_turned(unsigned kind, int dir)
{
	return dir == TO_SERVER ? kind : (kind & 1) << 1 | kind >> 1;
}

/* The kind of the packet. That of a flow's packets does not change. */
static unsigned
kind_of(const struct detect *d, const struct packet *p)
{
	struct marks *m = asked_of(d);
	uint16_t generation = d->rules->generation & ASKED_GENERATION;

	if (!m)
		return ends_of(&d->rules->ends, p);
	if ((m->asked & ASKED_GENERATION) != generation)
		m->asked = (uint16_t) (generation | kind_turned(ends_of(&d->rules->ends, p), p->dir) << ASKED_KIND);
	return kind_turned(m->asked >> ASKED_KIND, p->dir);
}

static enum packet_class
class_of(const struct packet *p)
{
	return p->proto == 6 && p->ip_version ? CLASS_TCP_PACKET : p->proto == 17 && p->ip_version ? CLASS_UDP : CLASS_OTHER;
}

/* Of a packet of one class and of the kind it has: */
static inline const struct packet_group *
group_of(const struct detect *d, enum packet_class c)
{
	return &d->rules->packet[c][d->now->p->dir][d->kind];
}

/* What finds rules for it, and for its stream, is on its way while all else is made ready. */
static void
fetch_finders(const struct detect *d)
{
	enum packet_class c = class_of(d->now->p);

	if (!d->now->p->payload.n)
		return;
	finder_near(group_of(d, c)->payload);
	if (c == CLASS_TCP_PACKET)
		finder_near(group_of(d, CLASS_TCP_STREAM)->payload);
}

static void
begin(struct detect *d, const struct detect_in *in)
{
	const struct packet *p = in->p;

	d->now = in;
	d->n_queue = d->n_later = 0;
	d->ctx.p = p;
	d->ctx.in = in;
	d->ctx.tx = NULL;
	d->ctx.dir = p->dir;
	d->kind = kind_of(d, p);
	fetch_finders(d);
	d->payload = p->flags & (PACKET_NO_PAYLOAD_INSPECT | PACKET_FRAGMENT) ? SPAN_NONE : p->payload;
	if (d->payload.n == 0 && !(p->flags & (PACKET_NO_PAYLOAD_INSPECT | PACKET_FRAGMENT)))
		d->payload = span_of("", 0);
	if (in->stream && message_complete(d->rules, in))
		stream_raw_trigger(in->stream, p->dir);
	d->has_raw = in->stream && in->streams && stream_raw(in->streams, in->stream, p, &d->raw) && d->raw.bytes.n;
	d->ctx.has_payload = d->payload.n || d->has_raw;
	arena_reset(&d->scratch);
	vars_begin(d);
	look_at_app(d);
}

/* Rules without a pattern that name few addresses. Of most flows they name neither end: asked once, after kind_of(). */
static void
find_strangers(struct detect *d, const struct address_table *t)
{
	struct marks *m = asked_of(d);

	if (t && !(m && m->asked & ASKED_STRANGERS) && !addresses_find(t, d->now->p, &d->packet) && m)
		m->asked |= ASKED_STRANGERS;
}

/* Likewise, few ports. */
static void
find_ports(struct detect *d, const struct port_table *t)
{
	struct marks *m = asked_of(d);
	uint16_t portless = (uint16_t) (ASKED_PORTLESS << d->now->p->dir);

	if (t && !(m && m->asked & portless) && !ports_find(t, d->now->p, &d->packet) && m)
		m->asked |= portless;
}

static void
find_candidates(struct detect *d)
{
	const struct packet *p = d->now->p;
	const struct ruleset *r = d->rules;
	enum packet_class c = class_of(p);
	const struct packet_group *g = group_of(d, c);
	const struct finder *stream = c == CLASS_TCP_PACKET ? group_of(d, CLASS_TCP_STREAM)->payload : NULL;

	if (d->payload.n && g->payload)
		finder_run(d, g->payload, d->payload, &d->packet);
	if (stream && d->has_raw)
		finder_run(d, stream, d->raw.bytes, &d->packet);
	if (stream && d->payload.n && !(p->flags & PACKET_STREAM_ADDED))
		finder_run(d, stream, d->payload, &d->packet);
	find_strangers(d, r->rest_by[c]);
	find_ports(d, g->rest_ports);
	for (uint32_t i = 0; i < g->rest.n && p->payload.n <= g->rest_sizes[i].most; i++)
		if (p->payload.n >= g->rest_sizes[i].least)
			candidates_add(&d->packet, g->rest.v[i]);
	if (p->any_event)
		for (uint32_t i = 0; i < r->events.n; i++)
			candidates_add(&d->packet, r->events.v[i]);
}

/* Rules on addresses: once for each direction of a flow, and for packets without one. */
static void
find_addresses(struct detect *d)
{
	const struct packet *p = d->now->p;
	struct marks *m = d->now->flow ? d->now->marks : NULL;

	if (!p->ip_version || p->flags & PACKET_PSEUDO)
		return;
	if (m) {
		uint8_t bit = (uint8_t) (MARKS_IPONLY << p->dir);
		if (m->flags & bit)
			return;
		m->flags |= bit;
	}
	iponly_find(d->rules->iponly, p, &d->packet);
}

/* The transaction that is at hand in the packet's direction: the only one of it that was not yet looked at to its end. */
static struct tx *
only_tx(const struct app *a, int dir)
{
	struct tx *found = NULL;

	for (struct tx *tx = a->first; tx; tx = tx->next) {
		if (tx->done_seen[dir] || (tx->only_dir && !(tx->only_dir >> dir & 1)))
			continue;
		if (found)
			return NULL;
		found = tx;
	}
	return found;
}

/* What the packet's bytes belong to: for a rule on a protocol over UDP, or where the operator wants a guess. Told once. */
static struct tx *
guess_tx(const struct detect *d, const struct sig *s)
{
	const struct app *a = d->now->app;
	bool udp = d->now->p->proto == 17;
	struct tx *tx;

	if (!a || !a->first || !(udp ? s->apps != 0 : d->conf.guess_tx))
		return NULL;
	tx = only_tx(a, d->now->p->dir);
	if (!tx || tx->guessed)
		return NULL;
	tx->guessed = true;
	return tx;
}

void
profile_add(struct detect *d, uint32_t sig, int64_t begin, bool matched)
{
	struct rule_profile *p = &d->profile[sig];
	uint64_t ns = (uint64_t) (clock_monotonic() - begin);

	p->checks++;
	p->matches += matched;
	p->ns += ns;
	if (ns > p->ns_max)
		p->ns_max = ns;
}

void
detect_profile(const struct detect *d, struct rule_profile *sum, uint32_t n)
{
	if (!d->profile || d->rules->n != n)
		return;
	for (uint32_t i = 0; i < n; i++) {
		sum[i].checks += d->profile[i].checks;
		sum[i].matches += d->profile[i].matches;
		sum[i].ns += d->profile[i].ns;
		if (d->profile[i].ns_max > sum[i].ns_max)
			sum[i].ns_max = d->profile[i].ns_max;
	}
}

static bool
rule_look(struct detect *d, uint32_t i)
{
	const struct sig *s = &d->rules->sigs[i];
	bool from_stream = false;
	struct span where = SPAN_NONE;

	d->in.n_captures = 0;
	if (s->flags & SIG_TX) {
		d->later[d->n_later++] = i;
		return false;
	}
	if (!header_match(d, s, false) || !packet_match(d, s))
		return false;
	if (s->flags & SIG_PAYLOAD && !payload_match(d, s, &from_stream, &where))
		return false;
	if (!packet_writes(d, s))
		return false;
	sig_act(d, s, NULL);
	queue_alert(d, i, s->flags & SIG_NOALERT ? NULL : guess_tx(d, s), from_stream, where, d->now->p->proto != 17);
	return true;
}

static void
rule_profiled(struct detect *d, uint32_t i)
{
	int64_t begin = clock_monotonic();

	profile_add(d, i, begin, rule_look(d, i));
}

unsigned
detect_packet(struct detect *d, struct detect_in *in, const struct detect_alert **out)
{
	bool asked = d->explain != NULL; /* at the rule's place in the order */
	uint32_t sig;

	*out = d->out;
	begin(d, in);
	if (!in->marks || !(in->marks->flags & MARKS_PASS)) {
		find_addresses(d);
		find_candidates(d);
		while (candidates_take(&d->packet, &sig)) {
			if (asked && sig >= explain_sig(d->explain)) {
				explain_packet(d);
				asked = false;
			}
			if (d->profile)
				rule_profiled(d, sig);
			else
				rule_look(d, sig);
		}
	}
	if (asked)
		explain_packet(d);
	if (in->app && in->app->first && (in->app_updated || d->n_later))
		tx_run(d);
	if (in->app && in->app->frames[in->p->dir].n && in->app_updated && !(in->marks && in->marks->flags & MARKS_PASS))
		frames_run(d);
	if (d->has_raw)
		stream_raw_done(in->streams, in->stream, in->p->dir, &d->raw);
	if (in->app && in->marks)
		in->marks->app_events |= (uint8_t) in->app->events;
	if (in->marks && in->marks->flags & MARKS_PASS)
		d->n_queue = 0;
	if (((in->marks && in->marks->kept && in->marks->kept->tags) || d->host_tags) && !(in->p->flags & PACKET_PSEUDO))
		in->tagged = tags_count(in->marks, d->pool, d->host_tags, in->p);
	return queue_finish(d, out);
}

void
detect_tx_end(struct detect *d, struct tx *tx)
{
	tx_forget(d, tx);
}

void
detect_flow_end(struct detect *d, struct marks *m, struct app *app)
{
	tags_clear(m, d->pool);
	marks_clear(m, d->pool);
	for (struct tx *tx = app ? app->first : NULL; tx; tx = tx->next)
		tx_forget(d, tx);
}
