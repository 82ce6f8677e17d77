/*
 * smb_body - bodies of the SMB commands that carry names: negotiate, session set-up, tree connect, create.
 *
 * Spec: MS-CIFS and MS-SMB section 2.2.4 (SMB 1); MS-SMB2 section 2.2 (2 and 3); MS-NLMP section 2.2.1.3 (AUTHENTICATE).
 *
 *   SMB1  header(32) words(1) parameters(2 * words) bytes(2) data
 *   SMB2  header(64) structure size(2) ...; offsets count from the header
 */
#include "engine/app/protocols/smb.h"

#define SMB1_HEADER 32
#define SMB2_HEADER 64

enum { S1_SETUP = 0x73, S1_TREE_CONNECT = 0x75, S1_NT_CREATE = 0xa2, S1_NEGOTIATE = 0x72, S1_OPEN = 0x2d };
enum { S2_NEGOTIATE, S2_SETUP, S2_TREE_CONNECT = 3, S2_CREATE = 5 };

void
smb_keep_text(struct app *a, struct bytes *to, struct span s)
{
	if (to->n == 0)
		app_keep(a, to, span_head(s, SMB_TEXT_MAX), SMB_TEXT_MAX);
}

void
smb_keep_utf16(struct app *a, struct bytes *to, struct span s)
{
	char buf[SMB_TEXT_MAX];
	struct text t = text_of(buf, sizeof(buf));

	for (struct rd r = rd_of(s); rd_left(&r) >= 2 && !t.full;) {
		uint32_t c = rd_u16le(&r);
		uint8_t b[4];

		if (c >> 10 == 0x36 && rd_left(&r) >= 2)
			c = 0x10000 + ((c & 0x3ff) << 10 | (rd_u16le(&r) & 0x3ff));
		if (c < 0x80) {
			text_char(&t, (char) c);
			continue;
		}
		b[0] = (uint8_t) (c < 0x800 ? 0xc0 | c >> 6 : c < 0x10000 ? 0xe0 | c >> 12 : 0xf0 | c >> 18);
		b[1] = (uint8_t) (0x80 | ((c < 0x800 ? c : c < 0x10000 ? c >> 6 : c >> 12) & 0x3f));
		b[2] = (uint8_t) (0x80 | ((c < 0x10000 ? c : c >> 6) & 0x3f));
		b[3] = (uint8_t) (0x80 | (c & 0x3f));
		text_add(&t, span_of(b, c < 0x800 ? 2 : c < 0x10000 ? 3 : 4));
	}
	smb_keep_text(a, to, text_span(&t));
}

bool
smb_is_pipe(const struct bytes *share)
{
	static const char ipc[] = "IPC$";

	if (share->n < 4)
		return false;
	for (uint32_t i = 0; i < 4; i++)
		if ((share->p[share->n - 4 + i] & ~0x20) != (ipc[i] & ~0x20))
			return false;
	return true;
}

/* Length(2) allocated(2) offset(4), counted from the message. */
static struct span
ntlm_field(struct span m, struct rd *r)
{
	uint16_t n = rd_u16le(r);
	uint32_t off;

	rd_skip(r, 2);
	off = rd_u32le(r);
	return off <= m.n && n <= m.n - off ? span_head(span_skip(m, off), n) : SPAN_NONE;
}

void
smb_ntlmssp(struct app *a, struct smb_tx *t, struct span blob)
{
	const uint8_t *at = blob.n ? memmem(blob.p, blob.n, "NTLMSSP\0", 8) : NULL;
	struct span m, domain, user, host;
	struct rd r;
	bool unicode;

	if (!at)
		return;
	m = span_skip(blob, (uint32_t) (at - blob.p));
	r = rd_of(m);
	rd_skip(&r, 8);
	if (rd_u32le(&r) != 3)
		return;
	rd_skip(&r, 16); /* the two responses */
	domain = ntlm_field(m, &r);
	user = ntlm_field(m, &r);
	host = ntlm_field(m, &r);
	rd_skip(&r, 8); /* session key */
	unicode = rd_u32le(&r) & 1;
	if (r.bad)
		return;
	(unicode ? smb_keep_utf16 : smb_keep_text)(a, &t->domain, domain);
	(unicode ? smb_keep_utf16 : smb_keep_text)(a, &t->user, user);
	(unicode ? smb_keep_utf16 : smb_keep_text)(a, &t->host, host);
}

/* ---- SMB 1 ---- */

/* A string of the data part up to its NUL; UTF-16 begins at an even offset from the header. */
static struct span
smb1_string(struct rd *r, const uint8_t *base, bool unicode)
{
	struct span s;
	uint32_t n = 0;

	if (unicode && (r->p - base) % 2)
		rd_skip(r, 1);
	s = rd_rest(r);
	if (unicode)
		while (n + 1 < s.n && (s.p[n] || s.p[n + 1]))
			n += 2;
	else
		while (n < s.n && s.p[n])
			n++;
	if (n > s.n)
		n = s.n;
	rd_skip(r, n + (unicode ? 2 : 1) <= s.n ? n + (unicode ? 2 : 1) : s.n);
	return span_head(s, n);
}

static void
smb1_setup(struct app *a, struct smb_tx *t, struct rd *params, uint8_t words, struct rd *data, const uint8_t *base, bool unicode)
{
	void (*keep)(struct app *, struct bytes *, struct span) = unicode ? smb_keep_utf16 : smb_keep_text;

	rd_skip(params, 14); /* AndX to session key */
	if (words == 12) {
		smb_ntlmssp(a, t, rd_span(data, rd_u16le(params)));
	} else if (words == 13) {
		uint16_t ansi = rd_u16le(params);

		rd_skip(data, (uint32_t) ansi + rd_u16le(params));
		keep(a, &t->user, smb1_string(data, base, unicode));
		keep(a, &t->domain, smb1_string(data, base, unicode));
	} else {
		return;
	}
	keep(a, &t->native_os, smb1_string(data, base, unicode));
	keep(a, &t->native_lm, smb1_string(data, base, unicode));
}

static void
smb1_tree_connect(struct app *a, struct smb_tx *t, struct rd *params, struct rd *data, const uint8_t *base, bool unicode)
{
	struct span path, service;

	rd_skip(params, 6); /* AndX, flags */
	rd_skip(data, rd_u16le(params));
	path = smb1_string(data, base, unicode);
	service = smb1_string(data, base, false);
	(unicode ? smb_keep_utf16 : smb_keep_text)(a, &t->share, path);
	t->pipe = span_eq(service, SPAN_LIT("IPC")) || smb_is_pipe(&t->share);
}

void
smb1_body(struct app *a, struct smb_tx *t, int dir, struct span pdu)
{
	struct rd r = rd_of(pdu), params, data;
	uint16_t flags2;
	uint8_t words;
	bool unicode;

	rd_skip(&r, 10);
	flags2 = rd_u16le(&r);
	unicode = flags2 & 0x8000;
	rd_skip(&r, SMB1_HEADER - 12);
	words = rd_u8(&r);
	params = rd_of(rd_span(&r, 2u * words));
	rd_skip(&r, 2);
	if (r.bad || dir == TO_CLIENT)
		return;
	data = r;
	if (t->command == S1_SETUP)
		smb1_setup(a, t, &params, words, &data, pdu.p, unicode);
	else if (t->command == S1_TREE_CONNECT && words >= 4)
		smb1_tree_connect(a, t, &params, &data, pdu.p, unicode);
	else if (t->command == S1_NT_CREATE && words >= 24)
		(unicode ? smb_keep_utf16 : smb_keep_text)(a, &t->file, smb1_string(&data, pdu.p, unicode));
}

/* ---- SMB 2 ---- */

/* n bytes at an offset from the header. */
static struct span
smb2_at(struct span pdu, uint32_t off, uint32_t n)
{
	return off >= SMB2_HEADER && off <= pdu.n ? span_head(span_skip(pdu, off), n) : SPAN_NONE;
}

static void
smb2_request(struct app *a, struct smb_tx *t, struct span pdu)
{
	struct rd r = rd_of(pdu);
	uint16_t off;

	rd_skip(&r, SMB2_HEADER);
	switch (t->command) {
	case S2_SETUP:
		rd_skip(&r, 12);
		off = rd_u16le(&r);
		smb_ntlmssp(a, t, smb2_at(pdu, off, rd_u16le(&r)));
		break;
	case S2_TREE_CONNECT:
		rd_skip(&r, 4);
		off = rd_u16le(&r);
		smb_keep_utf16(a, &t->share, smb2_at(pdu, off, rd_u16le(&r)));
		t->pipe = smb_is_pipe(&t->share);
		break;
	case S2_CREATE:
		rd_skip(&r, 24);
		t->access = rd_u32le(&r);
		rd_skip(&r, 8);
		t->disposition = rd_u32le(&r);
		rd_skip(&r, 4);
		off = rd_u16le(&r);
		smb_keep_utf16(a, &t->file, smb2_at(pdu, off, rd_u16le(&r)));
		break;
	}
}

void
smb2_body(struct app *a, struct smb_tx *t, int dir, struct span pdu)
{
	struct rd r = rd_of(pdu);

	if (dir == TO_SERVER) {
		smb2_request(a, t, pdu);
		return;
	}
	rd_skip(&r, SMB2_HEADER);
	if (t->command == S2_NEGOTIATE) {
		rd_skip(&r, 4);
		t->dialect = rd_u16le(&r);
	} else if (t->command == S2_TREE_CONNECT && t->status == 0) {
		rd_skip(&r, 2);
		t->pipe |= rd_u8(&r) == 2;
	}
}

/* ---- names ---- */

const char *
smb1_command_name(uint16_t c)
{
	static const char *const names[256] = {
		[0x00] = "SMB1_COMMAND_CREATE_DIRECTORY", [0x01] = "SMB1_COMMAND_DELETE_DIRECTORY", [0x02] = "SMB1_COMMAND_OPEN",
		[0x03] = "SMB1_COMMAND_CREATE", [0x04] = "SMB1_COMMAND_CLOSE", [0x05] = "SMB1_COMMAND_FLUSH",
		[0x06] = "SMB1_COMMAND_DELETE", [0x07] = "SMB1_COMMAND_RENAME", [0x08] = "SMB1_COMMAND_QUERY_INFORMATION",
		[0x0a] = "SMB1_COMMAND_READ", [0x0b] = "SMB1_COMMAND_WRITE", [0x10] = "SMB1_COMMAND_CHECK_DIRECTORY",
		[0x24] = "SMB1_COMMAND_LOCKING_ANDX", [0x25] = "SMB1_COMMAND_TRANS", [0x2b] = "SMB1_COMMAND_ECHO",
		[0x2d] = "SMB1_COMMAND_OPEN_ANDX", [0x2e] = "SMB1_COMMAND_READ_ANDX", [0x2f] = "SMB1_COMMAND_WRITE_ANDX",
		[0x32] = "SMB1_COMMAND_TRANS2", [0x33] = "SMB1_COMMAND_TRANS2_SECONDARY", [0x34] = "SMB1_COMMAND_FIND_CLOSE2",
		[0x71] = "SMB1_COMMAND_TREE_DISCONNECT", [0x72] = "SMB1_COMMAND_NEGOTIATE_PROTOCOL",
		[0x73] = "SMB1_COMMAND_SESSION_SETUP_ANDX", [0x74] = "SMB1_COMMAND_LOGOFF_ANDX",
		[0x75] = "SMB1_COMMAND_TREE_CONNECT_ANDX", [0x80] = "SMB1_COMMAND_QUERY_INFO_DISK",
		[0xa0] = "SMB1_COMMAND_NT_TRANS", [0xa1] = "SMB1_COMMAND_NT_TRANS_SECONDARY", [0xa2] = "SMB1_COMMAND_NT_CREATE_ANDX",
		[0xa4] = "SMB1_COMMAND_NT_CANCEL",
	};

	return c < 256 ? names[c] : NULL;
}

const char *
smb2_command_name(uint16_t c)
{
	static const char *const names[] = { "SMB2_COMMAND_NEGOTIATE_PROTOCOL", "SMB2_COMMAND_SESSION_SETUP",
		"SMB2_COMMAND_SESSION_LOGOFF", "SMB2_COMMAND_TREE_CONNECT", "SMB2_COMMAND_TREE_DISCONNECT", "SMB2_COMMAND_CREATE",
		"SMB2_COMMAND_CLOSE", "SMB2_COMMAND_FLUSH", "SMB2_COMMAND_READ", "SMB2_COMMAND_WRITE", "SMB2_COMMAND_LOCK",
		"SMB2_COMMAND_IOCTL", "SMB2_COMMAND_CANCEL", "SMB2_COMMAND_KEEPALIVE", "SMB2_COMMAND_FIND",
		"SMB2_COMMAND_CHANGE_NOTIFY", "SMB2_COMMAND_GET_INFO", "SMB2_COMMAND_SET_INFO", "SMB2_COMMAND_OPLOCK_BREAK" };

	return c < sizeof(names) / sizeof(names[0]) ? names[c] : NULL;
}
