/*
 * doh2 - DNS over HTTP/2: what http2 becomes once a stream carries DNS messages.
 *
 * Thread:    the worker's.
 * Memory:    as http2: the state of a flow and its transactions are the same.
 * Owns:      nothing.
 * Not here:  finding the messages -> http2_headers.c, http2_frame.c   reading them -> dns.c
 *
 * Source: RFC 8484. A transaction is a stream: it has the buffers of HTTP and those of DNS, the query in the direction to
 * the server, the answer in the other; its record of DNS tells the answer, or the query when there was none.
 */
#include "engine/app/protocols/http2.h"

static const struct tx *
carried(const struct tx *tx, int dir)
{
	const struct dns_tx *d = ((const struct http2_tx *) tx)->side[dir].dns;

	return d ? &d->tx : NULL;
}

static bool
log_dns(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct tx *answer = carried(tx, TO_CLIENT), *t = answer ? answer : carried(tx, TO_SERVER);

	if (t && j)
		dns_log(app, t, j, full);
	return t != NULL;
}

extern const struct protocol protocol_http2;

const struct protocol protocol_doh2 = {
	.name = "doh2",
	.log_name = "http",
	.spec = "RFC 8484",
	.transport = APP_TCP,
	.base = &protocol_http2,
	.state_size = sizeof(struct http2),
	.tx_size = sizeof(struct http2_tx),
	.done = { HTTP2_P_COMPLETE, HTTP2_P_COMPLETE },
	.max_record = HTTP2_FRAME_MAX,
	.feed = http2_feed,
	.gap = http2_gap,
	.eof = http2_eof,
	.tx_clear = http2_tx_clear,
	.clear = http2_clear,
	.fields = dns_carried_fields,
	.carried = carried,
	.frames = http2_frames,
	.events = http2_events,
	.log = http2_log,
	.loggable = http2_loggable,
	.second_name = "dns",
	.second_log = log_dns,
	.header = http2_header,
	.file = http2_file,
};
