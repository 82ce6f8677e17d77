/*
 * smb_io - reads and writes in SMB: of files, and of named pipes, where DCE RPC is spoken.
 *
 * Spec: MS-SMB2 section 2.2.19 to 2.2.22 (read, write), 2.2.31 (ioctl FSCTL_PIPE_TRANSCEIVE); MS-CIFS section 2.2.4.11, 2.2.4.12
 * (read, write), 2.2.4.33 (trans), 2.2.4.42, 2.2.4.43 (andx). A pipe is known by its share, or, where that was not seen, by the
 * form of what is in it.
 *
 * Reads and writes are no transactions of their own: those of a file are one, from the first to the close; on a pipe each call is
 * one. An answer to a read does not tell the file: reads under way are remembered.
 */
#include "engine/app/protocols/smb.h"

#define FSCTL_PIPE_TRANSCEIVE 0x0011c017
#define PDUS_MAX 16

static struct span
at(struct span pdu, uint32_t off, uint32_t n)
{
	return off && off <= pdu.n ? span_head(span_skip(pdu, off), n) : SPAN_NONE;
}

static bool
reads(const struct smb_head *h)
{
	return h->version == 2 ? h->command == S2_READ : h->command == S1_READ || h->command == S1_READ_OLD;
}

bool
smb_is_io(const struct smb_head *h)
{
	return reads(h) || (h->version == 2 ? h->command == S2_WRITE :
	    h->command == S1_WRITE || h->command == S1_WRITE_OLD || h->command == S1_WRITE_CLOSE);
}

/* ---- what a command says ---- */

static bool
smb2_io(const struct smb_head *h, int dir, struct smb_part part, struct smb_data *d)
{
	struct rd r = rd_of(span_skip(part.pdu, part.at));
	uint32_t off;

	rd_skip(&r, 2);
	if (dir == TO_CLIENT) {
		off = rd_u8(&r);
		rd_skip(&r, 1);
		d->n = rd_u32le(&r);
		d->data = at(part.pdu, off, d->n);
		return !r.bad;
	}
	off = rd_u16le(&r);
	d->n = rd_u32le(&r);
	d->offset = rd_u64le(&r);
	d->id = smb2_file_id(&r, d->guid);
	if (h->command == S2_WRITE)
		d->data = at(part.pdu, off, d->n);
	return !r.bad;
}

static bool
smb1_request(const struct smb_head *h, struct smb_part part, struct smb_data *d)
{
	struct rd r = rd_of(span_skip(part.pdu, part.at));
	uint8_t words = rd_u8(&r);
	uint32_t high, off;

	if (h->command == S1_READ || h->command == S1_WRITE)
		rd_skip(&r, 4);
	d->id = smb1_file_id(h, rd_u16le(&r), d->guid);
	if (h->command == S1_READ_OLD || h->command == S1_WRITE_OLD || h->command == S1_WRITE_CLOSE) {
		d->n = rd_u16le(&r);
		d->offset = rd_u32le(&r);
		rd_skip(&r, words * 2 - 8 + 2); /* the rest of the words, byte count */
		if (h->command != S1_READ_OLD) {
			rd_skip(&r, h->command == S1_WRITE_OLD ? 3 : 1); /* format and length, or one of padding */
			d->data = span_head(rd_rest(&r), d->n);
		}
		return words >= 5 && !r.bad;
	}
	d->offset = rd_u32le(&r);
	if (h->command == S1_READ) {
		d->n = rd_u16le(&r);
		rd_skip(&r, 8);
	} else {
		rd_skip(&r, 8);
		high = rd_u16le(&r);
		d->n = rd_u16le(&r) | high << 16;
		off = rd_u16le(&r);
		d->data = at(part.pdu, off, d->n);
	}
	if (words == (h->command == S1_READ ? 12 : 14))
		d->offset |= (uint64_t) rd_u32le(&r) << 32;
	return words >= (h->command == S1_READ ? 10 : 12) && !r.bad;
}

static bool
smb1_answer(const struct smb_head *h, struct smb_part part, struct smb_data *d)
{
	struct rd r = rd_of(span_skip(part.pdu, part.at));
	uint8_t words = rd_u8(&r);
	uint32_t off;

	if (h->command == S1_READ_OLD) {
		d->n = rd_u16le(&r);
		rd_skip(&r, 8 + 2 + 3);
		d->data = span_head(rd_rest(&r), d->n);
		return words == 5 && !r.bad;
	}
	rd_skip(&r, 10);
	d->n = rd_u16le(&r);
	off = rd_u16le(&r);
	d->n |= (uint32_t) rd_u16le(&r) << 16;
	d->data = at(part.pdu, off, d->n);
	return words >= 12 && !r.bad;
}

/* ---- DCE RPC ---- */

static struct smb_tx *
call_of(struct app *a, struct smb_state *st, int dir, const struct smb_head *h, uint64_t pipe, const struct dce_header *d)
{
	struct smb_tx *t;

	each_tx(a, x) {
		t = (struct smb_tx *) x;
		if (t->dce.used && t->type == SMB_DCERPC && t->file_id == pipe && t->dce.call == d->call && !x->progress[dir] &&
		    (dir == TO_CLIENT || t->dce.type[TO_SERVER] == d->type))
			return t;
	}
	if ((t = smb_begin(a, st, dir, h))) {
		t->type = SMB_DCERPC;
		t->file_id = pipe;
	}
	return t;
}

/* A call whose PDU began before and goes on with these bytes. */
static struct smb_tx *
going_on(struct app *a, int dir, uint64_t pipe)
{
	each_tx(a, x) {
		struct smb_tx *t = (struct smb_tx *) x;

		if (t->file_id == pipe && t->dce_left[dir])
			return t;
	}
	return NULL;
}

static struct span
go_on(struct app *a, struct smb_tx *t, int dir, struct span data)
{
	uint32_t n = data.n < t->dce_left[dir] ? data.n : t->dce_left[dir];

	dce_stub_more(a, &t->dce, dir, span_head(data, n));
	t->dce_left[dir] -= n;
	if (!t->dce_left[dir] && t->dce.done[dir] && t->type == SMB_DCERPC)
		tx_reach(&t->tx, dir, 1);
	return span_skip(data, n);
}

/* PDUs one after the other: fragments of one call, or a bind and a call. `own`: the command is the call; NULL: each call is a
 * transaction. false: this is no DCE RPC. */
static bool
dce_data(struct app *a, struct smb_state *st, struct smb_tx *own, int dir, const struct smb_head *head, const struct smb_data *d)
{
	struct span data = d->data;
	struct smb_tx *t = own ? NULL : going_on(a, dir, d->id);
	bool any = t != NULL;
	struct dce_header h, next;

	if (t) {
		data = go_on(a, t, dir, data);
		if (t->dce_left[dir])
			st->now[dir] = t;
	}
	for (unsigned i = 0; i < PDUS_MAX && dce_header(data, &h) && dce_type_dir(h.type) == dir; i++) {
		if (!any && h.flags & DCE_FIRST && h.frag < data.n && !dce_header(span_skip(data, h.frag), &next))
			break; /* by chance */
		any = true;
		if (!(t = own ? own : call_of(a, st, dir, head, d->id, &h)))
			return true;
		dce_pdu(a, &st->pipes, &t->dce, dir, d->id, &h, data);
		if (dir == TO_CLIENT && !own)
			smb_answered(st, t, head);
		if (h.frag > data.n) {
			t->dce_left[dir] = h.frag - data.n;
			st->now[dir] = t;
		} else if (!own && t->dce.done[dir]) {
			tx_reach(&t->tx, dir, 1);
		}
		data = span_skip(data, h.frag);
	}
	return any;
}

/* ---- commands ---- */

/* What a TRANS or an IOCTL brings to a pipe or from it. */
static bool
transacted(const struct smb_head *h, int dir, struct smb_part part, struct smb_data *d)
{
	struct rd r = rd_of(span_skip(part.pdu, part.at));
	uint8_t words;
	uint32_t off, code;

	if (h->version == 2) {
		rd_skip(&r, 4);
		code = rd_u32le(&r);
		d->id = smb2_file_id(&r, d->guid);
		rd_skip(&r, dir == TO_CLIENT ? 8 : 0);
		off = rd_u32le(&r);
		d->n = rd_u32le(&r);
		if (code != FSCTL_PIPE_TRANSCEIVE)
			return false;
	} else {
		words = rd_u8(&r);
		if (words < (dir == TO_SERVER ? 16 : 10))
			return false;
		rd_skip(&r, dir == TO_SERVER ? 22 : 12);
		d->n = rd_u16le(&r);
		off = rd_u16le(&r);
		if (dir == TO_SERVER) {
			rd_skip(&r, 2 + 2); /* set-up count, function */
			d->id = smb1_file_id(h, rd_u16le(&r), d->guid);
		}
	}
	d->data = at(part.pdu, off, d->n);
	return !r.bad;
}

bool
smb_transacts(const struct smb_head *h, int dir, struct smb_part part)
{
	struct smb_data d = { .id = 0 };
	struct dce_header x;

	return transacted(h, dir, part, &d) && dce_header(d.data, &x) && dce_type_dir(x.type) == dir;
}

void
smb_transact(struct app *a, struct smb_state *st, struct smb_tx *t, int dir, struct smb_part part)
{
	struct smb_data d = { .id = 0 };

	if (!transacted(&t->h, dir, part, &d) || !d.data.n)
		return;
	if (dir == TO_SERVER)
		t->file_id = d.id;
	d.id = t->file_id;
	dce_data(a, st, t, dir, &t->h, &d);
}

static void
remember(struct smb_state *st, const struct smb_head *h, const struct smb_data *d)
{
	struct smb_read *r = &st->read[st->next_read++ % SMB_READS];

	*r = (struct smb_read) { .message = h->message, .id = h->related ? UINT64_MAX : d->id, .offset = d->offset };
	memcpy(r->guid, d->guid, 16);
}

/* The read that is answered; false: it was not seen, or failed. */
static bool
recall(struct smb_state *st, const struct smb_head *h, struct smb_data *d)
{
	for (unsigned i = 0; i < SMB_READS; i++) {
		struct smb_read *r = &st->read[i];

		if (!r->id || r->message != h->message)
			continue;
		d->id = r->id == UINT64_MAX ? st->last_id[TO_CLIENT] : r->id;
		d->offset = r->offset;
		memcpy(d->guid, r->id == UINT64_MAX ? st->last_guid : r->guid, 16);
		r->id = 0;
		return d->id != 0;
	}
	return false;
}

static void
check_size(struct app *a, int dir, bool read, uint32_t n)
{
	const struct smb_conf *conf = app_conf(a);
	uint32_t max = !conf ? 0 : read ? conf->max_read : conf->max_write;

	if (max && n > max)
		app_event(a, NULL, !read ? SMB_EV_WRITE_REQUEST : dir == TO_SERVER ? SMB_EV_READ_REQUEST : SMB_EV_READ_ANSWER);
}

void
smb_io(struct app *a, struct smb_state *st, int dir, const struct smb_head *h, struct smb_part part)
{
	struct smb_data d = { .id = 0 };
	const struct smb_share *tree;
	bool read = reads(h);

	if (dir == TO_CLIENT && !read)
		return;
	if (dir == TO_CLIENT && ((h->status && h->status != SMB_STATUS_OVERFLOW) || !recall(st, h, &d))) {
		recall(st, h, &d);
		return;
	}
	if (!(h->version == 2 ? smb2_io(h, dir, part, &d) : dir == TO_SERVER ? smb1_request(h, part, &d) : smb1_answer(h, part, &d)))
		return;
	check_size(a, dir, read, d.n);
	if (dir == TO_SERVER && read) {
		remember(st, h, &d);
		return;
	}
	tree = smb_tree_find(st, h);
	if (!dce_data(a, st, NULL, dir, h, &d) && !(tree && tree->pipe))
		smb_file_data(a, st, h, dir, &d);
	if (h->version == 1 && h->command == S1_WRITE_CLOSE)
		smb_file_closed(a, st, d.id);
}

void
smb_more(struct app *a, struct smb_state *st, int dir, struct span data)
{
	struct smb_tx *t = st->now[dir];

	if (t && t->is_file)
		parts_more(&t->parts, a, &t->data[dir], data);
	else if (t)
		go_on(a, t, dir, data);
}
