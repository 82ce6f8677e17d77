/*
 * mdns - multicast DNS: each message is a transaction, whoever sends it.
 *
 * Thread:    the worker's.
 * Memory:    the worker's pool: every open message as it came.
 * Owns:      nothing but the transactions.
 * Not here:  messages, names, records -> dns.c, dns_message.c   fields -> dns_fields.c   log -> dns_log.c
 *
 * Source: RFC 6762; the format is that of RFC 1035 (section 18). Known by its port, to or from which every message goes
 * (section 11): the format alone does not tell it from DNS. The top bit of a class has a meaning here (sections 5.4, 10.2), so
 * classes are not looked at.
 */
#include "engine/app/protocols/dns.h"

static enum app_probe
probe(struct span first, int dir, uint8_t transport)
{
	struct dns_header h;
	struct dns_record r;
	struct span msg;
	uint32_t length;

	if (!dns_message_of(first, transport, &msg, &length) || dns_header(msg, &h) < 0 || !dns_header_fits(&h, length))
		return PROBE_NO;
	if (h.count[DNS_QUERIES] + h.count[DNS_ANSWERS] + h.count[DNS_AUTHORITIES] + h.count[DNS_ADDITIONALS] == 0)
		return PROBE_NO;
	return dns_record(msg, 12, h.count[DNS_QUERIES] > 0, &r) < 0 ? PROBE_NO : PROBE_YES;
}

static int
feed(struct app *a, void *state, int dir, struct span bytes)
{
	app_frame(a, dir, 0, bytes.p, bytes.n, NULL);
	dns_take(a, dir, bytes);
	return (int) bytes.n;
}

static void
mdns_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	dns_log_message((const struct dns_tx *) tx, j);
}

const struct protocol protocol_mdns = {
	.name = "mdns",
	.spec = "RFC 6762",
	.transport = APP_UDP,
	.ports = { NULL, "5353" },
	.only_ports = true,
	.log_packet = true,
	.probe_min = 12,
	.probe_max = 1500,
	.probe = probe,
	.tx_size = sizeof(struct dns_tx),
	.done = { 1, 1 },
	.feed = feed,
	.tx_clear = dns_tx_clear,
	.fields = mdns_fields,
	.frames = dns_frames,
	.events = dns_events,
	.log = mdns_log,
};
