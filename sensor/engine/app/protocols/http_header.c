/*
 * http_header - one header line: its name, its value, and the other headers of that name.
 *
 * Thread:    the worker's.
 * Memory:    an entry of the head's array; a value put together of several in the head's `made`.
 * Owns:      nothing.
 * Not here:  which bytes are a line -> http_side.c
 *
 * Spec: RFC 9110 section 5.1 (names), 5.3 (several of a name), RFC 9112 section 5.
 */
#include "base/word.h"
#include "engine/app/protocols/http.h"

#define HEADERS_FIRST 16u

/* By length; of one length few. */
static const struct {
	const char *name;
	uint8_t n, id;
} names[] = {
	{ "host", 4, HTTP_HOST }, { "accept", 6, HTTP_ACCEPT }, { "cookie", 6, HTTP_COOKIE }, { "expect", 6, HTTP_EXPECT },
	{ "server", 6, HTTP_SERVER }, { "referer", 7, HTTP_REFERER }, { "upgrade", 7, HTTP_UPGRADE }, { "location", 8, HTTP_LOCATION },
	{ "connection", 10, HTTP_CONNECTION }, { "set-cookie", 10, HTTP_SET_COOKIE }, { "user-agent", 10, HTTP_USER_AGENT },
	{ "content-type", 12, HTTP_CONTENT_TYPE }, { "authorization", 13, HTTP_AUTHORIZATION },
	{ "content-range", 13, HTTP_CONTENT_RANGE }, { "content-length", 14, HTTP_CONTENT_LENGTH },
	{ "accept-encoding", 15, HTTP_ACCEPT_ENCODING }, { "accept-language", 15, HTTP_ACCEPT_LANGUAGE },
	{ "content-encoding", 16, HTTP_CONTENT_ENCODING }, { "transfer-encoding", 17, HTTP_TRANSFER_ENCODING },
	{ "content-disposition", 19, HTTP_CONTENT_DISPOSITION },
};
#define NAME_MAX_N 19u
/* Index of the first name of that length or above. */
static const uint8_t names_from[NAME_MAX_N + 2] = { 0, 0, 0, 0, 0, 1, 1, 5, 7, 8, 8, 11, 11, 12, 14, 15, 17, 18, 19, 19, 20 };

static enum http_name
name_of(struct span name)
{
	if (name.n > NAME_MAX_N)
		return HTTP_OTHER;
	for (unsigned i = names_from[name.n]; i < names_from[name.n + 1]; i++)
		if ((name.p[0] | 0x20) == names[i].name[0] && span_eq_nocase(name, span_of(names[i].name, names[i].n)))
			return names[i].id;
	return HTTP_OTHER;
}

/* The same where NULs are in it, which many a server passes over. */
static enum http_name
name_with_nuls(struct span name)
{
	uint8_t b[NAME_MAX_N + 1];
	uint32_t n = 0;

	for (uint32_t i = 0; i < name.n && n < sizeof(b); i++)
		if (name.p[i])
			b[n++] = name.p[i];
	return n ? name_of(span_of(b, n)) : HTTP_OTHER;
}

/* RFC 9110 section 5.6.2: not a letter of a token. */
static inline bool
is_odd(uint8_t c)
{
	static const uint32_t odd[8] = { 0xffffffff, 0xfc009305, 0x38000001, 0xa8000000, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff };

	return odd[c >> 5] >> (c & 31) & 1;
}

struct parsed {
	struct span name, value;
	enum http_name id;
	uint32_t hash;
	bool nuls; /* in the name */
};

static void
note_once(struct http *s, int dir, unsigned odd, unsigned request, unsigned response)
{
	struct http_tx *t = s->side[dir].tx;

	if (!(t->odd & odd))
		http_note(s, t, dir == TO_SERVER ? request : response);
	if (!(t->odd & odd) && odd == HTTP_ODD_NO_COLON && dir == TO_CLIENT)
		t->odd |= HTTP_ODD_FIELD; /* the name is empty then, too */
	t->odd |= (uint8_t) odd;
}

/* Where the name ends: at the colon. Of a request's header it may not come after a NUL. UINT32_MAX: it does not. */
static uint32_t
colon(int dir, struct span l)
{
	const uint8_t *c = l.n ? memchr(l.p, ':', l.n) : NULL;

	if (!c || (dir == TO_SERVER && memchr(l.p, 0, (size_t) (c - l.p))))
		return UINT32_MAX;
	return (uint32_t) (c - l.p);
}

static void
read_name(struct http *s, int dir, struct parsed *h)
{
	uint32_t n = h->name.n, hash = 0, odd = 0, nuls = 0;
	const uint8_t *p = h->name.p;

	if (!n)
		note_once(s, dir, HTTP_ODD_FIELD, HTTP_EV_REQ_HEADER, HTTP_EV_RES_HEADER);
	while (n && (dir == TO_SERVER ? http_blank(p[n - 1]) : p[n - 1] <= ' '))
		n--;
	if (n < h->name.n)
		note_once(s, dir, HTTP_ODD_FIELD, HTTP_EV_REQ_HEADER, HTTP_EV_RES_HEADER);
	h->name.n = n;
	if (n && (h->id = name_of(h->name)) != HTTP_OTHER) {
		h->hash = h->id;
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		odd |= is_odd(p[i]);
		nuls |= !p[i];
		hash = hash * 31 + byte_lower(p[i]);
	}
	h->hash = hash;
	h->nuls = nuls;
	if (nuls)
		h->id = name_with_nuls(h->name);
	if (odd)
		note_once(s, dir, HTTP_ODD_FIELD, HTTP_EV_REQ_HEADER, HTTP_EV_RES_HEADER);
}

static void
parse(struct http *s, int dir, struct span l, struct parsed *h)
{
	uint32_t c = colon(dir, l);

	*h = (struct parsed) { .name = span_head(l, c == UINT32_MAX ? 0 : c), .value = l, .id = HTTP_OTHER };
	if (c == UINT32_MAX) {
		note_once(s, dir, HTTP_ODD_NO_COLON, HTTP_EV_REQ_NO_COLON, HTTP_EV_RES_NO_COLON);
		if (dir == TO_SERVER)
			return;
	} else {
		read_name(s, dir, h);
		h->value = span_skip(l, c + 1);
	}
	while (h->value.n && http_blank(h->value.p[0]))
		h->value = span_skip(h->value, 1);
	if (dir == TO_CLIENT && h->value.n && memchr(h->value.p, 0, h->value.n))
		http_note(s, s->side[dir].tx, HTTP_EV_NONE);
	while (h->value.n > 1 && http_blank(h->value.p[h->value.n - 1]))
		h->value.n--;
}

/* The header of that name there is already. Its bytes may be not copied yet. */
static struct http_header *
find(struct http *s, int dir, const struct parsed *h)
{
	struct http_head *head = &s->side[dir].tx->head[dir];
	unsigned from = 0;

	if (h->id != HTTP_OTHER && !head->known[h->id])
		return NULL;
	if (h->id != HTTP_OTHER)
		from = head->known[h->id] - 1u;
	for (unsigned i = from; i < head->n; i++)
		if (head->v[i].hash == h->hash && head->v[i].name.n == h->name.n && http_keep(s, dir) == 0 &&
		    span_eq_nocase(http_get(head, head->v[i].name), h->name))
			return &head->v[i];
	return NULL;
}

/* ", " and the value, after what there is of it already. */
static int
append(struct http *s, struct http_head *head, struct http_header *v, struct span value)
{
	bool last = (v->value.at & HTTP_MADE) && (v->value.at & ~HTTP_MADE) - 1 + v->value.n == head->made.n;
	struct bytes b = { NULL, 0, 0 };
	int r = 0;

	if (!last)
		r |= app_keep(s->app, &b, http_get(head, v->value), HTTP_TEXT_MAX);
	r |= app_keep(s->app, &b, SPAN_LIT(", "), HTTP_TEXT_MAX);
	r |= app_keep(s->app, &b, value, HTTP_TEXT_MAX); /* by way of b: it may lie in `made` itself */
	if (r == 0 && !last)
		r = http_make(s, head, bytes_span(&b), &v->value);
	else if (r == 0 && (r = app_keep(s->app, &head->made, bytes_span(&b), HTTP_TEXT_MAX)) == 0)
		v->value.n += b.n;
	app_drop(s->app, &b);
	return r < 0 ? -1 : 0;
}

static int
again(struct http *s, int dir, struct http_header *v, const struct parsed *h)
{
	struct http_tx *t = s->side[dir].tx;
	struct http_head *head = &t->head[dir];
	int64_t a, b;

	if (!v->repeated)
		http_note(s, t, HTTP_EV_NONE);
	else if (head->repeats >= HTTP_REPEATED_MAX)
		return 0;
	else
		head->repeats++;
	v->repeated = true;
	if (h->id != HTTP_CONTENT_LENGTH || h->nuls)
		return append(s, head, v, h->value);
	a = http_length(NULL, NULL, http_get(head, v->value));
	b = http_length(NULL, NULL, h->value);
	if (a == -1 || b == -1 || a != b)
		http_note(s, t, dir == TO_SERVER ? HTTP_EV_REQ_CL_DUP : HTTP_EV_RES_CL_DUP);
	return 0;
}

/* Room for one more; false: no memory. */
static bool
grow(struct http *s, struct http_head *head)
{
	uint32_t cap = head->cap ? head->cap * 2u : HEADERS_FIRST;
	struct http_header *v;

	if (head->n < head->cap)
		return true;
	if (cap > UINT16_MAX || !(v = app_take(s->app, cap * sizeof(*v))))
		return false;
	if (head->n)
		memcpy(v, head->v, head->n * sizeof(*v));
	app_give(s->app, head->v, head->cap * sizeof(*v));
	head->v = v;
	head->cap = (uint16_t) cap;
	return true;
}

/* The beginning of the names with that letter that the reader asks for. */
static const char *
reader_asks(uint8_t letter)
{
	switch (letter) {
	case 'c':
		return "cont"; /* content-length, content-type */
	case 'e':
		return "expe"; /* expect */
	case 't':
		return "tran"; /* transfer-encoding */
	case 'u':
		return "upgr"; /* upgrade */
	default:
		return "";
	}
}

/* A header of a message nobody looks at, which the reader does not ask for either: its first letters tell. */
static bool
passed_over(const struct http_tx *t, struct span l)
{
	const char *asked;

	if (!t->unseen || l.n < 4 || !byte_letter(l.p[0]))
		return false;
	asked = reader_asks(l.p[0] | 0x20);
	for (unsigned i = 0; i < 4; i++) {
		if (!byte_letter(l.p[i]))
			return false;
		if ((l.p[i] | 0x20) != asked[i])
			return true;
	}
	return false;
}

/* The first byte below 14: the end of a line, or what belongs into no ordinary one; `end`: none. */
static const uint8_t *
first_control(const uint8_t *p, const uint8_t *end)
{
	for (; end - p >= 8; p += 8) {
		uint64_t found = word_below(word_load(p), 14);
		if (found)
			return p + __builtin_ctzll(found) / 8;
	}
	while (p < end && *p >= 14)
		p++;
	return p;
}

void
http_headers_pass(struct http *s, int dir)
{
	struct http_side *d = &s->side[dir];
	struct http_tx *t = d->tx;
	struct http_head *head = &t->head[dir];
	const uint8_t *p, *cr;

	if (!t->unseen || !d->p || d->held.n || d->pending.at || d->at != d->from || d->status == HTTP_CLOSED)
		return;
	p = d->p + d->at;
	for (const uint8_t *end = d->p + d->n; (cr = first_control(p, end)) < end; p = cr + 2) {
		if (cr - p < 4 || end - cr < 3 || cr[0] != '\r' || cr[1] != '\n' || http_folds(cr[2]) || !passed_over(t, span_of(p, (size_t) (cr - p))) ||
		    head->n + head->passed > s->conf->headers)
			break;
		head->passed++;
	}
	d->at = d->from = (uint32_t) (p - d->p);
}

static int
too_many(struct http *s, int dir)
{
	note_once(s, dir, HTTP_ODD_MANY, HTTP_EV_REQ_MANY, HTTP_EV_RES_MANY);
	return -1;
}

int
http_header_add(struct http *s, int dir, struct span line, uint32_t at)
{
	struct http_tx *t = s->side[dir].tx;
	struct http_head *head = &t->head[dir];
	struct http_header *v;
	struct span l = http_chomp(line);

	if (passed_over(t, l))
		return head->n + head->passed++ > s->conf->headers ? too_many(s, dir) : 0;
	struct parsed h;

	parse(s, dir, l, &h);
	if ((v = find(s, dir, &h)))
		return again(s, dir, v, &h);
	if (head->n + head->passed > s->conf->headers)
		return too_many(s, dir);
	if (!grow(s, head))
		return -1;
	v = &head->v[head->n++];
	*v = (struct http_header) { .hash = h.hash };
	v->name = (struct http_ref) { at + (h.name.n ? (uint32_t) (h.name.p - l.p) : 0), h.name.n };
	v->value = (struct http_ref) { at + (h.value.n ? (uint32_t) (h.value.p - l.p) : 0), h.value.n };
	if (h.id != HTTP_OTHER && !head->known[h.id])
		head->known[h.id] = head->n;
	return 0;
}
