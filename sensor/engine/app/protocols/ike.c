/*
 * ike - IKE 1 and 2, which agrees on the keys of IPsec: a transaction is one message.
 *
 * Spec: RFC 2408 section 3 (ISAKMP), RFC 2409 appendix A (version 1); RFC 7296 section 3 (version 2); RFC 3948 section 2.2 (marker).
 *
 *   [0 (4), over port 4500] initiator SPI(8) responder SPI(8) next payload(1) version(1) exchange(1) flags(1) id(4) length(4)
 *   payloads: next(1) reserved(1) length(2) ...
 *   SA: [DOI(4) situation(4)] proposals: last(1) 0 length(2) number(1) protocol(1) SPI size(1) transforms(1) SPI
 *   transforms: last(1) 0 length(2) 1: number(1) id(1) 0(2) / 2: type(1) 0 id(2), attributes: 1 << 15 | type(2) value(2), or
 *   type(2) length(2) value
 */
#include "base/hash.h"
#include "engine/app/protocols/ike.h"

enum ike_event { EV_MALFORMED, EV_WEAK_ENC, EV_WEAK_PRF, EV_WEAK_DH, EV_WEAK_AUTH, EV_NO_DH, EV_NO_AUTH, EV_NO_ENC, EV_INVALID, EV_UNKNOWN,
	EV_PAYLOAD_EXTRA, EV_MULTIPLE };

/* Payload types (1: RFC 2408 section 3.1; 2: RFC 7296 section 3.2). */
enum { V1_SA = 1, V1_KE = 4, V1_NONCE = 10, V1_VENDOR = 13, V2_SA = 33, V2_KE, V2_NONCE = 40, V2_VENDOR = 43, V2_ENCRYPTED = 46, V2_FRAGMENT = 53 };

/* ---- reading ---- */

static struct span
without_marker(struct span s)
{
	return s.n > IKE_HEADER + 4 && memcmp(s.p, "\0\0\0", 4) == 0 ? span_skip(s, 4) : s;
}

static bool
header(struct ike_tx *t, struct span s)
{
	struct rd r = rd_of(s);
	uint8_t version;

	t->init_spi = rd_span(&r, 8);
	t->resp_spi = rd_span(&r, 8);
	t->first = rd_u8(&r);
	version = rd_u8(&r);
	t->major = version >> 4;
	t->minor = version & 15;
	t->exchange = rd_u8(&r);
	t->flags = rd_u8(&r);
	rd_skip(&r, 4);
	return rd_u32(&r) >= IKE_HEADER && !r.bad && (t->major == 1 || t->major == 2);
}

struct ike_payloads
ike_payloads(const struct ike_tx *t)
{
	struct ike_payloads p = { rd_of(span_skip(bytes_span(&t->msg), IKE_HEADER)), t->first };

	if (t->major == 1 && t->flags & IKE_ENCRYPTED)
		p.next = 0;
	return p;
}

bool
ike_payload(struct ike_payloads *p, uint8_t *type, struct span *body)
{
	uint16_t n;

	if (!p->next || p->r.bad)
		return false;
	*type = p->next;
	p->next = rd_u8(&p->r);
	rd_skip(&p->r, 1);
	n = rd_u16(&p->r);
	if (n < 4)
		p->r.bad = true;
	*body = rd_span(&p->r, n < 4 ? 0 : n - 4u);
	if (*type == V2_ENCRYPTED || *type == V2_FRAGMENT)
		p->next = 0; /* its next is the first of those inside */
	return !p->r.bad;
}

struct ike_transforms
ike_transforms(struct span sa)
{
	return (struct ike_transforms) { .proposals = rd_of(sa), .transforms = rd_of(SPAN_NONE) };
}

bool
ike_transform(struct ike_transforms *t, struct span *body)
{
	uint16_t n;

	while (!rd_left(&t->transforms)) {
		if (t->transforms.bad)
			t->proposals.bad = true;
		if (!rd_left(&t->proposals))
			return false;
		rd_skip(&t->proposals, 2);
		n = rd_u16(&t->proposals);
		if (n < 8)
			t->proposals.bad = true;
		t->transforms = rd_of(rd_span(&t->proposals, n < 8 ? 0 : n - 4u));
		rd_skip(&t->transforms, 1);
		t->protocol = rd_u8(&t->transforms);
		n = rd_u8(&t->transforms);
		rd_skip(&t->transforms, 1);
		rd_skip(&t->transforms, n);
		t->proposal++;
	}
	rd_skip(&t->transforms, 2);
	n = rd_u16(&t->transforms);
	if (n < 8)
		t->transforms.bad = true;
	*body = rd_span(&t->transforms, n < 8 ? 0 : n - 4u);
	t->proposals.bad |= t->transforms.bad;
	return !t->transforms.bad;
}

bool
ike_attribute(struct rd *r, uint16_t *type, uint32_t *value, bool *number)
{
	struct span v;

	if (!rd_left(r))
		return false;
	*type = rd_u16(r);
	if (*type & 0x8000) {
		*value = rd_u16(r);
		*number = true;
	} else {
		v = rd_span(r, rd_u16(r));
		*value = 0;
		for (uint32_t i = 0; i < v.n && v.n <= 4; i++)
			*value = *value << 8 | v.p[i];
		*number = v.n > 0 && v.n <= 4;
	}
	*type &= 0x7fff;
	return !r->bad;
}

bool
ike_is_vendor(const struct ike_tx *t, uint8_t type)
{
	return type == (t->major == 1 ? V1_VENDOR : V2_VENDOR);
}

/* What a transform of version 2 stands for. */
static uint8_t
attribute_of(uint8_t type)
{
	static const uint8_t kind[] = { [IKE2_ENC] = IKE_ENC, [IKE2_PRF] = IKE_PRF, [IKE2_AUTH] = IKE_AUTH, [IKE2_DH] = IKE_DH };

	return type < sizeof(kind) ? kind[type] : 0;
}

bool
ike_chosen(const struct ike_tx *t, enum ike_attribute kind, uint32_t *value)
{
	struct ike_transforms it = ike_transforms(t->sa);
	struct span body;
	uint16_t type;
	bool number;

	if (!t->has_sa || t->dir != TO_CLIENT)
		return false;
	while (ike_transform(&it, &body) && it.proposal == 1) {
		struct rd r = rd_of(body);

		if (t->major == 2) {
			type = attribute_of(rd_u8(&r));
			rd_skip(&r, 1);
			*value = rd_u16(&r);
			if (type == kind)
				return true;
			continue;
		}
		rd_skip(&r, 4);
		while (ike_attribute(&r, &type, value, &number))
			if (type == kind && number)
				return true;
		return false; /* the first transform is the chosen one */
	}
	return false;
}

/* ---- what a proposal is worth (version 2) ---- */

/* Fewer than 2048 bits, 160-bit subgroups: RFC 8247 section 2.4. */
static bool
weak_dh(uint16_t id)
{
	return id == 1 || id == 2 || id == 5 || id == 22;
}

static bool
weak_enc(uint16_t id)
{
	return id >= 1 && id <= 11 && id != 10; /* ciphers with blocks of 64 bits, DES, and none: RFC 8247 section 2.1 */
}

static bool
weak_auth(uint16_t id)
{
	return (id >= 1 && id <= 4) || id == 6 || id == 7; /* MD5, SHA-1, DES: RFC 8247 section 2.3 */
}

static bool
is_aead(uint16_t id)
{
	return (id >= 14 && id <= 20 && id != 17) || (id >= 25 && id <= 28);
}

/* One proposal, gathered from its transforms. */
struct offer {
	bool dh, auth, aead, any;
	uint8_t protocol;
};

static void
judge_offer(struct app *a, struct tx *tx, const struct offer *o)
{
	if (!o->any)
		return;
	if (o->protocol == IKE_AH)
		app_event(a, tx, EV_NO_ENC);
	if (o->protocol == IKE_IKE && !o->dh)
		app_event(a, tx, EV_NO_DH);
	if (o->protocol != IKE_AH && !o->auth && !o->aead)
		app_event(a, tx, EV_NO_AUTH);
}

static void
judge_transform(struct app *a, struct tx *tx, struct offer *o, struct span body)
{
	struct rd r = rd_of(body);
	uint8_t type = rd_u8(&r);
	uint16_t id;

	rd_skip(&r, 1);
	id = rd_u16(&r);
	o->any = true;
	switch (type) {
	case IKE2_ENC:
		o->aead |= is_aead(id);
		if (weak_enc(id))
			app_event(a, tx, EV_WEAK_ENC);
		break;
	case IKE2_PRF:
		if (id == 1 || id == 2) /* HMAC with MD5, SHA-1 */
			app_event(a, tx, EV_WEAK_PRF);
		break;
	case IKE2_AUTH:
		o->auth |= id != 0;
		if (weak_auth(id))
			app_event(a, tx, EV_WEAK_AUTH);
		break;
	case IKE2_DH:
		o->dh |= id != 0;
		if (weak_dh(id))
			app_event(a, tx, EV_WEAK_DH);
		break;
	case IKE2_ESN:
		break;
	default:
		app_event(a, tx, EV_UNKNOWN);
		break;
	}
}

static void
judge(struct app *a, struct ike_tx *t)
{
	struct ike_transforms it = ike_transforms(t->sa);
	struct offer o = { .any = false };
	unsigned proposal = 0, transforms = 0;
	struct span body;

	while (ike_transform(&it, &body)) {
		transforms++;
		if (t->major != 2)
			continue;
		if (it.proposal != proposal) {
			judge_offer(a, &t->tx, &o);
			o = (struct offer) { .protocol = it.protocol };
			proposal = it.proposal;
		}
		judge_transform(a, &t->tx, &o, body);
	}
	judge_offer(a, &t->tx, &o);
	if (it.proposals.bad || (t->major == 2 && !transforms))
		app_event(a, &t->tx, EV_INVALID);
	if (t->dir == TO_CLIENT && (t->major == 1 ? transforms > 1 : it.proposal > 1))
		app_event(a, &t->tx, EV_MULTIPLE);
}

/* ---- messages ---- */

/* Only of version 1, whose records tell it again. */
static void
keep(struct app *a, const struct ike_tx *t, struct bytes *b, struct span s)
{
	if (t->major != 1)
		return;
	bytes_release(a, b);
	app_keep(a, b, span_head(s, IKE_KEPT_MAX), IKE_KEPT_MAX);
}

/* Once each. */
static void
keep_vendor(struct app *a, struct ike *st, struct span id)
{
	struct rd r = app_list_all(&st->vendors);
	struct span v;

	while (app_list_next(&r, &v))
		if (span_eq(v, id))
			return;
	if (st->vendors_n == IKE_VENDORS_MAX || st->vendors.bytes.n + 2 + id.n > IKE_KEPT_MAX)
		return;
	st->vendors_n++;
	app_list_add(a, &st->vendors, id, IKE_KEPT_MAX);
}

static void
payload(struct app *a, struct ike *st, struct ike_tx *t, uint8_t type, struct span body)
{
	struct ike_side *side = &st->side[t->dir];
	struct rd r = rd_of(body);

	if (type == (t->major == 1 ? V1_SA : V2_SA)) {
		if (t->major == 1) {
			t->doi = rd_u32(&r);
			rd_skip(&r, 4);
		}
		t->sa = rd_rest(&r);
		t->has_sa = !r.bad;
		if (r.bad)
			app_event(a, &t->tx, EV_INVALID);
		if (t->major == 1)
			st->doi = t->doi;
		keep(a, t, &side->sa, t->sa);
	} else if (type == (t->major == 1 ? V1_KE : V2_KE)) {
		rd_skip(&r, t->major == 1 ? 0 : 4); /* group, reserved */
		t->ke = rd_rest(&r);
		keep(a, t, &side->ke, t->ke);
	} else if (type == (t->major == 1 ? V1_NONCE : V2_NONCE)) {
		t->nonce = body;
		keep(a, t, &side->nonce, body);
	} else if (t->major == 1 && ike_is_vendor(t, type)) {
		keep_vendor(a, st, body);
	} else if (t->major == 2 && (type == V2_ENCRYPTED || type == V2_FRAGMENT)) {
		t->encrypted = true;
	}
}

static int
ike_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct ike_tx *t = (struct ike_tx *) app_tx_new(a);
	struct span s = without_marker(bytes), body;
	struct ike_payloads p;
	uint8_t type;

	if (!t)
		return (int) bytes.n;
	t->dir = (uint8_t) dir;
	t->tx.only_dir = (uint8_t) (1 << dir);
	tx_reach(&t->tx, dir, 1);
	if (app_keep(a, &t->msg, span_head(s, IKE_MESSAGE_MAX), IKE_MESSAGE_MAX) < 0 || !header(t, bytes_span(&t->msg))) {
		app_event(a, &t->tx, EV_MALFORMED);
		return (int) bytes.n;
	}
	t->encrypted = t->major == 1 && t->flags & IKE_ENCRYPTED;
	p = ike_payloads(t);
	while (ike_payload(&p, &type, &body))
		payload(a, state, t, type, body);
	if (p.r.bad)
		app_event(a, &t->tx, EV_MALFORMED);
	if (t->has_sa)
		judge(a, t);
	if (dir == TO_SERVER)
		app_count_request(a);
	else
		app_count_response(a, false);
	return (int) bytes.n;
}

static void
ike_tx_clear(struct app *a, struct tx *tx)
{
	bytes_release(a, &((struct ike_tx *) tx)->msg);
}

static void
ike_clear(struct app *a, void *state)
{
	struct ike *st = state;

	for (int d = 0; d < 2; d++) {
		bytes_release(a, &st->side[d].ke);
		bytes_release(a, &st->side[d].nonce);
		bytes_release(a, &st->side[d].sa);
	}
	bytes_release(a, &st->vendors.bytes);
}

/* Exchanges: 1 RFC 2408 section 3.1 and RFC 2409 appendix A, 2 RFC 7296 section 3.1 and RFC 9242, 9370. The length is that of the datagram. */
static enum app_probe
ike_probe(struct span s, int dir, uint8_t transport)
{
	struct ike_tx t = { .dir = 0 };
	struct rd r;

	s = without_marker(s);
	if (!header(&t, s) || t.minor)
		return PROBE_NO;
	r = rd_of(span_skip(s, 24));
	if (rd_u32(&r) != s.n)
		return PROBE_NO;
	if (t.major == 1 ? !((t.exchange >= 1 && t.exchange <= 6) || t.exchange == 32 || t.exchange == 33) : t.exchange < 34 || t.exchange > 44)
		return PROBE_NO;
	return PROBE_YES;
}

/* ---- fields ---- */

static const struct ike_tx *
of(const struct tx *tx)
{
	return (const struct ike_tx *) tx;
}

static bool
spi(struct span s, struct arena *scratch, struct span *out)
{
	char *p = s.n == 8 ? arena_alloc(scratch, 16) : NULL;
	struct text t;

	if (!p)
		return false;
	t = text_of(p, 16);
	for (int i = 0; i < 8; i++)
		text_hex(&t, s.p[i], 2);
	*out = text_span(&t);
	return true;
}

static bool
f_init(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return i == 0 && spi(of(tx)->init_spi, s, out);
}

static bool
f_resp(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return i == 0 && spi(of(tx)->resp_spi, s, out);
}

static bool
f_ke(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	*out = of(tx)->ke;
	return i == 0 && out->n;
}

static bool
f_nonce(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	*out = of(tx)->nonce;
	return i == 0 && out->n;
}

static bool
f_vendor(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	struct ike_payloads p = ike_payloads(of(tx));
	struct span body;
	uint8_t type;
	char *hex;

	do
		if (!ike_payload(&p, &type, &body))
			return false;
	while (!ike_is_vendor(of(tx), type) || i-- > 0);
	if (!(hex = arena_alloc(s, 2 * (size_t) body.n + 1)))
		return false;
	hash_hex(body.p, body.n, hex);
	*out = span_of(hex, 2 * body.n);
	return true;
}

static bool
n_exchange(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->exchange;
	return i == 0 && of(tx)->major;
}

static bool
n_ke(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->ke.n;
	return i == 0 && *out;
}

static bool
n_nonce(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->nonce.n;
	return i == 0 && *out;
}

#define DONE { 1, 1 }
static const struct field fields[] = {
	{ "ike.init_spi", NULL, NULL, FIELD_BYTES, false, 3, DONE, f_init, .help = "the initiator's SPI, 16 hex digits" },
	{ "ike.resp_spi", NULL, NULL, FIELD_BYTES, false, 3, DONE, f_resp, .help = "the responder's SPI, 16 hex digits" },
	{ "ike.exchtype", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_exchange, .help = "exchange type" },
	{ "ike.key_exchange_payload", NULL, NULL, FIELD_BYTES, false, 3, DONE, f_ke, .help = "public value of the key exchange" },
	{ "ike.key_exchange_payload_length", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_ke, .help = "bytes of it" },
	{ "ike.nonce_payload", NULL, NULL, FIELD_BYTES, false, 3, DONE, f_nonce, .help = "the nonce" },
	{ "ike.nonce_payload_length", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_nonce, .help = "bytes of it" },
	{ "ike.vendor", NULL, NULL, FIELD_MULTI, false, 3, DONE, f_vendor, .help = "each vendor id, in hex digits" },
	{ NULL }
};

static const struct app_event events[] = {
	[EV_MALFORMED] = { "malformed_data" },
	[EV_WEAK_ENC] = { "weak_crypto_enc" },
	[EV_WEAK_PRF] = { "weak_crypto_prf" },
	[EV_WEAK_DH] = { "weak_crypto_dh" },
	[EV_WEAK_AUTH] = { "weak_crypto_auth" },
	[EV_NO_DH] = { "weak_crypto_no_dh", "weak_crypto_nodh" },
	[EV_NO_AUTH] = { "weak_crypto_no_auth", "weak_crypto_noauth" },
	[EV_NO_ENC] = { "no_encryption" },
	[EV_INVALID] = { "invalid_proposal" },
	[EV_UNKNOWN] = { "unknown_proposal" },
	[EV_PAYLOAD_EXTRA] = { "payload_extra_data" },
	[EV_MULTIPLE] = { "multiple_server_proposal" },
	{ NULL }
};

const struct protocol protocol_ike = {
	.name = "ike",
	.aliases = "ikev2",
	.spec = "RFC 2408, RFC 2409, RFC 7296",
	.transport = APP_UDP,
	.ports = { NULL, "500,4500" },
	.log_packet = true,
	.probe_min = IKE_HEADER,
	.probe_max = 65535,
	.probe = ike_probe,
	.state_size = sizeof(struct ike),
	.tx_size = sizeof(struct ike_tx),
	.done = DONE,
	.feed = ike_feed,
	.tx_clear = ike_tx_clear,
	.clear = ike_clear,
	.fields = fields,
	.events = events,
	.log = ike_log,
};
