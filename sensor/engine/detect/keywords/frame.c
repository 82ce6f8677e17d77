/*
 * frame - what follows looks at frames: pieces of the stream or datagram that the protocol's parser names.
 *
 * Semantics: Suricata 8 user guide, "Frames": the name is that of the protocol and of the kind, or of the kind alone when
 * the rule's header says the protocol.
 */
#include "engine/detect/ruleset.h"

static int
type_of(const struct protocol *p, const char *name)
{
	if (!p->frames)
		return -1;
	if (!strcmp(name, "stream"))
		return FRAME_STREAM;
	for (int i = 0; p->frames[i].name; i++)
		if (!strcmp(p->frames[i].name, name))
			return i;
	return -1;
}

/* "pdu" of "tls.pdu" where p is called tls, else NULL. */
static const char *
without_protocol(const struct protocol *p, const char *name)
{
	const char *dot = strchr(name, '.');
	char head[64];

	if (!dot || dot - name >= (int) sizeof(head))
		return NULL;
	snprintf(head, sizeof(head), "%.*s", (int) (dot - name), name);
	return !strcmp(p->name, head) || word_in(p->aliases, head) ? dot + 1 : NULL;
}

static bool
find(struct build *b, const char *name, struct buffer *out)
{
	for (unsigned i = 0; i < protocol_table_n; i++) {
		const struct protocol *p = protocol_table[i];
		const char *rest = without_protocol(p, name);
		int type = rest ? type_of(p, rest) : -1;

		if (type < 0 && b->apps >> i & 1)
			type = type_of(p, name);
		if (type < 0 || (b->apps && !(b->apps >> i & 1)))
			continue;
		*out = (struct buffer) { .kind = BUF_FRAME, .protocols = UINT64_C(1) << i, .dirs = 3, .frame = (uint8_t) type };
		out->name = arena_printf(build_arena(b), "%s.%s", p->name, type == FRAME_STREAM ? "stream" : p->frames[type].name);
		return out->name != NULL;
	}
	return false;
}

static int
setup(struct build *b, const union kw_arg *a)
{
	struct buffer buf;

	if (!find(b, a->text, &buf))
		return build_error(b, 0, "\"%s\" is not a frame of %s", a->text, b->apps ? "the rule's protocol" : "any protocol");
	build_buffer(b, &buf);
	return 0;
}

const struct keyword keyword_frame = {
	.name = "frame", .help = "what follows looks at a frame: a piece of the stream that the protocol's parser names",
	.example = "frame:tls.pdu; content:\"|17 03|\"; startswith", .scope = KW_BUFFER, .arg = ARG_STRING, .setup = setup,
};
