/*
 * emit_alert - what an alert carries besides its envelope and its rule.
 *
 * Names and shapes: Suricata 8 user guide, "EVE JSON Format", event type alert.
 */
#include "engine/emit_private.h"

#include <pcap/pcap.h>

/* ---- the packet ---- */

static void
write_mac(struct json *j, const char *key, const uint8_t *mac)
{
	json_hex(j, key, span_of(mac, 6), ':');
}

void
emit_write_ether(struct json *j, const struct packet *p, bool turned)
{
	if (!p->has_mac)
		return;
	json_object(j, "ether");
	json_u64(j, "ether_type", p->ethertype);
	write_mac(j, "src_mac", turned ? p->mac_dst : p->mac_src);
	write_mac(j, "dest_mac", turned ? p->mac_src : p->mac_dst);
	json_end(j);
}

/* As libpcap calls it, but for the two whose names readers know otherwise. */
static const char *
link_name(uint16_t linktype)
{
	const char *name = linktype == DLT_IPV4 ? "IPv4" : linktype == DLT_IPV6 ? "IPv6" : pcap_datalink_val_to_name(linktype);

	return name ? name : "n/a";
}

void
emit_write_packet(struct json *j, const struct packet *p)
{
	if (!p->frame.n)
		return;
	json_base64(j, "packet", p->frame);
	json_object(j, "packet_info");
	json_u64(j, "linktype", p->linktype);
	json_str(j, "linktype_name", link_name(p->linktype));
	json_end(j);
}

static bool
has_ports(const struct packet *p)
{
	return p->proto == 6 || p->proto == 17 || p->proto == 132;
}

/* The packet around all others. */
static void
write_tunnel(const struct emit *e, struct json *j, const struct packet *p)
{
	const struct packet *root = p->outer;
	char a[ADDR_STRLEN], number[4];

	while (root && root->outer)
		root = root->outer;
	if (!root || !root->ip_version)
		return;
	json_object(j, "tunnel");
	addr_print_full(&root->src, a);
	json_str(j, "src_ip", a);
	if (has_ports(root))
		json_u64(j, "src_port", root->sport);
	addr_print_full(&root->dst, a);
	json_str(j, "dest_ip", a);
	if (has_ports(root))
		json_u64(j, "dest_port", root->dport);
	json_str(j, "proto", event_proto_name(root->proto, number));
	json_u64(j, "depth", p->depth);
	if (e->may_wait)
		json_u64(j, "pcap_cnt", root->num);
	json_str(j, "pkt_src", event_pkt_src[root->source]);
	json_end(j);
}

/* ---- its bytes ---- */

static void
write_payload(struct emit *e, struct json *j, const struct packet *p, const struct session *s, const struct detect_alert *a)
{
	const struct emit_conf *c = e->conf;
	bool stream = p->proto == 6 && s && s->stream && (a->from_stream || (a->tx && !a->guessed));
	struct span bytes = SPAN_NONE;

	if (!c->payload && !c->payload_printable && !c->payload_length)
		return;
	if (stream)
		bytes = emit_held_bytes(e, s->stream, p->dir, 0, UINT64_MAX, e->conf->payload_max);
	if (bytes.n == 0)
		bytes = span_head(p->payload, c->payload_max);
	if (bytes.n) {
		if (c->payload)
			json_base64(j, "payload", bytes);
		if (c->payload_printable)
			json_printable(j, "payload_printable", bytes);
		if (c->payload_length)
			json_u64(j, "payload_length", bytes.n);
	}
	json_u64(j, "stream", stream);
}

/* ---- what a proxy says ---- */

static bool
behind_proxy(const struct emit *e, const struct session *s, const struct detect_alert *a, char text[static ADDR_STRLEN],
    struct addr *out)
{
	const struct emit_conf *c = e->conf;
	const struct tx *tx = a->tx ? a->tx : s && s->app ? s->app->last : NULL;
	struct span v;
	uint32_t n = 0;

	if (!tx || !tx->proto->header || !tx->proto->header(tx, c->xff_header, &v))
		return false;
	if (c->xff_forward) {
		const uint8_t *comma = v.n ? memchr(v.p, ',', v.n) : NULL;
		if (comma)
			v.n = (uint32_t) (comma - v.p);
	} else {
		const uint8_t *blank = v.n ? memrchr(v.p, ' ', v.n) : NULL;
		if (blank)
			v = span_skip(v, (uint32_t) (blank - v.p) + 1);
	}
	while (v.n && v.p[v.n - 1] == ' ')
		v.n--;
	while (v.n && v.p[0] == ' ')
		v = span_skip(v, 1);
	if (v.n == 0 || v.n >= ADDR_STRLEN)
		return false;
	memcpy(text, v.p, n = v.n);
	text[n] = '\0';
	return addr_parse(out, text) == 0;
}

void
emit_overwrite(const struct emit *e, struct event *ev, const struct session *s, const struct detect_alert *a)
{
	char text[ADDR_STRLEN];
	struct addr addr;

	if (e->conf->xff != XFF_OVERWRITE || !behind_proxy(e, s, a, text, &addr))
		return;
	if (ev->direction == TO_CLIENT)
		ev->dst = addr;
	else
		ev->src = addr;
}

/* ---- all of it ---- */

static void
write_verdict(struct json *j, const struct packet *p, const struct detect_alert *a)
{
	static const char *const target[] = { NULL, "to_client", "to_server", "both" };

	json_object(j, "verdict");
	json_str(j, "action", a->passed ? "pass" : "alert");
	if (a->reject) {
		json_str(j, "reject-target", target[a->reject]);
		json_array(j, "reject");
		json_str(j, NULL, p->proto == 6 ? "tcp-reset" : "icmp-prohib");
		json_end(j);
	}
	json_end(j);
}

static void
write_marks(const struct emit *e, struct json *j, const struct session *s, const struct detect_alert *a)
{
	if (!s || !e->conf->metadata)
		return;
	detect_log_marks(e->detect, &s->marks, a->packet_vars, j);
}

void
emit_alert_text(struct emit *e, struct json *j, const struct packet *p, const struct flow *f, const struct session *s,
    const struct detect_alert *a)
{
	const struct emit_conf *c = e->conf;
	char text[ADDR_STRLEN];
	struct addr addr;

	if (c->ethernet)
		emit_write_ether(j, p, false);
	if (s)
		emit_write_protos(j, s->app);
	write_tunnel(e, j, p);
	if (a->guessed)
		json_bool(j, "tx_guessed", true);
	if (c->content) {
		write_marks(e, j, s, a);
		if (a->tx && s && s->app && c->app_layer)
			emit_write_tx(j, s->app, a->tx, false);
		if (a->tx && c->app_layer)
			emit_write_files(j, p->dir, a->tx);
		if (c->xff == XFF_EXTRA && behind_proxy(e, s, a, text, &addr))
			json_str(j, "xff", text);
	}
	if (f && c->flow)
		emit_write_flow(j, f);
	if (c->content)
		write_payload(e, j, p, s, a);
	if (c->content && a->frame && s && s->app)
		emit_write_frame(e, j, p, s, a->frame);
	if (c->content && c->packet)
		emit_write_packet(j, p);
	if (c->verdict)
		write_verdict(j, p, a);
}

void
emit_packet(struct emit *e, const struct packet *p, const struct flow *f, const struct session *s)
{
	uint32_t room = p->frame.n / 3 * 4 + 1024;
	struct event *ev = p->frame.n ? emit_take(e, EVENT_PACKET, room) : NULL;
	struct json j;

	if (!ev)
		return;
	if (f)
		emit_set_flow(e, ev, f, s);
	emit_set_packet(ev, p);
	json_init(&j, ev->text, room);
	write_tunnel(e, &j, p);
	emit_write_packet(&j, p);
	emit_commit(e, ev, &j);
}
