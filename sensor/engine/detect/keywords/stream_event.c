/*
 * stream-event - TCP tracking found this wrong with the packet. Names: ../../decode/events.def, without "stream.".
 */
#include "engine/detect/keyword.h"

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	const char *text = build_text(b, value), *name;
	int *event = arena_alloc(build_arena(b), sizeof(*event));

	name = text ? arena_printf(build_arena(b), "stream.%s", text) : NULL;
	if (!event)
		return E_NOMEM;
	*event = name ? packet_event_find(name) : -1;
	if (*event < 0)
		return build_error(b, 0, "unknown event \"%s\", expected one such as 3whs_ack_in_wrong_dir", text ? text : "");
	out->p = event;
	return 0;
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return packet_event_has(c->p, (enum packet_event) *(const int *) a->p);
}

const struct keyword keyword_stream_event = {
	.name = "stream-event", .help = "TCP tracking found this wrong with the packet", .example = "stream-event:fin_syn",
	.scope = KW_PACKET, .arg = ARG_CUSTOM, .flags = KW_EVENT | KW_NEEDS_PACKET, .parse = parse, .match = match,
};
