/*
 * dcerpc - DCE RPC over TCP and UDP: a transaction is a call, or a bind, and its answer.
 *
 * Spec: DCE 1.1 RPC (C706) chapter 12; MS-RPCE.
 *
 *   UDP  4(1) type(1) flags(1) flags(1) representation(3) serial(1) object(16) interface(16) activity(16) boot(4) version(4)
 *        sequence(4) opnum(2) hints(4) length(2) fragment(2) authentication(1) serial(1) stub
 */
#include "engine/app/protocols/dce.h"

#define OPEN_MAX 1024
#define UDP_HEADER 80
#define UDP_LASTFRAG 2
#define UDP_FRAG 4

struct dcerpc {
	struct dce_table table;
	uint32_t open;
	bool resync[2];
	uint32_t skip[2];
};

enum dcerpc_event { EV_MALFORMED };

static struct dce_tx *
find(struct app *a, int dir, const struct dce_header *h)
{
	struct dce_tx *found = NULL;

	each_tx(a, x) {
		struct dce_tx *t = (struct dce_tx *) x;

		if (t->call.call == h->call && !x->progress[dir] && (dir == TO_SERVER ? t->call.type[0] == h->type :
		    t->call.type[0] != DCE_NONE || t->call.type[1] == h->type) && !found)
			found = t;
	}
	return found;
}

static struct dce_tx *
begin(struct app *a, struct dcerpc *st, int dir)
{
	struct dce_tx *t = (struct dce_tx *) app_tx_new(a);

	if (!t)
		return NULL;
	dce_begin(&t->call);
	if (dir == TO_CLIENT) {
		tx_reach(&t->tx, TO_SERVER, 1);
		return t;
	}
	if (++st->open <= OPEN_MAX)
		return t;
	each_tx(a, x)
		if (x != &t->tx && !x->progress[TO_CLIENT]) {
			tx_reach(x, TO_SERVER, 1);
			tx_reach(x, TO_CLIENT, 1);
			st->open--;
			break;
		}
	return t;
}

static void
count(struct app *a, int dir, const struct dce_header *h)
{
	if (dir == TO_SERVER)
		app_count_request(a);
	else
		app_count_response(a, h->type == DCE_FAULT || h->type == DCE_BINDNAK);
}

static void
pdu(struct app *a, struct dcerpc *st, int dir, const struct dce_header *h, struct span bytes)
{
	struct dce_tx *t;

	if (h->type == DCE_AUTH3 || h->type == DCE_CO_CANCEL || h->type == DCE_ORPHANED || h->type == DCE_SHUTDOWN)
		return;
	t = find(a, dir, h);
	if (!t && !(t = begin(a, st, dir)))
		return;
	dce_pdu(a, &st->table, &t->call, dir, 0, h, bytes);
	if (!t->call.done[dir])
		return;
	count(a, dir, h);
	if (dir == TO_CLIENT && t->call.type[0] != DCE_NONE)
		st->open--;
	tx_reach(&t->tx, dir, 1);
}

enum { FRAME_PDU, FRAME_HDR, FRAME_DATA };
static const struct app_frame_type frames[] = {
	[FRAME_PDU] = { "pdu", "a PDU over TCP" },
	[FRAME_HDR] = { "hdr", "the 16 bytes all PDUs begin with" },
	[FRAME_DATA] = { "data", "what follows them" },
	{ NULL, NULL },
};

static int
tcp_feed(struct app *a, struct dcerpc *st, int dir, struct span bytes)
{
	uint32_t taken = 0;

	while (taken < bytes.n) {
		struct span s = span_skip(bytes, taken);
		struct dce_header h;

		if (st->skip[dir]) {
			uint32_t n = s.n < st->skip[dir] ? s.n : st->skip[dir];

			st->skip[dir] -= n;
			taken += n;
			continue;
		}
		if (s.n < DCE_HEADER)
			break;
		if (!dce_header(s, &h)) {
			if (st->resync[dir])
				return (int) bytes.n;
			app_event(a, NULL, EV_MALFORMED);
			return -1;
		}
		st->resync[dir] = false;
		if (s.n < h.frag)
			break;
		app_frame(a, dir, FRAME_PDU, s.p, h.frag, NULL);
		app_frame(a, dir, FRAME_HDR, s.p, DCE_HEADER, NULL);
		if (h.frag > DCE_HEADER)
			app_frame(a, dir, FRAME_DATA, s.p + DCE_HEADER, h.frag - DCE_HEADER, NULL);
		pdu(a, st, dir, &h, s);
		taken += h.frag;
	}
	return (int) taken;
}

/* ---- UDP ---- */

static struct dce_tx *
udp_find(struct app *a, int dir, const uint8_t activity[16], uint32_t seq)
{
	each_tx(a, x) {
		struct dce_tx *t = (struct dce_tx *) x;

		if (t->seq == seq && !x->progress[dir] && memcmp(t->activity, activity, 16) == 0)
			return t;
	}
	return NULL;
}

static void
udp_call(struct app *a, struct dcerpc *st, int dir, uint8_t type, uint8_t flags, bool little, struct rd *r)
{
	struct dce_iface f = { .used = true, .first = true };
	uint8_t activity[16];
	struct dce_tx *t;
	uint32_t version, seq;
	uint16_t opnum, n;
	struct span stub;

	rd_skip(r, 16);
	dce_uuid(r, little, f.uuid);
	dce_uuid(r, little, activity);
	rd_skip(r, 4);
	version = little ? rd_u32le(r) : rd_u32(r);
	f.major = (uint16_t) version;
	f.minor = (uint16_t) (version >> 16);
	seq = little ? rd_u32le(r) : rd_u32(r);
	opnum = little ? rd_u16le(r) : rd_u16(r);
	rd_skip(r, 4);
	n = little ? rd_u16le(r) : rd_u16(r);
	rd_skip(r, 4);
	stub = rd_span(r, n);
	if (r->bad || (dir == TO_SERVER ? type != DCE_REQUEST : type != DCE_RESPONSE && type != DCE_FAULT && type != DCE_REJECT))
		return;
	t = udp_find(a, dir, activity, seq);
	if (!t && !(t = begin(a, st, dir)))
		return;
	t->seq = seq;
	memcpy(t->activity, activity, 16);
	t->call.type[dir] = type;
	t->call.little = little;
	if (dir == TO_SERVER) {
		t->call.opnum = opnum;
		t->call.iface = f;
	}
	dce_stub_add(a, &t->call, dir, stub);
	if (flags & UDP_FRAG && !(flags & UDP_LASTFRAG))
		return;
	tx_reach(&t->tx, dir, 1);
	if (dir == TO_SERVER)
		app_count_request(a);
	else
		app_count_response(a, type != DCE_RESPONSE);
}

static int
udp_feed(struct app *a, struct dcerpc *st, int dir, struct span bytes)
{
	struct rd r = rd_of(bytes);
	uint8_t version = rd_u8(&r), type = rd_u8(&r), flags = rd_u8(&r), order;

	rd_skip(&r, 1);
	order = rd_u8(&r);
	rd_skip(&r, 3);
	if (bytes.n < UDP_HEADER || version != 4)
		app_event(a, NULL, EV_MALFORMED);
	else
		udp_call(a, st, dir, type, flags, order & 0x10, &r);
	return (int) bytes.n;
}

static int
dcerpc_feed(struct app *a, void *state, int dir, struct span bytes)
{
	return (a->transport == APP_UDP ? udp_feed : tcp_feed)(a, state, dir, bytes);
}

static int
dcerpc_gap(struct app *a, void *state, int dir, uint32_t n)
{
	struct dcerpc *st = state;

	if (n <= st->skip[dir]) {
		st->skip[dir] -= n;
		return 0;
	}
	st->skip[dir] = 0;
	st->resync[dir] = true;
	return 0;
}

static void
dcerpc_tx_clear(struct app *a, struct tx *tx)
{
	dce_clear(a, &((struct dce_tx *) tx)->call);
}

static enum app_probe
dcerpc_probe(struct span s, int dir, uint8_t transport)
{
	struct dce_header h;
	int way;

	if (transport == APP_UDP) {
		struct rd r = rd_of(s);
		uint8_t version = rd_u8(&r), type = rd_u8(&r), f1 = rd_u8(&r), f2 = rd_u8(&r), order = rd_u8(&r), text = rd_u8(&r);
		uint8_t zero = rd_u8(&r);

		rd_skip(&r, 67);
		uint16_t n = order & 0x10 ? rd_u16le(&r) : rd_u16(&r);
		if (r.bad || s.n < UDP_HEADER || version != 4 || type > DCE_CANCEL_ACK || f1 & 0xc1 || f2 & 0xfc || order & 0xee ||
		    text || zero > 3 || n > s.n - UDP_HEADER)
			return PROBE_NO;
		return (type == DCE_RESPONSE) == (dir == TO_CLIENT) || type > DCE_RESPONSE ? PROBE_YES : PROBE_REVERSED;
	}
	if (s.n < DCE_HEADER)
		return s.n && s.p[0] == 5 && (s.n < 2 || s.p[1] <= 1) ? PROBE_MORE : PROBE_NO;
	if (!dce_header(s, &h) || h.auth >= h.frag)
		return PROBE_NO;
	way = dce_type_dir(h.type);
	if (way < 0)
		return PROBE_NO;
	return way == dir ? PROBE_YES : PROBE_REVERSED;
}

#define DONE { 1, 1 }
static const struct field fields[] = {
	{ "dcerpc.stub_data", "dce_stub_data", NULL, FIELD_BYTES, false, 3, DONE, dce_stub_field, .help = "arguments or results of a call" },
	{ NULL }
};

static const struct app_event events[] = { [EV_MALFORMED] = { "malformed_data" }, { NULL } };

static void
dcerpc_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct dce_tx *t = (const struct dce_tx *) tx;
	static const uint8_t none[16];
	char buf[37];

	dce_log(&t->call, j);
	if (memcmp(t->activity, none, 16)) {
		dce_uuid_text(t->activity, buf);
		json_str(j, "activityuuid", buf);
		json_u64(j, "seqnum", t->seq);
		json_str(j, "rpc_version", "4.0");
	} else {
		json_str(j, "rpc_version", t->call.minor ? "5.1" : "5.0");
	}
}

const struct protocol protocol_dcerpc = {
	.name = "dcerpc",
	.spec = "C706, MS-RPCE",
	.transport = APP_TCP | APP_UDP,
	.ports = { "135", "135" },
	.probe_min = 1,
	.probe = dcerpc_probe,
	.state_size = sizeof(struct dcerpc),
	.tx_size = sizeof(struct dce_tx),
	.done = DONE,
	.max_record = 65536 + DCE_HEADER,
	.feed = dcerpc_feed,
	.frames = frames,
	.gap = dcerpc_gap,
	.eof = txs_end,
	.tx_clear = dcerpc_tx_clear,
	.fields = fields,
	.events = events,
	.log = dcerpc_log,
};
