/*
 * ldap - LDAP over TCP and UDP: a transaction is a request and its answers.
 *
 * Spec: RFC 4511 section 4.1.1 (messages), 4.2 to 4.14 (operations), 5.1 (transport); MS-ADTS section 3.1.1.3.1.5 (over UDP).
 *
 *   SEQUENCE { id INTEGER, operation [APPLICATION n], controls [0]? }
 */
#include "engine/app/protocols/ldap.h"

#define OPEN_MAX 1024  /* requests without their last answer */
#define START_TLS "1.3.6.1.4.1.1466.20037"

enum ldap_event { EV_INVALID, EV_NOT_FOUND, EV_TOO_MANY, EV_RESPONSES };
enum { FRAME_PDU };

extern const struct protocol protocol_tls;

struct ldap {
	uint32_t open;
	uint32_t need[2], skip[2]; /* bytes of the message begun; of one that is passed over */
	bool start_tls;            /* asked for */
	bool sasl, sealed;         /* a bind by SASL was asked for; was accepted: what follows may be wrapped */
};

/* ---- messages ---- */

bool
ldap_message(struct rd *r, struct ldap_msg *m)
{
	struct rd in = der_in(r, DER_SEQUENCE);
	int64_t id = der_int(&in, DER_INTEGER);
	uint8_t tag = 0;

	m->body = der(&in, 0, &tag);
	m->id = (uint32_t) id;
	m->op = tag & 0x1f;
	m->constructed = tag & 0x20;
	return !r->bad && !in.bad && (tag & 0xc0) == DER_APP && id >= 0 && id <= INT32_MAX &&
	       (m->op <= LDAP_ABANDON || m->op == LDAP_REFERENCE || (m->op >= LDAP_EXTENDED && m->op <= LDAP_INTERMEDIATE)) &&
	       m->constructed == (m->op != LDAP_UNBIND && m->op != LDAP_DELETE && m->op != LDAP_ABANDON);
}

bool
ldap_is_request(uint8_t op)
{
	return op == LDAP_BIND || op == LDAP_UNBIND || op == LDAP_SEARCH || op == LDAP_MODIFY || op == LDAP_ADD || op == LDAP_DELETE ||
	       op == LDAP_RENAME || op == LDAP_COMPARE || op == LDAP_ABANDON || op == LDAP_EXTENDED;
}

bool
ldap_answer(const struct ldap_tx *t, unsigned i, struct ldap_msg *m)
{
	struct rd r = rd_of(bytes_span(&t->answers));

	for (unsigned k = 0; rd_left(&r); k++) {
		struct rd at = r;

		if (k == i)
			return ldap_message(&at, m);
		der(&r, 0, NULL);
	}
	return false;
}

bool
ldap_result(const struct ldap_msg *m, struct ldap_result *out)
{
	struct rd r = rd_of(m->body);

	switch (m->op) {
	case LDAP_BIND_DONE:
	case LDAP_SEARCH_DONE:
	case LDAP_MODIFY_DONE:
	case LDAP_ADD_DONE:
	case LDAP_DELETE_DONE:
	case LDAP_RENAME_DONE:
	case LDAP_COMPARE_DONE:
	case LDAP_EXTENDED_DONE:
		break;
	default:
		return false;
	}
	out->code = (uint32_t) der_int(&r, DER_ENUM);
	out->dn = der(&r, DER_OCTETS, NULL);
	out->message = der(&r, DER_OCTETS, NULL);
	out->rest = r;
	return !r.bad;
}

bool
ldap_dn(const struct ldap_msg *m, struct span *out)
{
	struct ldap_result result;
	struct rd r = rd_of(m->body);

	switch (m->op) {
	case LDAP_DELETE:
		*out = m->body;
		return true;
	case LDAP_BIND:
		der_int(&r, DER_INTEGER);
		break;
	case LDAP_SEARCH:
	case LDAP_ENTRY:
	case LDAP_MODIFY:
	case LDAP_ADD:
	case LDAP_RENAME:
	case LDAP_COMPARE:
		break;
	default:
		if (!ldap_result(m, &result))
			return false;
		*out = result.dn;
		return true;
	}
	*out = der(&r, DER_OCTETS, NULL);
	return !r.bad;
}

bool
ldap_attribute(const struct ldap_msg *m, unsigned i, struct span *out)
{
	struct rd r = rd_of(m->body), list, in;

	der(&r, m->op == LDAP_COMPARE || m->op == LDAP_SEARCH || m->op == LDAP_MODIFY || m->op == LDAP_ADD || m->op == LDAP_ENTRY ?
	    DER_OCTETS : 0xff, NULL);
	if (m->op == LDAP_SEARCH) /* scope, aliases, two limits, types only, filter */
		for (unsigned k = 0; k < 6; k++)
			der(&r, 0, NULL);
	list = der_in(&r, DER_SEQUENCE);
	if (r.bad)
		return false;
	if (m->op == LDAP_COMPARE) {
		*out = der(&list, DER_OCTETS, NULL);
		return i == 0 && !list.bad;
	}
	for (unsigned k = 0; rd_left(&list); k++) {
		in = list;
		if (k < i) {
			der(&list, 0, NULL);
			continue;
		}
		if (m->op != LDAP_SEARCH)
			in = der_in(&list, DER_SEQUENCE);
		if (m->op == LDAP_MODIFY) {
			der_int(&in, DER_ENUM);
			in = der_in(&in, DER_SEQUENCE);
		}
		*out = der(&in, DER_OCTETS, NULL);
		return !in.bad;
	}
	return false;
}

/* ---- transactions ---- */

static struct ldap_tx *
find(struct app *a, uint32_t id)
{
	each_tx(a, x) {
		struct ldap_tx *t = (struct ldap_tx *) x;

		if (t->id == id && t->request.n && !x->progress[TO_CLIENT])
			return t;
	}
	return NULL;
}

static void
finish(struct ldap *st, struct ldap_tx *t)
{
	if (!t->tx.progress[TO_CLIENT] && t->request.n && st->open)
		st->open--;
	tx_reach(&t->tx, TO_SERVER, 1);
	tx_reach(&t->tx, TO_CLIENT, 1);
}

/* Of too many requests the oldest counts as answered. */
static void
bound(struct app *a, struct ldap *st, const struct ldap_tx *but)
{
	if (++st->open <= OPEN_MAX)
		return;
	each_tx(a, x)
		if (x != &but->tx && !x->progress[TO_CLIENT]) {
			app_event(a, x, EV_TOO_MANY);
			finish(st, (struct ldap_tx *) x);
			return;
		}
}

static struct tx *
request(struct app *a, struct ldap *st, const struct ldap_msg *m, struct span whole)
{
	struct ldap_tx *t = (struct ldap_tx *) app_tx_new(a);
	struct rd r = rd_of(m->body);

	if (!t)
		return NULL;
	t->id = m->id;
	app_keep(a, &t->request, whole, LDAP_MESSAGE_MAX);
	app_count_request(a);
	bound(a, st, t);
	tx_reach(&t->tx, TO_SERVER, 1);
	if (m->op == LDAP_UNBIND || m->op == LDAP_ABANDON) /* nobody answers these */
		finish(st, t);
	if (m->op == LDAP_EXTENDED)
		st->start_tls = span_eq(der(&r, DER_CTX, NULL), SPAN_LIT(START_TLS));
	if (m->op == LDAP_BIND) {
		der_int(&r, DER_INTEGER);
		der(&r, DER_OCTETS, NULL);
		st->sasl = der_next(&r) == DER_CTX_CONS + 3;
	}
	return &t->tx;
}

static struct tx *
answer(struct app *a, struct ldap *st, const struct ldap_msg *m, struct span whole)
{
	struct ldap_tx *t = find(a, m->id);
	struct ldap_result result = { .code = 0 };
	bool unasked = !t;

	if (unasked) {
		if (!(t = (struct ldap_tx *) app_tx_new(a)))
			return NULL;
		t->id = m->id;
		t->tx.only_dir = 1 << TO_CLIENT;
		if (m->id) /* 0 is the server's own notice */
			app_event(a, &t->tx, EV_NOT_FOUND);
	}
	t->n++;
	if (app_keep(a, &t->answers, whole, LDAP_ANSWERS_MAX) < 0)
		app_event(a, &t->tx, EV_RESPONSES); /* the others are counted only */
	if (m->op == LDAP_ENTRY || m->op == LDAP_REFERENCE || m->op == LDAP_INTERMEDIATE) {
		if (unasked)
			tx_reach(&t->tx, TO_CLIENT, 1);
		return &t->tx; /* more follows */
	}
	if (ldap_result(m, &result))
		app_count_response(a, result.code != 0 && result.code != 14 && result.code != 5 && result.code != 6);
	if (m->op == LDAP_BIND_DONE && st->sasl && result.code == 0)
		st->sealed = true;
	if (m->op == LDAP_EXTENDED_DONE && st->start_tls) {
		st->start_tls = false;
		if (result.code == 0)
			app_upgrade(a, &protocol_tls);
	}
	if (unasked)
		tx_reach(&t->tx, TO_CLIENT, 1);
	else
		finish(st, t);
	return &t->tx;
}

static bool
message(struct app *a, struct ldap *st, int dir, struct span whole)
{
	struct rd r = rd_of(whole);
	struct ldap_msg m;
	struct tx *tx;

	if (!ldap_message(&r, &m))
		return false;
	tx = ldap_is_request(m.op) ? request(a, st, &m, whole) : answer(a, st, &m, whole);
	app_frame(a, dir, FRAME_PDU, whole.p, whole.n, tx);
	return true;
}

/* ---- transport ---- */

/* Bytes of the message that begins here, its header too; 0: not yet known; *bad: this is none. */
static uint32_t
length(struct span s, bool *bad)
{
	struct rd r = rd_of(s);
	uint8_t tag = rd_u8(&r), n = rd_u8(&r);
	uint32_t len = n & 0x80 ? 0 : n;

	if (n & 0x80)
		for (uint8_t i = 0; i < (n & 0x7f) && i < 4; i++)
			len = len << 8 | rd_u8(&r);
	*bad = (s.n && s.p[0] != DER_SEQUENCE) || (s.n >= 2 && (tag != DER_SEQUENCE || n == 0x80 || n > 0x84)) || len > INT32_MAX;
	return r.bad || *bad ? 0 : len + (uint32_t) (r.p - s.p);
}

static int
udp_feed(struct app *a, struct ldap *st, int dir, struct span bytes)
{
	struct span s = bytes;
	bool bad = false;

	while (s.n) {
		uint32_t n = length(s, &bad);

		if (!n || n > s.n || !message(a, st, dir, span_head(s, n))) {
			app_event(a, NULL, EV_INVALID);
			break;
		}
		s = span_skip(s, n);
	}
	return (int) bytes.n;
}

static int
ldap_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct ldap *st = state;
	uint32_t taken = 0;

	if (a->transport == APP_UDP)
		return udp_feed(a, st, dir, bytes);
	while (taken < bytes.n && !a->upgrading) {
		struct span s = span_skip(bytes, taken);
		uint32_t n;
		bool bad;

		if (st->skip[dir]) {
			n = s.n < st->skip[dir] ? s.n : st->skip[dir];
			st->skip[dir] -= n;
			taken += n;
			continue;
		}
		n = length(s, &bad);
		if (bad && st->sealed)
			return (int) bytes.n; /* signed or encrypted by SASL */
		if (!n && !bad)
			break;
		if (!bad && n > LDAP_MESSAGE_MAX) {
			st->skip[dir] = n;
			continue;
		}
		if (!bad && n > s.n) {
			st->need[dir] = n;
			break;
		}
		st->need[dir] = 0;
		if (bad || !message(a, st, dir, span_head(s, n))) {
			app_event(a, NULL, EV_INVALID);
			return -1;
		}
		taken += n;
	}
	return (int) taken;
}

static int
ldap_gap(struct app *a, void *state, int dir, uint32_t n)
{
	struct ldap *st = state;
	uint32_t left = st->skip[dir] ? st->skip[dir] : st->need[dir];

	st->need[dir] = st->skip[dir] = 0;
	if (n > left)
		return -1; /* where the next message begins is lost */
	st->skip[dir] = left - n;
	return 0;
}

static void
ldap_tx_clear(struct app *a, struct tx *tx)
{
	struct ldap_tx *t = (struct ldap_tx *) tx;

	bytes_release(a, &t->request);
	bytes_release(a, &t->answers);
}

/* Sequence, message id, a known operation. The message may go on beyond what is here. */
static enum app_probe
ldap_probe(struct span s, int dir, uint8_t transport)
{
	struct rd r = rd_of(s), head;
	uint8_t n, tag, op;
	uint32_t len;
	bool bad;

	len = length(s, &bad);
	if (bad || (len && len < 7))
		return PROBE_NO;
	rd_skip(&r, 1);
	n = rd_u8(&r);
	rd_skip(&r, n & 0x80 ? n & 0x7f : 0);
	head = r;
	if (rd_left(&head) && *head.p != DER_INTEGER)
		return PROBE_NO;
	rd_skip(&r, 1);
	n = rd_u8(&r);
	if (!r.bad && (n == 0 || n > 4))
		return PROBE_NO;
	rd_skip(&r, n);
	tag = rd_u8(&r);
	if (r.bad)
		return transport == APP_UDP ? PROBE_NO : PROBE_MORE;
	op = tag & 0x1f;
	if ((tag & 0xc0) != DER_APP || (op > LDAP_ABANDON && op != LDAP_REFERENCE && (op < LDAP_EXTENDED || op > LDAP_INTERMEDIATE)) ||
	    (tag & 0x20) / 0x20 != (op != LDAP_UNBIND && op != LDAP_DELETE && op != LDAP_ABANDON))
		return PROBE_NO;
	return ldap_is_request(op) == (dir == TO_SERVER) ? PROBE_YES : PROBE_REVERSED;
}

static const struct app_frame_type frames[] = { [FRAME_PDU] = { "pdu", "an LDAPMessage" }, { NULL, NULL } };

static const struct app_event events[] = {
	[EV_INVALID] = { "invalid_data" },
	[EV_NOT_FOUND] = { "request_not_found" },
	[EV_TOO_MANY] = { "too_many_transactions" },
	[EV_RESPONSES] = { "too_many_responses" },
	{ NULL }
};

const struct protocol protocol_ldap = {
	.name = "ldap",
	.spec = "RFC 4511",
	.transport = APP_TCP | APP_UDP,
	.ports = { "389,3268", "389,3268" },
	.probe_min = 1,
	.probe = ldap_probe,
	.state_size = sizeof(struct ldap),
	.tx_size = sizeof(struct ldap_tx),
	.done = { 1, 1 },
	.max_record = LDAP_MESSAGE_MAX,
	.feed = ldap_feed,
	.frames = frames,
	.gap = ldap_gap,
	.eof = txs_end,
	.tx_clear = ldap_tx_clear,
	.fields = ldap_fields,
	.events = events,
	.log = ldap_log,
};
