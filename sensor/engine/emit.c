#include "engine/emit_private.h"

#include "base/clock.h"
#include "base/hash.h"
#include "os/thread.h"

#define PACKET_PHASE (UINT64_C(1) << 63)

void
emit_frame(struct emit *e, uint64_t num)
{
	e->num = num;
	e->order = PACKET_PHASE;
	e->order2 = 0;
}

void
emit_flow_phase(struct emit *e, uint64_t num, const struct flow *f)
{
	e->num = num;
	e->order = (uint64_t) f->last;
	e->order2 = f->first_num << 8;
}

struct event *
emit_take(struct emit *e, enum event_type type, uint32_t text)
{
	struct event *ev = ring_reserve(e->ring, (uint32_t) sizeof(*ev) + text);

	while (!ev && e->may_wait) {
		thread_pause();
		ev = ring_reserve(e->ring, (uint32_t) sizeof(*ev) + text);
	}
	if (!ev) {
		counter_inc(e->cnt, C_EVENT_RING_DROPS);
		return NULL;
	}
	memset(ev, 0, sizeof(*ev));
	ev->type = (uint16_t) type;
	ev->pcap_cnt = e->num;
	ev->order = e->order;
	ev->order2 = e->order2;
	if (e->order == PACKET_PHASE)
		e->order2++;
	else if ((e->order2 & 0xff) < 0xff)
		e->order2++;
	ev->generation = e->generation;
	return ev;
}

void
emit_commit(struct emit *e, struct event *ev, struct json *j)
{
	if (j) {
		struct span t = json_text(j);
		ev->text_n = ev->context_n + t.n;
		if (j->truncated)
			ev->flags |= EVENT_F_TRUNCATED;
	}
	ev->size = (uint32_t) sizeof(*ev) + ev->text_n;
	ring_commit(e->ring, ev->size);
}

static void
set_name(char out[static 16], const char *name)
{
	size_t n = name ? strlen(name) : 0;

	if (n > 15)
		n = 15;
	memcpy(out, name ? name : "", n);
	out[n] = '\0';
}

void
emit_set_flow(struct event *ev, const struct flow *f, const struct session *s)
{
	ev->flags |= EVENT_F_FLOW;
	ev->flow_id = f->id;
	ev->flow_start = f->start;
	ev->client = *flow_addr(f, TO_SERVER);
	ev->server = *flow_addr(f, TO_CLIENT);
	ev->client_port = flow_port(f, TO_SERVER);
	ev->server_port = flow_port(f, TO_CLIENT);
	ev->flow_state = f->state;
	ev->facts = s->facts;
	ev->since = s->since;
	ev->proto = f->key.proto;
	ev->ip_version = f->key.ip_version;
	ev->in_iface = f->iface;
	if (s->app)
		set_name(ev->app_proto, app_name(s->app));
	if (s->stream && stream_is_midstream(s->stream))
		ev->flags |= EVENT_F_MIDSTREAM;
}

/* Addresses in the flow's own direction: client first. */
static void
set_ends_of_flow(struct event *ev)
{
	ev->src = ev->client;
	ev->dst = ev->server;
	ev->sport = ev->client_port;
	ev->dport = ev->server_port;
}

void
emit_set_packet(struct event *ev, const struct packet *p)
{
	ev->ts = p->ts;
	ev->src = p->src;
	ev->dst = p->dst;
	ev->sport = p->sport;
	ev->dport = p->dport;
	ev->proto = p->proto;
	ev->ip_version = p->ip_version;
	ev->icmp_type = p->icmp_type;
	ev->icmp_code = p->icmp_code;
	ev->pkt_src = p->source;
	ev->direction = p->dir;
	ev->in_iface = p->iface;
	ev->vlan_n = p->vlan_n;
	for (unsigned i = 0; i < p->vlan_n && i < 3; i++)
		ev->vlan[i] = p->vlan[i];
	if (p->flags & PACKET_PSEUDO)
		ev->flags |= EVENT_F_PSEUDO;
}

static void
write_time(struct json *j, const char *key, int64_t ns)
{
	char t[CLOCK_EVE_LEN];

	clock_print_eve(ns, t);
	json_str(j, key, t);
}

void
emit_write_flow(struct json *j, const struct flow *f)
{
	char a[ADDR_STRLEN];

	json_object(j, "flow");
	json_u64(j, "pkts_toserver", f->packets[0]);
	json_u64(j, "pkts_toclient", f->packets[1]);
	json_u64(j, "bytes_toserver", f->bytes[0]);
	json_u64(j, "bytes_toclient", f->bytes[1]);
	write_time(j, "start", f->start);
	addr_print_full(flow_addr(f, TO_SERVER), a);
	json_str(j, "src_ip", a);
	addr_print_full(flow_addr(f, TO_CLIENT), a);
	json_str(j, "dest_ip", a);
	if (f->key.proto == 6 || f->key.proto == 17 || f->key.proto == 132) {
		json_u64(j, "src_port", flow_port(f, TO_SERVER));
		json_u64(j, "dest_port", flow_port(f, TO_CLIENT));
	}
	json_end(j);
}

void
emit_write_tx(struct json *j, const struct app *a, const struct tx *tx, bool full)
{
	if (!tx->proto->log)
		return;
	json_object(j, tx->proto->log_name ? tx->proto->log_name : tx->proto->name);
	tx->proto->log(a, tx, j, full);
	json_end(j);
	if (!tx->proto->second_log || !tx->proto->second_log(a, tx, NULL, full))
		return;
	json_object(j, tx->proto->second_name);
	tx->proto->second_log(a, tx, j, full);
	json_end(j);
}

void
emit_alert(struct emit *e, const struct packet *p, const struct flow *f, const struct session *s,
    const struct detect_alert *a)
{
	struct event *ev = emit_take(e, EVENT_ALERT, e->conf->text_max);
	struct json j;

	if (!ev)
		return;
	if (f)
		emit_set_flow(ev, f, s);
	emit_set_packet(ev, p);
	if (!f) {
		ev->client = ev->src;
		ev->server = ev->dst;
		ev->client_port = ev->sport;
		ev->server_port = ev->dport;
		ev->since = (struct event_volume) { .packets = { 1 }, .bytes = { p->l3.n }, .squares = { (uint64_t) p->l3.n * p->l3.n } };
	}
	ev->card = a->card;
	ev->action = a->blocked;
	if (a->tx) {
		ev->tx_id = a->tx->id;
		ev->flags |= EVENT_F_TX;
	}
	emit_overwrite(e, ev, s, a);
	if (a->matched.n)
		ev->payload_hash = hash_span(a->matched, 0);
	if (e->conf->content && a->context.n && a->context.n <= e->conf->text_max / 2) {
		memcpy(ev->text, a->context.p, a->context.n);
		ev->context_n = a->context.n;
	}
	json_init(&j, ev->text + ev->context_n, e->conf->text_max - ev->context_n);
	emit_alert_text(e, &j, p, f, s, a);
	emit_commit(e, ev, &j);
}

static bool
listed(const struct emit *e, const char *name)
{
	if (e->conf->log_all_app)
		return true;
	for (const char *const *n = e->conf->log_app; n && *n; n++)
		if (strcmp(*n, name) == 0)
			return true;
	return false;
}

/* A protocol is switched on by its name, or by that of its record unless another protocol has that name. What is made of
 * another protocol is logged as that one. */
bool
emit_wants_tx(const struct emit *e, const struct protocol *p)
{
	if (p->base)
		p = p->base;
	if (!e->conf->content || !p->log)
		return false;
	return listed(e, p->name) || (p->log_name && !app_protocol_find(p->log_name) && listed(e, p->log_name));
}

static void
emit_record(struct emit *e, const struct flow *f, const struct session *s, const struct tx *tx, const struct packet *p, const char *kind)
{
	const struct app *a = s->app;
	struct event *ev = emit_take(e, EVENT_APP, e->conf->text_max);
	struct json j;

	if (!ev)
		return;
	emit_set_flow(ev, f, s);
	if (p)
		emit_set_packet(ev, p);
	ev->ts = p ? p->ts : f->last;
	if (!p || !tx->proto->log_packet)
		set_ends_of_flow(ev);
	if (!p)
		ev->flags |= EVENT_F_PSEUDO;
	ev->tx_id = tx->id;
	ev->flags |= EVENT_F_TX;
	set_name(ev->kind, kind);
	json_init(&j, ev->text, e->conf->text_max);
	if (p && e->conf->ethernet)
		emit_write_ether(&j, p);
	emit_write_tx(&j, a, tx, true);
	emit_commit(e, ev, &j);
}

void
emit_tx(struct emit *e, const struct flow *f, const struct session *s, const struct tx *tx, const struct packet *p)
{
	const struct protocol *proto = tx->proto;

	if (emit_wants_tx(e, proto) && (!proto->loggable || proto->loggable(tx)))
		emit_record(e, f, s, tx, p, proto->log_name ? proto->log_name : proto->name);
	if (proto->second_log && e->conf->content && listed(e, proto->name) && proto->second_log(s->app, tx, NULL, true))
		emit_record(e, f, s, tx, p, proto->second_name);
}

/* The sender of the file is the source. */
void
emit_files(struct emit *e, const struct flow *f, const struct session *s, const struct tx *tx, const struct packet *p)
{
	struct app_file file;
	struct event *ev;
	struct json j;

	if (!e->conf->log_files || !e->conf->content || !tx->proto->file)
		return;
	for (unsigned dir = 0, i = 0; dir < 2; dir++)
		for (i = 0; tx->proto->file(tx, (int) dir, i, &file); i++) {
			if (!(ev = emit_take(e, EVENT_FILEINFO, e->conf->text_max)))
				return;
			emit_set_flow(ev, f, s);
			if (p)
				emit_set_packet(ev, p);
			ev->ts = p ? p->ts : f->last;
			ev->flags |= p ? 0 : EVENT_F_PSEUDO;
			ev->direction = (uint8_t) dir;
			ev->src = dir ? ev->server : ev->client;
			ev->dst = dir ? ev->client : ev->server;
			ev->sport = dir ? ev->server_port : ev->client_port;
			ev->dport = dir ? ev->client_port : ev->server_port;
			json_init(&j, ev->text, e->conf->text_max);
			emit_write_tx(&j, s->app, tx, false);
			emit_write_file(&j, "fileinfo", tx, &file);
			emit_commit(e, ev, &j);
		}
}

static const char *const end_name[] = { "timeout", "closed", "evicted", "shutdown" };
static const char *const state_name[] = { "new", "established", "closed" };
static const char *const tcp_state_name[] = { "none", "syn_sent", "syn_recv", "established", "fin_wait1", "fin_wait2",
	"time_wait", "last_ack", "close_wait", "closing", "closed" };

static void
write_tcp(struct json *j, const struct flow *f, const struct session *s)
{
	static const struct {
		uint8_t bit;
		const char *name;
	} flag[] = { { TCP_SYN, "syn" }, { TCP_FIN, "fin" }, { TCP_RST, "rst" }, { TCP_PSH, "psh" }, { TCP_ACK, "ack" },
		{ TCP_URG, "urg" }, { TCP_ECE, "ecn" }, { TCP_CWR, "cwr" } };
	uint8_t both = f->tcp_flags[0] | f->tcp_flags[1];
	uint8_t b;

	json_object(j, "tcp");
	json_hex(j, "tcp_flags", span_of(&both, 1), 0);
	b = f->tcp_flags[0];
	json_hex(j, "tcp_flags_ts", span_of(&b, 1), 0);
	b = f->tcp_flags[1];
	json_hex(j, "tcp_flags_tc", span_of(&b, 1), 0);
	for (size_t i = 0; i < sizeof(flag) / sizeof(flag[0]); i++)
		if (both & flag[i].bit)
			json_bool(j, flag[i].name, true);
	if (s->stream) {
		json_str(j, "state", tcp_state_name[stream_state(s->stream)]);
		json_u64(j, "ts_lost", stream_lost(s->stream, TO_SERVER));
		json_u64(j, "tc_lost", stream_lost(s->stream, TO_CLIENT));
	}
	json_end(j);
}

void
emit_flow(struct emit *e, const struct flow *f, const struct session *s, enum flow_end why)
{
	struct event *ev = emit_take(e, EVENT_FLOW, e->conf->log_flow ? 4096 : 0);
	struct json j;

	if (!ev)
		return;
	emit_set_flow(ev, f, s);
	set_ends_of_flow(ev);
	ev->ts = f->last;
	ev->flags |= EVENT_F_PSEUDO;
	if (s->alerts)
		ev->flags |= EVENT_F_ALERTED;
	set_name(ev->kind, end_name[why]);
	ev->vlan_n = (f->key.vlan[0] != 0) + (f->key.vlan[1] != 0);
	ev->vlan[0] = f->key.vlan[0];
	ev->vlan[1] = f->key.vlan[1];
	if (!e->conf->log_flow) {
		emit_commit(e, ev, NULL);
		return;
	}
	json_init(&j, ev->text, 4096);
	json_object(&j, "flow");
	json_u64(&j, "pkts_toserver", f->packets[0]);
	json_u64(&j, "pkts_toclient", f->packets[1]);
	json_u64(&j, "bytes_toserver", f->bytes[0]);
	json_u64(&j, "bytes_toclient", f->bytes[1]);
	write_time(&j, "start", f->start);
	write_time(&j, "end", f->last);
	json_u64(&j, "age", (uint64_t) (f->last / NS_PER_S - f->start / NS_PER_S));
	json_str(&j, "state", state_name[f->state]);
	json_str(&j, "reason", end_name[why]);
	json_bool(&j, "alerted", s->alerts > 0);
	json_end(&j);
	if (f->key.proto == 6)
		write_tcp(&j, f, s);
	emit_commit(e, ev, &j);
}

void
emit_anomaly(struct emit *e, const struct packet *p, const struct flow *f)
{
	for (unsigned i = 0; i < PACKET_EVENT_N; i++) {
		struct event *ev;
		struct json j;

		if (!packet_event_has(p, i))
			continue;
		ev = emit_take(e, EVENT_ANOMALY, 512);
		if (!ev)
			return;
		emit_set_packet(ev, p);
		if (f) {
			ev->flags |= EVENT_F_FLOW;
			ev->flow_id = f->id;
		}
		json_init(&j, ev->text, 512);
		json_object(&j, "anomaly");
		json_str(&j, "type", strncmp(packet_event_name[i], "stream.", 7) == 0 ? "stream" : "decode");
		json_str(&j, "event", packet_event_name[i]);
		json_end(&j);
		emit_commit(e, ev, &j);
	}
}

static void
write_app_event(struct json *j, const struct protocol *p, unsigned bit)
{
	char buf[64];
	struct span name = span_head(span_str(p->events[bit].name), sizeof(buf));

	for (uint32_t i = 0; i < name.n; i++) {
		uint8_t c = name.p[i];

		buf[i] = (char) (p->upper_events && c >= 'a' && c <= 'z' ? c & ~0x20 : c);
	}
	json_object(j, "anomaly");
	json_str(j, "app_proto", p->name);
	json_str(j, "type", "applayer");
	json_span(j, "event", span_of(buf, name.n));
	json_str(j, "layer", "proto_parser");
	json_end(j);
}

void
emit_tx_anomaly(struct emit *e, const struct flow *f, const struct session *s, struct tx *tx, const struct packet *p)
{
	uint64_t news = tx->events & ~tx->events_told;

	tx->events_told = tx->events;
	for (unsigned bit = 0; news && tx->proto->events && tx->proto->events[bit].name; bit++, news >>= 1) {
		struct event *ev;
		struct json j;

		if (!(news & 1))
			continue;
		ev = emit_take(e, EVENT_ANOMALY, 512);
		if (!ev)
			return;
		emit_set_flow(ev, f, s);
		if (p)
			emit_set_packet(ev, p);
		else
			set_ends_of_flow(ev);
		ev->ts = p ? p->ts : f->last;
		ev->tx_id = tx->id;
		ev->flags |= EVENT_F_TX;
		json_init(&j, ev->text, 512);
		write_app_event(&j, tx->proto, bit);
		emit_commit(e, ev, &j);
	}
}

void
emit_tick(struct emit *e, int64_t now)
{
	struct event *ev = emit_take(e, EVENT_TICK, 0);

	if (!ev)
		return;
	ev->ts = now;
	emit_commit(e, ev, NULL);
}

void
emit_facts(struct emit *e, const struct service_key *k, const struct event_facts *f, int64_t now)
{
	struct event *ev = emit_take(e, EVENT_FACTS, 0);

	if (!ev)
		return;
	ev->ts = now;
	ev->server = ev->dst = k->server;
	ev->server_port = ev->dport = k->port;
	ev->proto = k->proto;
	ev->ip_version = k->ip_version;
	ev->facts = *f;
	emit_commit(e, ev, NULL);
}
