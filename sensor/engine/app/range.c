/*
 * range - where the bytes of a piece go, and when a file is complete.
 */
#include "engine/app/range.h"

#include "engine/app/inner.h"

struct run {
	uint64_t from, to;
};

struct range_file {
	struct range_file *next;
	uint64_t key[2], total;
	int64_t touched;
	uint32_t users;      /* pieces on their way */
	uint32_t runs;
	bool given_up;       /* out of the list: nothing more is taken, the last piece frees it */
	struct run have[RANGE_HAVE]; /* in order, none touches the next */
	uint8_t **page;
};

void
range_read(struct span value, int64_t v[static 3])
{
	unsigned k = 0;

	v[0] = v[1] = v[2] = -1;
	for (uint32_t i = 0; i < value.n && k < 3; i++) {
		bool digit = value.p[i] >= '0' && value.p[i] <= '9';

		if (digit && v[k] < INT64_MAX / 20)
			v[k] = (v[k] < 0 ? 0 : v[k] * 10) + (value.p[i] - '0');
		else if (!digit && (value.p[i] == '-' || value.p[i] == '/'))
			k++;
	}
}

static uint32_t
pages_of(const struct range_file *f)
{
	return (uint32_t) ((f->total + RANGE_PAGE - 1) / RANGE_PAGE);
}

static uint64_t
cost_of(const struct range_file *f)
{
	return sizeof(*f) + pages_of(f) * sizeof(*f->page);
}

static void
pages_free(struct apps *e, struct range_file *f)
{
	for (uint32_t i = 0; f->page && i < pages_of(f); i++)
		if (f->page[i]) {
			pool_give(e->pool, f->page[i], RANGE_PAGE);
			e->ranges.held -= RANGE_PAGE;
		}
	if (f->page)
		pool_give(e->pool, f->page, pages_of(f) * sizeof(*f->page));
	f->page = NULL;
}

static void
file_gone(struct apps *e, struct range_file *f)
{
	if (f->users)
		return;
	e->ranges.held -= cost_of(f);
	pool_give(e->pool, f, sizeof(*f));
}

/* Takes it out of the list; its bytes go now, the rest with the last piece. */
static void
give_up(struct apps *e, struct range_file *f)
{
	struct range_file **at = &e->ranges.first;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	e->ranges.files--;
	f->given_up = true;
	pages_free(e, f);
	file_gone(e, f);
}

static struct range_file *
oldest(const struct apps *e, const struct range_file *but)
{
	struct range_file *last = NULL;

	for (struct range_file *f = e->ranges.first; f; f = f->next)
		if (f != but)
			last = f;
	return last;
}

/* Room for n bytes more, at the cost of others. */
static bool
make_room(struct apps *e, uint64_t n, const struct range_file *but)
{
	uint64_t quarter = pool_ceiling(e->pool) / 4, limit = e->ranges.conf.memcap < quarter ? e->ranges.conf.memcap : quarter;
	struct range_file *old;

	while (e->ranges.held + n > limit && (old = oldest(e, but)))
		give_up(e, old);
	return e->ranges.held + n <= limit;
}

static void
to_front(struct apps *e, struct range_file *f, int64_t now)
{
	struct range_file **at = &e->ranges.first;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	f->next = e->ranges.first;
	e->ranges.first = f;
	f->touched = now;
}

static struct range_file *
file_new(struct apps *e, const uint64_t key[2], uint64_t total)
{
	struct range_file head = { .key = { key[0], key[1] }, .total = total }, *f;

	if (e->ranges.files == RANGE_FILES)
		give_up(e, oldest(e, NULL));
	if (!make_room(e, cost_of(&head) + RANGE_PAGE, NULL) || !(f = pool_take(e->pool, sizeof(*f))))
		return NULL;
	*f = head;
	f->page = pool_ztake(e->pool, pages_of(f) * sizeof(*f->page));
	if (!f->page) {
		pool_give(e->pool, f, sizeof(*f));
		return NULL;
	}
	f->next = e->ranges.first;
	e->ranges.first = f;
	e->ranges.files++;
	e->ranges.held += cost_of(f);
	return f;
}

/* Without its port: who asks over two connections may name it once and not the other time. */
static struct span
bare(struct span host)
{
	uint32_t n = host.n;

	while (n && host.p[n - 1] >= '0' && host.p[n - 1] <= '9')
		n--;
	return n && host.p[n - 1] == ':' ? span_head(host, n - 1) : host;
}

void
range_begin(struct app *a, struct range_piece *p, struct span host, struct span path, const int64_t v[static 3])
{
	struct apps *e = a->engine;
	uint64_t start = (uint64_t) v[0], end = (uint64_t) v[1], total = (uint64_t) v[2];
	uint64_t key[2];
	struct range_file *f, *old;

	if (p->file || v[0] < 0 || v[1] < v[0] || v[2] < 0 || end >= total || (start == 0 && end + 1 == total) || total > e->ranges.conf.memcap)
		return;
	host = bare(host);
	key[0] = hash_span(path, hash_span(host, total));
	key[1] = hash_span(host, hash_span(path, ~total));
	while ((old = oldest(e, NULL)) && a->now - old->touched > e->ranges.conf.timeout)
		give_up(e, old);
	for (f = e->ranges.first; f; f = f->next)
		if (f->key[0] == key[0] && f->key[1] == key[1] && f->total == total)
			break;
	if (!f && !(f = file_new(e, key, total)))
		return;
	to_front(e, f, a->now);
	f->users++;
	*p = (struct range_piece) { .file = f, .at = start, .end = end + 1 };
}

/* false: too many holes. */
static bool
run_add(struct range_file *f, uint64_t from, uint64_t to)
{
	uint32_t i = 0, n;

	while (i < f->runs && f->have[i].to < from)
		i++;
	for (n = i; n < f->runs && f->have[n].from <= to; n++) {
		from = f->have[n].from < from ? f->have[n].from : from;
		to = f->have[n].to > to ? f->have[n].to : to;
	}
	if (n == i && f->runs == RANGE_HAVE)
		return false;
	memmove(&f->have[i + 1], &f->have[n], (f->runs - n) * sizeof(*f->have));
	f->runs += 1 - (n - i);
	f->have[i] = (struct run) { from, to };
	return true;
}

static bool
store(struct apps *e, struct range_file *f, uint64_t at, struct span bytes)
{
	while (bytes.n) {
		uint32_t i = (uint32_t) (at / RANGE_PAGE), off = (uint32_t) (at % RANGE_PAGE);
		struct span part = span_head(bytes, RANGE_PAGE - off);

		if (!f->page[i]) {
			if (!make_room(e, RANGE_PAGE, f) || !(f->page[i] = pool_take(e->pool, RANGE_PAGE)))
				return false;
			e->ranges.held += RANGE_PAGE;
		}
		memcpy(f->page[i] + off, part.p, part.n);
		at += part.n;
		bytes = span_skip(bytes, part.n);
	}
	return true;
}

void
range_add(struct app *a, struct range_piece *p, struct span bytes)
{
	struct range_file *f = p->file;

	if (!f || f->given_up || p->at >= p->end)
		return;
	bytes = bytes.n > p->end - p->at ? span_head(bytes, (uint32_t) (p->end - p->at)) : bytes;
	if (!bytes.n)
		return;
	to_front(a->engine, f, a->now);
	if (!store(a->engine, f, p->at, bytes) || !run_add(f, p->at, p->at + bytes.n))
		give_up(a->engine, f); /* p is one of its users */
	p->at += bytes.n;
}

void
range_gap(struct range_piece *p, uint64_t n)
{
	p->at += n < p->end - p->at ? n : p->end - p->at;
}

void
range_end(struct app *a, struct range_piece *p, const struct tx *tx, struct body *into)
{
	struct range_file *f = p->file;

	if (f && !f->given_up && f->runs == 1 && f->have[0].from == 0 && f->have[0].to == f->total) {
		file_begin(a, tx, into, TO_CLIENT);
		into->stopped = true; /* for digests and store; rules have seen the pieces */
		for (uint64_t at = 0; at < f->total; at += RANGE_PAGE) {
			uint64_t left = f->total - at;

			body_add(into, a, span_of(f->page[at / RANGE_PAGE], left < RANGE_PAGE ? (uint32_t) left : RANGE_PAGE), 0);
		}
		into->eof = true;
		p->whole = true;
		give_up(a->engine, f);
	}
	range_drop(a, p);
}

void
range_drop(struct app *a, struct range_piece *p)
{
	struct range_file *f = p->file;

	p->file = NULL;
	if (!f)
		return;
	f->users--;
	if (f->given_up)
		file_gone(a->engine, f);
}

void
ranges_configure(struct apps *e, const struct conf *conf, struct diag *d)
{
	const struct yaml *map = conf ? conf_find(conf, "app-layer.protocols.http.byterange") : NULL;
	const struct yaml *memcap = yaml_get(map, "memcap"), *timeout = yaml_get(map, "timeout");
	struct range_conf *c = &e->ranges.conf;

	*c = (struct range_conf) { UINT64_C(100) << 20, INT64_C(60000000000) };
	if (memcap && (!memcap->text || conf_parse_size(&c->memcap, memcap->text) < 0))
		yaml_error(memcap, d, "memcap: expected a size such as 100 MiB");
	if (timeout && (!timeout->text || conf_parse_duration(&c->timeout, timeout->text) < 0))
		yaml_error(timeout, d, "timeout: expected seconds, such as 60");
}

void
ranges_clear(struct apps *e)
{
	while (e->ranges.first)
		give_up(e, e->ranges.first);
}
