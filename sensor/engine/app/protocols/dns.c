/*
 * dns - DNS over UDP and TCP: each message is a transaction of one direction.
 *
 * Thread:    the worker's.
 * Memory:    the worker's pool: every open message as it came.
 * Owns:      nothing but the transactions.
 * Not here:  names and records -> dns_message.c   fields -> dns_fields.c   log -> dns_log.c   what it shall
 *            leave out -> dns_conf.c
 *
 * Source: RFC 1035; TCP framing RFC 7766 section 8. On its ports a message is known by a header that could be one;
 * elsewhere only by a whole, well-formed query or answer as stub resolvers and servers exchange them, so that
 * mDNS, LLMNR and NetBIOS, which share the format, are not taken for it.
 */
#include "engine/app/protocols/dns.h"
#include "engine/app/protocols/parse.h"

#define TX_OPEN_MAX 512u

extern const struct protocol protocol_dns;

struct dns {
	bool lost[2]; /* TCP: after a gap, until a message begins again */
};

const struct app_event dns_events[] = {
	[DNS_EV_MALFORMED] = { "malformed_data" },
	[DNS_EV_NOT_REQUEST] = { "not_request", "not_a_request" },
	[DNS_EV_NOT_RESPONSE] = { "not_response", "not_a_response" },
	[DNS_EV_Z] = { "z_flag_set" },
	[DNS_EV_OPCODE] = { "invalid_opcode" },
	[DNS_EV_LONG] = { "name_too_long" },
	[DNS_EV_LOOP] = { "infinite_loop" },
	[DNS_EV_LABELS] = { "too_many_labels" },
	[DNS_EV_AUTHORITIES] = { "invalid_authorities" },
	[DNS_EV_ADDITIONALS] = { "invalid_additionals" },
	[DNS_EV_N] = { NULL },
};

/* ---- probing ---- */

/* A record takes two bytes at least. */
bool
dns_header_fits(const struct dns_header *h, uint32_t n)
{
	uint32_t records = 0;

	for (unsigned i = 0; i < DNS_SECTIONS; i++)
		records += h->count[i];
	return 2 * records <= n;
}

static bool
printable_name(struct span msg, uint32_t at)
{
	struct dns_name name;
	uint32_t next;

	if (dns_name(msg, at, &name, &next) < 0 || name.cut || name.loop || name.labels || name.n == 0)
		return false;
	for (uint32_t i = 0; i < name.n; i++)
		if (name.p[i] < 0x21 || name.p[i] > 0x7e)
			return false;
	return true;
}

/* A whole message, nothing left over, every record in its place. */
static bool
whole(struct span msg, const struct dns_header *h)
{
	uint32_t at = 12;

	for (unsigned s = 0; s < DNS_SECTIONS; s++)
		for (unsigned i = 0; i < h->count[s]; i++) {
			struct dns_record r;

			if (dns_record(msg, at, s == DNS_QUERIES, &r) < 0)
				return false;
			if (s == DNS_QUERIES && (r.class != 1 || r.type == 0 || (r.type > 65 && r.type < 249) || r.type == 32))
				return false;
			at = r.next;
		}
	return at == msg.n;
}

static bool
strict_header(const struct dns_header *h)
{
	bool response = h->flags & DNS_QR;

	/* opcode 0, recursion wanted, Z clear */
	if ((h->flags & 0x7940) != 0x0100 || h->count[DNS_QUERIES] != 1)
		return false;
	if (response)
		return (h->flags & 0xf) <= 10;
	return (h->flags & 0x068f) == 0 && h->count[DNS_ANSWERS] == 0 && h->count[DNS_AUTHORITIES] == 0 &&
	    h->count[DNS_ADDITIONALS] <= 1;
}

static enum app_probe
which_side(const struct dns_header *h, int dir)
{
	return (h->flags & DNS_QR ? TO_CLIENT : TO_SERVER) == dir ? PROBE_YES : PROBE_REVERSED;
}

bool
dns_message_of(struct span first, uint8_t transport, struct span *msg, uint32_t *length)
{
	struct rd r = rd_of(first);

	*length = transport == APP_TCP ? rd_u16(&r) : first.n;
	*msg = span_head(rd_rest(&r), *length);
	return !r.bad && msg->n >= 12;
}

static enum app_probe
probe_strict(struct span first, int dir, uint8_t transport)
{
	struct dns_header h;
	struct span msg;
	uint32_t length;

	if (!dns_message_of(first, transport, &msg, &length))
		return transport == APP_TCP && (first.n < 2 || length >= 17) && first.n < 14 ? PROBE_MORE : PROBE_NO;
	if (dns_header(msg, &h) < 0 || !strict_header(&h) || !dns_header_fits(&h, length))
		return PROBE_NO;
	if (msg.n < length)
		return PROBE_MORE;
	if (!whole(msg, &h) || !printable_name(msg, 12))
		return PROBE_NO;
	/* who answers over UDP where nothing is known of the ports was asked: a question from there turns nobody round */
	return transport == APP_UDP && dir == TO_CLIENT && !(h.flags & DNS_QR) ? PROBE_NO : which_side(&h, dir);
}

static enum app_probe
probe_likely(struct span first, int dir, uint8_t transport)
{
	struct dns_header h;
	struct dns_record r;
	struct span msg;
	uint32_t length;

	if (!dns_message_of(first, transport, &msg, &length))
		return transport == APP_TCP && (first.n < 2 || length >= 12) && first.n < 14 ? PROBE_MORE : PROBE_NO;
	if (dns_header(msg, &h) < 0 || !dns_header_fits(&h, length))
		return PROBE_NO;
	if (h.count[DNS_QUERIES] && msg.n == length && dns_record(msg, 12, true, &r) < 0)
		return PROBE_NO;
	return which_side(&h, dir);
}

/* ---- messages ---- */

/* false: there is no name, or it is not readable. *events: what is odd about it. */
static bool
name_good(struct span msg, uint32_t at, uint64_t *events)
{
	struct dns_name name;
	uint32_t next;

	if (dns_name(msg, at, &name, &next) < 0)
		return false;
	*events |= (uint64_t) name.cut << DNS_EV_LONG | (uint64_t) name.loop << DNS_EV_LOOP | (uint64_t) name.labels << DNS_EV_LABELS;
	return true;
}

/* The same of the record's name, and of the one in the data of some types. */
static bool
names_good(struct span msg, const struct dns_record *r, uint64_t *events)
{
	uint32_t in = dns_data_name(r);

	return name_good(msg, r->name_at, events) && (!in || name_good(msg, in, events));
}

static bool
add_record(struct app *a, struct dns_tx *t, uint32_t at)
{
	if (t->n_at == t->cap_at) {
		uint32_t cap = t->cap_at ? t->cap_at * 2 : 16;
		uint16_t *grown = app_take(a, cap * sizeof(*grown));

		if (!grown)
			return false;
		if (t->n_at)
			memcpy(grown, t->at, t->n_at * sizeof(*grown));
		app_give(a, t->at, t->cap_at * sizeof(*grown));
		t->at = grown;
		t->cap_at = cap;
	}
	t->at[t->n_at++] = (uint16_t) at;
	return true;
}

static bool
read_records(struct app *a, struct dns_tx *t)
{
	struct span msg = bytes_span(&t->msg);
	uint32_t at = 12;

	for (unsigned s = 0; s < DNS_SECTIONS; s++) {
		t->first[s] = t->n_at;
		for (unsigned i = 0; i < t->header.count[s]; i++) {
			struct dns_record r;
			uint64_t events = 0;

			if (dns_record(msg, at, s == DNS_QUERIES, &r) < 0 || !names_good(msg, &r, &events) || !add_record(a, t, at)) {
				if (s < DNS_AUTHORITIES)
					return false;
				app_event(a, &t->tx, s == DNS_AUTHORITIES ? DNS_EV_AUTHORITIES : DNS_EV_ADDITIONALS);
				while (s < DNS_SECTIONS) /* what came before it is good */
					t->first[++s] = t->n_at;
				return true;
			}
			t->tx.events |= events;
			at = r.next;
		}
	}
	t->first[DNS_SECTIONS] = t->n_at;
	return true;
}

bool
dns_at(const struct dns_tx *t, enum dns_section s, unsigned i, struct dns_record *out)
{
	return i < t->first[s + 1] - t->first[s] &&
	    dns_record(bytes_span(&t->msg), t->at[t->first[s] + i], s == DNS_QUERIES, out) == 0;
}

static void
count_message(struct app *a, const struct dns_header *h)
{
	unsigned rcode = h->flags & 0xf;

	if (h->flags & DNS_QR)
		app_count_response(a, rcode == 2 || rcode == 5);
	else
		app_count_request(a);
}

/* An event about bytes that make no transaction: it goes to the newest there is. */
static void
stray_event(struct app *a, enum dns_event ev)
{
	if (a->last && a->last->proto == a->proto)
		app_event(a, a->last, ev);
}

enum { FRAME_PDU };
const struct app_frame_type dns_frames[] = { [FRAME_PDU] = { "pdu", "a message; over TCP with the two bytes of its length" }, { NULL, NULL } };

struct dns_tx *
dns_take(struct app *a, int dir, struct span msg)
{
	struct dns_header h;
	struct dns_tx *t;

	if (dns_header(msg, &h) < 0 || a->tx_open >= TX_OPEN_MAX || !(t = (struct dns_tx *) app_tx_new(a)))
		return NULL;
	t->header = h;
	t->response = h.flags & DNS_QR;
	t->tcp = a->transport == APP_TCP;
	if (app_keep(a, &t->msg, msg, UINT16_MAX) < 0 || !read_records(a, t)) {
		app_tx_free(a, &t->tx);
		a->tx_next--;
		stray_event(a, DNS_EV_MALFORMED);
		return NULL;
	}
	count_message(a, &h);
	if (h.flags & DNS_Z)
		app_event(a, &t->tx, DNS_EV_Z);
	if ((h.flags >> 11 & 0xf) >= 7)
		app_event(a, &t->tx, DNS_EV_OPCODE);
	app_frame_tx(a, dir, FRAME_PDU, &t->tx);
	t->tx.only_dir = dir == TO_SERVER ? 1 : 2;
	t->tx.progress[dir] = 1;
	return t;
}

/* No record of the request, no record of its response: a rule about the one is about both. */
static bool
asked_quietly(const struct app *a, const struct dns_tx *response)
{
	each_tx(a, x) {
		const struct dns_tx *t = (const struct dns_tx *) x;

		if (x->unlogged && !t->response && t->header.id == response->header.id)
			return true;
	}
	return false;
}

static void
take_message(struct app *a, int dir, struct span msg)
{
	struct dns_header h;
	struct dns_tx *t;

	if (dns_header(msg, &h) < 0)
		return;
	if (h.flags & DNS_QR && dir == TO_SERVER) {
		stray_event(a, DNS_EV_NOT_REQUEST);
		return;
	}
	if (!(t = dns_take(a, dir, msg)))
		return;
	if (dir == TO_CLIENT && !t->response) { /* what a server sends is taken as its answer all the same */
		app_event(a, &t->tx, DNS_EV_NOT_RESPONSE);
		t->response = true;
	}
	t->conf = app_conf(a);
	t->tx.ends_of_flow = t->conf && t->conf->v2;
	t->tx.unlogged = t->response && asked_quietly(a, t);
}

/* After a gap: does a message begin here? */
static bool
in_step_again(struct span bytes)
{
	struct dns_header h;
	struct span msg;
	uint32_t length;

	return dns_message_of(bytes, APP_TCP, &msg, &length) && dns_header(msg, &h) == 0 && dns_header_fits(&h, length) &&
	    (h.flags >> 11 & 0xf) < 7 && h.count[DNS_QUERIES] <= 1;
}

static int
feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct dns *s = state;
	struct rd r = rd_of(bytes);
	uint16_t n;

	if (a->transport == APP_UDP) {
		app_frame(a, dir, FRAME_PDU, bytes.p, bytes.n, NULL);
		take_message(a, dir, bytes);
		return (int) bytes.n;
	}
	if (s->lost[dir] && bytes.n >= 14 && !in_step_again(bytes))
		return (int) bytes.n;
	n = rd_u16(&r);
	if (r.bad || rd_left(&r) < n)
		return 0;
	s->lost[dir] = false;
	app_frame(a, dir, FRAME_PDU, bytes.p, 2 + (uint64_t) n, NULL);
	if (n)
		take_message(a, dir, rd_span(&r, n));
	return n + 2;
}

static int
gap(struct app *a, void *state, int dir, uint32_t n)
{
	struct dns *s = state;

	s->lost[dir] = true;
	return 0;
}

void
dns_tx_clear(struct app *a, struct tx *tx)
{
	struct dns_tx *t = (struct dns_tx *) tx;

	app_drop(a, &t->msg);
	app_give(a, t->at, t->cap_at * sizeof(*t->at));
}

struct dns_tx *
dns_apart(struct app *a, struct span msg)
{
	struct dns_header h;
	struct dns_tx *t = dns_header(msg, &h) < 0 ? NULL : app_take(a, sizeof(*t));

	if (!t)
		return NULL;
	t->tx.proto = &protocol_dns;
	t->header = h;
	t->response = h.flags & DNS_QR;
	if (app_keep(a, &t->msg, msg, UINT16_MAX) == 0 && read_records(a, t))
		return t;
	dns_apart_free(a, t);
	return NULL;
}

void
dns_apart_free(struct app *a, struct dns_tx *t)
{
	if (!t)
		return;
	dns_tx_clear(a, &t->tx);
	app_give(a, t, sizeof(*t));
}

static const char *const request_progress[] = { "request_started", "request_complete", NULL };
static const char *const response_progress[] = { "response_started", "response_complete", NULL };

const struct protocol protocol_dns = {
	.name = "dns",
	.spec = "RFC 1035, RFC 7766",
	.transport = APP_TCP | APP_UDP,
	.ports = { "53", "53" },
	.probe_min = 2,
	.probe_max = 1500,
	.probe = probe_strict,
	.probe_likely = probe_likely,
	.state_size = sizeof(struct dns),
	.tx_size = sizeof(struct dns_tx),
	.done = { 1, 1 },
	.progress_names = { request_progress, response_progress },
	.max_record = 65537,
	.conf_size = sizeof(struct dns_conf),
	.configure = dns_configure,
	.feed = feed,
	.gap = gap,
	.tx_clear = dns_tx_clear,
	.fields = dns_fields,
	.frames = dns_frames,
	.events = dns_events,
	.log = dns_log,
	.loggable = dns_wants_record,
	.log_packet = true,
};
