/*
 * protocol_fake - just enough of app.h to drive one parser by itself: transactions on the heap, no limits.
 *
 * Thread:    the test's.
 * Memory:    heap, so that AddressSanitizer sees every byte.
 * Owns:      everything until fake_end().
 * Not here:  the real framework -> sensor/engine/app/app.c
 */
#ifndef TESTS_PROTOCOL_FAKE_H
#define TESTS_PROTOCOL_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "engine/app/app.h"

struct fake {
	struct app app;
	struct event_facts facts;
	struct tx *all;   /* all transactions, oldest first */
	bool lost[2];
	bool immediately; /* free transactions as soon as they are done */
};

struct tx *
app_tx_new(struct app *a)
{
	struct tx *t = calloc(1, a->proto->tx_size);

	t->proto = a->proto;
	t->id = a->tx_next++;
	t->first_ts = t->last_ts = a->now;
	t->prev = a->last;
	if (a->last)
		a->last->next = t;
	else
		a->first = t;
	a->last = t;
	return t;
}

struct tx *
app_tx_find(struct app *a, uint64_t id)
{
	for (struct tx *t = a->first; t; t = t->next)
		if (t->id == id)
			return t;
	return NULL;
}

void
app_tx_free(struct app *a, struct tx *t)
{
	if (a->proto->tx_clear)
		a->proto->tx_clear(a, t);
	*(t->prev ? &t->prev->next : &a->first) = t->next;
	*(t->next ? &t->next->prev : &a->last) = t->prev;
	free(t);
}

void
app_event(struct app *a, struct tx *t, unsigned event)
{
	if (!t)
		t = a->last ? a->last : app_tx_new(a);
	t->events |= UINT64_C(1) << event;
}

void *
app_take(struct app *a, size_t n)
{
	(void) a;
	return calloc(1, n);
}

void *
app_take_raw(struct app *a, size_t n)
{
	(void) a;
	return malloc(n);
}

void
app_give(struct app *a, void *p, size_t n)
{
	(void) a, (void) n;
	free(p);
}

const void *
app_conf(const struct app *a)
{
	(void) a;
	return NULL;
}

void
app_upgrade(struct app *a, const struct protocol *expected)
{
	a->upgrade = expected;
	a->upgrading = true;
}

void
app_encrypted(struct app *a)
{
	a->no_payload = true; /* encryption-handling: track-only, the default */
}

void
app_flush(struct app *a)
{
	a->flush = true;
}

/* Frames are only counted, by direction. */
void
app_frame_from(struct app *a, int dir, unsigned type, uint64_t offset, uint64_t len, const struct tx *tx)
{
	(void) type, (void) offset, (void) len, (void) tx;
	a->frames[dir].last_id++;
}

void
app_frame(struct app *a, int dir, unsigned type, const uint8_t *at, uint64_t len, const struct tx *tx)
{
	(void) at;
	app_frame_from(a, dir, type, 0, len, tx);
}

void
app_frame_end(struct app *a, int dir, unsigned type, uint64_t offset)
{
	(void) a, (void) dir, (void) type, (void) offset;
}

void
app_frame_tx(struct app *a, int dir, unsigned type, const struct tx *tx)
{
	(void) a, (void) dir, (void) type, (void) tx;
}

bool
app_frames_wanted(const struct app *a)
{
	(void) a;
	return false;
}

const void *
app_state_before(const struct app *a, const char *name)
{
	(void) a, (void) name;
	return NULL;
}

bool
app_speaks(const struct app *a, const struct protocol *p)
{
	(void) a;
	return p != NULL;
}

void
app_becomes(struct app *a, const struct protocol *p, struct tx *tx)
{
	tx->proto = p;
	a->proto = p;
}

void
app_drop(struct app *a, struct bytes *b)
{
	app_give(a, b->p, b->cap);
	*b = (struct bytes) { 0 };
}

void
app_expect(struct app *a, int side, uint16_t port, const struct protocol *p, struct span note)
{
	(void) a, (void) side, (void) port, (void) p, (void) note;
}

int
app_keep(struct app *a, struct bytes *b, struct span s, uint32_t max)
{
	(void) a;
	if (s.n > max || b->n > max - s.n)
		return -1;
	if (s.n == 0)
		return 0;
	b->p = realloc(b->p, b->n + s.n);
	memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
	b->cap = b->n;
	return 0;
}

__attribute__((unused)) static void
fake_begin(struct fake *f, const struct protocol *p)
{
	memset(f, 0, sizeof(*f));
	f->app.proto = p;
	f->app.facts = &f->facts;
	f->app.state = calloc(1, p->state_size ? p->state_size : 1);
}

__attribute__((unused)) static void
fake_prune(struct fake *f)
{
	for (struct tx *t = f->app.first, *next; t; t = next) {
		next = t->next;
		if (tx_done(&f->app, t, 0) && tx_done(&f->app, t, 1))
			app_tx_free(&f->app, t);
	}
}

/* The way the framework does it: what feed() does not take is offered again with what follows. */
__attribute__((unused)) static void
fake_feed(struct fake *f, int dir, struct span s)
{
	const struct protocol *p = f->app.proto;
	struct bytes *carry = &f->app.carry[dir];
	uint32_t max = p->max_record ? p->max_record : 65536;

	if (f->lost[dir] || f->app.stopped[dir])
		return;
	app_keep(&f->app, carry, s, UINT32_MAX);
	while (carry->n) {
		/* a copy of its own, so that reads past the end are seen */
		uint8_t *copy = malloc(carry->n);
		memcpy(copy, carry->p, carry->n);
		int n = p->feed(&f->app, f->app.state, dir, span_of(copy, carry->n));
		free(copy);
		if (n < 0 || (uint32_t) n > carry->n || (n == 0 && carry->n > max)) {
			f->lost[dir] = true;
			carry->n = 0;
		}
		if (n <= 0)
			break;
		bytes_drop(carry, (uint32_t) n);
		if (f->app.stopped[dir])
			break;
	}
	if (f->immediately)
		fake_prune(f);
}

__attribute__((unused)) static void
fake_gap(struct fake *f, int dir, uint32_t n)
{
	const struct protocol *p = f->app.proto;

	if (f->lost[dir] || f->app.stopped[dir])
		return;
	f->app.carry[dir].n = 0;
	if (!p->gap || p->gap(&f->app, f->app.state, dir, n) < 0)
		f->lost[dir] = true;
}

__attribute__((unused)) static void
fake_eof(struct fake *f)
{
	for (int d = 0; d < 2; d++)
		if (f->app.proto->eof)
			f->app.proto->eof(&f->app, f->app.state, d);
}

__attribute__((unused)) static void
fake_end(struct fake *f)
{
	while (f->app.first)
		app_tx_free(&f->app, f->app.first);
	if (f->app.proto->clear)
		f->app.proto->clear(&f->app, f->app.state);
	free(f->app.state);
	free(f->app.carry[0].p);
	free(f->app.carry[1].p);
}

/* "{...}" of a transaction, in buf, NUL-terminated. */
__attribute__((unused)) static const char *
fake_log(const struct fake *f, const struct tx *tx, char *buf, uint32_t cap)
{
	struct json j;
	struct span s;

	json_init(&j, buf, cap - 1);
	json_object(&j, NULL);
	f->app.proto->log(&f->app, tx, &j, true);
	s = json_text(&j);
	buf[s.n] = 0;
	return buf;
}

__attribute__((unused)) static const struct field *
fake_field(const struct protocol *p, const char *name)
{
	each_field(f, p)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

/* Every field of every transaction is asked for, and every log written: for fuzzing and for sanitizers. */
__attribute__((unused)) static void
fake_touch(struct fake *f, struct arena *scratch)
{
	static char buf[65536];
	volatile uint64_t sum = 0;

	for (struct tx *t = f->app.first; t; t = t->next) {
		each_field(d, t->proto)
			for (int dir = 0; dir < 2; dir++) {
				unsigned missing = 0; /* in a row: a list ends, after which asking on only costs time */

				for (unsigned i = 0; i < 40 && missing < 3; i++) {
					struct span s;
					uint64_t v;

					missing++;
					if (d->bytes && d->bytes(t, dir, i, scratch, &s)) {
						missing = 0;
						for (uint32_t k = 0; k < s.n; k++)
							sum += s.p[k];
					}
					if (d->number && d->number(t, dir, i, &v)) {
						missing = 0;
						sum += v;
					}
					struct body *b = field_body(d, t, dir, i);
					for (uint32_t k = 0; b && k < b->data.n; k++)
						sum += b->data.p[k];
				}
			}
		fake_log(f, t, buf, sizeof(buf));
		arena_reset(scratch);
	}
}

/* ---- an exchange, cut into pieces ---- */

struct exchange {
	int dir;
	struct span bytes;
};

/* Hex digits, blanks ignored, into buf. */
__attribute__((unused)) static struct span
unhex(const char *hex, uint8_t *buf, size_t cap)
{
	size_t n = 0;
	int hi = -1;

	for (; *hex && n < cap; hex++) {
		int v = *hex >= '0' && *hex <= '9' ? *hex - '0' : *hex >= 'a' && *hex <= 'f' ? *hex - 'a' + 10 : -1;
		if (v < 0)
			continue;
		if (hi < 0) {
			hi = v;
		} else {
			buf[n++] = (uint8_t) (hi << 4 | v);
			hi = -1;
		}
	}
	return span_of(buf, n);
}

/* Feeds the exchange, each message in pieces: cut = 0 whole, k > 0 in two at byte k, -1 byte by byte. */
__attribute__((unused)) static void
fake_feed_all(struct fake *f, const struct exchange *x, unsigned n, int cut)
{
	for (unsigned i = 0; i < n; i++) {
		struct span s = x[i].bytes;

		if (cut < 0) {
			for (uint32_t k = 0; k < s.n; k++)
				fake_feed(f, x[i].dir, span_of(s.p + k, 1));
		} else {
			fake_feed(f, x[i].dir, span_head(s, cut ? (uint32_t) cut : s.n));
			if (cut && (uint32_t) cut < s.n)
				fake_feed(f, x[i].dir, span_skip(s, (uint32_t) cut));
		}
	}
}

/* The logs of all transactions of the exchange, fed with the cut, one a line, go to buf. */
__attribute__((unused)) static const char *
fake_run(const struct protocol *p, const struct exchange *x, unsigned n, int cut, char *buf, size_t cap)
{
	struct fake f;
	size_t used = 0;

	fake_begin(&f, p);
	fake_feed_all(&f, x, n, cut);
	for (struct tx *t = f.app.first; t; t = t->next) {
		fake_log(&f, t, buf + used, (uint32_t) (cap - used - 64));
		used += strlen(buf + used);
		used += (size_t) snprintf(buf + used, 64, " %u %u %llx\n", t->progress[0], t->progress[1], (unsigned long long) t->events);
	}
	buf[used] = 0;
	fake_end(&f);
	return buf;
}

/* The same whatever the cut; returns the result. */
__attribute__((unused)) static const char *
fake_run_all_cuts(const struct protocol *p, const struct exchange *x, unsigned n)
{
	static char whole[65536], cut[65536];
	uint32_t longest = 0;

	for (unsigned i = 0; i < n; i++)
		if (x[i].bytes.n > longest)
			longest = x[i].bytes.n;
	fake_run(p, x, n, 0, whole, sizeof(whole));
	assert_string_equal(fake_run(p, x, n, -1, cut, sizeof(cut)), whole);
	for (uint32_t k = 1; k < longest; k++)
		assert_string_equal(fake_run(p, x, n, (int) k, cut, sizeof(cut)), whole);
	return whole;
}

#define FAKE_N(a) ((unsigned) (sizeof(a) / sizeof((a)[0])))

/* The same with messages in hex digits. */
__attribute__((unused)) static const char *
fake_run_hex(const struct protocol *p, const char *const *hex, const uint8_t *dirs, unsigned n)
{
	static uint8_t buf[16][2048];
	struct exchange x[16];

	for (unsigned i = 0; i < n && i < 16; i++)
		x[i] = (struct exchange) { dirs[i], unhex(hex[i], buf[i], sizeof(buf[i])) };
	return fake_run_all_cuts(p, x, n);
}

#endif
