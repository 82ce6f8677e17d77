/*
 * decode-event - decoder, defragmenter or stream found this wrong with the packet. Names: ../../decode/events.def.
 */
#include "engine/detect/keyword.h"

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	const char *text = build_text(b, value);
	int *event = arena_alloc(build_arena(b), sizeof(*event));

	if (!event)
		return E_NOMEM;
	*event = text ? packet_event_find(text) : -1;
	if (*event < 0)
		return build_error(b, 0, "unknown event \"%s\", expected one such as ipv4.pkt_too_small", text ? text : "");
	out->p = event;
	return 0;
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return packet_event_has(c->p, (enum packet_event) *(const int *) a->p);
}

const struct keyword keyword_decode_event = {
	.name = "decode-event", .aliases = "engine-event", .help = "decoding found this wrong with the packet",
	.example = "decode-event:ipv4.pkt_too_small",
	.scope = KW_PACKET, .arg = ARG_CUSTOM, .flags = KW_EVENT | KW_NEEDS_PACKET, .parse = parse, .match = match,
};
