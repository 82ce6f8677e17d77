/*
 * emit_anomaly - events of decoder, stream and application layer that no rule asked for.
 *
 * Names and shapes: Suricata 8 user guide, "EVE JSON Format", event type anomaly.
 */
#include "engine/emit_private.h"

#define ANOMALY_TEXT 8192

static bool
is_stream_event(unsigned i)
{
	return strncmp(packet_event_name[i], "stream.", 7) == 0;
}

static void
write_packet_event(struct json *j, unsigned i)
{
	char name[80];

	json_object(j, "anomaly");
	json_str(j, "type", is_stream_event(i) ? "stream" : "decode");
	snprintf(name, sizeof(name), "%s%s", is_stream_event(i) ? "" : "decoder.", packet_event_name[i]);
	json_str(j, "event", name);
	json_end(j);
}

/* false: no room for more. */
static bool
packet_event(struct emit *e, const struct packet *p, const struct flow *f, const struct session *s, unsigned i)
{
	const struct emit_conf *c = e->conf;
	struct event *ev;
	struct json j;

	if (!(is_stream_event(i) ? c->anomaly_stream : c->anomaly_decode))
		return true;
	if (!(ev = emit_take(e, EVENT_ANOMALY, c->text_max)))
		return false;
	if (f)
		emit_set_flow(e, ev, f, s);
	emit_set_packet(ev, p);
	ev->app_proto[0] = '\0';
	json_init(&j, ev->text, c->text_max);
	emit_write_common(e, &j, p, s, p->dir);
	write_packet_event(&j, i);
	if (c->anomaly_packet && c->content)
		emit_write_packet(&j, p);
	emit_commit(e, ev, &j);
	return true;
}

void
emit_anomaly(struct emit *e, const struct packet *p, const struct flow *f, const struct session *s)
{
	for (unsigned w = 0; w < PACKET_EVENT_WORDS; w++)
		for (uint64_t set = p->events[w]; set; set &= set - 1)
			if (!packet_event(e, p, f, s, w * 64 + (unsigned) __builtin_ctzll(set)))
				return;
}

/* Names as the protocol has them, or in capitals; `layer` tells who found it. */
static void
write_app_event(struct json *j, const char *proto, const char *event, bool upper, const char *layer)
{
	char buf[64];
	struct span name = span_head(span_str(event), sizeof(buf));

	for (uint32_t i = 0; i < name.n; i++) {
		uint8_t c = name.p[i];

		buf[i] = (char) (upper && c >= 'a' && c <= 'z' ? c & ~0x20 : c);
	}
	json_object(j, "anomaly");
	if (proto)
		json_str(j, "app_proto", proto);
	json_str(j, "type", "applayer");
	json_span(j, "event", span_of(buf, name.n));
	json_str(j, "layer", layer);
	json_end(j);
}

static struct event *
begin(struct emit *e, const struct flow *f, const struct session *s, const struct packet *p, struct json *j)
{
	struct event *ev = emit_take(e, EVENT_ANOMALY, ANOMALY_TEXT);

	if (!ev)
		return NULL;
	emit_set_flow(e, ev, f, s);
	ev->app_proto[0] = '\0'; /* told in the object */
	if (p)
		emit_set_packet(ev, p);
	else
		emit_set_ends(ev, TO_SERVER);
	ev->ts = p ? p->ts : f->last;
	ev->flags |= p ? 0 : EVENT_F_PSEUDO;
	json_init(j, ev->text, ANOMALY_TEXT);
	emit_write_common(e, j, p, s, p ? p->dir : TO_SERVER);
	return ev;
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
		if (!(ev = begin(e, f, s, p, &j)))
			return;
		ev->tx_id = tx->id;
		ev->flags |= EVENT_F_TX;
		write_app_event(&j, tx->proto->name, tx->proto->events[bit].name, tx->proto->upper_events, "proto_parser");
		emit_commit(e, ev, &j);
	}
}

void
emit_flow_anomaly(struct emit *e, const struct flow *f, struct session *s, const struct packet *p)
{
	uint64_t news = s->app->events & ~s->app->events_told;

	s->app->events_told = s->app->events;
	for (unsigned bit = 0; news; bit++, news >>= 1) {
		struct event *ev;
		struct json j;

		if (!(news & 1))
			continue;
		if (!(ev = begin(e, f, s, p, &j)))
			return;
		write_app_event(&j, app_name(s->app), app_flow_event_name[bit], true, "proto_detect");
		emit_commit(e, ev, &j);
	}
}
