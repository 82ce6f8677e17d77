/*
 * smb_frame - the pieces of SMB that have names: records of the session service, messages, their headers and what follows.
 */
#include "engine/app/protocols/smb.h"

const struct app_frame_type smb_frames[] = {
	[FRAME_NBSS_PDU] = { "nbss.pdu", "a message of the session service" },
	[FRAME_NBSS_HDR] = { "nbss.hdr", "its header of four bytes" },
	[FRAME_NBSS_DATA] = { "nbss.data", "what it carries" },
	[FRAME_SMB1_PDU] = { "smb1.pdu", "an SMB 1 message" },
	[FRAME_SMB1_HDR] = { "smb1.hdr", "its header" },
	[FRAME_SMB1_DATA] = { "smb1.data", "what follows the header" },
	[FRAME_SMB2_PDU] = { "smb2.pdu", "an SMB 2 message; of a compound, one of them" },
	[FRAME_SMB2_HDR] = { "smb2.hdr", "its header" },
	[FRAME_SMB2_DATA] = { "smb2.data", "what follows the header" },
	[FRAME_SMB3_PDU] = { "smb3.pdu", "an encrypted message (transform header)" },
	[FRAME_SMB3_HDR] = { "smb3.hdr", "its transform header" },
	[FRAME_SMB3_DATA] = { "smb3.data", "what is encrypted" },
	{ NULL, NULL },
};

void
smb_mark(struct app *a, int dir, unsigned pdu, const uint8_t *at, uint32_t head_n, uint32_t n)
{
	app_frame(a, dir, pdu, at, n, NULL);
	if (n < head_n)
		return;
	app_frame(a, dir, pdu + 1, at, head_n, NULL);
	if (n > head_n)
		app_frame(a, dir, pdu + 2, at + head_n, n - head_n, NULL);
}

void
smb_mark_record(struct app *a, struct smb_state *st, int dir, struct span s, uint32_t n)
{
	struct rd r = rd_of(span_skip(s, 4));
	uint32_t magic, next;

	if (st->marked[dir] || (s.n < 68 && s.n < n + 4))
		return;
	st->marked[dir] = true;
	smb_mark(a, dir, FRAME_NBSS_PDU, s.p, 4, n + 4);
	magic = rd_u32(&r);
	rd_skip(&r, 16);
	next = rd_u32le(&r);
	if (s.p[0] != 0 || n < 4)
		return;
	if (magic == 0xff534d42)
		smb_mark(a, dir, FRAME_SMB1_PDU, s.p + 4, 32, n);
	else if (magic == 0xfe534d42)
		smb_mark(a, dir, FRAME_SMB2_PDU, s.p + 4, 64, !r.bad && next >= 64 && next < n ? next : n);
	else if (magic == 0xfd534d42)
		smb_mark(a, dir, FRAME_SMB3_PDU, s.p + 4, 52, n);
}
