/*
 * http_file - which files a transaction carries: bodies of responses, bodies of POST and PUT, file parts of forms.
 *
 * Thread:    the worker's.
 * Memory:    names lie in the transaction or in libhtp's.
 * Owns:      nothing.
 * Not here:  their bytes -> http.c, http_multipart.c
 */
#include "engine/app/protocols/http.h"

/* The next part at *at; false: no more. */
static bool
part_next(const struct bytes *parts, uint32_t *at, uint64_t *off, struct span *name)
{
	uint16_t n;

	if (*at + 10 > parts->n)
		return false;
	memcpy(off, parts->p + *at, 8);
	memcpy(&n, parts->p + *at + 8, 2);
	if (*at + 10 + n > parts->n)
		return false;
	*name = span_of(parts->p + *at + 10, n);
	*at += 10 + n;
	return true;
}

static bool
part_file(const struct http_tx *t, unsigned index, struct app_file *out)
{
	uint32_t at = 0;
	uint64_t off = 0, next;
	struct span ignored;

	for (unsigned i = 0; i <= index; i++)
		if (!part_next(&t->parts, &at, &off, &out->name))
			return false;
	bool last = !part_next(&t->parts, &at, &next, &ignored);
	out->size = (last ? t->file.total : next) - off;
	out->closed = !last || t->tx.progress[TO_SERVER] >= HTTP_COMPLETE;
	return true;
}

/* What the response calls it, else the path that was asked for. */
static struct span
name_of(const htp_tx_t *h, int dir)
{
	const htp_header_t *d = dir == TO_CLIENT && h->response_headers ? htp_table_get_c(h->response_headers, "content-disposition") : NULL;
	struct span name = d ? http_disposition_name(http_span(d->value)) : SPAN_NONE;

	return name.n ? name : h->parsed_uri && h->parsed_uri->path ? http_span(h->parsed_uri->path) : SPAN_NONE;
}

bool
http_file(const struct tx *tx, int dir, unsigned index, struct app_file *out)
{
	const struct http_tx *t = (const struct http_tx *) tx;
	const struct body *b = dir == TO_SERVER ? &t->file : &t->body[TO_CLIENT];

	int64_t range[3];

	*out = (struct app_file) { 0 };
	if (!t->h || b->total == 0)
		return false;
	out->gaps = b->gap || (b->truncated && b->stopped);
	if (dir == TO_SERVER && t->parts.n)
		return part_file(t, index, out);
	out->name = name_of(t->h, dir);
	out->size = b->total;
	out->closed = tx->progress[dir] >= HTTP_COMPLETE && !b->gap && !(b->limit && b->total > b->limit);
	if (dir == TO_CLIENT && http_content_range(t->h, range) && range[0] >= 0 && range[1] >= range[0]) {
		out->piece = true;
		out->start = (uint64_t) range[0];
		out->end = (uint64_t) range[1];
	}
	return index == 0;
}
