/*
 * smb_pipe - DCE RPC in SMB: what is written to and read from named pipes.
 *
 * Spec: MS-SMB2 section 2.2.20 (read), 2.2.21 (write), 2.2.31 (ioctl FSCTL_PIPE_TRANSCEIVE); MS-CIFS section 2.2.4.33 (trans),
 * 2.2.4.42 (read andx), 2.2.4.43 (write andx). A pipe is known by its share, or, where that was not seen, by the PDU's form.
 */
#include "engine/app/protocols/smb.h"

#define SMB1_HEADER 32
#define SMB2_HEADER 64
#define FSCTL_PIPE_TRANSCEIVE 0x0011c017

enum { S1_CLOSE = 4, S1_OPEN = 0x2d, S1_NT_CREATE = 0xa2, S2_CREATE = 5, S2_CLOSE = 6 };
enum { S1_TRANS = 0x25, S1_READ = 0x2e, S1_WRITE = 0x2f, S2_READ = 8, S2_WRITE = 9, S2_IOCTL = 11 };

static struct span
at(struct span pdu, uint32_t off, uint32_t n)
{
	return off && off <= pdu.n ? span_head(span_skip(pdu, off), n) : SPAN_NONE;
}

static uint64_t
read_id(struct rd *r)
{
	uint64_t persistent = rd_u64le(r);

	return (persistent ^ rd_u64le(r) * 0x9e3779b97f4a7c15u) | 1;
}

static struct span
smb2_request(struct smb_tx *t, struct span pdu)
{
	struct rd r = rd_of(span_skip(pdu, SMB2_HEADER));
	uint32_t off, n, code;

	rd_skip(&r, 2);
	if (t->command == S2_WRITE) {
		off = rd_u16le(&r);
		n = rd_u32le(&r);
		rd_skip(&r, 8);
		t->pipe_id = read_id(&r);
		t->io_n = n;
		return at(pdu, off, n);
	}
	if (t->command == S2_READ) {
		rd_skip(&r, 14);
		t->pipe_id = read_id(&r);
		return SPAN_NONE;
	}
	rd_skip(&r, 2);
	code = rd_u32le(&r);
	t->pipe_id = read_id(&r);
	off = rd_u32le(&r);
	n = rd_u32le(&r);
	return code == FSCTL_PIPE_TRANSCEIVE ? at(pdu, off, n) : SPAN_NONE;
}

static struct span
smb2_answer(struct smb_tx *t, struct span pdu)
{
	struct rd r = rd_of(span_skip(pdu, SMB2_HEADER));
	uint32_t off, n, code;

	rd_skip(&r, 2);
	if (t->command == S2_READ) {
		off = rd_u8(&r);
		rd_skip(&r, 1);
		n = t->io_n = rd_u32le(&r);
		return at(pdu, off, n);
	}
	if (t->command != S2_IOCTL)
		return SPAN_NONE;
	rd_skip(&r, 2);
	code = rd_u32le(&r);
	rd_skip(&r, 24);
	off = rd_u32le(&r);
	n = rd_u32le(&r);
	return code == FSCTL_PIPE_TRANSCEIVE ? at(pdu, off, n) : SPAN_NONE;
}

static struct span
smb1_request(struct smb_tx *t, struct span pdu)
{
	struct rd r = rd_of(span_skip(pdu, SMB1_HEADER));
	uint8_t words = rd_u8(&r);
	uint32_t n, off, high;

	if (t->command == S1_TRANS && words >= 16) {
		rd_skip(&r, 22);
		n = rd_u16le(&r);
		off = rd_u16le(&r);
		rd_skip(&r, 2 + 2); /* set-up count, function */
		t->pipe_id = rd_u16le(&r) + 1u;
		return at(pdu, off, n);
	}
	if (t->command != S1_READ && t->command != S1_WRITE)
		return SPAN_NONE;
	rd_skip(&r, 4);
	t->pipe_id = rd_u16le(&r) + 1u;
	if (t->command == S1_READ || words < 12)
		return SPAN_NONE;
	rd_skip(&r, 12);
	high = rd_u16le(&r);
	n = t->io_n = rd_u16le(&r) | high << 16;
	off = rd_u16le(&r);
	return at(pdu, off, n);
}

static struct span
smb1_answer(struct smb_tx *t, struct span pdu)
{
	struct rd r = rd_of(span_skip(pdu, SMB1_HEADER));
	uint8_t words = rd_u8(&r);
	uint32_t n, off;

	if (t->command == S1_TRANS && words >= 10) {
		rd_skip(&r, 12);
		n = rd_u16le(&r);
		off = rd_u16le(&r);
		return at(pdu, off, n);
	}
	if (t->command != S1_READ || words < 12)
		return SPAN_NONE;
	rd_skip(&r, 10);
	n = t->io_n = rd_u16le(&r);
	off = rd_u16le(&r);
	return at(pdu, off, n);
}

uint64_t
smb_create_id(const struct smb_tx *t, struct span pdu)
{
	struct rd r = rd_of(span_skip(pdu, t->version == 2 ? SMB2_HEADER : SMB1_HEADER));
	uint64_t id;

	if (t->version == 2) {
		rd_skip(&r, 64);
		id = t->command == S2_CREATE && t->status == 0 ? read_id(&r) : 0;
	} else {
		rd_skip(&r, 1 + 4 + (t->command == S1_NT_CREATE)); /* words, AndX, oplock */
		id = (t->command == S1_NT_CREATE || t->command == S1_OPEN) && t->status == 0 ? rd_u16le(&r) + 1u : 0;
	}
	return r.bad ? 0 : id;
}

uint64_t
smb_close_id(const struct smb_tx *t, struct span pdu)
{
	struct rd r = rd_of(span_skip(pdu, t->version == 2 ? SMB2_HEADER : SMB1_HEADER));
	uint64_t id;

	if (t->version == 2) {
		rd_skip(&r, 8);
		id = t->command == S2_CLOSE ? read_id(&r) : 0;
	} else {
		rd_skip(&r, 1);
		id = t->command == S1_CLOSE ? rd_u16le(&r) + 1u : 0;
	}
	return r.bad ? 0 : id;
}

/* PDUs one after the other: fragments of one call, or a bind and a call. */
void
smb_pipe(struct app *a, struct smb_tx *t, struct dce_table *table, struct smb_files *files, int dir, struct span pdu)
{
	struct dce_header h;
	struct span data;
	unsigned i;

	if (t->version == 2 ? t->command != S2_READ && t->command != S2_WRITE && t->command != S2_IOCTL :
	    t->command != S1_TRANS && t->command != S1_READ && t->command != S1_WRITE)
		return;
	if (t->version == 2)
		data = dir == TO_SERVER ? smb2_request(t, pdu) : smb2_answer(t, pdu);
	else
		data = dir == TO_SERVER ? smb1_request(t, pdu) : smb1_answer(t, pdu);
	for (i = 0; i < 16 && dce_header(data, &h) && dce_type_dir(h.type) == dir; i++) {
		if (i == 0 && h.flags & DCE_FIRST && h.frag < data.n) {
			struct dce_header next;

			if (!dce_header(span_skip(data, h.frag), &next))
				break; /* by chance */
		}
		dce_pdu(a, table, &t->dce, dir, t->pipe_id, &h, data);
		data = span_skip(data, h.frag);
	}
	if (i == 0)
		smb_file_data(a, files, t, dir, data);
}
