/*
 * dhcp - DHCP and BOOTP: a transaction is one message.
 *
 * Spec: RFC 2131 section 2 (message), 4.1 (option overload); RFC 2132 (options); RFC 951 (BOOTP).
 *
 *   op(1) htype(1) hlen(1) hops(1) xid(4) secs(2) flags(2) client(4) yours(4) next server(4) relay(4) hardware(16)
 *   sname(64) file(128) cookie 63825363 { option(1) length(1) value }... 255
 */
#include "engine/app/protocols/parse.h"

#define MESSAGE_MAX 4096u
#define FIXED 240u /* bytes in front of the options */
#define AT_SNAME 44u
#define AT_FILE 108u
#define LIST_MAX 64

enum { BOOTREQUEST = 1, BOOTREPLY = 2 };
enum { PAD, SUBNET_MASK, ROUTER = 3, DNS_SERVER = 6, HOSTNAME = 12, REQUESTED_IP = 50, LEASE_TIME, OVERLOAD, TYPE, PARAMS = 55,
	RENEWAL_TIME = 58, REBINDING_TIME, VENDOR_CLASS, CLIENT_ID, END = 255 };
enum dhcp_event { EV_MALFORMED, EV_TRUNCATED };
enum { ACK = 5 };

struct dhcp_conf {
	bool extended;
};

struct dhcp_tx {
	struct tx tx;
	struct bytes msg;
	uint8_t type;          /* option 53; 0: none, so BOOTP */
	bool extended;
	uint8_t overload;
	uint32_t lease, renewal, rebinding;
	bool has_lease, has_renewal, has_rebinding;
};

/* Where options stand: the field of that name, then file and sname where the message says so. */
struct options {
	struct rd r;
	struct span more[2];
	unsigned n;
	bool truncated;        /* a field ended without END, or within an option */
};

static struct options
options_of(struct span msg, uint8_t overload)
{
	struct options o = { .r = rd_of(span_skip(msg, FIXED)) };

	if (overload & 2)
		o.more[o.n++] = span_head(span_skip(msg, AT_SNAME), 64);
	if (overload & 1)
		o.more[o.n++] = span_head(span_skip(msg, AT_FILE), 128);
	return o;
}

static bool
option_next(struct options *o, uint8_t *code, struct span *value)
{
	for (;;) {
		uint8_t c = rd_u8(&o->r);

		if (!o->r.bad && c == PAD)
			continue;
		if (!o->r.bad && c != END) {
			*value = rd_span(&o->r, rd_u8(&o->r));
			*code = c;
			if (!o->r.bad)
				return true;
		}
		o->truncated |= o->r.bad;
		if (!o->n)
			return false;
		o->r = rd_of(o->more[--o->n]);
	}
}

/* Of these the length is fixed, or a multiple. */
static bool
length_fits(uint8_t code, uint32_t n)
{
	switch (code) {
	case SUBNET_MASK:
	case REQUESTED_IP:
	case LEASE_TIME:
	case RENEWAL_TIME:
	case REBINDING_TIME:
		return n == 4;
	case ROUTER:
	case DNS_SERVER:
		return n >= 4 && n % 4 == 0;
	case OVERLOAD:
	case TYPE:
		return n == 1;
	case CLIENT_ID:
		return n >= 2;
	default:
		return true;
	}
}

static void
note(struct dhcp_tx *t, uint8_t code, struct span v)
{
	struct rd r = rd_of(v);

	switch (code) {
	case TYPE:
		t->type = rd_u8(&r);
		break;
	case OVERLOAD:
		t->overload = rd_u8(&r) & 3;
		break;
	case LEASE_TIME:
		t->lease = rd_u32(&r);
		t->has_lease = true;
		break;
	case RENEWAL_TIME:
		t->renewal = rd_u32(&r);
		t->has_renewal = true;
		break;
	case REBINDING_TIME:
		t->rebinding = rd_u32(&r);
		t->has_rebinding = true;
		break;
	}
}

static void
read_options(struct app *a, struct dhcp_tx *t)
{
	for (int pass = 0; pass < 2; pass++) { /* the second knows of the overload */
		struct options o = options_of(bytes_span(&t->msg), t->overload);
		uint8_t code = 0;
		struct span v;

		while (option_next(&o, &code, &v)) {
			if (length_fits(code, v.n))
				note(t, code, v);
			else
				app_event(a, &t->tx, EV_MALFORMED);
		}
		if (o.truncated)
			app_event(a, &t->tx, EV_TRUNCATED);
		if (!t->overload)
			break;
	}
}

static bool
is_message(struct span s)
{
	struct rd r = rd_of(s);
	uint8_t op = rd_u8(&r), hlen;

	rd_skip(&r, 1);
	hlen = rd_u8(&r);
	rd_skip(&r, FIXED - 4 - 3);
	return (op == BOOTREQUEST || op == BOOTREPLY) && hlen <= 16 && rd_u32(&r) == 0x63825363 && !r.bad;
}

static int
dhcp_feed(struct app *a, void *state, int dir, struct span bytes)
{
	const struct dhcp_conf *c = app_conf(a);
	struct dhcp_tx *t;

	if (!is_message(bytes) || !(t = (struct dhcp_tx *) app_tx_new(a)))
		return (int) bytes.n;
	t->extended = c && c->extended;
	t->tx.only_dir = (uint8_t) (1 << dir);
	if (app_keep(a, &t->msg, span_head(bytes, MESSAGE_MAX), MESSAGE_MAX) == 0)
		read_options(a, t);
	if (bytes.p[0] == BOOTREQUEST)
		app_count_request(a);
	else
		app_count_response(a, t->type == ACK + 1);
	tx_reach(&t->tx, dir, 1);
	return (int) bytes.n;
}

static void
dhcp_tx_clear(struct app *a, struct tx *tx)
{
	bytes_release(a, &((struct dhcp_tx *) tx)->msg);
}

static enum app_probe
dhcp_probe(struct span s, int dir, uint8_t transport)
{
	return is_message(s) ? PROBE_YES : PROBE_NO;
}

static void
dhcp_configure(void *conf, const struct conf *tree, const struct yaml *node, struct diag *d)
{
	struct dhcp_conf *c = conf;
	const struct yaml *y = yaml_get(log_settings(tree, "dhcp"), "extended");

	if (y && y->text)
		conf_parse_bool(&c->extended, y->text);
}

/* ---- fields, log ---- */

static const struct dhcp_tx *
of(const struct tx *tx)
{
	return (const struct dhcp_tx *) tx;
}

static bool
n_lease(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->lease;
	return i == 0 && of(tx)->has_lease;
}

static bool
n_renewal(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->renewal;
	return i == 0 && of(tx)->has_renewal;
}

static bool
n_rebinding(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->rebinding;
	return i == 0 && of(tx)->has_rebinding;
}

#define DONE { 1, 1 }
static const struct field fields[] = {
	{ "dhcp.leasetime", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_lease, .help = "seconds an address is leased for (option 51)" },
	{ "dhcp.renewal_time", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_renewal, .help = "seconds until renewal (option 58)" },
	{ "dhcp.rebinding_time", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_rebinding, .help = "seconds until rebinding (option 59)" },
	{ NULL }
};

static const struct app_event events[] = {
	[EV_MALFORMED] = { "malformed_options" },
	[EV_TRUNCATED] = { "truncated_options" },
	{ NULL }
};

static void
log_ip(struct json *j, const char *key, struct span s)
{
	char text[ADDR_STRLEN];
	struct addr addr;

	if (s.n != 4)
		return;
	addr = addr_v4(s.p);
	addr_print(&addr, text);
	json_str(j, key, text);
}

static void
log_ips(struct json *j, const char *key, struct span s)
{
	json_array(j, key);
	for (unsigned i = 0; i < LIST_MAX && s.n >= 4; i++, s = span_skip(s, 4))
		log_ip(j, NULL, span_head(s, 4));
	json_end(j);
}

static const char *
parameter(uint8_t code)
{
	switch (code) {
	case SUBNET_MASK: return "subnet_mask";
	case ROUTER: return "router";
	case DNS_SERVER: return "dns_server";
	case 15: return "domain";
	case 35: return "arp_timeout";
	case 42: return "ntp_server";
	case 66: return "tftp_server_name";
	case 67: return "tftp_file_name";
	case 150: return "tftp_server_ip";
	default: return NULL;
	}
}

static void
log_option(struct json *j, uint8_t code, struct span v)
{
	struct rd r = rd_of(v);

	switch (code) {
	case SUBNET_MASK:
		log_ip(j, "subnet_mask", v);
		break;
	case REQUESTED_IP:
		log_ip(j, "requested_ip", v);
		break;
	case ROUTER:
		log_ips(j, "routers", v);
		break;
	case DNS_SERVER:
		log_ips(j, "dns_servers", v);
		break;
	case HOSTNAME:
		json_span(j, "hostname", v);
		break;
	case VENDOR_CLASS:
		json_span(j, "vendor_class_identifier", v);
		break;
	case LEASE_TIME:
		json_u64(j, "lease_time", rd_u32(&r));
		break;
	case REBINDING_TIME:
		json_u64(j, "rebinding_time", rd_u32(&r));
		break;
	case PARAMS:
		json_array(j, "params");
		for (unsigned i = 0; i < v.n; i++)
			if (parameter(v.p[i]))
				json_str(j, NULL, parameter(v.p[i]));
		json_end(j);
		break;
	}
}

static void
log_type(struct json *j, uint8_t type)
{
	static const char *const names[] = { NULL, "discover", "offer", "request", "decline", "ack", "nak", "release", "inform" };

	json_str(j, "dhcp_type", type < sizeof(names) / sizeof(names[0]) && names[type] ? names[type] : "unknown");
}

/* Options once each: the first of a kind is told, the others would make the same key again. */
static void
log_options(struct json *j, const struct dhcp_tx *t, bool extended)
{
	struct options o = options_of(bytes_span(&t->msg), t->overload);
	uint64_t told[4] = { 0 };
	uint8_t code = 0;
	struct span v;

	while (option_next(&o, &code, &v)) {
		if (!length_fits(code, v.n) || (told[code >> 6] >> (code & 63) & 1))
			continue;
		told[code >> 6] |= UINT64_C(1) << (code & 63);
		if (code == TYPE)
			log_type(j, v.p[0]);
		else if (code == RENEWAL_TIME)
			json_u64(j, "renewal_time", t->renewal);
		else if (code == CLIENT_ID)
			json_hex(j, "client_id", span_skip(v, 1), ':'); /* its first byte is the kind of what follows */
		else if (extended)
			log_option(j, code, v);
	}
}

static void
dhcp_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct dhcp_tx *t = of(tx);
	struct rd r = rd_of(bytes_span(&t->msg));
	bool request = rd_u8(&r) == BOOTREQUEST, extended = t->extended && full;
	struct span client, yours, next, relay;
	uint32_t id;
	uint8_t hlen;

	rd_skip(&r, 1);
	hlen = rd_u8(&r);
	rd_skip(&r, 1);
	id = rd_u32(&r);
	rd_skip(&r, 4);
	client = rd_span(&r, 4);
	yours = rd_span(&r, 4);
	next = rd_span(&r, 4);
	relay = rd_span(&r, 4);
	if (r.bad)
		return;
	json_str(j, "type", request ? "request" : "reply");
	json_u64(j, "id", id);
	json_hex(j, "client_mac", rd_span(&r, hlen), ':');
	log_ip(j, "assigned_ip", yours);
	if (extended) {
		log_ip(j, "client_ip", client);
		if (!request) {
			log_ip(j, "relay_ip", relay);
			log_ip(j, "next_server_ip", next);
		}
	}
	log_options(j, t, extended);
}

/* Without `extended` what binds an address to a machine is told, and no more. */
static bool
dhcp_loggable(const struct tx *tx)
{
	return of(tx)->extended || of(tx)->type == ACK;
}

const struct protocol protocol_dhcp = {
	.name = "dhcp",
	.spec = "RFC 2131, RFC 2132",
	.transport = APP_UDP,
	.ports = { NULL, "67,68" },
	.log_packet = true,
	.probe_min = FIXED,
	.probe_max = FIXED,
	.probe = dhcp_probe,
	.conf_size = sizeof(struct dhcp_conf),
	.configure = dhcp_configure,
	.tx_size = sizeof(struct dhcp_tx),
	.done = DONE,
	.feed = dhcp_feed,
	.tx_clear = dhcp_tx_clear,
	.fields = fields,
	.events = events,
	.log = dhcp_log,
	.loggable = dhcp_loggable,
};
