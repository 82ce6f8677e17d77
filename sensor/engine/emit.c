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
	wipe(ev, sizeof(*ev));
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

void
emit_set_name(char out[static 16], const char *name)
{
	size_t n = name ? strlen(name) : 0;

	if (n > 15)
		n = 15;
	memcpy(out, name ? name : "", n);
	out[n] = '\0';
}

void
emit_set_flow(const struct emit *e, struct event *ev, const struct flow *f, const struct session *s)
{
	ev->flags |= EVENT_F_FLOW;
	ev->flow_id = flow_id(f);
	ev->flow_start = f->start;
	ev->client = flow_addr(f, TO_SERVER);
	ev->server = flow_addr(f, TO_CLIENT);
	ev->client_port = flow_port(f, TO_SERVER);
	ev->server_port = flow_port(f, TO_CLIENT);
	ev->flow_state = f->state;
	session_facts(e->sessions, s, f, &ev->facts);
	session_since(e->sessions, s, f, &ev->since);
	ev->proto = f->path.proto;
	ev->ip_version = f->path.ip_version;
	ev->in_iface = f->iface;
	while (ev->vlan_n < PACKET_VLANS && f->path.vlan[ev->vlan_n]) {
		ev->vlan[ev->vlan_n] = f->path.vlan[ev->vlan_n];
		ev->vlan_n++;
	}
	ev->pkt_src = PKT_SRC_FLOW_END; /* unless a packet is at hand */
	if (s->app)
		emit_set_name(ev->app_proto, app_name(s->app));
	if (s->stream && stream_is_midstream(s->stream))
		ev->flags |= EVENT_F_MIDSTREAM;
}

void
emit_set_ends(struct event *ev, int dir)
{
	bool back = dir == TO_CLIENT;

	ev->src = back ? ev->server : ev->client;
	ev->dst = back ? ev->client : ev->server;
	ev->sport = back ? ev->server_port : ev->client_port;
	ev->dport = back ? ev->client_port : ev->server_port;
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

void
emit_write_time(struct json *j, const char *key, int64_t ns)
{
	char t[CLOCK_EVE_LEN];

	json_span(j, key, span_of(t, (size_t) clock_print_eve(ns, t)));
}

void
emit_write_flow(struct json *j, const struct flow *f)
{
	struct addr client = flow_addr(f, TO_SERVER), server = flow_addr(f, TO_CLIENT);
	char a[ADDR_STRLEN];

	json_object(j, "flow");
	json_u64(j, "pkts_toserver", f->packets[0]);
	json_u64(j, "pkts_toclient", f->packets[1]);
	json_u64(j, "bytes_toserver", f->bytes[0]);
	json_u64(j, "bytes_toclient", f->bytes[1]);
	emit_write_time(j, "start", f->start);
	json_span(j, "src_ip", span_of(a, (size_t) addr_print_full(&client, a)));
	json_span(j, "dest_ip", span_of(a, (size_t) addr_print_full(&server, a)));
	if (f->path.proto == 6 || f->path.proto == 17 || f->path.proto == 132) {
		json_u64(j, "src_port", flow_port(f, TO_SERVER));
		json_u64(j, "dest_port", flow_port(f, TO_CLIENT));
	}
	json_end(j);
}

void
emit_write_protos(struct json *j, const struct app *a)
{
	const char *name = app_name(a), *dir[2] = { app_name_dir(a, TO_SERVER), app_name_dir(a, TO_CLIENT) };

	if (!a)
		return;
	if (dir[TO_SERVER] && (!name || strcmp(dir[TO_SERVER], name) != 0))
		json_str(j, "app_proto_ts", dir[TO_SERVER]);
	if (dir[TO_CLIENT] && (!name || strcmp(dir[TO_CLIENT], name) != 0))
		json_str(j, "app_proto_tc", dir[TO_CLIENT]);
	if (a->before && a->before != a->proto)
		json_str(j, "app_proto_orig", a->before->name);
	if (a->upgrade && a->upgrade != a->proto)
		json_str(j, "app_proto_expected", a->upgrade->name);
}

void
emit_write_common(const struct emit *e, struct json *j, const struct packet *p, const struct session *s, int dir)
{
	if (p && e->conf->ethernet)
		emit_write_ether(j, p, p->dir != dir);
	if (s && e->conf->metadata && e->conf->content)
		detect_log_marks(e->detect, &s->marks, SPAN_NONE, j);
}

void
emit_metadata(struct emit *e, const struct packet *p, const struct flow *f, const struct session *s)
{
	struct span vars = e->conf->log_metadata && e->conf->content ? detect_packet_vars(e->detect) : SPAN_NONE;
	struct event *ev;
	struct json j;

	if (!vars.n || !(ev = emit_take(e, EVENT_RECORD, e->conf->text_max)))
		return;
	if (f)
		emit_set_flow(e, ev, f, s);
	emit_set_packet(ev, p);
	emit_set_name(ev->kind, "metadata");
	json_init(&j, ev->text, e->conf->text_max);
	if (e->conf->ethernet)
		emit_write_ether(&j, p, false);
	detect_log_marks(e->detect, s ? &s->marks : &(struct marks) { 0 }, vars, &j);
	emit_commit(e, ev, &j);
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
		emit_set_flow(e, ev, f, s);
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
		if (**n == *name && strcmp(*n, name) == 0)
			return true;
	return false;
}

void
emit_set_record(const struct emit *e, struct event *ev, const struct flow *f, const struct session *s, const struct packet *p, int dir)
{
	emit_set_flow(e, ev, f, s);
	if (p)
		emit_set_packet(ev, p);
	ev->ts = p ? p->ts : f->last;
	ev->flags |= p ? 0 : EVENT_F_PSEUDO;
	ev->direction = (uint8_t) dir;
	emit_set_ends(ev, dir);
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
	struct event *ev = emit_take(e, EVENT_APP, e->conf->text_max);
	/* a transaction of one direction may be told with a packet of the other, which acknowledged it */
	int own = tx->only_dir ? tx->only_dir - 1 : p ? p->dir : TO_SERVER, dir = tx->proto->log_packet && !tx->ends_of_flow ? own : TO_SERVER;
	struct json j;

	if (!ev)
		return;
	emit_set_record(e, ev, f, s, p, dir);
	ev->tx_id = tx->id;
	ev->flags |= EVENT_F_TX;
	emit_set_name(ev->kind, kind);
	json_init(&j, ev->text, e->conf->text_max);
	emit_write_common(e, &j, p, s, dir);
	emit_write_tx(&j, s->app, tx, true);
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
