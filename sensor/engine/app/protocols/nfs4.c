/*
 * nfs4 - compounds of NFS 4: the file handle at hand, and what is read, written, renamed or removed.
 *
 * Spec: RFC 7530 section 14.2 (compound), 16 (operations); RFC 8881 section 18.46 (sequence).
 *
 *   tag(opaque) minor version(4) n(4) { operation(4) arguments }*n        answer: status(4) tag(opaque) n(4) { operation(4) status(4) .. }*n
 *
 * An operation whose length is not known here ends the walk.
 */
#include "engine/app/protocols/nfs.h"

#define OPS_MAX 64
#define FILE_SYNC 2

enum nfs4 { ACCESS = 3, CLOSE, COMMIT, GETATTR = 9, GETFH, LOOKUP = 15, LOOKUPP, PUTFH = 22, PUTPUBFH, PUTROOTFH, READ, READLINK = 27, REMOVE,
	RENAME, RENEW, RESTOREFH, SAVEFH, WRITE = 38, SEQUENCE = 53 };

struct walk {
	struct app *a;
	struct nfs_state *st;
	const struct nfs_msg *m;
	struct span handle;
	bool named;          /* a lookup went on from the handle: it is not known */
	struct rd r;
};

static uint64_t
u64(struct rd *r)
{
	uint64_t high = rd_u32(r);

	return high << 32 | rd_u32(r);
}

static void
transfer(struct walk *w, bool write)
{
	struct nfs_data d = { .handle = nfs_handle(w->handle), .hhash = nfs_hhash(w->handle) };
	struct nfs_msg as = *w->m;

	rd_skip(&w->r, 16); /* state */
	d.offset = u64(&w->r);
	d.eof = rd_u32(&w->r) == FILE_SYNC && write; /* how stable, or how much; no commit follows on that */
	if (!write) {
		struct nfs_read *p = nfs_read_new(w->st, w->m, w->handle);

		p->offset = d.offset;
		p->used = !w->r.bad;
		return;
	}
	as.procedure = WRITE;
	d.data = nfs_opaque(&w->r, &d.n);
	if (!w->r.bad && d.n <= d.data.n + w->m->more)
		nfs_file_data(w->a, w->st, TO_SERVER, &as, &d);
}

static void
names(struct walk *w, uint32_t op)
{
	struct nfs_msg as = *w->m;
	uint32_t n;
	struct span from = nfs_opaque(&w->r, &n), to = op == RENAME ? nfs_opaque(&w->r, &n) : SPAN_NONE;
	struct nfs_tx *t;

	as.procedure = op;
	if (w->r.bad || !(t = nfs_tx_new(w->a, w->st, &as)))
		return;
	tx_reach(&t->tx, TO_SERVER, 1);
	app_keep(w->a, &t->name, span_head(from, NFS_NAME_MAX), NFS_NAME_MAX);
	if (op == RENAME)
		app_keep(w->a, &t->to, span_head(to, NFS_NAME_MAX), NFS_NAME_MAX);
	t->rename = op == RENAME;
	if (!w->named && w->handle.n) {
		t->hhash = nfs_hhash(w->handle);
		t->handle = nfs_handle(w->handle);
		t->has_handle = true;
	}
}

/* false: the walk ends here. */
static bool
operation(struct walk *w, uint32_t op)
{
	uint32_t n;

	switch (op) {
	case PUTFH:
		w->handle = nfs_opaque(&w->r, &n);
		w->named = false;
		return true;
	case PUTROOTFH:
	case PUTPUBFH:
	case LOOKUPP:
		w->named = true;
		return true;
	case LOOKUP:
		nfs_opaque(&w->r, &n);
		w->named = true;
		return true;
	case READ:
	case WRITE:
		transfer(w, op == WRITE);
		return true;
	case REMOVE:
	case RENAME:
		names(w, op);
		return true;
	case CLOSE:
		rd_skip(&w->r, 20);
		nfs_file_closed(w->st, w->a, nfs_handle(w->handle));
		return true;
	case COMMIT:
		rd_skip(&w->r, 12);
		nfs_file_closed(w->st, w->a, nfs_handle(w->handle));
		return true;
	case ACCESS:
		rd_skip(&w->r, 4);
		return true;
	case RENEW:
		rd_skip(&w->r, 8);
		return true;
	case SEQUENCE:
		rd_skip(&w->r, 32);
		return true;
	case GETATTR:
		n = rd_u32(&w->r);
		rd_skip(&w->r, n < 16 ? n * 4 : UINT32_MAX);
		return true;
	case GETFH:
	case SAVEFH:
	case RESTOREFH:
	case READLINK:
		return true;
	}
	return false;
}

void
nfs4_call(struct app *a, struct nfs_state *st, const struct nfs_msg *m, struct rd r)
{
	struct walk w = { .a = a, .st = st, .m = m, .r = r };
	uint32_t n, tag;

	if (m->procedure != 1)
		return;
	nfs_opaque(&w.r, &tag);
	rd_skip(&w.r, 4);
	n = rd_u32(&w.r);
	for (uint32_t i = 0; i < n && i < OPS_MAX && rd_left(&w.r); i++)
		if (!operation(&w, rd_u32(&w.r)))
			break;
}

/* To the data of a read that stands behind a sequence and a handle. */
void
nfs4_read_answer(struct rd *r, uint32_t *n, bool *eof)
{
	uint32_t op, ops;

	if (rd_u32(r))
		r->bad = true;
	nfs_opaque(r, n);
	ops = rd_u32(r);
	for (uint32_t i = 0; i < ops && i < OPS_MAX && !r->bad; i++) {
		op = rd_u32(r);
		if (rd_u32(r))
			r->bad = true;
		if (op == SEQUENCE)
			rd_skip(r, 36);
		else if (op == READ) {
			*eof = rd_u32(r);
			return;
		} else if (op != PUTFH && op != SAVEFH && op != RESTOREFH) {
			break;
		}
	}
	r->bad = true;
}
