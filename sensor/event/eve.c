#include "event/eve.h"

#include "base/clock.h"

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMP6 = 58, PROTO_SCTP = 132 };

const char *
eve_type(const struct event *e)
{
	switch (e->type) {
	case EVENT_ALERT:
		return "alert";
	case EVENT_APP:
	case EVENT_RECORD:
		return e->kind;
	case EVENT_FLOW:
		return "flow";
	case EVENT_FILEINFO:
		return "fileinfo";
	case EVENT_PACKET:
		return "packet";
	case EVENT_FRAME:
		return "frame";
	case EVENT_ANOMALY:
		return "anomaly";
	default:
		return NULL;
	}
}

static bool
has_ports(uint8_t proto)
{
	return proto == PROTO_TCP || proto == PROTO_UDP || proto == PROTO_SCTP;
}

static void
timestamp(struct json *j, int64_t ts)
{
	char text[CLOCK_EVE_LEN];

	json_span(j, "timestamp", span_of(text, (size_t) clock_print_eve(ts, text)));
}

void
eve_begin_plain(struct json *j, const char *type, int64_t ts)
{
	json_object(j, NULL);
	timestamp(j, ts);
	json_str(j, "event_type", type);
}

static void
address(struct json *j, const char *key, const struct addr *a)
{
	char text[ADDR_STRLEN];

	json_span(j, key, span_of(text, (size_t) addr_print_full(a, text)));
}

/* Where it was seen: interface or file position, VLAN tags. */
static void
place(struct json *j, const struct event *e, const struct eve_options *o)
{
	if (e->flow_id)
		json_u64(j, "flow_id", e->flow_id);
	if (o->ifaces)
		json_str(j, "in_iface", o->ifaces[e->in_iface]);
	if (o->pcap_cnt && e->pcap_cnt && !(e->flags & EVENT_F_PSEUDO))
		json_u64(j, "pcap_cnt", e->pcap_cnt);
	json_str(j, "event_type", eve_type(e));
	if (!e->vlan_n)
		return;
	json_array(j, "vlan");
	for (unsigned i = 0; i < e->vlan_n && i < 3; i++)
		json_u64(j, NULL, e->vlan[i]);
	json_end(j);
}

static void
tuple(struct json *j, const struct event *e)
{
	char number[4];

	if (!e->ip_version)
		return;
	address(j, "src_ip", &e->src);
	if (has_ports(e->proto))
		json_u64(j, "src_port", e->sport);
	address(j, "dest_ip", &e->dst);
	if (has_ports(e->proto))
		json_u64(j, "dest_port", e->dport);
	json_str(j, "proto", event_proto_name(e->proto, number));
	json_u64(j, "ip_v", e->ip_version);
	if (e->proto == PROTO_ICMP || e->proto == PROTO_ICMP6) {
		json_u64(j, "icmp_type", e->icmp_type);
		json_u64(j, "icmp_code", e->icmp_code);
	}
}

static void
envelope(struct json *j, const struct event *e, const struct eve_options *o)
{
	char id[COMMUNITY_ID_LEN];

	timestamp(j, e->ts);
	place(j, e, o);
	tuple(j, e);
	if (e->type != EVENT_FLOW && !(e->type == EVENT_RECORD && e->flags & EVENT_F_PSEUDO))
		json_str(j, "pkt_src", event_pkt_src[e->pkt_src]);
	if (o->community_id && (e->flags & EVENT_F_FLOW)) {
		event_community_id(e, o->community_id_seed, id);
		json_str(j, "community_id", id);
	}
	if (e->flags & EVENT_F_TX)
		json_u64(j, "tx_id", e->tx_id);
	if (o->version)
		json_str(j, "suricata_version", o->version);
}

/* First of its key? A key may repeat in a rule; EVE gathers its values in one array. */
static bool
first_of_key(const struct card *c, uint32_t i)
{
	for (uint32_t k = 0; k < i; k++) {
		if (strcmp(c->metadata[k].key, c->metadata[i].key) == 0)
			return false;
	}
	return true;
}

static void
metadata(struct json *j, const struct card *c)
{
	json_object(j, "metadata");
	for (uint32_t i = 0; i < c->n_metadata; i++) {
		if (!first_of_key(c, i))
			continue;
		json_array(j, c->metadata[i].key);
		for (uint32_t k = i; k < c->n_metadata; k++) {
			if (strcmp(c->metadata[k].key, c->metadata[i].key) == 0)
				json_str(j, NULL, c->metadata[k].value);
		}
		json_end(j);
	}
	json_end(j);
}

static void
side(struct json *j, const char *key, const struct event *e, bool source)
{
	json_object(j, key);
	address(j, "ip", source ? &e->src : &e->dst);
	if (has_ports(e->proto))
		json_u64(j, "port", source ? e->sport : e->dport);
	json_end(j);
}

static void
alert(struct json *j, const struct event *e, const struct card *c, uint8_t action, const struct eve_options *o)
{
	json_object(j, "alert");
	json_str(j, "action", action ? "blocked" : "allowed");
	json_u64(j, "gid", c->gid);
	json_u64(j, "signature_id", c->sid);
	json_u64(j, "rev", c->rev);
	json_str(j, "signature", c->msg ? c->msg : "");
	json_str(j, "category", c->category ? c->category : "");
	json_u64(j, "severity", c->priority);
	if (c->target && e->ip_version) {
		side(j, "source", e, c->target == 2);
		side(j, "target", e, c->target != 2);
	}
	if (o->metadata && c->n_metadata)
		metadata(j, c);
	if (e->context_n) {
		json_object(j, "context");
		json_raw(j, NULL, span_of(e->text, e->context_n));
		json_end(j);
	}
	if (o->references && c->n_references) {
		json_array(j, "references");
		for (uint32_t i = 0; i < c->n_references; i++)
			json_str(j, NULL, c->references[i]);
		json_end(j);
	}
	json_end(j);
}

void
eve_begin(struct json *j, const struct event *e, const struct card *card, uint8_t action, const struct eve_options *o)
{
	json_object(j, NULL);
	envelope(j, e, o);
	if (e->type == EVENT_ALERT && card)
		alert(j, e, card, action, o);
	if (e->type != EVENT_APP && e->app_proto[0])
		json_str(j, "app_proto", e->app_proto);
	if (e->type == EVENT_ALERT && (e->flags & EVENT_F_FLOW))
		json_str(j, "direction", e->direction ? "to_client" : "to_server");
	json_raw(j, NULL, event_text(e));
	if (o->pcap_name)
		json_str(j, "pcap_filename", o->pcap_name);
}

void
eve_file(struct json *j, const struct event *e, const struct eve_stored *s)
{
	json_object(j, "fileinfo");
	json_raw(j, NULL, span_of(e->text, e->context_n));
	json_bool(j, "stored", s->stored);
	if (s->stored)
		json_u64(j, "file_id", s->id);
	if (s->stored && s->sha256 && !(e->flags & EVENT_F_FILE_HASHED))
		json_hex(j, "sha256", span_of(s->sha256, 32), 0);
	json_end(j);
}
