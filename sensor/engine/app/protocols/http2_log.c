/*
 * http2_log - a stream of HTTP/2 as EVE's "http" object, and the files it carries.
 *
 * Thread:    the worker's.
 * Memory:    the caller's buffer.
 * Owns:      nothing.
 * Not here:  the envelope -> event/
 */
#include "engine/app/file.h"
#include "engine/app/protocols/http2.h"

#include <stdio.h>

static const struct http2_tx *
of(const struct tx *tx)
{
	return (const struct http2_tx *) tx;
}

static void
put_headers(struct json *j, const char *key, const struct bytes *head)
{
	struct http2_entry e;

	if (!head->n)
		return;
	json_array(j, key);
	for (uint32_t at = 0; http2_entry_next(head, &at, &e);) {
		json_object(j, NULL);
		if (e.kind == HTTP2_ENTRY_HEADER) {
			json_span(j, "name", e.name);
			json_span(j, "value", e.value);
		} else if (e.kind == HTTP2_ENTRY_SIZE_UPDATE) {
			json_u64(j, "table_size_update", e.size);
		} else {
			json_str(j, "error", "invalid header block");
		}
		json_end(j);
	}
	json_end(j);
}

static void
put_value(struct json *j, const char *key, const struct http2_tx *t, int dir, struct span name)
{
	struct span v;

	if (http2_value(t, dir, name, NULL, &v))
		json_span(j, key, v);
}

static bool
number_of(struct span s, uint64_t *out)
{
	*out = 0;
	for (uint32_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9' || *out > UINT64_MAX / 10 - 9)
			return false;
		*out = *out * 10 + (uint64_t) (s.p[i] - '0');
	}
	return s.n > 0;
}

static void
put_numbers(struct json *j, const struct http2_tx *t)
{
	struct span v;
	uint64_t n;

	if (http2_value(t, TO_CLIENT, SPAN_LIT(":status"), NULL, &v)) {
		if (number_of(v, &n))
			json_u64(j, "status", n);
		else
			json_span(j, "status_string", v);
	}
	if (http2_value(t, TO_CLIENT, SPAN_LIT("content-length"), NULL, &v) && number_of(v, &n))
		json_u64(j, "length", n);
	else if (t->stream && t->side[TO_CLIENT].raw)
		json_u64(j, "length", t->side[TO_CLIENT].raw);
}

/* RFC 9113 section 6.5.2, RFC 8441, RFC 9218 */
static const char *
setting_name(uint16_t id)
{
	static const char *const names[] = { NULL, "SETTINGSHEADERTABLESIZE", "SETTINGSENABLEPUSH", "SETTINGSMAXCONCURRENTSTREAMS",
		"SETTINGSINITIALWINDOWSIZE", "SETTINGSMAXFRAMESIZE", "SETTINGSMAXHEADERLISTSIZE", NULL, "SETTINGSENABLECONNECTPROTOCOL",
		"SETTINGSNORFC7540PRIORITIES" };

	return id < sizeof(names) / sizeof(names[0]) ? names[id] : NULL;
}

static void
put_settings(struct json *j, const struct http2_side *side)
{
	struct json_mark before = json_mark(j);
	struct http2_mark m;
	char unknown[16];
	bool any = false;

	json_array(j, "settings");
	for (uint32_t i = 0; http2_mark(side, i, &m); i++) {
		if (m.kind != HTTP2_MARK_SETTING)
			continue;
		any = true;
		snprintf(unknown, sizeof(unknown), "%u", m.id);
		json_object(j, NULL);
		json_str(j, "settings_id", setting_name(m.id) ? setting_name(m.id) : unknown);
		json_u64(j, "settings_value", m.value);
		json_end(j);
	}
	json_end(j);
	if (!any)
		json_undo(j, before);
}

/* RFC 9113 section 7 */
static const char *
error_name(uint32_t code)
{
	static const char *const names[] = { "NOERROR", "PROTOCOLERROR", "INTERNALERROR", "FLOWCONTROLERROR", "SETTINGSTIMEOUT",
		"STREAMCLOSED", "FRAMESIZEERROR", "REFUSEDSTREAM", "CANCEL", "COMPRESSIONERROR", "CONNECTERROR", "ENHANCEYOURCALM",
		"INADEQUATESECURITY", "HTTP11REQUIRED" };

	return code < sizeof(names) / sizeof(names[0]) ? names[code] : NULL;
}

static void
put_side(struct json *j, const char *key, const struct http2_side *side)
{
	struct http2_mark m;
	bool error = false, priority = false;
	char unknown[24];

	json_object(j, key);
	put_settings(j, side);
	for (uint32_t i = 0; http2_mark(side, i, &m); i++) {
		if (m.kind == HTTP2_MARK_ERROR && !error) {
			snprintf(unknown, sizeof(unknown), "%u", m.value);
			json_str(j, "error_code", error_name(m.value) ? error_name(m.value) : unknown);
			error = true;
		} else if (m.kind == HTTP2_MARK_PRIORITY && !priority) {
			json_u64(j, "priority", m.value);
			priority = true;
		}
	}
	json_end(j);
}

void
http2_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct http2_tx *t = of(tx);

	put_headers(j, "request_headers", &t->side[TO_SERVER].head);
	put_headers(j, "response_headers", &t->side[TO_CLIENT].head);
	put_value(j, "hostname", t, TO_SERVER, SPAN_LIT(":authority"));
	put_value(j, "url", t, TO_SERVER, SPAN_LIT(":path"));
	put_value(j, "http_user_agent", t, TO_SERVER, SPAN_LIT("user-agent"));
	put_value(j, "http_refer", t, TO_SERVER, SPAN_LIT("referer"));
	put_value(j, "http_content_type", t, TO_CLIENT, SPAN_LIT("content-type"));
	put_value(j, "http_method", t, TO_SERVER, SPAN_LIT(":method"));
	put_numbers(j, t);
	json_str(j, "version", "2");
	json_object(j, "http2");
	json_u64(j, "stream_id", t->stream);
	put_side(j, "request", &t->side[TO_SERVER]);
	put_side(j, "response", &t->side[TO_CLIENT]);
	json_end(j);
}

/* Frames that only move windows or ask for a sign of life make no record. */
bool
http2_loggable(const struct tx *tx)
{
	struct http2_mark m;

	for (int dir = 0; dir < 2; dir++) {
		const struct http2_side *side = &of(tx)->side[dir];

		if (side->head.n)
			return true;
		for (uint32_t i = 0; http2_mark(side, i, &m); i++)
			if (m.kind != HTTP2_MARK_WINDOW)
				return true;
	}
	return false;
}

bool
http2_header(const struct tx *tx, const char *name, struct span *out)
{
	struct http2_entry e;

	for (uint32_t at = 0; http2_entry_next(&of(tx)->side[TO_SERVER].head, &at, &e);)
		if (e.kind == HTTP2_ENTRY_HEADER && span_eq_nocase(e.name, span_of(name, (uint32_t) strlen(name)))) {
			*out = e.value;
			return true;
		}
	return false;
}

bool
http2_file(const struct tx *tx, int dir, unsigned index, struct app_file *out)
{
	const struct http2_side *side = &of(tx)->side[dir];

	struct span range;
	int64_t v[3];

	*out = (struct app_file) { 0 };
	if (index > 1 || !side->body.total || (index && !side->range.whole))
		return false;
	http2_value(of(tx), TO_SERVER, SPAN_LIT(":path"), NULL, &out->name);
	if (index) {
		file_tell(&side->whole, true, out);
		return true;
	}
	if (dir == TO_CLIENT && http2_value(of(tx), dir, SPAN_LIT("content-range"), NULL, &range)) {
		range_read(range, v);
		out->piece = v[0] >= 0 && v[1] >= v[0];
		out->start = out->piece ? (uint64_t) v[0] : 0;
		out->end = out->piece ? (uint64_t) v[1] : 0;
	}
	file_tell(&side->body, tx->progress[dir] >= HTTP2_P_COMPLETE && !side->gap, out);
	out->gaps = side->gap;
	return true;
}
