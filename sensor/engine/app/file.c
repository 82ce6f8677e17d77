#include "engine/app/file.h"

#include <magic.h>

#include "engine/app/inner.h"

#define MAGIC_MIN 512u  /* bytes; of fewer nothing is said before the file is over */

/* ---- what is asked ---- */

/* libmagic may be asked for the first time by rules that are loaded while packets come: its table is mapped then, once. */
static void
magic_ready(struct apps *e)
{
	if (e->magic || e->magic_failed)
		return;
	e->magic = magic_open(MAGIC_ERROR | MAGIC_NO_CHECK_COMPRESS);
	if (e->magic && magic_load(e->magic, e->magic_file) == 0)
		return;
	if (e->magic)
		magic_close(e->magic);
	e->magic = NULL;
	e->magic_failed = true;
	counter_inc(e->cnt, C_FILE_NO_MAGIC);
}

void
apps_want_files(struct apps *e, const struct files_conf *conf)
{
	e->files = *conf;
	if (conf->want & FILE_WANT_MAGIC)
		magic_ready(e);
}

void
apps_on_file(struct apps *e, bool (*fn)(void *arg, const struct file *f, struct span bytes), void *arg)
{
	e->file_bytes = fn;
	e->file_arg = arg;
}

void
files_close(struct apps *e)
{
	if (e->magic)
		magic_close(e->magic);
	e->magic = NULL;
}

/* ---- one file ---- */

static unsigned
digests(const struct file *f)
{
	unsigned n = 0;

	for (unsigned k = 0; k < HASH_KINDS; k++)
		n += (f->want & FILE_WANT(k)) != 0;
	return n;
}

static uint8_t
store_of(const struct app *a, const struct tx *tx, const struct files_conf *c, int dir)
{
	if (!c->store)
		return FILE_STORE_NO;
	if (c->store_all || (a->keep_files | tx->keep_files) >> dir & 1)
		return FILE_STORE_YES;
	return c->store_rules ? FILE_STORE_ASK : FILE_STORE_NO;
}

void
file_begin(struct app *a, const struct tx *tx, struct body *b, int dir)
{
	const struct files_conf *c = a->asked;
	struct file *f;
	unsigned n;

	if (!c || b->file || b->total || (!c->want && !c->store) || !(f = app_take(a, sizeof(*f))))
		return;
	b->file = f;
	f->app = a;
	f->number = ++a->files;
	f->want = (uint8_t) c->want;
	f->store = store_of(a, tx, c, dir);
	a->storing |= f->store == FILE_STORE_YES;
	if (f->store == FILE_STORE_YES && !c->store_all)
		f->sid[f->sids++] = tx->keep_files >> dir & 1 ? tx->keep_sid : a->keep_sid;
	if (!(n = digests(f)))
		return;
	if (!(f->state = app_take(a, n * sizeof(*f->state)))) {
		f->want &= FILE_WANT_MAGIC;
		return;
	}
	struct hash_stream *s = f->state;
	for (unsigned k = 0; k < HASH_KINDS; k++)
		if (f->want & FILE_WANT(k))
			hash_begin(s++, k);
}

void
file_free(struct app *a, struct file *f)
{
	if (!f)
		return;
	app_give(a, f->state, digests(f) * sizeof(*f->state));
	app_drop(a, &f->head);
	app_drop(a, &f->held);
	app_drop(a, &f->magic);
	app_give(a, f, sizeof(*f));
}

/* ---- its bytes ---- */

static void
hand_on(struct file *f, struct span s)
{
	struct apps *e = f->app->engine;

	if (s.n && f->store == FILE_STORE_YES && !(e->file_bytes && e->file_bytes(e->file_arg, f, s)))
		f->store = FILE_STORE_LOST;
}

static void
hold(struct file *f, struct span s)
{
	if (app_keep(f->app, &f->held, s, FILE_HELD_MAX) == 0)
		return;
	counter_inc(f->app->engine->cnt, C_FILE_NOT_HELD);
	app_drop(f->app, &f->held);
	f->store = FILE_STORE_LOST;
}

/* A file that is stored may be longer than rules look: the store has a depth of its own. */
static uint64_t
limit_of(const struct file *f, uint64_t limit)
{
	return f->store == FILE_STORE_YES ? f->app->engine->files.depth : f->whole ? 0 : limit;
}

void
file_take(struct file *f, struct span s, uint64_t limit)
{
	struct hash_stream *state = f->state;

	limit = limit_of(f, limit);
	if (f->ended || f->cut)
		return;
	if (limit && f->size + s.n > limit) {
		f->cut = true;
		s = span_head(s, limit > f->size ? (uint32_t) (limit - f->size) : 0);
	}
	f->size += s.n;
	for (unsigned k = 0; k < HASH_KINDS; k++)
		if (f->want & FILE_WANT(k))
			hash_add(state++, k, s);
	if (f->want & FILE_WANT_MAGIC && f->head.n < FILE_HEAD && !f->magic.n)
		app_keep(f->app, &f->head, span_head(s, FILE_HEAD - f->head.n), FILE_HEAD);
	if (f->store == FILE_STORE_ASK)
		hold(f, s);
	else
		hand_on(f, s);
}

void
file_keep(struct file *f, uint32_t sid)
{
	bool known = false;

	if (!f || f->store == FILE_STORE_NO)
		return;
	for (uint32_t i = 0; i < f->sids; i++)
		known |= f->sid[i] == sid;
	if (!known && f->sids < FILE_SIDS)
		f->sid[f->sids++] = sid;
	if (f->store != FILE_STORE_ASK)
		return;
	f->store = FILE_STORE_YES;
	f->app->storing = true;
	hand_on(f, bytes_span(&f->held));
	app_drop(f->app, &f->held);
}

void
file_keep_flow(struct app *a, uint8_t dirs, uint32_t sid)
{
	if (!a || a->shared || !a->engine->files.store)
		return;
	a->keep_files |= dirs;
	a->keep_sid = sid;
}

/* ---- what is told of it ---- */

static void
end(struct file *f)
{
	struct hash_stream *state = f->state;

	for (unsigned k = 0; k < HASH_KINDS && !f->ended; k++)
		if (f->want & FILE_WANT(k))
			hash_end(state++, k, f->digest[k]);
	f->ended = true;
}

void
file_tell(const struct body *b, bool whole, struct app_file *out)
{
	const struct file *f = b->file;

	out->f = b->file;
	out->size = f && !b->gap ? f->size : b->limit && b->total > b->limit ? b->limit : b->total;
	out->closed = whole && !b->gap && !(f ? f->cut : b->limit && b->total > b->limit);
	out->gaps = b->gap;
}

const uint8_t *
file_digest(const struct app_file *t, enum hash_kind kind)
{
	if (!t->f || !t->closed || !(t->f->want & FILE_WANT(kind)))
		return NULL;
	end(t->f);
	return t->f->digest[kind];
}

bool
file_magic(const struct app_file *t, bool over, struct span *out)
{
	struct file *f = t->f;
	const char *text;

	if (!f || !(f->want & FILE_WANT_MAGIC) || !f->app->engine->magic)
		return false;
	if (!f->magic.n && f->head.n && (f->head.n >= MAGIC_MIN || t->closed || over)) {
		text = magic_buffer(f->app->engine->magic, f->head.p, f->head.n);
		if (text)
			app_keep(f->app, &f->magic, span_str(text), MAGIC_TEXT_MAX);
		app_drop(f->app, &f->head);
		f->want &= text && f->magic.n ? 0xff : (uint8_t) ~FILE_WANT_MAGIC;
	}
	*out = bytes_span(&f->magic);
	return out->n > 0;
}

bool
file_magic_field(const struct tx *tx, int dir, unsigned index, struct arena *scratch, struct span *out)
{
	struct app_file t;

	return tx->proto->file && tx->proto->file(tx, dir, index, &t) && file_magic(&t, false, out);
}
