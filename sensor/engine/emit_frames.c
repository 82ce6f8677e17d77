/*
 * emit_frames - frames of application protocols: an object of alerts, and a record of their own.
 *
 * Names and shapes: Suricata 8 user guide, "EVE JSON Format", event type frame.
 */
#include "engine/emit_private.h"

static uint32_t
put(uint8_t *to, uint32_t n, uint32_t cap, struct span s)
{
	s = span_head(s, cap - n);
	if (s.n)
		memcpy(to + n, s.p, s.n);
	return n + s.n;
}

static uint32_t
put_missing(uint8_t *to, uint32_t n, uint32_t cap, uint64_t missing)
{
	char text[40];
	int len = snprintf(text, sizeof(text), "[%llu bytes missing]", (unsigned long long) missing);

	return put(to, n, cap, span_of(text, (uint32_t) len));
}

struct span
emit_held_bytes(struct emit *e, const struct stream *s, int dir, uint64_t from, uint64_t to, uint32_t cap)
{
	uint32_t n = 0;
	uint64_t at = from, missing;
	struct span piece;

	if (cap > sizeof(e->bytes))
		cap = sizeof(e->bytes);
	while (n < cap && at < to && stream_held(s, dir, &at, &piece, &missing)) {
		uint64_t begin = at - piece.n;

		if (missing)
			n = put_missing(e->bytes, n, cap, begin < to ? missing : missing - (begin - to));
		if (begin >= to)
			return span_of(e->bytes, n);
		n = put(e->bytes, n, cap, span_head(piece, to - begin > UINT32_MAX ? UINT32_MAX : (uint32_t) (to - begin)));
	}
	if (at < to && to != UINT64_MAX && n < cap)
		n = put_missing(e->bytes, n, cap, to - at);
	return span_of(e->bytes, n);
}

static void
write_bytes(struct json *j, struct span s)
{
	json_base64(j, "payload", s);
	json_printable(j, "payload_printable", s);
}

void
emit_write_frame(struct emit *e, struct json *j, const struct packet *p, const struct session *s, const struct app_frame *f)
{
	const struct app *a = s->app;
	uint64_t edge = app_frames_edge(a, p->dir), end = f->len == FRAME_OPEN || f->offset + f->len > edge ? edge : f->offset + f->len;
	bool whole = f->len != FRAME_OPEN && f->offset + f->len <= edge;
	uint32_t cap = e->conf->frame_payload_max - 1;

	json_object(j, "frame");
	json_str(j, "type", app_frame_name(f));
	json_u64(j, "id", f->id);
	json_str(j, "direction", p->dir == TO_SERVER ? "toserver" : "toclient");
	if (s->stream) {
		json_u64(j, "stream_offset", f->offset);
		json_u64(j, "length", f->len == FRAME_OPEN ? end > f->offset ? end - f->offset : 0 : f->len);
		json_bool(j, "complete", whole);
		write_bytes(j, emit_held_bytes(e, s->stream, p->dir, f->offset, end, cap));
	} else {
		struct span in = f->offset < p->payload.n ? span_skip(p->payload, (uint32_t) f->offset) : SPAN_NONE;

		json_u64(j, "length", f->len);
		json_bool(j, "complete", f->len <= in.n);
		write_bytes(j, span_head(in, f->len < cap ? (uint32_t) f->len : cap));
	}
	if (f->has_tx)
		json_u64(j, "tx_id", f->tx_id);
	json_end(j);
}

void
emit_app_frame(struct emit *e, const struct flow *f, const struct session *s, const struct packet *p, const struct app_frame *fr)
{
	struct event *ev = emit_take(e, EVENT_FRAME, e->conf->text_max);
	struct json j;

	if (!ev)
		return;
	emit_set_flow(e, ev, f, s);
	emit_set_packet(ev, p);
	json_init(&j, ev->text, e->conf->text_max);
	emit_write_frame(e, &j, p, s, fr);
	emit_commit(e, ev, &j);
}
