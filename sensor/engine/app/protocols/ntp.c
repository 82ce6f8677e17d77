/*
 * ntp - NTP: a transaction is one message.
 *
 * Spec: RFC 5905 section 7.3 (header), RFC 1305 appendix B (control messages, mode 6), the private mode 7 of ntpd.
 *
 *   leap << 6 | version << 3 | mode (1)   stratum(1) poll(1) precision(1) root delay(4) dispersion(4) reference id(4)
 *   reference, origin, receive, transmit time (8 each)   { extension }... [key id(4) digest]
 */
#include "engine/app/protocols/parse.h"

enum { HEADER = 48, HEADER_OTHER = 8 }; /* of modes 1 to 5, and of 6 and 7 */
enum { CLIENT = 3, SERVER, BROADCAST, CONTROL, PRIVATE };
enum ntp_event { EV_UNSOLICITED, EV_MALFORMED, EV_NOT_REQUEST, EV_NOT_RESPONSE };

struct ntp_tx {
	struct tx tx;
	uint8_t version, mode, stratum;
	bool has_clock;        /* modes 1 to 5 have stratum and reference */
	uint8_t reference[4];
};

static bool
parse(struct ntp_tx *t, struct span s)
{
	struct rd r = rd_of(s);
	uint8_t first = rd_u8(&r);
	struct span ref;

	t->version = first >> 3 & 7;
	t->mode = first & 7;
	if (t->mode >= CONTROL)
		return s.n >= HEADER_OTHER;
	t->stratum = rd_u8(&r);
	rd_skip(&r, 10);
	ref = rd_span(&r, 4);
	rd_skip(&r, HEADER - 16);
	if (r.bad)
		return false;
	memcpy(t->reference, ref.p, 4);
	t->has_clock = true;
	return true;
}

/* Does a client send it? (Peers in symmetric modes both do.) */
static bool
is_request(struct span s, uint8_t mode)
{
	if (mode >= CONTROL)
		return !(s.p[mode == CONTROL] & 0x80); /* the response bit */
	return mode == CLIENT || mode == 1;
}

static int
ntp_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct ntp_tx *t = (struct ntp_tx *) app_tx_new(a);

	if (!t)
		return (int) bytes.n;
	t->tx.only_dir = (uint8_t) (1 << dir);
	if (!parse(t, bytes))
		app_event(a, &t->tx, EV_MALFORMED);
	else if (is_request(bytes, t->mode))
		app_count_request(a);
	else
		app_count_response(a, t->has_clock && t->stratum == 0 && t->mode == SERVER); /* a kiss-o'-death, section 7.4 */
	tx_reach(&t->tx, dir, 1);
	return (int) bytes.n;
}

/* Little tells it from other traffic: sizes and versions that occur. */
static enum app_probe
ntp_probe(struct span s, int dir, uint8_t transport)
{
	struct ntp_tx t = { .version = 0 };

	if (!parse(&t, s) || t.version < 1 || t.version > 4 || t.mode == 0 || (t.has_clock && s.n % 4))
		return PROBE_NO;
	return dir == TO_SERVER && (t.mode == SERVER || (t.mode >= CONTROL && !is_request(s, t.mode))) ? PROBE_REVERSED : PROBE_YES;
}

/* ---- fields, log ---- */

static const struct ntp_tx *
of(const struct tx *tx)
{
	return (const struct ntp_tx *) tx;
}

static bool
n_version(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->version;
	return i == 0;
}

static bool
n_mode(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->mode;
	return i == 0;
}

static bool
n_stratum(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->stratum;
	return i == 0 && of(tx)->has_clock;
}

static bool
f_reference(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	*out = span_of(of(tx)->reference, 4);
	return i == 0 && of(tx)->has_clock;
}

static const char *const mode_names[] = { "reserved=0", "symmetric_active=1", "symmetric_passive=2", "client=3", "server=4", "broadcast=5",
	"control=6", "private=7", NULL };
#define DONE { 1, 1 }
static const struct field fields[] = {
	{ "ntp.version", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_version, .help = "version of the protocol" },
	{ "ntp.mode", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_mode, .names = mode_names, .help = "mode by number or name" },
	{ "ntp.stratum", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_stratum, .help = "distance from a reference clock" },
	{ "ntp.reference_id", NULL, NULL, FIELD_BYTES, false, 3, DONE, f_reference, .help = "the four bytes that name the reference" },
	{ NULL }
};

static const struct app_event events[] = {
	[EV_UNSOLICITED] = { "unsolicited_response" },
	[EV_MALFORMED] = { "malformed_data" },
	[EV_NOT_REQUEST] = { "not_request" },
	[EV_NOT_RESPONSE] = { "not_response" },
	{ NULL }
};

static void
ntp_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct ntp_tx *t = of(tx);

	json_u64(j, "version", t->version);
	json_u64(j, "mode", t->mode);
	if (t->has_clock) {
		json_u64(j, "stratum", t->stratum);
		json_hex(j, "reference_id", span_of(t->reference, 4), ':');
	}
}

const struct protocol protocol_ntp = {
	.name = "ntp",
	.spec = "RFC 5905, RFC 1305",
	.transport = APP_UDP,
	.ports = { NULL, "123" },
	.only_ports = true,
	.log_packet = true,
	.probe_min = HEADER_OTHER,
	.probe_max = 1500,
	.probe = ntp_probe,
	.tx_size = sizeof(struct ntp_tx),
	.done = DONE,
	.feed = ntp_feed,
	.fields = fields,
	.events = events,
	.log = ntp_log,
};
