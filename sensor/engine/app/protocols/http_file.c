/*
 * http_file - which files a transaction carries: bodies of responses, bodies of POST and PUT, file parts of forms.
 *
 * Thread:    the worker's.
 * Memory:    names lie in the transaction or in libhtp's.
 * Owns:      nothing.
 * Not here:  their bytes -> http.c, http_multipart.c
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
	const struct http_part *part = dir == TO_SERVER ? part_at(t, index) : NULL;
	int64_t range[3];

	*out = (struct app_file) { 0 };
	if (t->h && dir == TO_CLIENT && index == 1 && t->range.whole) {
		out->name = name_of(t->h, dir);
		file_tell(&t->whole, true, out);
		return true;
	}
	if (part) {
		out->name = bytes_span(&part->name);
		file_tell(&part->body, part->body.eof, out);
		return true;
	}
	if (!t->h || b->total == 0 || index)
		return false;
	out->name = name_of(t->h, dir);
	file_tell(b, tx->progress[dir] >= HTTP_COMPLETE, out);
	out->gaps |= b->truncated && b->stopped;
	if (dir == TO_CLIENT && http_content_range(t->h, range) && range[0] >= 0 && range[1] >= range[0]) {
		out->piece = true;
		out->start = (uint64_t) range[0];
		out->end = (uint64_t) range[1];
	}
	return true;
}

void
http_range_begin(struct app *a, struct http_tx *t)
{
	const htp_uri_t *u = t->h->parsed_uri;
	int64_t v[3];

	if (http_content_range(t->h, v) && u && u->path)
		range_begin(a, &t->range, t->h->request_hostname ? http_span(t->h->request_hostname) : SPAN_NONE, bytes_span(&t->uri), v);
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
