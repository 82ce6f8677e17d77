/*
 * drive - an engine, a flow and fields by name, for tests of protocols.
 */
#ifndef TESTS_APP_DRIVE_H
#define TESTS_APP_DRIVE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../../fuzz/app_blanks.h"
#include "engine/app/app.h"

struct drive {
	struct pool *pool;
	struct counters cnt;
	struct diag diag;
	struct conf *conf;
	struct apps *apps;
	struct app *app;
	struct event_facts facts;
	struct arena scratch;
	struct packet p;
};

static inline void
drive_begin_conf(struct drive *d, uint8_t proto, uint16_t server_port, struct conf *conf)
{
	memset(d, 0, sizeof(*d));
	diag_init(&d->diag, 0);
	arena_init(&d->scratch, 0);
	d->conf = conf;
	d->pool = pool_new(64u << 20);
	d->apps = apps_new(&(struct apps_conf) { .conf = conf }, d->pool, &d->cnt, &d->diag);
	assert_non_null(d->apps);
	assert_int_equal(d->diag.errors, 0);
	d->p.proto = proto;
	d->p.ts = INT64_C(1700000000000000000);
	d->p.num = 1;
	d->p.dir = TO_SERVER;
	d->p.sport = 40000;
	d->p.dport = server_port;
}

static inline void
drive_begin(struct drive *d, uint8_t proto, uint16_t server_port)
{
	drive_begin_conf(d, proto, server_port, NULL);
}

/* `step` bytes at a time; 0 = at once. Where the parser says that it will not look, blanks come in their place. */
static inline void
drive_feed(struct drive *d, int dir, struct span s, uint32_t step)
{
	while (s.n) {
		struct span part = span_head(s, step ? step : s.n);

		d->p.num++;
		app_feed(d->apps, &d->app, dir, app_blanked(d->app, dir, part), &d->p, &d->facts);
		s = span_skip(s, part.n);
	}
}

static inline void
drive_end(struct drive *d)
{
	app_eof(d->apps, d->app, TO_SERVER);
	app_eof(d->apps, d->app, TO_CLIENT);
}

static inline struct tx *
drive_tx(struct drive *d, uint64_t id)
{
	struct tx *tx = d->app ? app_tx_find(d->app, id) : NULL;

	assert_non_null(tx);
	return tx;
}

static inline const struct field *
drive_field(const struct tx *tx, const char *name)
{
	const struct field *f = tx->proto->fields;

	while (f->name && strcmp(f->name, name) != 0)
		f++;
	assert_non_null(f->name);
	return f;
}

/* The field's bytes (a body: what is kept), or SPAN_NONE when absent. */
static inline struct span
drive_get(struct drive *d, struct tx *tx, const char *name, int dir, unsigned i)
{
	const struct field *f = drive_field(tx, name);
	struct span s = SPAN_NONE;

	assert_true(f->dirs >> dir & 1);
	if (f->kind == FIELD_BODY)
		return field_body(f, tx, dir, i) ? bytes_span(&field_body(f, tx, dir, i)->data) : SPAN_NONE;
	return f->bytes(tx, dir, i, &d->scratch, &s) ? s : SPAN_NONE;
}

static inline void
drive_is(struct drive *d, uint64_t id, const char *name, int dir, unsigned i, const char *want)
{
	struct span s = drive_get(d, drive_tx(d, id), name, dir, i);

	if (!want) {
		assert_null(s.p);
		return;
	}
	if (!span_eq(s, span_str(want)))
		fail_msg("%s: \"%.*s\", expected \"%s\"", name, (int) s.n, s.p ? (const char *) s.p : "", want);
}

static inline void
drive_number(struct drive *d, uint64_t id, const char *name, int dir, unsigned i, uint64_t want)
{
	struct tx *tx = drive_tx(d, id);
	uint64_t v = ~want;

	assert_true(drive_field(tx, name)->number(tx, dir, i, &v));
	assert_int_equal(v, want);
}

static inline bool
drive_event(struct drive *d, uint64_t id, const char *name)
{
	struct tx *tx = drive_tx(d, id);

	for (unsigned i = 0; tx->proto->events[i].name; i++)
		if (strcmp(tx->proto->events[i].name, name) == 0)
			return tx->events >> i & 1;
	fail_msg("no event is called %s", name);
	return false;
}

/* The log object as text, valid until the next call. */
static inline const char *
drive_log(struct drive *d, uint64_t id)
{
	static char buf[65536];
	struct tx *tx = drive_tx(d, id);
	struct json j;
	struct span s;

	json_init(&j, buf, sizeof(buf) - 1);
	json_object(&j, NULL);
	tx->proto->log(d->app, tx, &j, true);
	s = json_text(&j);
	buf[s.n] = 0;
	return buf;
}

static inline void
drive_has(struct drive *d, uint64_t id, const char *piece)
{
	const char *text = drive_log(d, id);

	if (!strstr(text, piece))
		fail_msg("\"%s\" is not in %s", piece, text);
}

/* Everything is given back to the pool. */
static inline void
drive_clear(struct drive *d)
{
	app_clear(d->apps, &d->app);
	apps_free(d->apps);
	assert_int_equal(pool_used(d->pool), 0);
	pool_free(d->pool);
	arena_clear(&d->scratch);
	diag_clear(&d->diag);
	if (d->conf)
		conf_free(d->conf);
}

#endif
