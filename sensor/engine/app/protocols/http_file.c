/*
 * http_file - which files a transaction carries: bodies of responses, bodies of POST and PUT, file parts of forms.
 *
 * Thread:    the worker's.
 * Memory:    names lie in the transaction.
 * Owns:      nothing.
 * Not here:  their bytes -> http_body.c, http_multipart.c
 */
#include "engine/app/protocols/http.h"

static const struct http_part *
part_at(const struct http_tx *t, unsigned index)
{
	const struct http_part *p = t->part;

	while (p && index--)
		p = p->next;
	return p;
}

static struct span
path_of(const struct http_tx *t)
{
	if (t->unasked)
		return HTTP_TARGET_UNKNOWN;
	return t->has_path ? span_of(t->path_n ? t->uri.p + t->path : (const uint8_t *) "", t->path_n) : SPAN_NONE;
}

/* What the response calls it, else the path that was asked for. */
static struct span
name_of(const struct http_tx *t, int dir)
{
	struct span d = dir == TO_CLIENT ? http_value(&t->head[TO_CLIENT], HTTP_CONTENT_DISPOSITION) : SPAN_NONE;
	struct span name = d.p ? http_disposition_name(d) : SPAN_NONE;

	return name.n ? name : path_of(t);
}

bool
http_file(const struct tx *tx, int dir, unsigned index, struct app_file *out)
{
	const struct http_tx *t = (const struct http_tx *) tx;
	const struct body *b = dir == TO_SERVER ? &t->file : &t->body[TO_CLIENT];
	const struct http_part *part = dir == TO_SERVER ? part_at(t, index) : NULL;
	int64_t range[3];

	*out = (struct app_file) { 0 };
	if (t->read && dir == TO_CLIENT && index == 1 && t->range.whole) {
		out->name = name_of(t, dir);
		file_tell(&t->whole, true, out);
		return true;
	}
	if (part) {
		out->name = bytes_span(&part->name);
		file_tell(&part->body, part->body.eof, out);
		return true;
	}
	if (!t->read || b->total == 0 || index)
		return false;
	out->name = name_of(t, dir);
	file_tell(b, tx->progress[dir] >= HTTP_COMPLETE, out);
	out->gaps |= b->truncated && b->stopped;
	if (dir == TO_CLIENT && http_content_range(t, range) && range[0] >= 0 && range[1] >= range[0]) {
		out->piece = true;
		out->start = (uint64_t) range[0];
		out->end = (uint64_t) range[1];
	}
	return true;
}

void
http_range_begin(struct app *a, struct http_tx *t)
{
	int64_t v[3];

	if (http_content_range(t, v) && path_of(t).p)
		range_begin(a, &t->range, http_get(&t->head[TO_SERVER], t->host), bytes_span(&t->uri), v);
}

struct body *
http_file_body(struct tx *tx, int dir, unsigned index)
{
	struct http_tx *t = (struct http_tx *) tx;
	struct http_part *part = dir == TO_SERVER ? (struct http_part *) part_at(t, index) : NULL;

	if (part)
		return &part->body;
	return index ? NULL : dir == TO_SERVER ? &t->file : &t->body[TO_CLIENT];
}
