/*
 * http2_headers - header blocks: HPACK undone by nghttp2, kept as entries, and what they mean for the transaction.
 *
 * Thread:    the worker's.
 * Memory:    nghttp2's tables from the pool (struct http2 is what it asks); entries of a direction up to HEAD_MAX.
 * Owns:      the two inflaters of a flow.
 * Not here:  where header blocks begin and end -> http2_frame.c
 *
 * Sources: RFC 7541; RFC 9113 sections 4.3, 8.2, 8.3; RFC 8484 (DNS).
 *
 * An entry lies in side.head as kind(1) length of name(4) length of value(4) name value; that of a size update has the
 * size as its value, 8 bytes.
 */
#include "engine/app/protocols/http2.h"

#include "base/base64.h"
#include "engine/app/heap.h"

#define HEAD_MAX 65536u
#define ENTRY_HEAD 9u

static void *
mem_take(size_t n, void *app)
{
	return app_heap_take(app, n);
}

static void
mem_give(void *p, void *app)
{
	app_heap_give(app, p);
}

static void *
mem_ztake(size_t n, size_t size, void *app)
{
	return size && n > SIZE_MAX / size ? NULL : app_heap_take(app, n * size);
}

static void *
mem_resize(void *p, size_t n, void *app)
{
	return app_heap_resize(app, p, n);
}

void
http2_headers_begin(struct http2 *s)
{
	s->mem = (nghttp2_mem) { s->app, mem_take, mem_give, mem_ztake, mem_resize };
	for (int dir = 0; dir < 2; dir++) {
		struct http2_dir *d = &s->dir[dir];

		d->dead = nghttp2_hd_inflate_new2(&d->hpack, &s->mem) != 0;
		if (d->dead)
			d->hpack = NULL;
		else /* we see neither side's limits in time: the largest that are allowed */
			nghttp2_hd_inflate_change_table_size(d->hpack, s->conf->max_table);
	}
}

void
http2_headers_end(struct http2 *s)
{
	for (int dir = 0; dir < 2; dir++)
		if (s->dir[dir].hpack) {
			nghttp2_hd_inflate_del(s->dir[dir].hpack);
			s->dir[dir].hpack = NULL;
		}
}

/* ---- entries ---- */

void
http2_entry_add(struct http2 *s, struct http2_tx *t, int dir, const struct http2_entry *e)
{
	struct bytes *head = &t->side[dir].head;
	uint8_t h[ENTRY_HEAD] = { (uint8_t) e->kind };
	struct span value = e->kind == HTTP2_ENTRY_SIZE_UPDATE ? span_of(&e->size, sizeof(e->size)) : e->value;

	if (head->n + (uint64_t) ENTRY_HEAD + e->name.n + value.n > HEAD_MAX) {
		app_event(s->app, &t->tx, HTTP2_EV_TABLE);
		return;
	}
	memcpy(h + 1, &e->name.n, 4);
	memcpy(h + 5, &value.n, 4);
	if (app_keep(s->app, head, span_of(h, ENTRY_HEAD), HEAD_MAX) < 0)
		return;
	if (app_keep(s->app, head, e->name, HEAD_MAX) < 0 || app_keep(s->app, head, value, HEAD_MAX) < 0)
		app_drop(s->app, head); /* no memory: nothing rather than half an entry */
}

bool
http2_entry_next(const struct bytes *head, uint32_t *at, struct http2_entry *out)
{
	struct rd r = rd_of(span_skip(bytes_span(head), *at));
	struct span h = rd_span(&r, ENTRY_HEAD);
	uint32_t name, value;

	if (r.bad)
		return false;
	memcpy(&name, h.p + 1, 4);
	memcpy(&value, h.p + 5, 4);
	*out = (struct http2_entry) { .kind = h.p[0], .name = rd_span(&r, name), .value = rd_span(&r, value) };
	if (r.bad)
		return false;
	if (out->kind == HTTP2_ENTRY_SIZE_UPDATE)
		memcpy(&out->size, out->value.p, sizeof(out->size));
	*at += ENTRY_HEAD + name + value;
	return true;
}

/* Both values, ", " between them. */
static struct span
join(struct arena *scratch, struct span a, struct span b)
{
	uint8_t *p = arena_alloc(scratch, (size_t) a.n + b.n + 2);
	uint32_t n = a.n;

	if (!p)
		return a;
	if (a.n)
		memcpy(p, a.p, a.n);
	p[n++] = ',';
	p[n++] = ' ';
	if (b.n)
		memcpy(p + n, b.p, b.n);
	return span_of(p, n + b.n);
}

bool
http2_value(const struct http2_tx *t, int dir, struct span name, struct arena *scratch, struct span *out)
{
	struct http2_entry e;
	bool any = false;

	for (uint32_t at = 0; http2_entry_next(&t->side[dir].head, &at, &e);) {
		if (e.kind != HTTP2_ENTRY_HEADER || !span_eq(e.name, name))
			continue;
		if (!any)
			*out = span_of(e.value.p ? e.value.p : (const uint8_t *) "", e.value.n);
		else
			*out = join(scratch, *out, e.value);
		any = true;
		if (!scratch)
			break;
	}
	return any;
}

/* ---- HPACK ---- */

/* RFC 7541 section 6.3: size updates come first in a block. nghttp2 takes them in silence. */
static struct span
size_updates(struct http2 *s, struct http2_tx *t, int into, struct span block)
{
	struct rd r = rd_of(block);

	while (rd_left(&r) && (*r.p & 0xe0) == 0x20) {
		struct http2_entry e = { .kind = HTTP2_ENTRY_SIZE_UPDATE, .size = rd_u8(&r) & 0x1f };
		unsigned shift = 0;
		uint8_t b = e.size == 0x1f ? 0x80 : 0;

		while (b & 0x80 && !r.bad) {
			b = rd_u8(&r);
			if (shift > 28) {
				app_event(s->app, &t->tx, HTTP2_EV_INTEGER);
				return rd_rest(&r);
			}
			e.size += (uint64_t) (b & 0x7f) << shift;
			shift += 7;
		}
		if (!r.bad)
			http2_entry_add(s, t, into, &e);
	}
	return rd_rest(&r);
}

#define STATIC_N 61      /* RFC 7541 appendix A: entries of the static table */
#define AGAIN_MAX 4096u  /* bytes, as in the reference */

/* One byte of a block can stand for a header of thousands. Those of the dynamic table that a list has more than once are counted,
 * and beyond a bound told of and left out. `first`: the field's first byte. */
static bool
comes_again(struct http2 *s, struct http2_tx *t, int into, uint8_t first, const struct http2_entry *e)
{
	struct http2_side *side = &t->side[into];
	bool indexed = first & 0x80 && (first & 0x7f) > STATIC_N;
	uint32_t hash, *place;

	if (!indexed && (first & 0xc0) != 0x40)
		return false;
	hash = (uint32_t) hash_span(e->name, hash_span(e->value, 1)) | 1;
	place = &side->again[hash / 2 % (sizeof(side->again) / sizeof(side->again[0]))];
	if (*place != hash || !indexed) {
		*place = hash;
		return false;
	}
	side->again_n += e->name.n + e->value.n;
	if (side->again_n <= AGAIN_MAX)
		return false;
	side->again_n = AGAIN_MAX;
	app_event(s->app, &t->tx, HTTP2_EV_REPEATED);
	return true;
}

static void
broken(struct http2 *s, struct http2_tx *t, int dir, int into)
{
	struct http2_entry e = { .kind = HTTP2_ENTRY_ERROR };

	s->dir[dir].dead = true;
	http2_entry_add(s, t, into, &e);
	app_event(s->app, &t->tx, HTTP2_EV_HEADER);
}

void
http2_block(struct http2 *s, struct http2_tx *t, int dir, int into, struct span block)
{
	struct http2_dir *d = &s->dir[dir];

	if (d->dead) {
		broken(s, t, dir, into);
		return;
	}
	struct span field = size_updates(s, t, into, block);
	for (;;) {
		uint8_t first = field.n ? *field.p : 0;
		nghttp2_nv nv;
		int flags = 0;
		ssize_t n = nghttp2_hd_inflate_hd2(d->hpack, &nv, &flags, block.p, block.n, 1);

		if (n < 0) {
			broken(s, t, dir, into);
			return;
		}
		field = block = span_skip(block, (uint32_t) n);
		if (flags & NGHTTP2_HD_INFLATE_EMIT) {
			struct http2_entry e = { .name = span_of(nv.name, (uint32_t) nv.namelen), .value = span_of(nv.value, (uint32_t) nv.valuelen) };

			if (!comes_again(s, t, into, first, &e))
				http2_entry_add(s, t, into, &e);
		}
		if (flags & NGHTTP2_HD_INFLATE_FINAL)
			break;
		if (!n && !(flags & NGHTTP2_HD_INFLATE_EMIT))
			break;
	}
	nghttp2_hd_inflate_end_headers(d->hpack);
}

/* ---- meaning ---- */

/* RFC 9113 section 8.3.1: Host must not differ from :authority; userinfo has no place in it. */
static void
check_authority(struct http2 *s, struct http2_tx *t)
{
	struct span authority, host;

	if (!http2_value(t, TO_SERVER, SPAN_LIT(":authority"), NULL, &authority))
		return;
	if (http2_value(t, TO_SERVER, SPAN_LIT("host"), NULL, &host) && !span_eq_nocase(authority, host))
		app_event(s->app, &t->tx, HTTP2_EV_AUTHORITY);
	if (authority.n && memchr(authority.p, '@', authority.n))
		app_event(s->app, &t->tx, HTTP2_EV_USERINFO);
}

static bool
is_dns_type(const struct http2_tx *t, int dir, struct span name)
{
	struct span v;

	return http2_value(t, dir, name, NULL, &v) && span_eq_nocase(v, SPAN_LIT("application/dns-message"));
}

/* Of either alphabet, RFC 4648 sections 4 and 5. */
static uint8_t
base64url(uint8_t c)
{
	return c == '-' ? 62 : c == '_' ? 63 : base64_value(c);
}

bool
http2_unbase64(struct app *a, struct span in, struct bytes *out)
{
	uint32_t v = 0, bits = 0;

	for (uint32_t i = 0; i < in.n; i++) {
		uint8_t c = base64url(in.p[i]);
		uint8_t b;

		if (c == BASE64_NONE)
			break;
		v = v << 6 | c;
		if ((bits += 6) < 8)
			continue;
		bits -= 8;
		b = (uint8_t) (v >> bits);
		if (app_keep(a, out, span_of(&b, 1), HTTP2_DNS_MAX) < 0)
			return false;
	}
	return out->n > 0;
}

void
http2_take_dns(struct http2 *s, struct http2_tx *t, int dir, struct span msg)
{
	struct dns_tx *d = dns_apart(s->app, msg);

	if (d)
		d->tx.id = t->tx.id;
	t->side[dir].dns = d;
}

/* RFC 8484 section 4.1: a query of GET stands in the parameter "dns" of the path. */
static void
dns_of_path(struct http2 *s, struct http2_tx *t)
{
	struct bytes msg = { 0 };
	struct span path, v = SPAN_NONE;

	if (!http2_value(t, TO_SERVER, SPAN_LIT(":path"), NULL, &path))
		return;
	for (uint32_t i = 1; i + 4 <= path.n; i++)
		if (memcmp(path.p + i, "dns=", 4) == 0 && (path.p[i - 1] == '?' || path.p[i - 1] == '&')) {
			v = span_skip(path, i + 4);
			break;
		}
	if (v.n && http2_unbase64(s->app, v, &msg))
		http2_take_dns(s, t, TO_SERVER, bytes_span(&msg));
	app_drop(s->app, &msg);
}

static void
look_for_dns(struct http2 *s, struct http2_tx *t, int dir)
{
	if (is_dns_type(t, dir, SPAN_LIT("content-type")))
		t->side[dir].is_dns = true;
	else if (dir == TO_SERVER && is_dns_type(t, dir, SPAN_LIT("accept")))
		dns_of_path(s, t);
	if (t->side[dir].is_dns || t->side[dir].dns)
		app_becomes(s->app, &protocol_doh2, &t->tx);
}

void
http2_headers_done(struct http2 *s, struct http2_tx *t, int dir)
{
	struct span v;

	if (dir == TO_SERVER) {
		app_count_request(s->app);
		check_authority(s, t);
	} else if (http2_value(t, dir, SPAN_LIT(":status"), NULL, &v)) {
		app_count_response(s->app, v.n == 3 && v.p[0] == '5');
	}
	if (http2_value(t, dir, SPAN_LIT("content-encoding"), NULL, &v)) {
		enum unpack_kind kind = unpack_kind_of(v);

		if (kind != UNPACK_NONE && !t->side[dir].unpack)
			t->side[dir].unpack = unpack_new(s->app, kind);
	}
	look_for_dns(s, t, dir);
}
