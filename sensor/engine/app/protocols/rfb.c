/*
 * rfb - RFB, the protocol of VNC, up to the desktop: one transaction a connection.
 *
 * Spec: RFC 6143 section 7.1 (versions), 7.1.2 and 7.2 (security), 7.3 (initialisation).
 *
 *   server "RFB 003.008\n", client the same; server types(1) type(1).. or, in 3.3, type(4); client type(1); VNC: challenge(16), response(16);
 *   server result(4) [length(4) reason]; client shared(1); server width(2) height(2) format(16) length(4) name
 */
#include "engine/app/protocols/parse.h"

#define NAME_MAX_KEPT 4096u
#define VERSION_N 12u
#define TEXT_MAX 65535u  /* a longer one is not read */

enum rfb_event { EV_UNIMPLEMENTED, EV_UNKNOWN_RESULT, EV_MALFORMED, EV_CONFUSED, EV_LONG };
enum { SECURITY_FAILED, SECURITY_NONE, SECURITY_VNC };

/* What a side sends next; REST: nothing that is read. */
enum step { VERSION, TYPES, TYPE33, REASON, CHOICE, CHALLENGE, RESPONSE, RESULT, INIT, REST };

struct rfb_tx {
	struct tx tx;
	char version[2][8];    /* by sender (the direction): "003", "008", each with its NUL */
	bool has_version[2];
	uint8_t minor;         /* of the version both speak: 3, 7 or 8 */
	bool has_type, has_challenge, has_response, has_result, has_shared, has_init;
	uint32_t type, result;
	uint8_t challenge[16], response[16], shared, format[16];
	uint16_t width, height;
	struct bytes name, reason;
};

struct rfb {
	struct rfb_tx *tx;
	uint8_t step[2];       /* by direction */
};

static bool
is_version(struct span s)
{
	return s.n >= VERSION_N && memcmp(s.p, "RFB ", 4) == 0 && s.p[7] == '.' && s.p[11] == '\n' &&
	    s.p[4] >= '0' && s.p[4] <= '9' && s.p[5] >= '0' && s.p[5] <= '9' && s.p[6] >= '0' && s.p[6] <= '9' &&
	    s.p[8] >= '0' && s.p[8] <= '9' && s.p[9] >= '0' && s.p[9] <= '9' && s.p[10] >= '0' && s.p[10] <= '9';
}

/* Nothing of what follows is understood: both sides are passed over. */
static void
end(struct rfb *st)
{
	st->step[0] = st->step[1] = REST;
	tx_reach(&st->tx->tx, TO_SERVER, 1);
	tx_reach(&st->tx->tx, TO_CLIENT, 1);
}

static void
version(struct app *a, struct rfb *st, int dir, struct rd *r)
{
	struct rfb_tx *t = st->tx;
	struct span s = rd_span(r, VERSION_N);

	if (r->bad)
		return;
	if (!is_version(s)) {
		app_event(a, &t->tx, EV_MALFORMED);
		end(st);
		return;
	}
	memcpy(t->version[dir], s.p + 4, 3);
	memcpy(t->version[dir] + 4, s.p + 8, 3);
	t->has_version[dir] = true;
	if (dir == TO_SERVER) { /* the client says which it will be; any other than 3.7 and 3.8 is as 3.3 (section 7.1.1) */
		unsigned minor = (unsigned) (s.p[8] - '0') * 100 + (unsigned) (s.p[9] - '0') * 10 + (unsigned) (s.p[10] - '0');

		t->minor = minor == 7 ? 7 : minor >= 8 ? 8 : 3;
		st->step[TO_SERVER] = t->minor == 3 ? INIT : CHOICE;
		st->step[TO_CLIENT] = t->minor == 3 ? TYPE33 : TYPES;
	} else {
		st->step[TO_CLIENT] = TYPES; /* not before the client's version is known */
	}
}

static void
chosen(struct app *a, struct rfb *st, uint32_t type)
{
	struct rfb_tx *t = st->tx;

	t->type = type;
	t->has_type = true;
	switch (type) {
	case SECURITY_FAILED:
		st->step[TO_CLIENT] = REASON;
		break;
	case SECURITY_NONE:
		st->step[TO_SERVER] = INIT;
		st->step[TO_CLIENT] = t->minor >= 8 ? RESULT : INIT;
		break;
	case SECURITY_VNC:
		st->step[TO_SERVER] = RESPONSE;
		st->step[TO_CLIENT] = CHALLENGE;
		break;
	default:
		app_event(a, &t->tx, EV_UNIMPLEMENTED);
		end(st);
		break;
	}
}

static void
result(struct app *a, struct rfb *st, struct rd *r)
{
	struct rfb_tx *t = st->tx;

	t->result = rd_u32(r);
	if (r->bad)
		return;
	t->has_result = true;
	app_count_response(a, t->result != 0);
	if (t->result == 0) {
		st->step[TO_CLIENT] = INIT;
		return;
	}
	if (t->result > 2)
		app_event(a, &t->tx, EV_UNKNOWN_RESULT);
	if (t->result == 1 && t->minor >= 8)
		st->step[TO_CLIENT] = REASON;
	else
		end(st);
}

enum { FRAME_PDU };

/* A length of four bytes and the text. One that is longer than a record may be will never be whole. */
static struct span
text(struct app *a, struct rfb *st, struct rd *r)
{
	uint32_t n = rd_u32(r);

	if (!r->bad && n > TEXT_MAX)
		app_event(a, &st->tx->tx, EV_LONG);
	return rd_span(r, n);
}

static void
reason(struct app *a, struct rfb *st, struct rd *r)
{
	struct span s = text(a, st, r);

	if (r->bad)
		return;
	app_keep(a, &st->tx->reason, span_head(s, NAME_MAX_KEPT), NAME_MAX_KEPT);
	end(st);
}

static void
server_init(struct app *a, struct rfb *st, struct rd *r)
{
	struct rfb_tx *t = st->tx;
	uint16_t width = rd_u16(r), height = rd_u16(r);
	struct span format = rd_span(r, 16), name = text(a, st, r);

	if (r->bad)
		return;
	t->width = width;
	t->height = height;
	memcpy(t->format, format.p, 16);
	app_keep(a, &t->name, span_head(name, NAME_MAX_KEPT), NAME_MAX_KEPT);
	t->has_init = true;
	end(st);
}

static void
from_client(struct app *a, struct rfb *st, struct rd *r)
{
	struct rfb_tx *t = st->tx;
	struct span s;

	switch (st->step[TO_SERVER]) {
	case VERSION:
		version(a, st, TO_SERVER, r);
		break;
	case CHOICE:
		chosen(a, st, rd_u8(r)); /* at least one byte is there */
		break;
	case RESPONSE:
		s = rd_span(r, 16);
		if (r->bad)
			return;
		memcpy(t->response, s.p, 16);
		t->has_response = true;
		app_count_request(a);
		st->step[TO_SERVER] = INIT;
		st->step[TO_CLIENT] = RESULT;
		break;
	default:
		t->shared = rd_u8(r);
		t->has_shared = !r->bad;
		st->step[TO_SERVER] = REST;
		break;
	}
}

/* The types that are offered; none: a reason follows. */
static void
types(struct rfb *st, struct rd *r)
{
	uint8_t n = rd_u8(r);

	rd_skip(r, n);
	if (!r->bad)
		st->step[TO_CLIENT] = n ? REST : REASON; /* what follows hangs on the choice */
}

static void
from_server(struct app *a, struct rfb *st, struct rd *r)
{
	struct rfb_tx *t = st->tx;
	struct span s;
	uint32_t type;

	switch (st->step[TO_CLIENT]) {
	case VERSION:
		version(a, st, TO_CLIENT, r);
		break;
	case TYPES:
		types(st, r);
		break;
	case TYPE33:
		type = rd_u32(r);
		if (r->bad)
			return;
		chosen(a, st, type);
		break;
	case CHALLENGE:
		s = rd_span(r, 16);
		if (r->bad)
			return;
		memcpy(t->challenge, s.p, 16);
		t->has_challenge = true;
		st->step[TO_CLIENT] = RESULT;
		break;
	case RESULT:
		result(a, st, r);
		break;
	case REASON:
		reason(a, st, r);
		break;
	default:
		server_init(a, st, r);
		break;
	}
}

static int
rfb_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct rfb *st = state;
	uint32_t taken = 0;

	if (st->step[dir] == REST && !st->tx)
		return (int) bytes.n;
	if (!st->tx && !(st->tx = (struct rfb_tx *) app_tx_new(a)))
		return -1;
	while (taken < bytes.n && st->tx) {
		struct rd r = rd_of(span_skip(bytes, taken));
		uint32_t left = rd_left(&r);
		uint8_t before[2] = { st->step[0], st->step[1] };

		if (st->step[dir] == REST)
			return (int) bytes.n;
		if (dir == TO_SERVER)
			from_client(a, st, &r);
		else
			from_server(a, st, &r);
		if (r.bad) {
			st->step[0] = before[0];
			st->step[1] = before[1];
			break;
		}
		app_frame(a, dir, FRAME_PDU, bytes.p + taken, left - rd_left(&r), NULL);
		taken += left - rd_left(&r);
	}
	return (int) taken;
}

static void
rfb_eof(struct app *a, void *state, int dir)
{
	struct rfb *st = state;

	if (st->tx)
		tx_reach(&st->tx->tx, dir, 1);
}

static int
rfb_gap(struct app *a, void *state, int dir, uint32_t n)
{
	struct rfb *st = state;

	return st->step[dir] == REST ? 0 : -1;
}

static void
rfb_tx_clear(struct app *a, struct tx *tx)
{
	struct rfb_tx *t = (struct rfb_tx *) tx;
	struct rfb *st = a->state;

	bytes_release(a, &t->name);
	bytes_release(a, &t->reason);
	if (tx->proto == a->proto && st && st->tx == t) {
		st->tx = NULL;
		st->step[0] = st->step[1] = REST;
	}
}

static enum app_probe
rfb_probe(struct span s, int dir, uint8_t transport)
{
	if (s.n < VERSION_N)
		return memcmp(s.p, "RFB ", s.n < 4 ? s.n : 4) == 0 ? PROBE_MORE : PROBE_NO;
	return is_version(s) ? PROBE_YES : PROBE_NO;
}

/* ---- fields, log ---- */

static const struct rfb_tx *
of(const struct tx *tx)
{
	return (const struct rfb_tx *) tx;
}

static bool
f_name(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	*out = bytes_span(&of(tx)->name);
	return i == 0 && of(tx)->has_init;
}

static bool
n_type(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->type;
	return i == 0 && of(tx)->has_type;
}

static bool
n_result(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->result;
	return i == 0 && of(tx)->has_result;
}

static const char *const results[] = { "ok=0", "fail=1", "toomany=2", "unknown=3", NULL };
#define EARLY { 0, 0 }
static const struct field fields[] = {
	{ "rfb.name", NULL, NULL, FIELD_BYTES, false, 2, EARLY, f_name, .help = "name of the desktop" },
	{ "rfb.sectype", NULL, NULL, FIELD_NUMBER, false, 1, EARLY, .number = n_type, .help = "security type" },
	{ "rfb.secresult", NULL, NULL, FIELD_NUMBER, false, 2, EARLY, .number = n_result, .names = results,
	    .help = "result of the authentication, by number or ok, fail, toomany, unknown" },
	{ NULL }
};

static const struct app_event events[] = {
	[EV_UNIMPLEMENTED] = { "unimplemented_security_type" },
	[EV_UNKNOWN_RESULT] = { "unknown_security_result" },
	[EV_MALFORMED] = { "malformed_message" },
	[EV_CONFUSED] = { "confused_state" },
	[EV_LONG] = { "too_long_string" },
	{ NULL }
};

static void
log_version(struct json *j, const char *key, const char v[8])
{
	json_object(j, key);
	json_str(j, "major", v);
	json_str(j, "minor", v + 4);
	json_end(j);
}

/* Section 7.4. */
static void
log_format(struct json *j, const uint8_t f[16])
{
	struct rd r = rd_of(span_of(f, 16));

	json_object(j, "pixel_format");
	json_u64(j, "bits_per_pixel", rd_u8(&r));
	json_u64(j, "depth", rd_u8(&r));
	json_bool(j, "big_endian", rd_u8(&r) != 0);
	json_bool(j, "true_color", rd_u8(&r) != 0);
	json_u64(j, "red_max", rd_u16(&r));
	json_u64(j, "green_max", rd_u16(&r));
	json_u64(j, "blue_max", rd_u16(&r));
	json_u64(j, "red_shift", rd_u8(&r));
	json_u64(j, "green_shift", rd_u8(&r));
	json_u64(j, "blue_shift", rd_u8(&r));
	json_end(j);
}

static void
log_authentication(struct json *j, const struct rfb_tx *t)
{
	static const char *const names[] = { "OK", "FAIL", "TOOMANY" };

	json_object(j, "authentication");
	json_u64(j, "security_type", t->type);
	if (t->type == SECURITY_VNC) {
		json_object(j, "vnc");
		if (t->has_challenge)
			json_hex(j, "challenge", span_of(t->challenge, 16), 0);
		if (t->has_response)
			json_hex(j, "response", span_of(t->response, 16), 0);
		json_end(j);
	}
	if (t->has_result) {
		char text[40];
		struct text u = text_of(text, sizeof(text));

		text_add(&u, SPAN_LIT("UNKNOWN ("));
		text_u64(&u, t->result);
		text_char(&u, ')');
		json_span(j, "security_result", t->result < 3 ? span_str(names[t->result]) : text_span(&u));
	}
	json_end(j);
}

static void
rfb_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct rfb_tx *t = of(tx);

	if (t->has_version[TO_CLIENT])
		log_version(j, "server_protocol_version", t->version[TO_CLIENT]);
	if (t->has_version[TO_SERVER])
		log_version(j, "client_protocol_version", t->version[TO_SERVER]);
	if (t->has_type)
		log_authentication(j, t);
	if (t->reason.n)
		json_escaped(j, "server_security_failure_reason", bytes_span(&t->reason));
	if (t->has_shared)
		json_bool(j, "screen_shared", t->shared != 0);
	if (t->has_init) {
		json_object(j, "framebuffer");
		json_u64(j, "width", t->width);
		json_u64(j, "height", t->height);
		json_escaped(j, "name", bytes_span(&t->name));
		log_format(j, t->format);
		json_end(j);
	}
}

static const struct app_frame_type frames[] = { [FRAME_PDU] = { "pdu", "a message of the handshake" }, { NULL, NULL } };

const struct protocol protocol_rfb = {
	.name = "rfb",
	.spec = "RFC 6143",
	.transport = APP_TCP,
	.first_dirs = 2,
	.ports = { "5900", NULL },
	.log_packet = true,
	.probe_min = 1,
	.probe_max = VERSION_N,
	.probe = rfb_probe,
	.state_size = sizeof(struct rfb),
	.tx_size = sizeof(struct rfb_tx),
	.done = { 1, 1 },
	.max_record = 65536,
	.feed = rfb_feed,
	.gap = rfb_gap,
	.eof = rfb_eof,
	.tx_clear = rfb_tx_clear,
	.fields = fields,
	.events = events,
	.frames = frames,
	.log = rfb_log,
};
