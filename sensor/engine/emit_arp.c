/*
 * emit_arp - packets of ARP as records: who asks for which address, who says that it has it.
 *
 * Names and shapes: Suricata 8 user guide, "EVE JSON Format", event type arp. Wire: RFC 826, RFC 903, RFC 2390.
 */
#include "engine/emit_private.h"

#define ARP_TEXT 2048

static const char *
opcode_name(uint16_t code)
{
	static const char *const names[] = { NULL, "request", "reply", "request_reverse", "reply_reverse", NULL, NULL, NULL, "inverse_request",
		"inverse_reply" };

	return code < sizeof(names) / sizeof(names[0]) && names[code] ? names[code] : "unknown";
}

static void
write_side(struct json *j, struct rd *r, const char *mac, const char *ip)
{
	char text[ADDR_STRLEN];
	struct span hardware = rd_span(r, 6), protocol = rd_span(r, 4);
	struct addr a;

	json_hex(j, mac, hardware, ':');
	if (r->bad)
		return;
	a = addr_v4(protocol.p);
	addr_print_full(&a, text);
	json_str(j, ip, text);
}

void
emit_arp(struct emit *e, const struct packet *p)
{
	struct rd r = rd_of(p->l3);
	struct event *ev;
	struct json j;

	if (!e->conf->log_arp || !e->conf->content || !(ev = emit_take(e, EVENT_RECORD, ARP_TEXT)))
		return;
	emit_set_packet(ev, p);
	emit_set_name(ev->kind, "arp");
	json_init(&j, ev->text, ARP_TEXT);
	if (e->conf->ethernet)
		emit_write_ether(&j, p, false);
	json_object(&j, "arp");
	json_str(&j, "hw_type", "ethernet"); /* others are not decoded */
	json_str(&j, "proto_type", "ipv4");
	rd_skip(&r, 6);
	json_str(&j, "opcode", opcode_name(rd_u16(&r)));
	write_side(&j, &r, "src_mac", "src_ip");
	write_side(&j, &r, "dest_mac", "dest_ip");
	json_end(&j);
	emit_commit(e, ev, &j);
}
