/*
 * data - the bytes a statement sends: strings, hex, numbers, files, and messages of protocols.
 */
#include <ctype.h>
#include <stdlib.h>

#include "mkpcap.h"

void
put_u8(struct buf *b, uint32_t v)
{
	uint8_t c = (uint8_t) v;

	buf_add(b, &c, 1);
}

void
put_u16(struct buf *b, uint32_t v)
{
	put_u8(b, v >> 8);
	put_u8(b, v);
}

void
put_u32(struct buf *b, uint32_t v)
{
	put_u16(b, v >> 16);
	put_u16(b, v);
}

void
put_le16(struct buf *b, uint32_t v)
{
	put_u8(b, v);
	put_u8(b, v >> 8);
}

void
put_le32(struct buf *b, uint32_t v)
{
	put_le16(b, v);
	put_le16(b, v >> 16);
}

void
set_u16(struct buf *b, size_t at, uint32_t v)
{
	if (at + 2 > b->n)
		return;
	b->p[at] = (char) (v >> 8);
	b->p[at + 1] = (char) v;
}

static bool
is_hex(struct span t)
{
	for (uint32_t i = 0; i < t.n; i++) {
		if (!isxdigit(t.p[i]))
			return false;
	}
	return t.n > 0;
}

/* hex 01 02 a0b1 ..., as far as the words are hex digits */
static bool
put_hex(struct script *s, struct buf *b)
{
	if (peek(s)->kind != TOKEN_WORD || !is_hex(peek(s)->text))
		return fail(s, "expected hex digits");
	for (; peek(s)->kind == TOKEN_WORD && is_hex(peek(s)->text); s->at++) {
		struct span t = peek(s)->text;
		if (t.n % 2)
			return fail(s, "an odd number of hex digits");
		for (uint32_t i = 0; i < t.n; i += 2) {
			char two[3] = { (char) t.p[i], (char) t.p[i + 1], 0 };
			put_u8(b, (uint32_t) strtoul(two, NULL, 16));
		}
	}
	return true;
}

static bool
put_file(struct script *s, struct buf *b)
{
	struct buf name, content;

	buf_init(&name, 4096);
	buf_init(&content, DATA_MAX);
	bool ok = s->folder ? true : fail(s, "files are not read here");
	const char *sep = ok && buf_str(&name, s->folder) == 0 ? "/" : "";
	ok = ok && buf_str(&name, sep) == 0 && take_string(s, "a file name", &name);
	if (ok && buf_read_file(&content, name.p) != 0)
		ok = s->at--, fail(s, "%s cannot be read", name.p);
	if (ok)
		buf_add(b, content.p, content.n);
	buf_clear(&name);
	buf_clear(&content);
	return ok;
}

/* fill N "text": text again and again until N bytes */
static bool
put_fill(struct script *s, struct buf *b)
{
	struct buf text;
	int64_t n;

	if (!take_number(s, "a number of bytes", 0, DATA_MAX, &n))
		return false;
	buf_init(&text, DATA_MAX);
	bool ok = take_string(s, "what to fill with", &text) && (text.n > 0 || fail(s, "nothing to fill with"));
	for (int64_t i = 0; ok && i < n; i++)
		buf_add(b, &text.p[(size_t) i % text.n], 1);
	buf_clear(&text);
	return ok;
}

static bool
number_part(struct script *s, struct buf *b)
{
	static const struct {
		const char *name;
		int64_t hi;
		void (*put)(struct buf *, uint32_t);
	} kinds[] = { { "u8", 255, put_u8 }, { "u16", 65535, put_u16 }, { "u32", UINT32_MAX, put_u32 },
		{ "le16", 65535, put_le16 }, { "le32", UINT32_MAX, put_le32 } };
	int64_t v;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (accept(s, kinds[i].name)) {
			if (!take_number(s, kinds[i].name, 0, kinds[i].hi, &v))
				return false;
			kinds[i].put(b, (uint32_t) v);
			return true;
		}
	}
	return fail(s, "unknown data, expected a string, hex, u8 u16 u32 le16 le32, fill, file or a message; see mkpcap --help");
}

static bool
part(struct script *s, struct buf *b)
{
	static const struct message *const tables[] = { messages, control_messages };

	if (peek(s)->kind == TOKEN_STRING)
		return take_string(s, "a string", b);
	if (accept(s, "hex"))
		return put_hex(s, b);
	if (accept(s, "file"))
		return put_file(s, b);
	if (accept(s, "fill"))
		return put_fill(s, b);
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		for (const struct message *m = tables[i]; m->name; m++) {
			if (accept(s, m->name))
				return m->put(s, b);
		}
	}
	return number_part(s, b);
}

bool
take_data(struct script *s, struct buf *out)
{
	while (!at_end(s)) {
		if (!part(s, out))
			return false;
	}
	return !out->full || fail(s, "more than %u bytes in one statement", DATA_MAX);
}

void
data_help(FILE *out)
{
	fprintf(out, "  \"text\\r\\n\\x00\\{i}\"  hex 0a0b  u8 N u16 N u32 N le16 N le32 N  fill N \"text\"  file NAME\n");
	for (const struct message *m = messages; m->name; m++)
		fprintf(out, "  %s\n", m->usage);
	for (const struct message *m = control_messages; m->name; m++)
		fprintf(out, "  %s\n", m->usage);
}
