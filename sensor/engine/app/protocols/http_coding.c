/*
 * http_coding - content codings of a response, undone as the bytes come: gzip, deflate, lzma, several of them in a row.
 *
 * Thread:    the worker's.
 * Memory:    a layer with its output and the libraries' state from the pool; not more layers than the settings say.
 * Owns:      the layers of a transaction, until http_coding_clear().
 * Not here:  codings of requests, brotli -> ../unpack.h
 *
 * Spec: RFC 9110 section 8.4 (Content-Encoding), RFC 1950 to 1952; the .lzma format of LZMA SDK (lzma-specification.txt).
 *
 * Many senders name a coding that the bytes are not in. What does not begin as it says is tried anew, as libhtp 0.5 does:
 * behind a gzip header, as the other one of gzip and deflate; what nothing fits is handed on as it came.
 */
#include "engine/app/protocols/http.h"

#include <lzma.h>

#include "engine/app/heap.h"
#include "engine/app/inflater.h"

#define OUT_MAX 8192u
#define BOMB_RATIO 2048u
#define LAYERS_MAX 16u      /* where the settings have no limit */
#define RESTARTS_MAX 3u
#define LZMA_HEAD 13u       /* properties, size of the window, size of all */
#define LZMA_PROPERTIES_MAX (9 * 5 * 5) /* no stream has them from there on */
#define LZMA_WINDOW_MIN 4096u
#define LZMA_WINDOW_MAX (APP_HEAP_MAX - 4096u)

enum { OFF, RAW /* deflate without any header, tried */, GZIP, DEFLATE, LZMA };

struct http_layer {
	struct http_layer *next;
	uint8_t kind;
	uint8_t restarts;
	uint8_t head_n;
	bool through;           /* as it comes */
	bool has_lzma;
	bool narrow;            /* its window is smaller than it says: */
	uint32_t window;
	uint8_t head[LZMA_HEAD];
	struct inflater z;
	lzma_stream l;
	lzma_allocator memory;
	uint32_t out_n;
	uint8_t out[OUT_MAX];
};

/* ---- the libraries' states ---- */

static void *
lzma_take(void *app, size_t n, size_t size)
{
	return app_heap_take(app, n * size);
}

static void
end(struct http_layer *c, struct app *a)
{
	inflater_end(&c->z, a);
	if (c->has_lzma)
		lzma_end(&c->l);
	c->has_lzma = false;
	c->kind = OFF;
}

static bool
begin_zlib(struct http_layer *c, struct app *a, int bits, unsigned kind)
{
	end(c, a);
	if (!inflater_begin(&c->z, a, bits))
		return false;
	c->kind = (uint8_t) kind;
	return true;
}

/* Its header is there: the window as large as it says, or as we let it be; the end is where the stream says so. */
static bool
begin_lzma(struct http *s, struct http_layer *c)
{
	uint64_t said = (uint64_t) c->head[1] | (uint64_t) c->head[2] << 8 | (uint64_t) c->head[3] << 16 | (uint64_t) c->head[4] << 24;
	uint64_t most = s->conf->lzma_memory < LZMA_WINDOW_MAX ? s->conf->lzma_memory : LZMA_WINDOW_MAX;
	uint64_t window = said < LZMA_WINDOW_MIN ? LZMA_WINDOW_MIN : said;
	uint8_t head[LZMA_HEAD];

	c->narrow = window > most;
	window = c->narrow ? most : window;
	c->window = (uint32_t) window;
	memset(head, 0xff, sizeof(head));
	head[0] = c->head[0];
	for (unsigned i = 0; i < 4; i++)
		head[1 + i] = (uint8_t) (window >> 8 * i);
	c->memory = (lzma_allocator) { lzma_take, app_heap_give, s->app };
	c->l = (lzma_stream) LZMA_STREAM_INIT;
	c->l.allocator = &c->memory;
	if (lzma_alone_decoder(&c->l, UINT64_MAX) != LZMA_OK)
		return false;
	c->has_lzma = true;
	c->l.next_in = head;
	c->l.avail_in = sizeof(head);
	c->l.next_out = c->out + c->out_n; /* nothing comes out yet, but the library wants room */
	c->l.avail_out = OUT_MAX - c->out_n;
	return lzma_code(&c->l, LZMA_RUN) == LZMA_OK && c->l.avail_in == 0;
}

static struct http_layer *
layer_new(struct http *s, struct http_tx *t, unsigned kind)
{
	struct http_layer *c = app_take_raw(s->app, sizeof(*c));

	if (!c)
		return NULL;
	memset(c, 0, offsetof(struct http_layer, out));
	c->kind = (uint8_t) kind;
	if (kind == LZMA && (!s->conf->lzma || !s->conf->lzma_memory)) {
		http_note(s, t, HTTP_EV_LZMA_OFF);
		c->through = true;
	}
	if (kind == LZMA || begin_zlib(c, s->app, kind == GZIP ? 15 + 32 : -15, kind))
		return c;
	app_give(s->app, c, sizeof(*c));
	return NULL;
}

void
http_coding_clear(struct app *a, struct http_tx *t)
{
	for (struct http_layer *c; (c = t->layer);) {
		t->layer = c->next;
		end(c, a);
		app_give(a, c, sizeof(*c));
	}
}

/* ---- which layers ---- */

static int
kind_of(struct http *s, struct http_tx *t, struct span w)
{
	bool gzip = http_find(w, "gzip", false), deflate = !gzip && http_find(w, "deflate", false);
	bool plain = span_eq(w, SPAN_LIT("gzip")) || span_eq(w, SPAN_LIT("x-gzip")) || span_eq(w, SPAN_LIT("deflate")) ||
	    span_eq(w, SPAN_LIT("x-deflate")) || span_eq(w, SPAN_LIT("lzma")) || span_eq(w, SPAN_LIT("inflate"));

	if (!plain && !s->known_coding)
		http_note(s, t, HTTP_EV_CE_ODD);
	else if (!plain)
		http_note(s, t, HTTP_EV_NONE);
	return gzip ? GZIP : deflate ? DEFLATE : span_eq(w, SPAN_LIT("lzma")) ? LZMA : OFF;
}

/* The next word of a list; false: no more. */
static bool
next_word(struct span *list, struct span *word)
{
	uint32_t n = 0;

	while (list->n && (list->p[0] == ',' || list->p[0] == ' '))
		*list = span_skip(*list, 1);
	while (n < list->n && list->p[n] != ',' && list->p[n] != ' ')
		n++;
	*word = span_head(*list, n);
	*list = span_skip(*list, n);
	return n > 0;
}

static int
begin_list(struct http *s, struct http_tx *t, struct span list)
{
	struct http_layer **at = &t->layer;
	unsigned most = s->conf->layers ? s->conf->layers : LAYERS_MAX, words = 0;
	struct span w;

	while (next_word(&list, &w)) {
		int kind;

		if (++words > most) {
			http_note(s, t, HTTP_EV_LAYERS);
			return 0;
		}
		kind = kind_of(s, t, w);
		if (kind == LZMA && (words > 1 || !s->conf->lzma)) {
			http_note(s, t, HTTP_EV_BOMB_LZMA);
			return 0;
		}
		if (kind == OFF)
			continue;
		if (!(*at = layer_new(s, t, (unsigned) kind)))
			return -1;
		at = &(*at)->next;
	}
	return 0;
}

int
http_coding_begin(struct http *s, struct http_tx *t)
{
	struct span v = http_value(&t->head[TO_CLIENT], HTTP_CONTENT_ENCODING);
	unsigned kind = OFF;
	int r = 0;

	http_coding_clear(s->app, t);
	t->layers_gone = false;
	if (!v.p || http_same(v, "inflate"))
		return 0;
	if (http_same(v, "gzip") || http_same(v, "x-gzip"))
		kind = GZIP;
	else if (http_same(v, "deflate") || http_same(v, "x-deflate"))
		kind = DEFLATE;
	else if (http_same(v, "lzma"))
		kind = LZMA;
	if (kind == OFF)
		r = begin_list(s, t, v);
	else if (!(t->layer = layer_new(s, t, kind)))
		r = -1;
	return r;
}

/* ---- the bytes ---- */

static int feed(struct http *s, struct http_tx *t, struct http_layer *c, const uint8_t *p, uint32_t n);

/* What follows of the body nobody looks at, and it is no piece of a file. */
static bool
is_enough(const struct http *s, const struct http_tx *t)
{
	return rest_unread(s->app, &t->body[TO_CLIENT]) && !t->range.file;
}

/* Out of the last layer. */
static int
hand_on(struct http *s, struct http_tx *t, const uint8_t *p, uint32_t n)
{
	t->entity_len += n;
	if (!p || n)
		http_on_response_body(s, t, p, n);
	if (t->entity_len <= s->conf->bomb || t->entity_len <= BOMB_RATIO * t->message_len)
		return 0;
	http_note(s, t, HTTP_EV_BOMB);
	return -1;
}

/* What the layer has put out. */
static int
emit(struct http *s, struct http_tx *t, struct http_layer *c)
{
	uint32_t n = c->out_n;
	int r;

	c->out_n = 0;
	r = c->next && c->kind != OFF ? feed(s, t, c->next, c->out, n) : hand_on(s, t, c->out, n);
	if (r < 0)
		end(c, s->app);
	return r;
}

/* The end, or a gap after which nothing can be undone. */
static int
flush(struct http *s, struct http_tx *t, struct http_layer *c, uint32_t gap)
{
	if (c->through)
		return hand_on(s, t, NULL, gap);
	inflater_last(&c->z, s->app);
	if (inflater_more(&c->z) && feed(s, t, c, (const uint8_t *) "", 0) < 0)
		return -1;
	if (c->out_n && emit(s, t, c) < 0)
		return -1;
	return c->next && c->kind != OFF ? flush(s, t, c->next, 0) : hand_on(s, t, NULL, 0);
}

static int
undo_zlib(struct http *s, struct http_layer *c, const uint8_t **p, uint32_t *n)
{
	uint32_t room = OUT_MAX - c->out_n;
	int r = inflater_run(&c->z, s->app, p, n, c->out + c->out_n, &room);

	c->out_n = OUT_MAX - room;
	return r;
}

static int
undo_lzma(struct http *s, struct http_tx *t, struct http_layer *c, const uint8_t **p, uint32_t *n)
{
	lzma_ret r;

	while (c->head_n < LZMA_HEAD && *n) {
		c->head[c->head_n++] = *(*p)++;
		(*n)--;
	}
	if (c->head_n < LZMA_HEAD)
		return Z_OK;
	if (c->head[0] >= LZMA_PROPERTIES_MAX)
		return Z_VERSION_ERROR;
	if (!c->has_lzma && !begin_lzma(s, c))
		return Z_DATA_ERROR;
	if (!*n)
		return Z_OK;
	c->l.next_in = *p;
	c->l.avail_in = *n;
	c->l.next_out = c->out + c->out_n;
	c->l.avail_out = OUT_MAX - c->out_n;
	r = lzma_code(&c->l, LZMA_RUN);
	*p = c->l.next_in;
	*n = (uint32_t) c->l.avail_in;
	c->out_n = OUT_MAX - (uint32_t) c->l.avail_out;
	if (r != LZMA_OK && r != LZMA_STREAM_END && c->narrow && c->l.total_out >= c->window)
		http_note(s, t, HTTP_EV_LZMA_MEMORY);
	return r == LZMA_OK ? Z_OK : r == LZMA_STREAM_END ? Z_STREAM_END : Z_DATA_ERROR;
}

/* Behind a gzip header with a name, a comment or a checksum: its length. */
static uint32_t
gzip_header(const uint8_t *p, uint32_t n)
{
	uint32_t k = 10;

	if (n < 4 || p[0] != 0x1f || p[1] != 0x8b || !p[3])
		return 0;
	if (p[3] & 0x18) {
		while (k < n && p[k])
			k++;
		k++;
	} else if (p[3] & 2) {
		k = 12;
	}
	return k > n ? 0 : k;
}

/* Another try at the bytes; false: there is none. */
static bool
restart(struct http *s, struct http_layer *c)
{
	unsigned kind = c->kind == LZMA ? RAW : c->kind;
	int bits = kind == GZIP ? 15 + 32 : -15;

	if (c->restarts >= RESTARTS_MAX || (c->restarts && kind == RAW))
		return false;
	if (c->restarts) {
		kind = kind == GZIP ? DEFLATE : GZIP;
		bits = kind == GZIP ? 15 + 32 : -15;
	}
	c->restarts++;
	return begin_zlib(c, s->app, bits, kind);
}

static int
give_up(struct http *s, struct http_tx *t, struct http_layer *c, const uint8_t *p, uint32_t n)
{
	end(c, s->app);
	c->out_n = 0;
	c->through = true;
	return hand_on(s, t, p, n);
}

static int
feed(struct http *s, struct http_tx *t, struct http_layer *c, const uint8_t *p, uint32_t n)
{
	const uint8_t *in = p;
	uint32_t left = n;

	if (c->through)
		return hand_on(s, t, p, n);
	while ((left || inflater_more(&c->z)) && !is_enough(s, t)) {
		int r;

		if (c->out_n == OUT_MAX && emit(s, t, c) < 0)
			return -1;
		if (c->kind == OFF)
			return -1;
		r = c->kind == LZMA ? undo_lzma(s, t, c, &in, &left) : undo_zlib(s, c, &in, &left);
		if (r == Z_DATA_ERROR && (c->out_n || c->z.skip)) {
			http_note(s, t, HTTP_EV_GZIP_FAILED);
			c->z.skip = 0;
			r = Z_STREAM_END;
		}
		if (r == Z_STREAM_END)
			return emit(s, t, c);
		if (r == Z_OK)
			continue;
		if (r == Z_VERSION_ERROR) {
			end(c, s->app);
			return -1;
		}
		http_note(s, t, HTTP_EV_GZIP_FAILED);
		if (!restart(s, c))
			return give_up(s, t, c, p, n);
		in = p + gzip_header(p, n);
		left = n - gzip_header(p, n);
	}
	return 0;
}

int
http_coding_feed(struct http *s, struct http_tx *t, const uint8_t *p, uint32_t n)
{
	t->message_len += n;
	if (!t->decoding) { /* the headers never ended */
		http_note(s, t, HTTP_EV_NONE);
		return -1;
	}
	if (!t->layer && !t->layers_gone) {
		t->entity_len += n;
		http_on_response_body(s, t, p, n);
		return 0;
	}
	if (!t->layer)
		return -1;
	if (p) {
		feed(s, t, t->layer, p, n);
		for (struct http_layer *c = is_enough(s, t) ? t->layer : NULL; c; c = c->next) {
			end(c, s->app);
			c->out_n = 0;
		}
		return 0;
	}
	flush(s, t, t->layer, n);
	http_coding_clear(s->app, t);
	t->layers_gone = true;
	return 0;
}
