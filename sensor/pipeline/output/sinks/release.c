/*
 * release - what each party may see of incidents, in a stream of its own: see casus-redis(7), "Partners".
 *
 * It reads the journal as redis.c does, with a connection and a place of its own. A round is some records: what parties get of
 * them is sent, and when all of it was answered the place is noted in Redis (`released` of the sensor's state). A round that
 * was cut off is sent again; the streams take each record once.
 */
#include <jansson.h>

#include <event2/event.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/log.h"
#include "pipeline/legal/release.h"
#include "pipeline/output/redis_auth.h"
#include "pipeline/output/redis_link.h"
#include "pipeline/output/redis_tls.h"
#include "pipeline/output/release_send.h"
#include "pipeline/output/sink.h"

#define ROUND_RECORDS 2000 /* of the journal */
#define ROUND_COMMANDS 64  /* after so many no further record is begun */

enum phase { AWAY, GREETING, ASKING, READY, SENDING, NOTING };

struct release_sink {
	const struct sink_env *env;
	struct redis_names names;
	struct redis_link *link;
	struct redis_tls *tls;
	struct journal_cursor *cursor;
	struct effects effects;
	struct packs packs;
	char password[REDIS_PASSWORD_MAX];
	enum phase phase;
	unsigned open;           /* answers still to come in this round */
	uint64_t read_seq, acked;
	uint64_t released, there, errors;
	bool told_away;
};

static bool
release_wanted(const struct output_conf *c)
{
	return c->redis_release && redis_wanted(c);
}

static uint64_t
last_seq(const struct release_sink *s)
{
	return journal_next_seq(s->env->journal) - 1;
}

static void
command(struct release_sink *s, const struct span *args, unsigned n, enum phase next)
{
	s->phase = next;
	if (redis_link_command(s->link, args, n) < 0)
		redis_link_fail(s->link, "cannot send");
}

static void
state_command(struct release_sink *s, const char *verb, const char *value, enum phase next)
{
	char key[REDIS_KEY_MAX];
	struct span args[4] = { span_str(verb), SPAN_NONE, SPAN_LIT("released"), SPAN_NONE };

	redis_key(key, &s->names, s->names.sensor, "state");
	args[1] = span_str(key);
	args[3] = span_str(value);
	command(s, args, value ? 4 : 3, next);
}

static void
note(struct release_sink *s)
{
	char place[96];

	snprintf(place, sizeof place, "%s %llu", journal_epoch(s->env->journal), (unsigned long long) s->read_seq);
	state_command(s, "HSET", place, NOTING);
}

static void
on_up(void *arg)
{
	struct release_sink *s = arg;
	struct span args[REDIS_AUTH_ARGS];

	s->open = 0;
	if (s->password[0])
		command(s, args, redis_auth(args, s->env->conf, s->password), GREETING);
	else
		state_command(s, "HGET", NULL, ASKING);
}

static void
on_down(void *arg, const char *why)
{
	struct release_sink *s = arg;

	s->phase = AWAY;
	s->open = 0;
	if (s->told_away)
		log_debug("release", "still away: %s", why);
	else
		log_warning("release", "away: %s; %llu records wait in the journal", why, (unsigned long long) (last_seq(s) - s->acked));
	s->told_away = true;
}

static int
send_to(struct release_sink *s, const struct party *p, const struct release_view *view, const struct journal_record *r)
{
	struct release_command c;
	struct release_item item = { .party = p->id, .source = s->names.sensor, .epoch = journal_epoch(s->env->journal), .number = r->seq,
		.type = r->type, .eid = r->eid };
	char *text = release_view_text(view, p);
	int n = 0;

	if (text) {
		item.json = span_str(text);
		n = release_command(&c, &s->names, &item);
		if (n > 0 && redis_link_command(s->link, c.args, (unsigned) n) < 0)
			n = E_AGAIN;
		s->open += n > 0;
	}
	free(text);
	return n < 0 ? n : 0;
}

static int
send_record(struct release_sink *s, const struct journal_record *r)
{
	struct release_view *view;
	json_t *record;
	int rc = 0;

	if (!r->incident.n || !release_is_about(&s->packs, r->type))
		return 0;
	record = json_loadb((const char *) r->json.p, r->json.n, 0, NULL);
	view = record ? release_view_new(&s->packs, record, NULL) : NULL;
	for (uint32_t i = 0; view && rc == 0 && i < s->packs.n_parties; i++)
		rc = send_to(s, &s->packs.party[i], view, r);
	release_view_free(view);
	json_decref(record);
	return rc;
}

static void
gather(struct release_sink *s)
{
	uint64_t from = s->read_seq;
	struct journal_record r;

	if (s->phase != READY)
		return;
	for (unsigned n = 0; n < ROUND_RECORDS && s->open < ROUND_COMMANDS && journal_read(s->cursor, &r) == 1; n++) {
		s->read_seq = r.seq;
		if (send_record(s, &r) < 0) {
			redis_link_fail(s->link, "cannot send");
			return;
		}
	}
	if (s->open)
		s->phase = SENDING;
	else if (s->read_seq != from)
		note(s);
}

/* "EPOCH SEQ": goes on behind it; another epoch or nothing: from the oldest record on. */
static void
place_answer(struct release_sink *s, const redisReply *r)
{
	const char *epoch = journal_epoch(s->env->journal);
	size_t n = strlen(epoch);
	uint64_t seq = journal_first_seq(s->env->journal) - 1;

	if (r->type == REDIS_REPLY_STRING && strncmp(r->str, epoch, n) == 0 && r->str[n] == ' ')
		seq = strtoull(r->str + n + 1, NULL, 10);
	if (seq > last_seq(s)) /* from a later time than the journal: nothing can be told, begin anew */
		seq = journal_first_seq(s->env->journal) - 1;
	s->read_seq = s->acked = seq;
	journal_seek_seq(s->cursor, seq + 1);
	s->phase = READY;
	if (s->told_away)
		log_notice("release", "connected");
	s->told_away = false;
	gather(s);
}

static void
on_reply(void *arg, const redisReply *r)
{
	struct release_sink *s = arg;

	if (r->type == REDIS_REPLY_ERROR || s->phase == AWAY || s->phase == READY) {
		s->errors++;
		counter_inc(s->env->cnt, C_REDIS_ERRORS);
		redis_link_fail(s->link, r->type == REDIS_REPLY_ERROR ? r->str : "an answer nobody asked for");
		return;
	}
	if (s->phase == GREETING) {
		state_command(s, "HGET", NULL, ASKING);
	} else if (s->phase == ASKING) {
		place_answer(s, r);
	} else if (s->phase == SENDING) {
		s->released += r->type == REDIS_REPLY_INTEGER && r->integer == 1;
		s->there += r->type == REDIS_REPLY_INTEGER && r->integer == 0;
		if (--s->open == 0)
			note(s);
	} else {
		s->acked = s->read_seq;
		s->phase = READY;
		redis_link_settled(s->link);
		gather(s);
	}
}

static void
release_close(void *self)
{
	struct release_sink *s = self;

	redis_link_free(s->link);
	redis_tls_free(s->tls);
	journal_cursor_free(s->cursor);
	packs_clear(&s->packs);
	effects_clear(&s->effects);
	explicit_bzero(s->password, sizeof s->password);
	free(s);
}

static int
rules_read(const struct output_conf *c, struct packs *p, struct effects *e, struct diag *d)
{
	if (!c->packs || !c->effects) {
		diag_error(d, "redis.release", 0, 0, "needs packs and effects");
		return E_ARG;
	}
	if (effects_read(e, c->effects, d) < 0 || packs_read(p, c->packs, e, d) < 0)
		return E_BAD;
	if (p->release)
		return 0;
	diag_error(d, c->packs, 0, 0, "redis.release is on, and no file of kind release says what may be released");
	return E_NOENT;
}

/* After a reload the packs may be others; those that are not good are not taken. */
static void
release_facts(void *self, struct span pairs)
{
	struct release_sink *s = self;
	struct packs packs = { 0 };
	struct effects effects = { 0 };
	struct diag d;

	if (memmem(pairs.p, pairs.n, s->packs.hash, strlen(s->packs.hash)))
		return;
	diag_init(&d, 0);
	if (rules_read(s->env->conf, &packs, &effects, &d) == 0) {
		packs_clear(&s->packs);
		effects_clear(&s->effects);
		s->packs = packs;
		s->effects = effects;
		s->packs.words.effects = &s->effects;
	} else {
		log_error("release", "the new packs are not taken for release: errors=%u", d.errors);
		packs_clear(&packs);
		effects_clear(&effects);
	}
	diag_clear(&d);
}

static void *
release_open(const struct sink_env *env, struct diag *d)
{
	const struct output_conf *c = env->conf;
	struct release_sink *s = calloc(1, sizeof *s);
	struct redis_link_conf lc = { .loop = env->loop, .socket = c->redis_socket, .host = c->redis_host, .port = (uint16_t) c->redis_port,
		.timeout = c->redis_timeout, .connect_timeout = c->redis_connect_timeout, .seed = hash_bytes(c->sensor, strlen(c->sensor), 2), .arg = s, .up = on_up, .reply = on_reply,
		.down = on_down };

	if (!s)
		return NULL;
	s->env = env;
	s->names = (struct redis_names) { .prefix = c->redis_prefix, .sensor = c->sensor, .maxlen = c->redis_maxlen, .fresh = c->fresh_journal };
	s->read_seq = s->acked = journal_first_seq(env->journal) - 1;
	if (!env->loop)
		diag_error(d, "redis.release", 0, 0, "needs an event loop");
	else if (rules_read(c, &s->packs, &s->effects, d) == 0 && redis_password(s->password, c, d) == 0 && (!c->redis_tls || (s->tls = redis_tls_new(c, d)))) {
		lc.tls = s->tls;
		s->cursor = journal_cursor_new(env->journal);
		s->link = redis_link_new(&lc);
		if (s->cursor && s->link) {
			redis_link_start(s->link);
			return s;
		}
	}
	release_close(s);
	return NULL;
}

static void
release_turn(void *self)
{
	gather(self);
}

static bool
release_drained(const void *self)
{
	const struct release_sink *s = self;

	return s->acked == last_seq(s);
}

static uint64_t
release_acked(const void *self)
{
	return ((const struct release_sink *) self)->acked;
}

static void
release_status(const void *self, struct json *j)
{
	const struct release_sink *s = self;

	json_bool(j, "connected", s->phase >= READY);
	json_u64(j, "backlog", last_seq(s) - s->acked);
	json_u64(j, "written", s->released);
	json_u64(j, "already_there", s->there);
	json_u64(j, "errors", s->errors);
}

const struct sink sink_release = { .name = "release", .help = "what each party may see, in its own Redis stream", .wanted = release_wanted,
	.open = release_open, .turn = release_turn, .drained = release_drained, .acked = release_acked, .facts = release_facts,
	.status = release_status, .close = release_close };
