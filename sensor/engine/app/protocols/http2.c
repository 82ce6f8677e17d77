/*
 * http2 - HTTP/2 in clear text: with prior knowledge, or after an upgrade of HTTP/1.1.
 *
 * Thread:    the worker's.
 * Memory:    the worker's pool, within the settings of app-layer.protocols.http2.
 * Owns:      the state of a flow.
 * Not here:  frames -> http2_frame.c   headers -> http2_headers.c   fields -> http2_fields.c   log -> http2_log.c
 *            DNS inside -> doh2.c
 *
 * Sources: RFC 9113, RFC 7541; the upgrade RFC 7540 section 3.2. The request of an upgrade is answered on stream 1, so
 * it is that stream's request here; its HTTP2-Settings are the client's first.
 */
#include "engine/app/protocols/http2.h"

#include "engine/app/protocols/http.h"

const struct app_event http2_events[] = {
	[HTTP2_EV_FRAME_HEADER] = { "invalid_frame_header" },
	[HTTP2_EV_MAGIC] = { "invalid_client_magic" },
	[HTTP2_EV_FRAME_DATA] = { "invalid_frame_data" },
	[HTTP2_EV_HEADER] = { "invalid_header" },
	[HTTP2_EV_FRAME_LENGTH] = { "invalid_frame_length" },
	[HTTP2_EV_EXTRA_HEADER] = { "extra_header_data" },
	[HTTP2_EV_LONG_FRAME] = { "long_frame_data" },
	[HTTP2_EV_REUSE] = { "stream_id_reuse" },
	[HTTP2_EV_HTTP1_SETTINGS] = { "invalid_http1_settings" },
	[HTTP2_EV_UNPACK] = { "failed_decompression" },
	[HTTP2_EV_RANGE] = { "invalid_range" },
	[HTTP2_EV_INTEGER] = { "header_integer_overflow" },
	[HTTP2_EV_STREAMS] = { "too_many_streams" },
	[HTTP2_EV_AUTHORITY] = { "authority_host_mismatch" },
	[HTTP2_EV_USERINFO] = { "userinfo_in_uri" },
	[HTTP2_EV_REASSEMBLY] = { "reassembly_limit_reached" },
	[HTTP2_EV_DNS_REQUEST] = { "dns_request_too_long" },
	[HTTP2_EV_DNS_RESPONSE] = { "dns_response_too_long" },
	[HTTP2_EV_DATA_ZERO] = { "data_stream_zero" },
	[HTTP2_EV_FRAMES] = { "too_many_frames" },
	[HTTP2_EV_BOMB] = { "compression_bomb" },
	[HTTP2_EV_TABLE] = { "header_table_overflow" },
	[HTTP2_EV_CONTINUATION] = { "continuation_without_headers" },
	[HTTP2_EV_REPEATED] = { "too_long_repeated_headers" },
	{ NULL },
};

const struct app_frame_type http2_frames[] = {
	[HTTP2_FRAME_HDR] = { "hdr", "the nine bytes in front of a frame" },
	[HTTP2_FRAME_DATA] = { "data", "what a frame carries" },
	[HTTP2_FRAME_PDU] = { "pdu", "a whole frame" },
	{ NULL, NULL },
};

static const struct http2_conf defaults = {
	.max_streams = 256, .max_table = 65536, .max_reassembly = 102400, .max_frames = 65536, .bomb = 1048576,
};

/* ---- settings ---- */

static void
read_size(const struct yaml *node, const char *key, uint64_t least, uint64_t most, uint64_t *out, struct diag *d)
{
	const struct yaml *y = yaml_get(node, key);
	uint64_t v;

	if (!y)
		return;
	if (!y->text || conf_parse_size(&v, y->text) < 0 || v < least || v > most)
		yaml_error(y, d, "a number from %llu to %llu was expected", (unsigned long long) least, (unsigned long long) most);
	else
		*out = v;
}

void
http2_configure(void *into, const struct conf *tree, const struct yaml *node, struct diag *d)
{
	struct http2_conf *c = into;

	*c = defaults;
	read_size(node, "max-streams", 1, 4096, &c->max_streams, d);
	read_size(node, "max-table-size", 4096, 1048576, &c->max_table, d);
	read_size(node, "max-reassembly-size", 1, 1048576, &c->max_reassembly, d);
	read_size(node, "max-frames", 1, UINT32_MAX, &c->max_frames, d);
	read_size(node, "compression-bomb-limit", 1, UINT32_MAX, &c->bomb, d);
}

/* ---- what HTTP/1.1 said before ---- */

static void
take_settings(struct http2 *s, struct span text)
{
	struct http2_tx *t = http2_tx_new(s, 0);
	struct bytes b = { 0 };

	if (!t)
		return;
	t->side[TO_SERVER].types |= UINT64_C(1) << HTTP2_SETTINGS;
	if (!http2_unbase64(s->app, text, &b) || !http2_settings(s, t, TO_SERVER, bytes_span(&b)))
		app_event(s->app, &t->tx, HTTP2_EV_HTTP1_SETTINGS);
	app_drop(s->app, &b);
}

static void
take_request(struct http2 *s, const struct bytes *saved)
{
	struct http2_tx *t = http2_tx_new(s, 1);
	struct span name, value;

	for (uint32_t at = 0; t && http_saved_next(saved, &at, &name, &value);) {
		struct http2_entry e = { .kind = HTTP2_ENTRY_HEADER, .name = name, .value = value };

		if (span_eq_nocase(name, SPAN_LIT("http2-settings")))
			take_settings(s, value);
		else if (span_eq_nocase(name, SPAN_LIT("host")))
			e.name = SPAN_LIT(":authority");
		http2_entry_add(s, t, TO_SERVER, &e);
	}
	if (!t)
		return;
	t->side[TO_SERVER].headers_over = true;
	http2_stream_end(s, t, TO_SERVER);
}

bool
http2_set_up(struct http2 *s, struct app *a)
{
	const struct http *before = app_state_before(a, "http");

	s->app = a;
	if (s->conf)
		return true;
	s->conf = app_conf(a);
	if (!s->conf)
		s->conf = &defaults;
	http2_headers_begin(s);
	if (before && before->saved.n)
		take_request(s, &before->saved);
	return true;
}

/* ---- ends ---- */

void
http2_tx_clear(struct app *a, struct tx *tx)
{
	struct http2_tx *t = (struct http2_tx *) tx;

	for (int dir = 0; dir < 2; dir++) {
		struct http2_side *side = &t->side[dir];

		app_drop(a, &side->marks);
		app_drop(a, &side->head);
		body_clear(&side->body, a);
		range_drop(a, &side->range);
		body_clear(&side->whole, a);
		unpack_free(a, side->unpack);
		dns_apart_free(a, side->dns);
		side->unpack = NULL;
		side->dns = NULL;
	}
}

void
http2_clear(struct app *a, void *state)
{
	struct http2 *s = state;

	s->app = a;
	if (s->conf)
		http2_headers_end(s);
	for (int dir = 0; dir < 2; dir++)
		app_drop(a, &s->dir[dir].block);
}

/* The preface of the client; of the server a frame of settings, which comes first. */
static enum app_probe
probe(struct span s, int dir, uint8_t transport)
{
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
	uint32_t n = s.n < sizeof(preface) - 1 ? s.n : (uint32_t) sizeof(preface) - 1;
	struct rd r = rd_of(s);
	uint32_t length = rd_u24(&r);
	uint8_t type = rd_u8(&r), flags = rd_u8(&r);

	if (dir == TO_SERVER)
		return memcmp(s.p, preface, n) != 0 ? PROBE_NO : n < sizeof(preface) - 1 ? PROBE_MORE : PROBE_YES;
	if (rd_u32(&r) != 0 && !r.bad)
		return PROBE_NO;
	if (s.n >= 5 && (length > 16384 || length % 6 || type != HTTP2_SETTINGS || flags & 0xfe))
		return PROBE_NO;
	return r.bad ? PROBE_MORE : PROBE_YES;
}

const struct protocol protocol_http2 = {
	.name = "http2",
	.log_name = "http",
	.spec = "RFC 9113, RFC 7541",
	.transport = APP_TCP,
	.probe_min = 1,
	.probe = probe,
	.conf_size = sizeof(struct http2_conf),
	.configure = http2_configure,
	.state_size = sizeof(struct http2),
	.tx_size = sizeof(struct http2_tx),
	.done = { HTTP2_P_COMPLETE, HTTP2_P_COMPLETE },
	.max_record = HTTP2_FRAME_MAX,
	.feed = http2_feed,
	.gap = http2_gap,
	.eof = http2_eof,
	.tx_clear = http2_tx_clear,
	.clear = http2_clear,
	.fields = http2_fields,
	.frames = http2_frames,
	.events = http2_events,
	.log = http2_log,
	.loggable = http2_loggable,
	.header = http2_header,
	.file = http2_file,
};
