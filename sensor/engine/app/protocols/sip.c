/*
 * sip - SIP over UDP and TCP: a transaction is one message, with the session description in it.
 *
 * Spec: RFC 3261 section 7 (messages), 7.3.3 (compact names), 18.3 (Content-Length on streams); RFC 8866 (SDP).
 *
 *   METHOD URI SIP/2.0 CR LF | SIP/2.0 code reason CR LF    Name: value CR LF ...    CR LF    body
 */
#include <strings.h>

#include "engine/app/protocols/sip.h"

#define MESSAGE_MAX 131072u

enum sip_event { EV_INCOMPLETE, EV_INVALID, EV_HEADERS };

static struct span
trim(struct span s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = span_skip(s, 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r'))
		s.n--;
	return s;
}

struct span
sip_line(struct span *rest)
{
	const uint8_t *lf = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
	struct span line = span_head(*rest, lf ? (uint32_t) (lf - rest->p) : rest->n);

	*rest = span_skip(*rest, lf ? line.n + 1 : line.n);
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

/* Up to the next blank; *rest: what follows it. */
static struct span
word(struct span *rest)
{
	uint32_t n = 0;
	struct span w;

	while (n < rest->n && rest->p[n] != ' ')
		n++;
	w = span_head(*rest, n);
	*rest = span_skip(*rest, n + 1);
	return w;
}

static bool
is_version(struct span s)
{
	return s.n == 7 && memcmp(s.p, "SIP/2.0", 7) == 0;
}

static bool
is_response(struct span line)
{
	return line.n > 8 && is_version(span_head(line, 7)) && line.p[7] == ' ';
}

/* Method: capital letters; then something; then the version. */
static bool
is_request(struct span line)
{
	struct span rest = line, method = word(&rest), uri = word(&rest);

	if (!method.n || method.n > 16 || !uri.n || !is_version(rest))
		return false;
	for (uint32_t i = 0; i < method.n; i++)
		if (method.p[i] < 'A' || method.p[i] > 'Z')
			return false;
	return true;
}

static bool
named(struct span name, const char *want)
{
	static const char *const compact[][2] = { { "from", "f" }, { "to", "t" }, { "via", "v" }, { "content-type", "c" },
		{ "content-length", "l" }, { "contact", "m" }, { "call-id", "i" }, { "subject", "s" } };

	if (name.n == strlen(want) && strncasecmp((const char *) name.p, want, name.n) == 0)
		return true;
	for (size_t i = 0; name.n == 1 && i < sizeof(compact) / sizeof(compact[0]); i++)
		if (strcmp(compact[i][0], want) == 0)
			return (name.p[0] | 0x20) == compact[i][1][0];
	return false;
}

/* The index-th value of a header among the lines after the first. */
static bool
header(struct span head, const char *want, unsigned index, struct span *out)
{
	sip_line(&head);
	while (head.n) {
		struct span line = sip_line(&head);
		const uint8_t *colon = line.n ? memchr(line.p, ':', line.n) : NULL;

		if (!colon || !named(trim(span_head(line, (uint32_t) (colon - line.p))), want) || index--)
			continue;
		*out = trim(span_skip(line, (uint32_t) (colon - line.p) + 1));
		return true;
	}
	return false;
}

static uint32_t
content_length(struct span head)
{
	struct span v;
	uint32_t n = 0;

	if (!header(head, "content-length", 0, &v))
		return 0;
	for (uint32_t i = 0; i < v.n && v.p[i] >= '0' && v.p[i] <= '9' && n < MESSAGE_MAX; i++)
		n = n * 10 + (v.p[i] - '0');
	return n;
}

/* Bytes up to and with the empty line; 0 = it has not come. */
static uint32_t
head_end(struct span s)
{
	const uint8_t *at = s.n >= 4 ? memmem(s.p, s.n, "\r\n\r\n", 4) : NULL;

	return at ? (uint32_t) (at - s.p) + 4 : 0;
}

enum { FRAME_PDU, FRAME_REQUEST_LINE, FRAME_RESPONSE_LINE, FRAME_REQUEST_HEADERS, FRAME_RESPONSE_HEADERS, FRAME_REQUEST_BODY,
	FRAME_RESPONSE_BODY };
static const struct app_frame_type frames[] = {
	[FRAME_PDU] = { "pdu", "a message" },
	[FRAME_REQUEST_LINE] = { "request.line", "the first line of a request" },
	[FRAME_RESPONSE_LINE] = { "response.line", "the first line of a response" },
	[FRAME_REQUEST_HEADERS] = { "request.headers", "the headers of a request" },
	[FRAME_RESPONSE_HEADERS] = { "response.headers", "the headers of a response" },
	[FRAME_REQUEST_BODY] = { "request.body", "the body of a request" },
	[FRAME_RESPONSE_BODY] = { "response.body", "the body of a response" },
	{ NULL, NULL },
};

/* `headers` begins after the first line; the blank line after them is not theirs. */
static void
mark(struct app *a, int dir, struct span msg, uint32_t head_n, struct span headers, const struct sip_tx *t)
{
	unsigned response = t->response;
	uint32_t line_n = (uint32_t) (headers.p - msg.p), end = head_n;

	if (end > line_n && msg.p[end - 1] == '\n')
		end--;
	if (end > line_n && end < head_n && msg.p[end - 1] == '\r')
		end--;
	app_frame(a, dir, FRAME_PDU, msg.p, msg.n, &t->tx);
	app_frame(a, dir, FRAME_REQUEST_LINE + response, msg.p, line_n, &t->tx);
	if (end > line_n)
		app_frame(a, dir, FRAME_REQUEST_HEADERS + response, headers.p, end - line_n, &t->tx);
	if (msg.n > head_n)
		app_frame(a, dir, FRAME_REQUEST_BODY + response, msg.p + head_n, msg.n - head_n, &t->tx);
}

static void
message(struct app *a, int dir, struct span msg, uint32_t head_n)
{
	struct sip_tx *t = (struct sip_tx *) app_tx_new(a);
	struct span rest = msg, line = sip_line(&rest);

	if (!t)
		return;
	t->tx.only_dir = (uint8_t) (1 << dir);
	t->response = is_response(line);
	mark(a, dir, msg, head_n, rest, t);
	if (app_keep(a, &t->msg, msg, MESSAGE_MAX) == 0)
		t->head_n = head_n;
	if (t->response)
		app_count_response(a, line.p[8] >= '4');
	else
		app_count_request(a);
	tx_reach(&t->tx, dir, 1);
}

static int
sip_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct span rest = bytes, line = sip_line(&rest);
	uint32_t head_n, body_n;

	if (bytes.n && (bytes.p[0] == '\r' || bytes.p[0] == '\n')) /* keep-alive between messages: RFC 5626 section 3.5.1 */
		return a->transport == APP_UDP ? (int) bytes.n : 1;
	head_n = head_end(bytes);
	if (!head_n && a->transport != APP_UDP) {
		if (bytes.n >= MESSAGE_MAX)
			app_event(a, NULL, EV_HEADERS);
		return 0;
	}
	if (!is_response(line) && !is_request(line)) {
		app_event(a, NULL, EV_INVALID);
		return a->transport == APP_UDP ? (int) bytes.n : -1;
	}
	if (!head_n)
		head_n = bytes.n;
	body_n = a->transport == APP_UDP ? bytes.n - head_n : content_length(span_head(bytes, head_n));
	if (body_n > MESSAGE_MAX - head_n || head_n > MESSAGE_MAX)
		return -1;
	if (bytes.n < head_n + body_n)
		return 0;
	message(a, dir, span_head(bytes, head_n + body_n), head_n);
	return (int) (head_n + body_n);
}

static void
sip_tx_clear(struct app *a, struct tx *tx)
{
	bytes_release(a, &((struct sip_tx *) tx)->msg);
}

static enum app_probe
sip_probe(struct span s, int dir, uint8_t transport)
{
	struct span rest = s, line = sip_line(&rest);
	bool whole = line.n < s.n;

	if (is_response(line))
		return dir == TO_CLIENT || transport == APP_UDP ? PROBE_YES : PROBE_REVERSED;
	if (whole)
		return is_request(line) ? PROBE_YES : PROBE_NO;
	for (uint32_t i = 0; i < s.n; i++) { /* letters, a blank, then anything printable */
		if (s.p[i] == ' ')
			return i ? PROBE_MORE : PROBE_NO;
		if ((s.p[i] < 'A' || s.p[i] > 'Z') && !is_version(span_head(s, 7)))
			return PROBE_NO;
	}
	return PROBE_MORE;
}

/* ---- fields ---- */

static struct span
head_of(const struct tx *tx)
{
	const struct sip_tx *t = (const struct sip_tx *) tx;

	return span_head(bytes_span(&t->msg), t->head_n);
}

static struct span
first_line(const struct tx *tx)
{
	struct span s = head_of(tx);

	return sip_line(&s);
}

/* Word `k` of the first line; the last one is the rest of it. */
static bool
part(const struct tx *tx, bool response, unsigned k, unsigned i, struct span *out)
{
	struct span rest = first_line(tx);

	if (i || ((const struct sip_tx *) tx)->response != response)
		return false;
	for (unsigned n = 0; n < k; n++)
		word(&rest);
	*out = k == 2 ? rest : word(&rest);
	return out->n > 0;
}

#define PART(fn, response, k) \
	static bool \
	fn(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out) \
	{ \
		return part(tx, response, k, i, out); \
	}
PART(f_method, false, 0)
PART(f_uri, false, 1)
PART(f_code, true, 1)
PART(f_reason, true, 2)

static bool
f_protocol(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return ((const struct sip_tx *) tx)->response ? part(tx, true, 0, i, out) : part(tx, false, 2, i, out);
}

static bool
f_request_line(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	*out = first_line(tx);
	return i == 0 && !((const struct sip_tx *) tx)->response;
}

static bool
f_response_line(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	*out = first_line(tx);
	return i == 0 && ((const struct sip_tx *) tx)->response;
}

#define HEADER(fn, name) \
	static bool \
	fn(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out) \
	{ \
		return header(head_of(tx), name, i, out); \
	}
HEADER(f_from, "from")
HEADER(f_to, "to")
HEADER(f_via, "via")
HEADER(f_agent, "user-agent")
HEADER(f_type, "content-type")
HEADER(f_length, "content-length")

#define DONE { 1, 1 }
#define SDP(k, text) { .name = "sdp." k, .kind = FIELD_MULTI, .dirs = 3, .progress = DONE, .help = text
static const struct field fields[] = {
	{ "sip.method", NULL, NULL, FIELD_BYTES, false, 1, DONE, f_method, .help = "method of the request" },
	{ "sip.uri", NULL, NULL, FIELD_BYTES, false, 1, DONE, f_uri, .help = "URI of the request" },
	{ "sip.request_line", NULL, NULL, FIELD_BYTES, false, 1, DONE, f_request_line, .help = "first line of the request" },
	{ "sip.stat_code", NULL, NULL, FIELD_BYTES, false, 2, DONE, f_code, .help = "status code as text" },
	{ "sip.stat_msg", NULL, NULL, FIELD_BYTES, false, 2, DONE, f_reason, .help = "text after the status code" },
	{ "sip.response_line", NULL, NULL, FIELD_BYTES, false, 2, DONE, f_response_line, .help = "first line of the response" },
	{ "sip.protocol", NULL, NULL, FIELD_BYTES, false, 3, DONE, f_protocol, .help = "version in the first line" },
	{ "sip.from", NULL, NULL, FIELD_MULTI, false, 3, DONE, f_from, .help = "From" },
	{ "sip.to", NULL, NULL, FIELD_MULTI, false, 3, DONE, f_to, .help = "To" },
	{ "sip.via", NULL, NULL, FIELD_MULTI, false, 3, DONE, f_via, .help = "each Via" },
	{ "sip.user_agent", NULL, NULL, FIELD_MULTI, false, 3, DONE, f_agent, .help = "User-Agent" },
	{ "sip.content_type", NULL, NULL, FIELD_MULTI, false, 3, DONE, f_type, .help = "Content-Type" },
	{ "sip.content_length", NULL, NULL, FIELD_MULTI, false, 3, DONE, f_length, .help = "Content-Length as text" },
	SDP("origin", "o= of the session description"), .bytes = sdp_origin },
	SDP("session_name", "s= of the session description"), .bytes = sdp_session_name },
	SDP("session_info", "i= of the session description"), .bytes = sdp_session_info },
	SDP("uri", "u= of the session description"), .bytes = sdp_uri },
	SDP("email", "e= of the session description"), .bytes = sdp_email },
	SDP("phone_number", "p= of the session description"), .bytes = sdp_phone },
	SDP("connection_data", "c= of the session"), .bytes = sdp_connection },
	SDP("bandwidth", "each b= of the session"), .bytes = sdp_bandwidth },
	SDP("time", "each t= of the session description"), .bytes = sdp_time },
	SDP("repeat_time", "each r= of the session description"), .bytes = sdp_repeat },
	SDP("timezone", "z= of the session description"), .bytes = sdp_timezone },
	SDP("encryption_key", "k= of the session"), .bytes = sdp_key },
	SDP("attribute", "each a= of the session"), .bytes = sdp_attribute },
	SDP("media.media", "each m= of the session description"), .bytes = sdp_m_media },
	SDP("media.media_info", "each i= of a medium"), .bytes = sdp_m_info },
	SDP("media.connection_data", "each c= of a medium"), .bytes = sdp_m_connection },
	SDP("media.encryption_key", "each k= of a medium"), .bytes = sdp_m_key },
	{ NULL }
};

static const struct app_event events[] = {
	[EV_INCOMPLETE] = { "incomplete_data" },
	[EV_INVALID] = { "invalid_data" },
	[EV_HEADERS] = { "headers_too_long" },
	{ NULL }
};

static void
log_field(const struct tx *tx, struct json *j, const char *key, bool (*fn)(const struct tx *, int, unsigned, struct arena *, struct span *))
{
	struct span v;

	if (fn(tx, 0, 0, NULL, &v))
		json_span(j, key, v);
}

static void
sip_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	log_field(tx, j, "method", f_method);
	log_field(tx, j, "uri", f_uri);
	log_field(tx, j, "version", f_protocol);
	log_field(tx, j, "request_line", f_request_line);
	log_field(tx, j, "code", f_code);
	log_field(tx, j, "reason", f_reason);
	log_field(tx, j, "response_line", f_response_line);
	sdp_log(sdp_of(tx), j);
}

/* The session description: a body that says it is one. */
struct span
sdp_of(const struct tx *tx)
{
	const struct sip_tx *t = (const struct sip_tx *) tx;
	struct span type;

	if (!header(head_of(tx), "content-type", 0, &type) || type.n < 15 || strncasecmp((const char *) type.p, "application/sdp", 15) != 0)
		return SPAN_NONE;
	return span_skip(bytes_span(&t->msg), t->head_n);
}

const struct protocol protocol_sip = {
	.name = "sip",
	.spec = "RFC 3261, RFC 8866",
	.transport = APP_TCP | APP_UDP,
	.ports = { "5060", "5060,5061" },
	.log_packet = true,
	.probe_min = 7,
	.probe_max = 512,
	.probe = sip_probe,
	.tx_size = sizeof(struct sip_tx),
	.done = DONE,
	.max_record = MESSAGE_MAX,
	.feed = sip_feed,
	.tx_clear = sip_tx_clear,
	.fields = fields,
	.frames = frames,
	.events = events,
	.log = sip_log,
};
