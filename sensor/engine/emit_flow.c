/*
 * emit_flow - what is told of a flow when it ends: the flow record, and one netflow record a direction.
 *
 * Names and shapes: Suricata 8 user guide, "EVE JSON Format", event types flow and netflow.
 */
#include "engine/emit_private.h"

#include "base/clock.h"
#include "engine/macs.h"

#define FLOW_TEXT 16384

static const char *const end_name[] = { "timeout", "closed", "evicted", "shutdown" };
static const char *const state_name[] = { "new", "established", "closed" };
static const char *const tcp_state_name[] = { "none", "syn_sent", "syn_recv", "established", "fin_wait1", "fin_wait2",
	"time_wait", "last_ack", "close_wait", "closing", "closed" };

static void
write_flags(struct json *j, const char *key, uint8_t flags)
{
	json_hex(j, key, span_of(&flags, 1), 0);
}

static void
write_flag_names(struct json *j, uint8_t flags)
{
	static const struct {
		uint8_t bit;
		const char *name;
	} flag[] = { { TCP_SYN, "syn" }, { TCP_FIN, "fin" }, { TCP_RST, "rst" }, { TCP_PSH, "psh" }, { TCP_ACK, "ack" },
		{ TCP_URG, "urg" }, { TCP_ECE, "ecn" }, { TCP_CWR, "cwr" } };

	for (size_t i = 0; i < sizeof(flag) / sizeof(flag[0]); i++)
		if (flags & flag[i].bit)
			json_bool(j, flag[i].name, true);
}

static void
write_tcp(struct json *j, const struct flow *f, const struct session *s)
{
	json_object(j, "tcp");
	write_flags(j, "tcp_flags", f->tcp_flags[0] | f->tcp_flags[1]);
	write_flags(j, "tcp_flags_ts", f->tcp_flags[0]);
	write_flags(j, "tcp_flags_tc", f->tcp_flags[1]);
	write_flag_names(j, f->tcp_flags[0] | f->tcp_flags[1]);
	if (s->stream) {
		json_str(j, "state", tcp_state_name[stream_state(s->stream)]);
		json_u64(j, "ts_lost", stream_lost(s->stream, TO_SERVER));
		json_u64(j, "tc_lost", stream_lost(s->stream, TO_CLIENT));
		json_u64(j, "ts_max_regions", stream_max_regions(s->stream, TO_SERVER));
		json_u64(j, "tc_max_regions", stream_max_regions(s->stream, TO_CLIENT));
	}
	json_end(j);
}

/* Which policies for exceptional conditions this flow met, and what they said. */
static void
write_exceptions(const struct emit *e, struct json *j, const struct session *s)
{
	static const char *const policy[] = { "ignore", "ignore", "pass_flow", "pass_packet", "bypass", "drop_flow", "drop_packet",
		"reject" };
	const struct {
		bool met;
		const char *target;
		int policy;
	} exc[] = { { s->exc_midstream, "stream_midstream", e->conf->midstream_policy },
		{ s->exc_memcap, "stream_memcap", e->conf->memcap_policy } };

	if (!s->exc_midstream && !s->exc_memcap)
		return;
	json_array(j, "exception_policy");
	for (size_t i = 0; i < sizeof(exc) / sizeof(exc[0]); i++) {
		if (!exc[i].met)
			continue;
		json_object(j, NULL);
		json_str(j, "target", exc[i].target);
		json_str(j, "policy", policy[exc[i].policy]);
		json_end(j);
	}
	json_end(j);
}

static void
write_side(struct json *j, const char *key, const struct mac_set *m, int side)
{
	json_array(j, key);
	for (unsigned i = 0; i < m->n[side]; i++)
		json_hex(j, NULL, span_of(m->mac[side][i], 6), ':');
	json_end(j);
}

/* Every address seen of either side; `from`: the sender's side. */
static void
write_macs(const struct emit *e, struct json *j, const struct session *s, int from)
{
	const struct session_rest *r = e->conf->ethernet ? session_rest(e->sessions, s) : NULL;

	if (!r || !r->macs)
		return;
	json_object(j, "ether");
	write_side(j, "dest_macs", r->macs, !from);
	write_side(j, "src_macs", r->macs, from);
	json_end(j);
}

static uint64_t
age(const struct flow *f)
{
	return (uint64_t) (f->last / NS_PER_S - f->start / NS_PER_S);
}

static void
write_elephant(struct json *j, uint8_t dirs)
{
	if (!dirs)
		return;
	json_bool(j, "elephant", true);
	json_array(j, "elephant_direction");
	for (int d = 0; d < 2; d++)
		if (dirs >> d & 1)
			json_str(j, NULL, d == TO_SERVER ? "toserver" : "toclient");
	json_end(j);
}

static void
write_totals(const struct emit *e, struct json *j, const struct flow *f, const struct session *s, enum flow_end why)
{
	json_object(j, "flow");
	json_u64(j, "pkts_toserver", f->packets[0]);
	json_u64(j, "pkts_toclient", f->packets[1]);
	json_u64(j, "bytes_toserver", f->bytes[0]);
	json_u64(j, "bytes_toclient", f->bytes[1]);
	emit_write_time(j, "start", f->start);
	emit_write_time(j, "end", f->last);
	json_u64(j, "age", age(f));
	if (s->bypassed)
		json_str(j, "bypass", "local");
	json_str(j, "state", s->bypassed ? "bypassed" : state_name[f->state]);
	json_str(j, "reason", end_name[why]);
	json_bool(j, "alerted", s->alerted);
	if (s->passed || s->marks.flags & MARKS_PASS)
		json_str(j, "action", "pass");
	write_elephant(j, f->elephant);
	write_exceptions(e, j, s);
	if (s->app && s->app->proto)
		json_u64(j, "tx_cnt", s->app->tx_next);
	json_end(j);
}

static struct event *
begin(struct emit *e, enum event_type type, uint32_t text, const struct flow *f, const struct session *s, struct json *j)
{
	struct event *ev = emit_take(e, type, text);

	if (!ev)
		return NULL;
	emit_set_flow(e, ev, f, s);
	emit_set_ends(ev, TO_SERVER);
	ev->ts = f->last;
	ev->flags |= EVENT_F_PSEUDO;
	json_init(j, ev->text, text);
	return ev;
}

void
emit_flow(struct emit *e, const struct flow *f, const struct session *s, enum flow_end why)
{
	bool logged = e->conf->log_flow && !packet_is_carrier(f->path.proto);
	struct json j;
	struct event *ev = begin(e, EVENT_FLOW, logged ? FLOW_TEXT : 0, f, s, &j);

	if (!ev)
		return;
	if (s->alerted)
		ev->flags |= EVENT_F_ALERTED;
	emit_set_name(ev->kind, end_name[why]);
	if (packet_is_carrier(f->path.proto))
		ev->flags |= EVENT_F_UNTOLD;
	if (logged) {
		emit_write_protos(&j, s->app);
		emit_write_common(e, &j, NULL, s, TO_SERVER);
		write_macs(e, &j, s, TO_SERVER);
		write_totals(e, &j, f, s, why);
		if (f->path.proto == 6)
			write_tcp(&j, f, s);
	}
	emit_commit(e, ev, logged ? &j : NULL);
}

static void
netflow(struct emit *e, const struct flow *f, const struct session *s, int dir)
{
	struct json j;
	struct event *ev = begin(e, EVENT_RECORD, FLOW_TEXT, f, s, &j);

	if (!ev)
		return;
	emit_set_name(ev->kind, "netflow");
	emit_set_ends(ev, dir);
	emit_write_protos(&j, s->app);
	emit_write_common(e, &j, NULL, s, TO_SERVER);
	write_macs(e, &j, s, dir);
	json_object(&j, "netflow");
	json_u64(&j, "pkts", f->packets[dir]);
	json_u64(&j, "bytes", f->bytes[dir]);
	emit_write_time(&j, "start", f->start);
	emit_write_time(&j, "end", f->last);
	json_u64(&j, "age", age(f));
	json_u64(&j, "min_ttl", f->ttl_min[dir]);
	json_u64(&j, "max_ttl", f->ttl_max[dir]);
	if (s->app && s->app->proto)
		json_u64(&j, "tx_cnt", s->app->tx_next);
	json_end(&j);
	if (f->path.proto == 6) {
		json_object(&j, "tcp");
		write_flags(&j, "tcp_flags", f->tcp_flags[dir]);
		write_flag_names(&j, f->tcp_flags[dir]);
		json_end(&j);
	}
	emit_commit(e, ev, &j);
}

void
emit_netflow(struct emit *e, const struct flow *f, const struct session *s)
{
	if (!e->conf->log_netflow || packet_is_carrier(f->path.proto))
		return;
	netflow(e, f, s, TO_SERVER);
	if (f->packets[TO_CLIENT])
		netflow(e, f, s, TO_CLIENT);
}
