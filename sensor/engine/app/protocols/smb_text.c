/*
 * smb_text - texts of SMB, and who authenticates: NTLMSSP, and Kerberos in SPNEGO.
 *
 * Spec: MS-NLMP section 2.2.1.3 (AUTHENTICATE), 2.2.2.10 (version); RFC 4178 (SPNEGO); RFC 4121 section 4.1 (Kerberos tokens).
 *
 *   AUTHENTICATE  "NTLMSSP\0" 3(4) { length(2) allocated(2) offset(4) }: LM, NT, domain, user, host, key; flags(4) version(8)
 *   Kerberos      [APPLICATION 0] { OID, 1(1) 0(1), AP-REQ [APPLICATION 14] { [0] 5, [1] 14, [2] options, [3] ticket, .. } }
 */
#include "engine/app/protocols/krb5.h"
#include "engine/app/protocols/smb.h"

#define NTLM_VERSION 0x02000000
#define NTLM_UNICODE 1

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

static bool
ntlmssp(struct app *a, struct smb_tx *t, struct span blob)
{
	const uint8_t *at = blob.n ? memmem(blob.p, blob.n, "NTLMSSP", 8) : NULL;
	void (*keep)(struct app *, struct bytes *, struct span);
	struct span m, domain, user, host;
	struct rd r;
	uint32_t flags;

	if (!at)
		return false;
	m = span_skip(blob, (uint32_t) (at - blob.p));
	r = rd_of(m);
	rd_skip(&r, 8);
	if (rd_u32le(&r) != 3)
		return true;
	rd_skip(&r, 16); /* the two responses */
	domain = ntlm_field(m, &r);
	user = ntlm_field(m, &r);
	host = ntlm_field(m, &r);
	rd_skip(&r, 8); /* session key */
	flags = rd_u32le(&r);
	if (r.bad) {
		app_event(a, &t->tx, SMB_EV_NTLMSSP);
		return true;
	}
	t->ntlmssp = true;
	keep = flags & NTLM_UNICODE ? smb_keep_utf16 : smb_keep_text;
	keep(a, &t->domain, domain);
	keep(a, &t->user, user);
	keep(a, &t->host, host);
	if (flags & NTLM_VERSION) {
		struct span v = rd_span(&r, 4);

		rd_skip(&r, 3);
		t->revision = rd_u8(&r);
		t->ntlm_version = !r.bad;
		if (!r.bad)
			memcpy(t->version, v.p, 4);
	}
	return true;
}

/* An AP-REQ behind a Kerberos OID. */
static void
kerberos(struct app *a, struct smb_tx *t, struct span blob)
{
	static const uint8_t oid[] = { 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2, 1, 0, DER_APP_CONS + KRB5_AP_REQ };
	const uint8_t *at = blob.n ? memmem(blob.p, blob.n, oid, sizeof(oid)) : NULL;
	struct krb5_ticket k;
	struct rd r, app, req, ticket;

	if (!at)
		return;
	r = rd_of(span_skip(blob, (uint32_t) (at - blob.p) + sizeof(oid) - 1));
	app = der_in(&r, DER_APP_CONS + KRB5_AP_REQ);
	req = der_in(&app, DER_SEQUENCE);
	for (uint8_t i = 0; i < 3; i++)
		der(&req, (uint8_t) (DER_CTX_CONS + i), NULL);
	ticket = der_in(&req, DER_CTX_CONS + 3);
	if (req.bad || !krb5_ticket(&ticket, &k))
		return;
	smb_keep_text(a, &t->realm, k.realm);
	if (k.sname.n <= SMB_TEXT_MAX)
		smb_keep_text(a, &t->sname, k.sname);
}

void
smb_auth(struct app *a, struct smb_tx *t, struct span blob)
{
	if (!ntlmssp(a, t, blob))
		kerberos(a, t, blob);
}

/* As the reference tells them: the first number and the last four bytes little-endian, pairs between. */
void
smb_guid_text(const uint8_t guid[static 16], char out[static 37])
{
	struct rd r = rd_of(span_of(guid, 16));
	struct text t = text_of(out, 36);

	text_hex(&t, rd_u32le(&r), 8);
	for (unsigned i = 0; i < 4; i++) {
		text_char(&t, '-');
		text_hex(&t, rd_u16le(&r), 4);
	}
	text_hex(&t, rd_u32le(&r), 8);
	out[36] = 0;
}
