/*
 * smb1_body - bodies of the SMB 1 commands that carry names: negotiate, session set-up, tree connect, open and create, rename, set info.
 *
 * Spec: MS-CIFS and MS-SMB section 2.2.4; MS-CIFS section 2.2.6.7, 2.2.6.9, 2.2.8.4 (TRANS2 that sets).
 *
 *   words(1) parameters(2 * words) bytes(2) data; a string of UTF-16 begins at an even offset from the header
 */
#include "engine/app/protocols/smb.h"

enum { T2_SET_PATH = 6, T2_SET_FILE = 8, LEVEL_DISPOSITION = 0x102, LEVEL_DISPOSITION_NT = 1013, LEVEL_RENAME_NT = 1010 };

struct block {
	struct span pdu;
	uint8_t words;
	struct rd params, data;
	bool unicode;
};

static bool
block(struct smb_part part, struct block *b)
{
	struct rd r = rd_of(part.pdu);

	rd_skip(&r, 10);
	b->unicode = rd_u16le(&r) & 0x8000;
	r = rd_of(part.pdu);
	rd_skip(&r, part.at);
	b->pdu = part.pdu;
	b->words = rd_u8(&r);
	b->params = rd_of(rd_span(&r, 2u * b->words));
	rd_skip(&r, 2);
	b->data = r;
	return !r.bad;
}

/* A string of the data part up to its NUL. */
static void
string_of(struct app *a, struct bytes *to, struct block *b, bool unicode)
{
	struct rd *r = &b->data;
	struct span s;
	uint32_t n = 0, end = unicode ? 2 : 1;

	if (unicode && (r->p - b->pdu.p) % 2)
		rd_skip(r, 1);
	s = rd_rest(r);
	while (n + end <= s.n && (s.p[n] || (unicode && s.p[n + 1])))
		n += end;
	if (n + end > s.n)
		n = s.n;
	rd_skip(r, n + end <= s.n ? n + end : s.n);
	if (to)
		(unicode ? smb_keep_utf16 : smb_keep_text)(a, to, span_head(s, n));
}

static void
string(struct app *a, struct bytes *to, struct block *b)
{
	string_of(a, to, b, b->unicode);
}

/* The dialects are kept as they are sent: { 2, name, 0 } each. */
static void
negotiate(struct app *a, struct smb_tx *t, struct block *b)
{
	struct span s = rd_rest(&b->data);

	smb_keep_text(a, &t->dialects, s);
	for (struct rd r = rd_of(s); rd_left(&r);) {
		struct span rest;
		const uint8_t *end;

		if (rd_u8(&r) != 2 || !(rest = rd_rest(&r)).n || !(end = memchr(rest.p, 0, rest.n))) {
			app_event(a, &t->tx, SMB_EV_DIALECTS);
			return;
		}
		rd_skip(&r, (size_t) (end - rest.p) + 1);
	}
}

static void
negotiated(struct smb_state *st, struct smb_tx *t, struct block *b)
{
	uint16_t which = rd_u16le(&b->params);
	struct rd r = rd_of(bytes_span(&t->dialects));
	uint32_t caps;

	for (uint16_t i = 0; rd_left(&r); i++) {
		struct span rest;
		uint32_t n = 0;

		rd_skip(&r, 1);
		rest = rd_rest(&r);
		while (n < rest.n && rest.p[n])
			n++;
		if (i == which && n < sizeof(st->dialect1)) {
			memcpy(st->dialect1, rest.p, n);
			st->dialect1[n] = 0;
		}
		rd_skip(&r, n + 1 <= rest.n ? n + 1 : n);
	}
	if (b->words != 17)
		return;
	rd_skip(&b->params, 17); /* to the capabilities */
	caps = rd_u32le(&b->params);
	if (caps >> 31) { /* extended security: the server's id comes first */
		struct span guid = rd_span(&b->data, 16);

		t->has_guid[TO_CLIENT] = guid.n == 16;
		if (guid.n == 16)
			memcpy(t->guid[TO_CLIENT], guid.p, 16);
	}
}

static void
setup(struct app *a, struct smb_tx *t, struct block *b)
{
	uint16_t ansi;

	rd_skip(&b->params, 14); /* AndX to session key */
	if (b->words == 12) {
		smb_auth(a, t, rd_span(&b->data, rd_u16le(&b->params)));
	} else if (b->words == 13) {
		ansi = rd_u16le(&b->params);
		rd_skip(&b->data, (uint32_t) ansi + rd_u16le(&b->params));
		string(a, &t->user, b);
		string(a, &t->domain, b);
		t->ntlmssp = t->user.n || t->domain.n;
	} else {
		return;
	}
	string(a, &t->native_os[TO_SERVER], b);
	string(a, &t->native_lm[TO_SERVER], b);
}

static void
setup_done(struct app *a, struct smb_tx *t, struct block *b)
{
	rd_skip(&b->params, 6);
	if (b->words == 4)
		rd_span(&b->data, rd_u16le(&b->params));
	else if (b->words != 3)
		return;
	string(a, &t->native_os[TO_CLIENT], b);
	string(a, &t->native_lm[TO_CLIENT], b);
}

static void
tree_connect(struct app *a, struct smb_tx *t, struct block *b)
{
	rd_skip(&b->params, 6); /* AndX, flags */
	rd_skip(&b->data, rd_u16le(&b->params));
	string(a, &t->share, b);
	string_of(a, &t->service[TO_SERVER], b, false);
	t->pipe = span_eq(bytes_span(&t->service[TO_SERVER]), SPAN_LIT("IPC")) || smb_is_pipe(&t->share);
}

static void
create(struct app *a, struct smb_tx *t, struct block *b)
{
	uint32_t options;

	if (t->h.command == S1_OPEN) {
		string(a, &t->file, b);
		return;
	}
	rd_skip(&b->params, 35); /* to the disposition */
	t->disposition = rd_u32le(&b->params);
	options = rd_u32le(&b->params);
	t->directory = options & 1;
	t->delete_on_close = options & 0x1000;
	string(a, &t->file, b);
}

uint64_t
smb1_file_id(const struct smb_head *h, uint16_t fid, uint8_t guid[static 16])
{
	guid[0] = (uint8_t) fid;
	guid[1] = (uint8_t) (fid >> 8);
	return h->session << 32 | (fid + 1u);
}

static void
create_done(struct smb_tx *t, struct block *b)
{
	rd_skip(&b->params, 4 + (t->h.command == S1_NT_CREATE)); /* AndX, oplock */
	t->file_id = smb1_file_id(&t->h, rd_u16le(&b->params), t->fuid);
	t->has_fuid = !b->params.bad;
	if (t->h.command == S1_NT_CREATE) {
		rd_skip(&b->params, 4);
		for (unsigned i = 0; i < 4; i++)
			t->times[i] = smb_seconds(rd_u64le(&b->params));
		rd_skip(&b->params, 12);
		t->size = rd_u64le(&b->params);
	}
	t->created = !b->params.bad;
}

static void
rename_of(struct app *a, struct smb_tx *t, struct block *b)
{
	rd_skip(&b->data, 1); /* format */
	string(a, &t->file, b);
	rd_skip(&b->data, 1);
	string(a, &t->rename, b);
	t->type = SMB_RENAME;
}

struct trans2 {
	uint16_t subcommand, level, fid;
	struct span name, data;
};

static bool
trans2(struct smb_part part, struct trans2 *out)
{
	struct block b;
	struct rd r;
	uint16_t n[4];

	if (!block(part, &b) || b.words < 15)
		return false;
	rd_skip(&b.params, 18);
	for (unsigned i = 0; i < 4; i++) /* length and offset of parameters, of data */
		n[i] = rd_u16le(&b.params);
	rd_skip(&b.params, 2);
	out->subcommand = rd_u16le(&b.params);
	r = rd_of(span_head(span_skip(part.pdu, n[1]), n[0]));
	out->data = n[3] <= part.pdu.n ? span_head(span_skip(part.pdu, n[3]), n[2]) : SPAN_NONE;
	if (out->subcommand == T2_SET_FILE)
		out->fid = rd_u16le(&r);
	out->level = rd_u16le(&r);
	rd_skip(&r, out->subcommand == T2_SET_FILE ? 0 : 4);
	out->name = rd_rest(&r);
	return !r.bad && !b.params.bad;
}

bool
smb1_sets_info(struct smb_part part)
{
	struct trans2 s;

	return trans2(part, &s) && (s.subcommand == T2_SET_PATH || s.subcommand == T2_SET_FILE) &&
	       (s.level == LEVEL_DISPOSITION || s.level == LEVEL_DISPOSITION_NT || s.level == LEVEL_RENAME_NT);
}

static void
set_info(struct app *a, struct smb_state *st, struct smb_tx *t, struct smb_part part)
{
	const struct smb_open *f;
	struct trans2 s;
	struct block b;
	struct rd d;

	if (!block(part, &b) || !trans2(part, &s))
		return;
	t->type = s.level == LEVEL_RENAME_NT ? SMB_RENAME : SMB_SET_INFO;
	t->subcommand = s.subcommand;
	t->info_level = s.level;
	if (s.subcommand == T2_SET_FILE) {
		t->file_id = smb1_file_id(&t->h, s.fid, t->fuid);
		t->has_fuid = true;
		if ((f = smb_file_find(st, t->file_id)))
			smb_keep_text(a, &t->file, bytes_span(&f->name));
	} else {
		b.data = rd_of(s.name);
		b.pdu = s.name;
		string(a, &t->file, &b);
	}
	d = rd_of(s.data);
	if (t->type == SMB_SET_INFO) {
		t->delete_on_close = rd_u8(&d) == 1;
		return;
	}
	rd_skip(&d, 8);
	(b.unicode ? smb_keep_utf16 : smb_keep_text)(a, &t->rename, rd_span(&d, rd_u32le(&d)));
}

static void
request(struct app *a, struct smb_state *st, struct smb_tx *t, struct smb_part part, struct block *b)
{
	switch (t->h.command) {
	case S1_NEGOTIATE:
		negotiate(a, t, b);
		break;
	case S1_SETUP:
		setup(a, t, b);
		break;
	case S1_TREE_CONNECT:
		if (b->words >= 4)
			tree_connect(a, t, b);
		break;
	case S1_NT_CREATE:
	case S1_OPEN:
		create(a, t, b);
		break;
	case S1_RENAME:
		rename_of(a, t, b);
		break;
	case S1_TRANS2:
		set_info(a, st, t, part);
		break;
	}
}

void
smb1_body(struct app *a, struct smb_state *st, struct smb_tx *t, int dir, struct smb_part part)
{
	struct block b;

	if (!block(part, &b))
		return;
	if (dir == TO_SERVER) {
		request(a, st, t, part, &b);
		return;
	}
	if (t->h.command == S1_NEGOTIATE)
		negotiated(st, t, &b);
	else if (t->h.command == S1_SETUP)
		setup_done(a, t, &b);
	else if (t->h.command == S1_TREE_CONNECT && t->h.status == 0)
		string_of(a, &t->service[TO_CLIENT], &b, false);
	else if ((t->h.command == S1_NT_CREATE || t->h.command == S1_OPEN) && t->h.status == 0)
		create_done(t, &b);
}
