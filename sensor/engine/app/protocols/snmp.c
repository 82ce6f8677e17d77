/*
 * snmp - SNMP 1, 2c and 3: a transaction is one message.
 *
 * Spec: RFC 1157 section 4.1 (1), RFC 3416 section 3 (PDUs), RFC 3412 section 6 and RFC 3414 section 2.4 (3).
 *
 *   1, 2c  SEQUENCE { version INTEGER, community OCTET STRING, PDU [0..8] { id, error, index, SEQUENCE { SEQUENCE { OID, value } } } }
 *   3      SEQUENCE { version, SEQUENCE { id, size, flags, model }, OCTET STRING { SEQUENCE { engine, boots, time, user, .. } },
 *          SEQUENCE { engine, name, PDU } | OCTET STRING (encrypted) }
 */
#include "base/der.h"
#include "engine/app/protocols/parse.h"

#define MESSAGE_MAX 8192u
#define VARS_MAX 64

enum { PDU = DER_CTX_CONS };
enum { PDU_GET, PDU_NEXT, PDU_RESPONSE, PDU_SET, PDU_TRAP1, PDU_BULK, PDU_INFORM, PDU_TRAP2, PDU_REPORT, PDU_N, PDU_ENCRYPTED = 0xff };
enum snmp_event { EV_MALFORMED, EV_UNKNOWN_SECURITY, EV_VERSION };

struct snmp_tx {
	struct tx tx;
	struct bytes msg;      /* the spans below point into it */
	uint8_t version, pdu;  /* 1, 2, 3; PDU_* */
	uint32_t error;
	struct span community, user, vars;
	struct span trap_oid, trap_address; /* version 1 */
	uint32_t trap;         /* its generic-trap */
};

struct snmp {
	uint8_t version;
};

static uint32_t
integer(struct rd *r)
{
	struct span s = der(r, DER_INTEGER, NULL);
	uint32_t v = 0;

	if (s.n == 0 || s.n > 5)
		r->bad = true;
	for (uint32_t i = 0; i < s.n && s.n <= 5; i++)
		v = v << 8 | s.p[i];
	return v;
}

static void
pdu(struct snmp_tx *t, struct rd *r)
{
	uint8_t tag = 0;
	struct rd p = rd_of(der(r, 0, &tag));

	if (tag < PDU || tag >= PDU + PDU_N)
		r->bad = true;
	t->pdu = tag & 0x1f;
	if (t->pdu == PDU_TRAP1) {
		t->trap_oid = der(&p, DER_OID, NULL);
		t->trap_address = der(&p, 0, NULL);
		t->trap = integer(&p);
		integer(&p);
		der(&p, 0, NULL); /* time */
	} else {
		integer(&p);
		t->error = integer(&p);
		integer(&p);
	}
	t->vars = der(&p, DER_SEQUENCE, NULL);
	r->bad |= p.bad;
}

static void
version3(struct snmp_tx *t, struct rd *r)
{
	struct rd h = rd_of(der(r, DER_SEQUENCE, NULL)), sec, usm;
	struct span flags;

	integer(&h);
	integer(&h);
	flags = der(&h, DER_OCTETS, NULL);
	sec = rd_of(der(r, DER_OCTETS, NULL));
	usm = rd_of(der(&sec, DER_SEQUENCE, NULL));
	der(&usm, DER_OCTETS, NULL);
	integer(&usm);
	integer(&usm);
	t->user = der(&usm, DER_OCTETS, NULL);
	if (h.bad || usm.bad || flags.n != 1) {
		r->bad = true;
	} else if (flags.p[0] & 2) {
		t->pdu = PDU_ENCRYPTED;
		der(r, DER_OCTETS, NULL);
	} else {
		struct rd scoped = rd_of(der(r, DER_SEQUENCE, NULL));

		der(&scoped, DER_OCTETS, NULL);
		der(&scoped, DER_OCTETS, NULL);
		pdu(t, &scoped);
		r->bad |= scoped.bad;
	}
}

static bool
parse(struct snmp_tx *t, struct span s)
{
	struct rd all = rd_of(s), r = rd_of(der(&all, DER_SEQUENCE, NULL));
	uint32_t version = integer(&r);

	t->version = version == 3 ? 3 : (uint8_t) (version + 1);
	if (r.bad || all.bad || (version > 1 && version != 3))
		return false;
	if (version == 3) {
		version3(t, &r);
	} else {
		t->community = der(&r, DER_OCTETS, NULL);
		pdu(t, &r);
	}
	return !r.bad;
}

static int
snmp_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct snmp_tx *t = (struct snmp_tx *) app_tx_new(a);
	struct snmp *st = state;

	if (!t)
		return (int) bytes.n;
	t->tx.only_dir = (uint8_t) (1 << dir);
	if (app_keep(a, &t->msg, span_head(bytes, MESSAGE_MAX), MESSAGE_MAX) < 0 || !parse(t, bytes_span(&t->msg)))
		app_event(a, &t->tx, EV_MALFORMED);
	if (st->version && t->version != st->version)
		app_event(a, &t->tx, EV_VERSION);
	st->version = t->version;
	if (t->pdu == PDU_RESPONSE || t->pdu == PDU_REPORT)
		app_count_response(a, t->error != 0);
	else
		app_count_request(a);
	tx_reach(&t->tx, dir, 1);
	return (int) bytes.n;
}

static void
snmp_tx_clear(struct app *a, struct tx *tx)
{
	bytes_release(a, &((struct snmp_tx *) tx)->msg);
}

static enum app_probe
snmp_probe(struct span s, int dir, uint8_t transport)
{
	struct snmp_tx t = { .version = 0 };
	struct rd r = rd_of(s);
	bool answer;

	der(&r, DER_SEQUENCE, NULL);
	if (r.bad || rd_left(&r) || !parse(&t, s))
		return PROBE_NO;
	answer = t.pdu == PDU_RESPONSE || t.pdu == PDU_REPORT;
	return !answer || dir == TO_CLIENT ? PROBE_YES : PROBE_REVERSED;
}

/* ---- fields, log ---- */

static const struct snmp_tx *
of(const struct tx *tx)
{
	return (const struct snmp_tx *) tx;
}

static bool
f_community(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	*out = of(tx)->community;
	return i == 0 && of(tx)->version < 3 && out->p;
}

static bool
f_user(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	*out = of(tx)->user;
	return i == 0 && out->p;
}

static bool
n_version(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->version;
	return i == 0;
}

static bool
n_pdu(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->pdu;
	return i == 0 && *out < PDU_N;
}

static bool
n_trap(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->trap;
	return i == 0 && of(tx)->pdu == PDU_TRAP1;
}

/* RFC 1157 section 4.1.6 */
static const char *const trap_names[] = { "coldStart=0", "warmStart=1", "linkDown=2", "linkUp=3", "authenticationFailure=4",
	"egpNeighborLoss=5", "enterpriseSpecific=6", NULL };
#define TRAPS (sizeof(trap_names) / sizeof(trap_names[0]) - 1)
static const char *const pdu_names[] = { "get_request=0", "get_next_request=1", "response=2", "set_request=3", "trap_v1=4",
	"get_bulk_request=5", "inform_request=6", "trap_v2=7", "report=8", NULL };
#define DONE { 1, 1 }
static const struct field fields[] = {
	{ "snmp.version", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_version, .help = "1, 2 or 3" },
	{ "snmp.pdu_type", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_pdu, .names = pdu_names, .help = "kind of PDU" },
	{ "snmp.trap_type", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_trap, .names = trap_names,
	    .help = "generic trap of version 1, by number or name" },
	{ "snmp.community", NULL, NULL, FIELD_BYTES, false, 3, DONE, f_community, .help = "community of versions 1 and 2c" },
	{ "snmp.usm", NULL, NULL, FIELD_BYTES, false, 3, DONE, f_user, .help = "user of version 3" },
	{ NULL }
};

static const struct app_event events[] = {
	[EV_MALFORMED] = { "malformed_data" },
	[EV_UNKNOWN_SECURITY] = { "unknown_security_model" },
	[EV_VERSION] = { "version_mismatch" },
	{ NULL }
};

/* X.690 section 8.19: seven bits a byte, the first number is 40 * a + b. */
static void
log_oid(struct json *j, const char *key, struct span oid)
{
	char buf[512];
	struct text t = text_of(buf, sizeof(buf));
	uint64_t v = 0;
	bool first = true;

	for (uint32_t i = 0; i < oid.n; i++) {
		v = (v << 7 & UINT32_MAX) | (oid.p[i] & 0x7f);
		if (oid.p[i] & 0x80)
			continue;
		if (first) {
			text_u64(&t, v < 80 ? v / 40 : 2);
			text_char(&t, '.');
			v = v < 80 ? v % 40 : v - 80;
		} else {
			text_char(&t, '.');
		}
		text_u64(&t, v);
		v = 0;
		first = false;
	}
	json_span(j, key, text_span(&t));
}

static void
log_address(struct json *j, struct span s)
{
	char text[ADDR_STRLEN];
	struct addr a;

	if (s.n != 4)
		return;
	a = addr_v4(s.p);
	addr_print(&a, text);
	json_str(j, "trap_address", text);
}

static void
snmp_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct snmp_tx *t = of(tx);
	struct rd r = rd_of(t->vars);

	json_u64(j, "version", t->version);
	if (t->pdu == PDU_ENCRYPTED)
		json_str(j, "pdu_type", "encrypted");
	else if (t->pdu < PDU_N)
		json_span(j, "pdu_type", span_of(pdu_names[t->pdu], strlen(pdu_names[t->pdu]) - 2));
	if (t->pdu == PDU_TRAP1) {
		if (t->trap < TRAPS)
			json_span(j, "trap_type", span_of(trap_names[t->trap], strlen(trap_names[t->trap]) - 2));
		if (t->trap_oid.n)
			log_oid(j, "trap_oid", t->trap_oid);
		log_address(j, t->trap_address);
	}
	if (t->error)
		json_u64(j, "error", t->error);
	if (t->vars.n) {
		json_array(j, "vars");
		for (unsigned i = 0; i < VARS_MAX && rd_left(&r) && !r.bad; i++) {
			struct rd v = rd_of(der(&r, DER_SEQUENCE, NULL));
			struct span oid = der(&v, DER_OID, NULL);

			if (!v.bad)
				log_oid(j, NULL, oid);
		}
		json_end(j);
	}
	if (t->version < 3 && t->community.p)
		json_span(j, "community", t->community);
	if (t->version == 3 && t->user.p)
		json_span(j, "usm", t->user);
}

const struct protocol protocol_snmp = {
	.name = "snmp",
	.spec = "RFC 1157, RFC 3416, RFC 3412, RFC 3414",
	.transport = APP_UDP,
	.ports = { NULL, "161,162" },
	.only_ports = true,
	.log_packet = true,
	.probe_min = 4,
	.probe_max = 1500,
	.probe = snmp_probe,
	.state_size = sizeof(struct snmp),
	.tx_size = sizeof(struct snmp_tx),
	.done = DONE,
	.feed = snmp_feed,
	.tx_clear = snmp_tx_clear,
	.fields = fields,
	.events = events,
	.log = snmp_log,
};
