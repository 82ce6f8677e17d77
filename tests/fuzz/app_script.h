/*
 * app_script - a flow as a script of bytes, for fuzz targets of protocols.
 *
 * Bytes: [0] bit 0 UDP, bit 1 midstream, bit 2 nobody looks; [1] server port: index into ports[]; then steps: one byte op, two bytes
 * length n, n bytes. op & 1 = direction; op >> 1 & 7: 0-4 feed, 5 gap of n bytes, 6 eof, 7 look and prune. At every
 * look each field of each transaction is read and each log record is written; where nobody looks, what is complete goes after
 * each step. At the end nothing may be left.
 */
#ifndef TESTS_FUZZ_APP_SCRIPT_H
#define TESTS_FUZZ_APP_SCRIPT_H

#include <assert.h>
#include <stdlib.h>

#include "app_blanks.h"
#include "engine/app/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct app_script {
	struct pool *pool;
	struct counters cnt;
	struct apps *apps;
	struct arena scratch;
	struct app *app;
	struct event_facts facts;
	struct packet p;
	bool unseen; /* nobody looks */
	size_t idle; /* bytes of the pool in use without a flow */
	volatile uint64_t sum;
};

static struct app_script script;

/* The leak checker does not look into the pool's mapping, where pointers to settings on the heap are. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

static inline void
script_setup(void)
{
	struct apps_conf conf = { 0 };
	struct diag d;

	if (script.pool)
		return;
	diag_init(&d, 0);
	script.pool = pool_new(64u << 20);
	if (__lsan_disable)
		__lsan_disable();
	script.apps = apps_new(&conf, script.pool, &script.cnt, &d);
	if (__lsan_enable)
		__lsan_enable();
	assert(script.apps && d.errors == 0);
	arena_init(&script.scratch, 64u << 20);
	script.idle = pool_used(script.pool);
	diag_clear(&d);
}

static inline void
script_want(bool unseen)
{
	static const struct files_conf nothing = { .no_looks = true, .no_bodies = true, .no_heads = true },
	    much = { .want = FILE_WANT(HASH_MD5), .store = true, .store_rules = true };

	script.unseen = unseen;
	apps_want_files(script.apps, unseen ? &nothing : &much);
}

static inline void
script_touch(struct span s)
{
	for (uint32_t i = 0; i < s.n; i++)
		script.sum += s.p[i];
}

static inline void
script_field(const struct field *f, struct tx *tx, int dir)
{
	struct span s;
	uint64_t v, at;

	for (unsigned i = 0; i < 1024; i++) {
		bool more = false;

		if (f->kind == FIELD_NUMBER && f->number) {
			more = f->number(tx, dir, i, &v) && f->multi;
		} else if (f->kind == FIELD_BODY) {
			struct body *b = field_body(f, tx, dir, i);

			more = b != NULL;
			if (b && body_view(b, tx->progress[dir] >= tx->proto->done[dir], &s, &at)) {
				script_touch(s);
				body_looked(b, tx->progress[dir] >= tx->proto->done[dir]);
			}
		} else if (f->bytes && f->bytes(tx, dir, i, &script.scratch, &s)) {
			script_touch(s);
			more = f->kind == FIELD_MULTI;
		}
		if (!more)
			return;
		if (i % 64 == 63)
			arena_reset(&script.scratch);
	}
}

static inline void
script_files(struct tx *tx, int dir)
{
	struct app_file f;

	for (unsigned i = 0; tx->proto->file && tx->proto->file(tx, dir, i, &f); i++) {
		script_touch(f.name);
		if (file_digest(&f, HASH_MD5))
			script_touch(span_of(file_digest(&f, HASH_MD5), hash_size[HASH_MD5]));
		if (f.size & 1)
			file_keep(f.f, 1);
	}
}

static inline void
script_look(void)
{
	static char buf[65536];
	struct app *a = script.app;

	if (script.unseen) {
		if (a && !a->shared)
			app_let_go(a);
		app_settle(script.apps, &script.app);
		return;
	}
	for (struct tx *tx = a ? a->first : NULL; tx; tx = tx->next) {
		struct json j;

		each_field(f, tx->proto)
			for (int dir = 0; dir < 2; dir++)
				if ((f->dirs >> dir & 1) && tx->progress[dir] >= f->progress[dir])
					script_field(f, tx, dir);
		for (int dir = 0; dir < 2; dir++)
			script_files(tx, dir);
		json_init(&j, buf, sizeof(buf));
		json_object(&j, NULL);
		if (tx->proto->log)
			tx->proto->log(a, tx, &j, tx->id & 1);
		script_touch(json_text(&j));
		tx->logged = true;
		for (int dir = 0; dir < 2; dir++)
			tx->done_seen[dir] = tx_final(a, tx, dir);
		arena_reset(&script.scratch);
	}
	app_prune(script.apps, a);
	app_settle(script.apps, &script.app);
}

static inline void
script_step(uint8_t op, struct span s)
{
	int dir = op & 1;
	bool was;

	script.p.num++;
	script.p.ts += 1000000;
	switch (op >> 1 & 7) {
	case 5:
		app_gap(script.apps, &script.app, dir, s.n, &script.p);
		break;
	case 6:
		app_eof(script.apps, script.app, dir);
		break;
	case 7:
		script_look();
		break;
	default:
		app_feed(script.apps, &script.app, dir, app_blanked(script.app, dir, s), &script.p, &script.facts);
		break;
	}
	was = script.app && script.app->reversed;
	if (was)
		script.app->reversed = false;
	if (script.unseen)
		script_look();
}

/* proto and port < 0: the script's own. */
static inline int
script_run(const uint8_t *data, size_t size, int proto, int port)
{
	static const uint16_t ports[] = { 0, 80, 53, 443, 445, 22, 25, 502, 2404, 20000, 123, 67, 5060, 1883, 161, 21 };
	struct rd r = rd_of(span_of(data, size));
	uint8_t flags, at;

	script_setup();
	flags = rd_u8(&r);
	script_want(flags >> 2 & 1);
	at = rd_u8(&r) % (sizeof(ports) / sizeof(ports[0]));
	memset(&script.p, 0, sizeof(script.p));
	script.p.proto = proto >= 0 ? (uint8_t) proto : flags & 1 ? 17 : 6;
	script.p.flags = flags & 2 ? PACKET_MIDSTREAM : 0;
	script.p.sport = 40000;
	script.p.dport = port >= 0 ? (uint16_t) port : ports[at];
	script.p.ts = INT64_C(1700000000000000000);
	while (rd_left(&r) >= 3 && !r.bad) {
		uint8_t op = rd_u8(&r);
		uint16_t n = rd_u16(&r);

		script_step(op, rd_span(&r, n < rd_left(&r) ? n : rd_left(&r)));
	}
	app_eof(script.apps, script.app, TO_SERVER);
	app_eof(script.apps, script.app, TO_CLIENT);
	script_look();
	app_clear(script.apps, &script.app);
	assert(pool_used(script.pool) == script.idle);
	return 0;
}

#endif
