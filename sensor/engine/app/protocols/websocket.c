/*
 * websocket - frames of WebSocket after the upgrade of HTTP/1.1: each is a transaction of one direction.
 *
 * Thread:    the worker's.
 * Memory:    the worker's pool: payloads up to max-payload-size, a message in fragments until its last one, zlib's window where
 *            messages are compressed.
 * Owns:      the two windows of a flow.
 * Not here:  the upgrade -> http_upgrade.c
 *
 * Sources: RFC 6455 section 5; RFC 7692 (permessage-deflate). A sender that starts its window anew with each message is read with
 * the old one all the same: it refers to nothing before.
 *
 *   FIN RSV1-3 opcode(4) | MASK length(7) | length(16 or 64) | mask(32) | payload
 */
#include "engine/app/protocols/websocket.h"

#include <zlib.h>

#include "engine/app/heap.h"

#define PAYLOAD_DEFAULT 65535u
#define PAYLOAD_MOST 1000000u
#define PIECE 4096u

enum { OP_CONTINUATION, OP_TEXT, OP_BINARY, OP_CLOSE = 8, OP_PING, OP_PONG };
enum { FRAME_HEADER, FRAME_PDU, FRAME_DATA };
enum { EV_SKIPPED, EV_REASSEMBLY };

struct conf_websocket {
	uint64_t max_payload;
};

struct websocket {
	struct websocket_dir {
		uint64_t skip;          /* bytes of a long payload that are left out */
		struct bytes message;   /* fragments so far */
		bool fragments, compressed;
		bool inflating, broken; /* z is set up; it failed */
		z_stream z;
	} dir[2];
};

static uint32_t
payload_max(const struct app *a)
{
	const struct conf_websocket *c = app_conf(a);

	return c && c->max_payload ? (uint32_t) c->max_payload : PAYLOAD_DEFAULT;
}

/* ---- compressed messages ---- */

static bool
inflate_piece(struct app *a, struct websocket_dir *d, struct span in, struct bytes *out, uint32_t max)
{
	uint8_t piece[PIECE];

	d->z.next_in = (Bytef *) (uintptr_t) in.p;
	d->z.avail_in = in.n;
	do {
		d->z.next_out = piece;
		d->z.avail_out = PIECE;
		int r = inflate(&d->z, Z_SYNC_FLUSH);
		uint32_t n = PIECE - d->z.avail_out, room = out->n < max ? max - out->n : 0;

		if (r != Z_OK && r != Z_BUF_ERROR && r != Z_STREAM_END)
			return false;
		if (room < n || app_keep(a, out, span_of(piece, n), max) < 0) {
			app_keep(a, out, span_of(piece, n < room ? n : room), max);
			return false; /* more than is kept: where the next message begins is not known then */
		}
		if (r == Z_STREAM_END && inflateReset(&d->z) != Z_OK)
			return false;
		if (r == Z_BUF_ERROR)
			break;
	} while (d->z.avail_in || !d->z.avail_out);
	return true;
}

/* RFC 7692 section 7.2.2: the four bytes a sender leaves out are put back. On failure the message stays as it came. */
static void
unpack(struct app *a, struct websocket_dir *d, struct bytes *message)
{
	static const uint8_t tail[4] = { 0, 0, 0xff, 0xff };
	struct bytes out = { 0 };
	uint32_t max = payload_max(a);

	if (d->broken)
		return;
	if (!d->inflating) {
		d->z = (z_stream) { .zalloc = app_heap_zlib, .zfree = app_heap_give, .opaque = a };
		d->inflating = inflateInit2(&d->z, -MAX_WBITS) == Z_OK;
	}
	d->broken = !d->inflating || !inflate_piece(a, d, bytes_span(message), &out, max) || !inflate_piece(a, d, span_of(tail, 4), &out, max);
	if (d->broken && !out.n)
		return;
	app_drop(a, message);
	*message = out;
}

/* ---- frames ---- */

struct frame {
	uint8_t flags, opcode;
	bool masked;
	uint32_t mask;
	uint64_t length;
	uint32_t head;           /* bytes before the payload */
};

static bool
frame_head(struct span bytes, struct frame *f)
{
	struct rd r = rd_of(bytes);
	uint8_t first = rd_u8(&r), second = rd_u8(&r);

	*f = (struct frame) { .flags = first & 0xf0, .opcode = first & 0x0f, .masked = second & 0x80, .length = second & 0x7f };
	if (f->length == 126)
		f->length = rd_u16(&r);
	else if (f->length == 127)
		f->length = rd_u64(&r);
	if (f->masked)
		f->mask = rd_u32(&r);
	f->head = (uint32_t) (r.p - bytes.p);
	return !r.bad;
}

static bool
keep_unmasked(struct app *a, struct websocket_tx *t, struct span s)
{
	if (app_keep(a, &t->payload, s, PAYLOAD_MOST) < 0)
		return false;
	for (uint32_t i = 0; t->masked && i < t->payload.n; i++)
		t->payload.p[i] ^= (uint8_t) (t->mask >> 8 * (3 - i % 4));
	return true;
}

/* Fragments are put together; the last one has the whole message. */
static void
gather(struct app *a, struct websocket_dir *d, struct websocket_tx *t)
{
	bool last = t->flags & WEBSOCKET_FIN;

	if (t->opcode >= OP_CLOSE) /* control frames may stand between fragments */
		return;
	if (t->opcode != OP_CONTINUATION) {
		app_drop(a, &d->message);
		d->compressed = t->flags & WEBSOCKET_COMP;
		d->fragments = !last;
	}
	if (d->fragments) {
		if (d->message.n + (uint64_t) t->payload.n > payload_max(a)) {
			app_event(a, &t->tx, EV_REASSEMBLY);
			d->fragments = false;
			d->broken |= d->compressed;
			app_drop(a, &d->message);
		} else {
			app_keep(a, &d->message, bytes_span(&t->payload), PAYLOAD_MOST);
		}
	}
	if (!last)
		return;
	if (d->fragments) {
		app_drop(a, &t->payload);
		t->payload = d->message;
		d->message = (struct bytes) { 0 };
	}
	d->fragments = false;
	if (d->compressed)
		unpack(a, d, &t->payload);
}

static int
feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct websocket_dir *d = &((struct websocket *) state)->dir[dir];
	struct websocket_tx *t;
	struct frame f;
	uint32_t n;

	if (d->skip) {
		n = bytes.n < d->skip ? bytes.n : (uint32_t) d->skip;
		d->skip -= n;
		return (int) n;
	}
	if (!frame_head(bytes, &f))
		return 0;
	n = f.length < payload_max(a) ? (uint32_t) f.length : payload_max(a);
	if (bytes.n - f.head < n)
		return 0;
	if (!(t = (struct websocket_tx *) app_tx_new(a)))
		return -1;
	t->flags = f.flags;
	t->opcode = f.opcode;
	t->masked = f.masked;
	t->mask = f.mask;
	t->tx.only_dir = dir == TO_SERVER ? 1 : 2;
	t->tx.progress[dir] = 1;
	app_frame(a, dir, FRAME_PDU, bytes.p, f.head + f.length, &t->tx);
	app_frame(a, dir, FRAME_HEADER, bytes.p, f.head, &t->tx);
	if (f.length)
		app_frame(a, dir, FRAME_DATA, bytes.p + f.head, f.length, &t->tx);
	d->skip = f.length - n;
	if (d->skip) {
		app_event(a, &t->tx, EV_SKIPPED);
		d->broken |= f.flags & WEBSOCKET_COMP || d->compressed;
	}
	if (keep_unmasked(a, t, span_head(span_skip(bytes, f.head), n)))
		gather(a, d, t);
	return (int) (f.head + n);
}

static void
tx_clear(struct app *a, struct tx *tx)
{
	app_drop(a, &((struct websocket_tx *) tx)->payload);
}

static void
clear(struct app *a, void *state)
{
	struct websocket *s = state;

	for (int dir = 0; dir < 2; dir++) {
		app_drop(a, &s->dir[dir].message);
		if (s->dir[dir].inflating)
			inflateEnd(&s->dir[dir].z);
	}
}

static void
configure(void *into, const struct conf *tree, const struct yaml *node, struct diag *d)
{
	struct conf_websocket *c = into;
	const struct yaml *y = yaml_get(node, "max-payload-size");

	c->max_payload = PAYLOAD_DEFAULT;
	if (!y)
		return;
	if (!y->text || conf_parse_size(&c->max_payload, y->text) < 0 || c->max_payload < 1 || c->max_payload > PAYLOAD_MOST) {
		yaml_error(y, d, "a size from 1 to %u bytes was expected", PAYLOAD_MOST);
		c->max_payload = PAYLOAD_DEFAULT;
	}
}

/* ---- fields, log ---- */

static const struct websocket_tx *
of(const struct tx *tx)
{
	return (const struct websocket_tx *) tx;
}

static bool
get_payload(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	*out = bytes_span(&of(tx)->payload);
	return true;
}

static bool
get_opcode(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->opcode;
	return i == 0;
}

static bool
get_mask(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->mask;
	return i == 0 && of(tx)->masked;
}

static const char *const opcode_names[] = { "continuation=0", "text=1", "binary=2", "connection_close=8", "close=8", "ping=9", "pong=10", NULL };

#define BOTH .dirs = 3, .progress = { 1, 1 }

static const struct field fields[] = {
	{ .name = "websocket.payload", .bytes = get_payload, BOTH, .help = "payload of a frame, unmasked; of the last fragment the whole message" },
	{ .name = "websocket.opcode", .kind = FIELD_NUMBER, .number = get_opcode, BOTH, .names = opcode_names, .help = "kind of a frame" },
	{ .name = "websocket.mask", .kind = FIELD_NUMBER, .number = get_mask, BOTH, .help = "mask of a frame, where it has one" },
	{ .name = NULL },
};

static void
websocket_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	static const char *const names[] = { [OP_CONTINUATION] = "continuation", [OP_TEXT] = "text", [OP_BINARY] = "binary",
		[OP_CLOSE] = "connection_close", [OP_PING] = "ping", [OP_PONG] = "pong", [15] = NULL };
	const struct websocket_tx *t = of(tx);
	char unknown[16] = "unknown-";

	json_bool(j, "fin", t->flags & WEBSOCKET_FIN);
	if (t->masked)
		json_u64(j, "mask", t->mask);
	unknown[8] = (char) (t->opcode < 10 ? '0' + t->opcode : '1');
	unknown[9] = (char) (t->opcode < 10 ? 0 : '0' + t->opcode - 10);
	json_str(j, "opcode", names[t->opcode] ? names[t->opcode] : unknown);
}

static const struct app_frame_type frames[] = {
	[FRAME_HEADER] = { "header", "what stands before the payload" },
	[FRAME_PDU] = { "pdu", "a whole frame" },
	[FRAME_DATA] = { "data", "the payload as it was sent, masked or not" },
	{ NULL, NULL },
};

static const struct app_event events[] = {
	[EV_SKIPPED] = { "skip_end_of_payload" }, [EV_REASSEMBLY] = { "reassembly_limit_reached" }, { NULL },
};

const struct protocol protocol_websocket = {
	.name = "websocket",
	.spec = "RFC 6455, RFC 7692",
	.transport = APP_TCP,
	.conf_size = sizeof(struct conf_websocket),
	.configure = configure,
	.state_size = sizeof(struct websocket),
	.tx_size = sizeof(struct websocket_tx),
	.done = { 1, 1 },
	.max_record = PAYLOAD_MOST + 14,
	.feed = feed,
	.tx_clear = tx_clear,
	.clear = clear,
	.fields = fields,
	.frames = frames,
	.events = events,
	.log = websocket_log,
};
