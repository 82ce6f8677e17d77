/*
 * http2_frame - frames to transactions: a stream is one, and so is each frame about the connection as a whole.
 *
 * Thread:    the worker's.
 * Memory:    the worker's pool: a header block until it is complete, bodies, what frames said.
 * Owns:      nothing but the transactions.
 * Not here:  header blocks -> http2_headers.c   the protocol's row -> http2.c
 *
 * Source: RFC 9113 sections 3.4, 4, 5 and 6.
 */
#include "engine/app/file.h"
#include "engine/app/protocols/http2.h"

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define MARKS_MAX 8192u /* bytes */

struct frame {
	uint32_t length, stream;
	uint8_t type, flags;
};

/* ---- transactions ---- */

static struct http2_tx *
tx_of_stream(struct http2 *s, uint32_t stream)
{
	for (struct tx *x = s->app->last; x; x = x->prev) {
		struct http2_tx *t = (struct http2_tx *) x;

		if ((x->proto == s->app->proto || x->proto == s->app->proto->base) && t->stream == stream)
			return t;
	}
	return NULL;
}

/* Too many streams are open: the oldest one is not waited for any longer. */
static void
shed(struct http2 *s)
{
	for (struct tx *x = s->app->first; x; x = x->next) {
		struct http2_tx *t = (struct http2_tx *) x;

		if ((x->proto != s->app->proto && x->proto != s->app->proto->base) || tx_done(s->app, x, 0))
			continue;
		app_event(s->app, x, HTTP2_EV_STREAMS);
		t->side[0].body.eof = t->side[1].body.eof = true;
		tx_reach(x, TO_SERVER, HTTP2_P_COMPLETE);
		tx_reach(x, TO_CLIENT, HTTP2_P_COMPLETE);
		return;
	}
}

struct http2_tx *
http2_tx_new(struct http2 *s, uint32_t stream)
{
	struct http2_tx *t;

	if (s->app->tx_open >= s->conf->max_streams)
		shed(s);
	t = (struct http2_tx *) app_tx_new(s->app);
	if (!t)
		return NULL;
	t->stream = stream;
	if (stream > s->last_stream)
		s->last_stream = stream;
	if (!stream) { /* one frame, nothing follows */
		tx_reach(&t->tx, TO_SERVER, HTTP2_P_COMPLETE);
		tx_reach(&t->tx, TO_CLIENT, HTTP2_P_COMPLETE);
	}
	return t;
}

/* The transaction a frame belongs to. */
static struct http2_tx *
tx_for(struct http2 *s, const struct frame *f, bool opens)
{
	struct http2_tx *t = f->stream ? tx_of_stream(s, f->stream) : NULL;

	if (t && opens && tx_done(s->app, &t->tx, 0) && tx_done(s->app, &t->tx, 1)) {
		app_event(s->app, &t->tx, HTTP2_EV_REUSE);
		return t;
	}
	return t ? t : http2_tx_new(s, f->stream);
}

static void
note_frame(struct http2 *s, struct http2_tx *t, int dir, uint8_t type)
{
	struct http2_side *side = &t->side[dir];

	t->tx.last_ts = s->app->now;
	if (type < 64)
		side->types |= UINT64_C(1) << type;
	if (++side->frames == s->conf->max_frames)
		app_event(s->app, &t->tx, HTTP2_EV_FRAMES);
}

static void
note_mark(struct http2 *s, struct http2_tx *t, int dir, struct http2_mark m)
{
	app_keep(s->app, &t->side[dir].marks, span_of(&m, sizeof(m)), MARKS_MAX);
}

/* ---- bodies ---- */

struct sink {
	struct http2 *s;
	struct http2_side *side;
};

static void
take_body(void *arg, struct span bytes)
{
	struct sink *k = arg;

	(k->side->is_dns ? body_add : body_take)(&k->side->body, k->s->app, bytes, 0);
	range_add(k->s->app, &k->side->range, bytes);
}

static void
dns_too_long(struct http2 *s, struct http2_tx *t, int dir)
{
	struct http2_side *side = &t->side[dir];

	if (!side->is_dns || side->dns_told || side->body.total <= HTTP2_DNS_MAX)
		return;
	side->dns_told = true;
	app_event(s->app, &t->tx, dir == TO_SERVER ? HTTP2_EV_DNS_REQUEST : HTTP2_EV_DNS_RESPONSE);
}

/* The response says that it is a piece of something. */
static void
range_of(struct app *a, struct http2_tx *t)
{
	struct span value, host = SPAN_NONE, path = SPAN_NONE;
	int64_t v[3];

	if (!http2_value(t, TO_CLIENT, SPAN_LIT("content-range"), NULL, &value) || !http2_value(t, TO_SERVER, SPAN_LIT(":path"), NULL, &path))
		return;
	http2_value(t, TO_SERVER, SPAN_LIT(":authority"), NULL, &host);
	range_read(value, v);
	range_begin(a, &t->side[TO_CLIENT].range, host, path, v);
}

static void
data(struct http2 *s, struct http2_tx *t, int dir, struct span bytes)
{
	struct http2_side *side = &t->side[dir];
	struct sink k = { s, side };

	file_begin(s->app, &t->tx, &side->body, dir);
	if (dir == TO_CLIENT && !side->raw)
		range_of(s->app, t);
	side->raw += bytes.n;
	if (!side->unpack) {
		take_body(&k, bytes);
	} else {
		uint64_t before = side->body.total;
		enum unpack_result r = unpack_feed(side->unpack, bytes, s->conf->bomb, take_body, &k);

		if (r != UNPACK_OK) {
			app_event(s->app, &t->tx, r == UNPACK_BOMB ? HTTP2_EV_BOMB : HTTP2_EV_UNPACK);
			unpack_free(s->app, side->unpack);
			side->unpack = NULL;
			if (r == UNPACK_FAILED && before == side->body.total) /* then as it came */
				take_body(&k, bytes);
		}
	}
	dns_too_long(s, t, dir);
}

void
http2_stream_end(struct http2 *s, struct http2_tx *t, int dir)
{
	struct http2_side *side = &t->side[dir];

	side->body.eof = true;
	range_end(s->app, &side->range, &t->tx, &side->whole);
	if (side->is_dns && !side->dns && !side->body.start && side->body.total == side->body.data.n && side->body.total <= HTTP2_DNS_MAX)
		http2_take_dns(s, t, dir, bytes_span(&side->body.data));
	tx_reach(&t->tx, dir, HTTP2_P_COMPLETE);
}

static void
data_over(struct http2 *s, int dir)
{
	struct http2_dir *d = &s->dir[dir];
	struct http2_tx *t = d->data_stream ? tx_of_stream(s, d->data_stream) : NULL;

	if (t && d->data_ends)
		http2_stream_end(s, t, dir);
	d->data_stream = 0;
	d->data_ends = false;
}

/* Bytes of the DATA frame at hand, or of one that is skipped. */
static uint32_t
take_data(struct http2 *s, int dir, struct span bytes)
{
	struct http2_dir *d = &s->dir[dir];
	struct http2_tx *t = d->data_stream ? tx_of_stream(s, d->data_stream) : NULL;
	uint32_t n = bytes.n < d->data_left ? bytes.n : d->data_left;
	uint32_t content = d->data_left > d->data_pad ? d->data_left - d->data_pad : 0;

	if (t && content)
		data(s, t, dir, span_head(bytes, n < content ? n : content));
	d->data_left -= n;
	if (!d->data_left)
		data_over(s, dir);
	return n;
}

/* ---- header blocks ---- */

static void
block_over(struct http2 *s, struct http2_tx *t, int dir)
{
	struct http2_dir *d = &s->dir[dir];
	int into = d->block_promise ? TO_SERVER : dir; /* a promise is the request the client would have sent */
	bool trailers = t->side[into].headers_over;

	d->block_open = false;
	if (d->block_lost)
		d->dead = true;
	http2_block(s, t, dir, into, bytes_span(&d->block));
	app_drop(s->app, &d->block);
	if (!trailers) {
		struct span status;
		/* 1xx: the final one follows (RFC 9113 section 8.1) */
		bool interim = into == TO_CLIENT && http2_value(t, into, SPAN_LIT(":status"), NULL, &status) && status.n == 3 &&
		    status.p[0] == '1' && !d->block_ends_stream;

		t->side[into].headers_over = !interim;
		http2_headers_done(s, t, into);
		tx_reach(&t->tx, into, interim ? HTTP2_P_OPEN : HTTP2_P_HEADERS);
	}
	if (d->block_promise)
		http2_stream_end(s, t, TO_SERVER);
	else if (d->block_ends_stream)
		http2_stream_end(s, t, dir);
}

static void
block_add(struct http2 *s, struct http2_tx *t, int dir, struct span fragment, bool last)
{
	struct http2_dir *d = &s->dir[dir];

	if (d->block.n + (uint64_t) fragment.n > s->conf->max_reassembly) {
		if (!d->block_lost)
			app_event(s->app, &t->tx, HTTP2_EV_REASSEMBLY);
		d->block_lost = true;
	} else if (!d->block_lost && app_keep(s->app, &d->block, fragment, UINT32_MAX) < 0) {
		d->block_lost = true;
	}
	if (last)
		block_over(s, t, dir);
}

/* Padding taken off; false: longer than the frame. */
static bool
unpad(const struct frame *f, struct rd *r)
{
	uint8_t pad = f->flags & HTTP2_PADDED ? rd_u8(r) : 0;

	if (r->bad || pad > rd_left(r))
		return false;
	r->end -= pad;
	return true;
}

static void
headers(struct http2 *s, int dir, const struct frame *f, struct rd r)
{
	struct http2_dir *d = &s->dir[dir];
	struct http2_tx *t = tx_for(s, f, true);

	if (!t)
		return;
	note_frame(s, t, dir, f->type);
	tx_reach(&t->tx, dir, HTTP2_P_OPEN);
	if (!f->stream)
		app_event(s->app, &t->tx, HTTP2_EV_FRAME_HEADER);
	if (!unpad(f, &r)) {
		app_event(s->app, &t->tx, HTTP2_EV_FRAME_DATA);
		return;
	}
	if (f->flags & HTTP2_WITH_PRIORITY) {
		rd_u32(&r);
		uint8_t weight = rd_u8(&r);

		if (!r.bad)
			note_mark(s, t, dir, (struct http2_mark) { .kind = HTTP2_MARK_PRIORITY, .value = weight });
	}
	if (r.bad) {
		app_event(s->app, &t->tx, HTTP2_EV_FRAME_DATA);
		return;
	}
	app_drop(s->app, &d->block);
	d->block_open = true;
	d->block_lost = false;
	d->block_promise = false;
	d->block_stream = f->stream;
	d->block_ends_stream = f->flags & HTTP2_END_STREAM;
	block_add(s, t, dir, rd_rest(&r), f->flags & HTTP2_END_HEADERS);
}

static void
push_promise(struct http2 *s, int dir, const struct frame *f, struct rd r)
{
	struct http2_dir *d = &s->dir[dir];
	struct frame promised = { .type = f->type };
	struct http2_tx *t = tx_for(s, f, false);

	if (!t)
		return;
	note_frame(s, t, dir, f->type);
	if (unpad(f, &r))
		promised.stream = rd_u32(&r) & 0x7fffffff;
	if (r.bad || !promised.stream) {
		app_event(s->app, &t->tx, HTTP2_EV_FRAME_DATA);
		return;
	}
	if (!(t = tx_for(s, &promised, true)))
		return;
	app_drop(s->app, &d->block);
	d->block_open = d->block_promise = true;
	d->block_lost = d->block_ends_stream = false;
	d->block_stream = promised.stream;
	block_add(s, t, dir, rd_rest(&r), f->flags & HTTP2_END_HEADERS);
}

static void
continuation(struct http2 *s, int dir, const struct frame *f, struct rd r)
{
	struct http2_dir *d = &s->dir[dir];
	struct http2_tx *t = d->block_open ? tx_of_stream(s, d->block_stream) : tx_for(s, f, false);

	if (!t)
		return;
	note_frame(s, t, dir, f->type);
	if (!d->block_open || (!d->block_promise && f->stream != d->block_stream)) {
		app_event(s->app, &t->tx, HTTP2_EV_CONTINUATION);
		return;
	}
	block_add(s, t, dir, rd_rest(&r), f->flags & HTTP2_END_HEADERS);
}

/* ---- other frames ---- */

bool
http2_settings(struct http2 *s, struct http2_tx *t, int dir, struct span payload)
{
	struct rd r = rd_of(payload);

	while (rd_left(&r) >= 6) {
		uint16_t id = rd_u16(&r);

		note_mark(s, t, dir, (struct http2_mark) { .kind = HTTP2_MARK_SETTING, .id = id, .value = rd_u32(&r) });
	}
	return rd_left(&r) == 0;
}

/* Frames of a fixed form; how long they are at least. */
static uint32_t
least(uint8_t type)
{
	static const uint8_t n[HTTP2_TYPES] = { [HTTP2_PRIORITY] = 5, [HTTP2_RST_STREAM] = 4, [HTTP2_PING] = 8, [HTTP2_GOAWAY] = 8,
		[HTTP2_WINDOW_UPDATE] = 4 };

	return type < HTTP2_TYPES ? n[type] : 0;
}

/* RST_STREAM ends what its sender had to say; the other side too, unless an answer may be under way already. */
static void
reset(struct http2_tx *t, int dir)
{
	bool under_way = dir == TO_SERVER && t->tx.progress[TO_CLIENT] == HTTP2_P_IDLE;

	for (int d = 0; d < 2; d++) {
		if (d != dir && under_way)
			continue;
		t->side[d].body.eof = true;
		tx_reach(&t->tx, d, HTTP2_P_COMPLETE);
	}
}

static void
other(struct http2 *s, int dir, const struct frame *f, struct rd r)
{
	struct http2_tx *t;
	struct http2_mark m = { .kind = HTTP2_MARK_ERROR };

	if (f->type == HTTP2_SETTINGS && f->flags & HTTP2_ACK && !f->length)
		return; /* says nothing: makes no transaction */
	if (!(t = tx_for(s, f, false)))
		return;
	note_frame(s, t, dir, f->type);
	if (f->length < least(f->type) || (f->type == HTTP2_SETTINGS && f->length % 6)) {
		app_event(s->app, &t->tx, HTTP2_EV_FRAME_LENGTH);
		return;
	}
	switch (f->type) {
	case HTTP2_PRIORITY:
		rd_u32(&r);
		m.kind = HTTP2_MARK_PRIORITY;
		m.value = rd_u8(&r);
		break;
	case HTTP2_GOAWAY:
		rd_u32(&r);
		m.value = rd_u32(&r);
		break;
	case HTTP2_RST_STREAM:
		m.value = rd_u32(&r);
		reset(t, dir);
		break;
	case HTTP2_WINDOW_UPDATE:
		m.kind = HTTP2_MARK_WINDOW;
		m.value = rd_u32(&r) & 0x7fffffff;
		break;
	case HTTP2_SETTINGS:
		http2_settings(s, t, dir, rd_rest(&r));
		return;
	default:
		return;
	}
	note_mark(s, t, dir, m);
}

/* ---- the framework's calls ---- */

static struct frame
frame_head(struct rd *r)
{
	struct frame f = { .length = rd_u24(r) };

	f.type = rd_u8(r);
	f.flags = rd_u8(r);
	f.stream = rd_u32(r) & 0x7fffffff;
	return f;
}

static int
preface(struct http2 *s, int dir, struct span bytes)
{
	struct span want = SPAN_LIT(PREFACE);
	uint32_t n = bytes.n < want.n ? bytes.n : want.n;

	s->dir[dir].begun = true;
	if (dir == TO_CLIENT)
		return 0;
	if (memcmp(bytes.p, want.p, n) != 0) {
		struct http2_tx *t = s->app->midstream ? NULL : http2_tx_new(s, 0);

		if (t)
			app_event(s->app, &t->tx, HTTP2_EV_MAGIC);
		return 0;
	}
	s->dir[dir].begun = n == want.n;
	return n == want.n ? (int) n : -1;
}

static void
mark_frames(struct app *a, int dir, const struct frame *f, const uint8_t *at)
{
	app_frame(a, dir, HTTP2_FRAME_PDU, at, (uint64_t) HTTP2_FRAME_HEAD + f->length, NULL);
	app_frame(a, dir, HTTP2_FRAME_HDR, at, HTTP2_FRAME_HEAD, NULL);
	if (f->length)
		app_frame(a, dir, HTTP2_FRAME_DATA, at + HTTP2_FRAME_HEAD, f->length, NULL);
}

/* DATA is not waited for; nor is a frame too long to be kept. */
static int
begin_data(struct http2 *s, int dir, const struct frame *f, struct span bytes)
{
	struct rd r = rd_of(span_skip(bytes, HTTP2_FRAME_HEAD));
	struct http2_dir *d = &s->dir[dir];
	bool padded = f->flags & HTTP2_PADDED && f->length && f->type == HTTP2_DATA;
	struct http2_tx *t;

	if (padded && !rd_left(&r))
		return 0;
	mark_frames(s->app, dir, f, bytes.p);
	d->data_pad = padded ? rd_u8(&r) : 0;
	d->data_left = f->length - padded;
	d->data_stream = 0;
	d->data_ends = false;
	if (f->stream && f->stream <= s->last_stream && !tx_of_stream(s, f->stream)) /* reset before, or refused */
		t = NULL;
	else
		t = tx_for(s, f, false);
	if (t) {
		note_frame(s, t, dir, f->type);
		if (f->type != HTTP2_DATA) {
			app_event(s->app, &t->tx, HTTP2_EV_LONG_FRAME);
			d->dead |= f->type == HTTP2_HEADERS || f->type == HTTP2_CONTINUATION || f->type == HTTP2_PUSH_PROMISE;
		} else if (!f->stream) {
			app_event(s->app, &t->tx, HTTP2_EV_DATA_ZERO);
		} else if (d->data_pad > d->data_left) {
			app_event(s->app, &t->tx, HTTP2_EV_FRAME_DATA);
		} else {
			d->data_stream = f->stream;
			d->data_ends = f->flags & HTTP2_END_STREAM;
			tx_reach(&t->tx, dir, HTTP2_P_HEADERS);
		}
	}
	if (!d->data_left)
		data_over(s, dir);
	return HTTP2_FRAME_HEAD + padded;
}

int
http2_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct http2 *s = state;
	struct rd r = rd_of(bytes), payload;
	struct frame f;

	if (!http2_set_up(s, a))
		return -1;
	if (!s->dir[dir].begun) {
		int n = preface(s, dir, bytes);

		if (n)
			return n > 0 ? n : 0;
	}
	if (s->dir[dir].data_left)
		return (int) take_data(s, dir, bytes);
	f = frame_head(&r);
	if (r.bad)
		return 0;
	if (f.type == HTTP2_DATA || f.length > HTTP2_FRAME_MAX - HTTP2_FRAME_HEAD)
		return begin_data(s, dir, &f, bytes);
	payload = rd_of(rd_span(&r, f.length));
	if (r.bad)
		return 0;
	mark_frames(a, dir, &f, bytes.p);
	switch (f.type) {
	case HTTP2_HEADERS:
		headers(s, dir, &f, payload);
		break;
	case HTTP2_PUSH_PROMISE:
		push_promise(s, dir, &f, payload);
		break;
	case HTTP2_CONTINUATION:
		continuation(s, dir, &f, payload);
		break;
	default:
		other(s, dir, &f, payload);
	}
	return (int) (HTTP2_FRAME_HEAD + f.length);
}

/* Inside a DATA frame a gap costs a piece of the body; elsewhere the header tables are out of step for good. */
int
http2_gap(struct app *a, void *state, int dir, uint32_t n)
{
	struct http2 *s = state;
	struct http2_tx *t;

	if (!http2_set_up(s, a) || s->dir[dir].data_left < n || !n)
		return -1;
	if (s->dir[dir].data_stream && (t = tx_of_stream(s, s->dir[dir].data_stream))) {
		t->side[dir].gap = t->side[dir].body.stopped = t->side[dir].body.truncated = true;
		t->side[dir].raw += n;
		t->side[dir].body.total += n;
		range_drop(a, &t->side[dir].range);
	}
	s->dir[dir].data_left -= n;
	if (!s->dir[dir].data_left)
		data_over(s, dir);
	return 0;
}

void
http2_eof(struct app *a, void *state, int dir)
{
	for (struct tx *x = a->first; x; x = x->next)
		if (x->proto == a->proto || x->proto == a->proto->base)
			((struct http2_tx *) x)->side[dir].body.eof = true;
}
