/*
 * smb2_body - bodies of the SMB 2 and 3 commands that carry names: negotiate, session set-up, tree connect, create, set info, ioctl.
 *
 * Spec: MS-SMB2 section 2.2.3 to 2.2.14, 2.2.31, 2.2.39; MS-FSCC section 2.4.11 (disposition), 2.4.37 (rename).
 *
 *   structure size(2) ...; offsets count from the header
 */
#include "engine/app/protocols/smb.h"

enum { INFO_FILE = 1, INFO_RENAME = 10, INFO_DISPOSITION = 13, INFO_DISPOSITION_EX = 64 };

static struct span
at(struct span pdu, uint32_t off, uint32_t n)
{
	return off >= SMB2_HEADER && off <= pdu.n ? span_head(span_skip(pdu, off), n) : SPAN_NONE;
}

static struct rd
body(struct smb_part part)
{
	return rd_of(span_skip(part.pdu, part.at));
}

/* Offset(2) length(2). */
static struct span
pointed(struct span pdu, struct rd *r)
{
	uint16_t off = rd_u16le(r);

	return at(pdu, off, rd_u16le(r));
}

static void
guid(struct rd *r, struct smb_tx *t, int dir)
{
	struct span s = rd_span(r, 16);

	t->has_guid[dir] = s.n == 16;
	if (s.n == 16)
		memcpy(t->guid[dir], s.p, 16);
}

/* A number that is the same for the same sixteen bytes, never 0. */
uint64_t
smb2_file_id(struct rd *r, uint8_t guid[static 16])
{
	struct span s = rd_span(r, 16);
	struct rd v = rd_of(s);
	uint64_t persistent = rd_u64le(&v);

	if (s.n == 16)
		memcpy(guid, s.p, 16);
	return (persistent ^ rd_u64le(&v) * 0x9e3779b97f4a7c15u) | 1;
}

static void
negotiate(struct app *a, struct smb_tx *t, struct rd *r)
{
	uint16_t n;

	rd_skip(r, 2);
	n = rd_u16le(r);
	rd_skip(r, 8);
	guid(r, t, TO_SERVER);
	rd_skip(r, 8);
	if (!r->bad && rd_left(r) < 2u * n)
		app_event(a, &t->tx, SMB_EV_DIALECTS);
	smb_keep_text(a, &t->dialects, span_head(rd_rest(r), 2u * n));
}

static void
negotiated(struct app *a, struct smb_tx *t, struct rd *r)
{
	const struct smb_conf *conf = app_conf(a);

	rd_skip(r, 4);
	t->dialect = rd_u16le(r);
	rd_skip(r, 2);
	guid(r, t, TO_CLIENT);
	rd_skip(r, 8);
	t->max_read = rd_u32le(r);
	t->max_write = rd_u32le(r);
	if (conf && conf->max_read && t->max_read > conf->max_read)
		app_event(a, &t->tx, SMB_EV_MAX_READ);
	if (conf && conf->max_write && t->max_write > conf->max_write)
		app_event(a, &t->tx, SMB_EV_MAX_WRITE);
}

static void
create(struct app *a, struct smb_tx *t, struct span pdu, struct rd *r)
{
	uint32_t options;

	rd_skip(r, 36);
	t->disposition = rd_u32le(r);
	options = rd_u32le(r);
	t->directory = options & 1;
	t->delete_on_close = options & 0x1000;
	smb_keep_utf16(a, &t->file, pointed(pdu, r));
}

static void
create_done(struct smb_tx *t, struct rd *r)
{
	rd_skip(r, 8);
	for (unsigned i = 0; i < 4; i++)
		t->times[i] = smb_seconds(rd_u64le(r));
	rd_skip(r, 8);
	t->size = rd_u64le(r);
	rd_skip(r, 8);
	t->file_id = smb2_file_id(r, t->fuid);
	t->has_fuid = t->created = !r->bad;
	if (r->bad)
		t->file_id = 0;
}

bool
smb2_sets_info(struct smb_part part)
{
	struct rd r = body(part);
	uint8_t class, level;

	rd_skip(&r, 2);
	class = rd_u8(&r);
	level = rd_u8(&r);
	return !r.bad && class == INFO_FILE && (level == INFO_RENAME || level == INFO_DISPOSITION || level == INFO_DISPOSITION_EX);
}

static void
set_info(struct app *a, struct smb_state *st, struct smb_tx *t, struct span pdu, struct rd *r)
{
	const struct smb_open *f;
	uint32_t n;
	uint16_t off;
	struct rd d;

	rd_skip(r, 2);
	t->info_class = rd_u8(r);
	t->info_level = rd_u8(r);
	n = rd_u32le(r);
	off = rd_u16le(r);
	rd_skip(r, 6);
	t->file_id = smb2_file_id(r, t->fuid);
	t->has_fuid = !r->bad;
	if (t->h.related && st->last_create)
		smb_keep_text(a, &t->file, bytes_span(&st->last_create->file));
	else if ((f = smb_file_find(st, t->file_id)))
		smb_keep_text(a, &t->file, bytes_span(&f->name));
	d = rd_of(at(pdu, off, n));
	t->type = t->info_level == INFO_RENAME ? SMB_RENAME : SMB_SET_INFO;
	if (t->type == SMB_SET_INFO) {
		t->delete_on_close = rd_u8(&d) & 1;
		return;
	}
	rd_skip(&d, 16);
	n = rd_u32le(&d);
	smb_keep_utf16(a, &t->rename, rd_span(&d, n));
}

static void
request(struct app *a, struct smb_state *st, struct smb_tx *t, struct smb_part part)
{
	struct rd r = body(part);

	switch (t->h.command) {
	case S2_NEGOTIATE:
		negotiate(a, t, &r);
		break;
	case S2_SETUP:
		rd_skip(&r, 12);
		smb_auth(a, t, pointed(part.pdu, &r));
		break;
	case S2_TREE_CONNECT:
		rd_skip(&r, 4);
		smb_keep_utf16(a, &t->share, pointed(part.pdu, &r));
		t->pipe = smb_is_pipe(&t->share);
		break;
	case S2_CREATE:
		create(a, t, part.pdu, &r);
		break;
	case S2_IOCTL:
		rd_skip(&r, 4);
		t->function = rd_u32le(&r);
		break;
	case S2_SET_INFO:
		set_info(a, st, t, part.pdu, &r);
		break;
	}
}

void
smb2_body(struct app *a, struct smb_state *st, struct smb_tx *t, int dir, struct smb_part part)
{
	struct rd r = body(part);

	if (dir == TO_SERVER) {
		request(a, st, t, part);
	} else if (t->type == SMB_NEGOTIATE) {
		negotiated(a, t, &r);
	} else if (t->h.command == S2_TREE_CONNECT && t->h.status == 0) {
		rd_skip(&r, 2);
		uint8_t kind = rd_u8(&r);

		t->pipe |= kind == 2;
		t->print = kind == 3;
	} else if (t->h.command == S2_CREATE && t->h.status == 0) {
		create_done(t, &r);
	}
}
