/*
 * nfs_calls - calls of NFS 2 and 3 and what their answers bring.
 *
 * Spec: RFC 1094 section 2.2 and 2.3, RFC 1813 section 3.3.
 *
 *   handle  version 2: 32 bytes; version 3: opaque        name  string
 *   attributes  version 2: 68 bytes; version 3: present(4) [84]
 */
#include "engine/app/protocols/nfs.h"

#define HANDLE_MAX 64
#define FILE_SYNC 2
#define ATTRIBUTES2 68
#define ATTRIBUTES3 84

enum nfs3 { GETATTR = 1, SETATTR, LOOKUP, ACCESS, READLINK, READ, WRITE, CREATE, MKDIR, SYMLINK, MKNOD, REMOVE, RMDIR, RENAME, LINK, READDIR,
	READDIRPLUS, FSSTAT, FSINFO, PATHCONF, COMMIT, OTHER };

/* A procedure of version 2 as the one of version 3 that does the same. */
static enum nfs3
of_version2(uint32_t procedure)
{
	static const uint8_t to[] = { [1] = GETATTR, SETATTR, OTHER, LOOKUP, READLINK, READ, OTHER, WRITE, CREATE, REMOVE, RENAME, LINK, SYMLINK,
		MKDIR, RMDIR, READDIR, FSSTAT };

	return procedure < sizeof(to) && to[procedure] ? to[procedure] : OTHER;
}

static enum nfs3
does(uint32_t version, uint32_t procedure)
{
	return version == 2 ? of_version2(procedure) : procedure >= GETATTR && procedure <= COMMIT ? (enum nfs3) procedure : OTHER;
}

static struct span
handle(struct rd *r, uint32_t version)
{
	struct span s;
	uint32_t n = 32;

	if (version == 2)
		return rd_span(r, 32);
	s = nfs_opaque(r, &n);
	if (n > HANDLE_MAX || s.n != n)
		r->bad = true;
	return s;
}

static void
has_handle(struct nfs_tx *t, struct span h)
{
	t->handle = nfs_handle(h);
	t->hhash = nfs_hhash(h);
	t->has_handle = true;
}

static void
keep_name(struct app *a, struct bytes *to, struct rd *r)
{
	uint32_t n;
	struct span s = nfs_opaque(r, &n);

	if (!r->bad)
		app_keep(a, to, span_head(s, NFS_NAME_MAX), NFS_NAME_MAX);
}

static void
write_of(struct app *a, struct nfs_state *st, const struct nfs_msg *m, struct span h, struct rd *r)
{
	struct nfs_data d = { .handle = nfs_handle(h), .hhash = nfs_hhash(h) };

	d.offset = (uint64_t) rd_u32(r) << 32;
	d.offset |= rd_u32(r);
	rd_skip(r, 4);
	d.eof = rd_u32(r) == FILE_SYNC; /* no commit follows: the client is done */
	d.data = nfs_opaque(r, &d.n);
	if (!r->bad && d.n <= d.data.n + m->more)
		nfs_file_data(a, st, TO_SERVER, m, &d);
}

static void
read_of(struct nfs_state *st, const struct nfs_msg *m, struct span h, struct rd *r)
{
	struct nfs_read *p = nfs_read_new(st, m, h);

	if (m->version == 3)
		p->offset = (uint64_t) rd_u32(r) << 32;
	p->offset |= rd_u32(r);
	p->used = !r->bad;
}

void
nfs_call(struct app *a, struct nfs_state *st, const struct nfs_msg *m, struct rd r)
{
	enum nfs3 does_what = does(m->version, m->procedure);
	const struct nfs_name *known;
	struct nfs_tx *t;
	struct span h;

	h = m->procedure ? handle(&r, m->version) : SPAN_NONE;
	if (does_what == READ || (does_what == WRITE && m->version == 3)) { /* writes of 2 are but calls, as in the reference */
		if (r.bad)
			return;
		if (does_what == READ)
			read_of(st, m, h, &r);
		else
			write_of(a, st, m, h, &r);
		return;
	}
	if (!(t = nfs_tx_new(a, st, m)))
		return;
	tx_reach(&t->tx, TO_SERVER, 1);
	if (r.bad || !h.n)
		return;
	switch (does_what) {
	case LOOKUP: /* the handle is the answer's */
		keep_name(a, &t->name, &r);
		break;
	case CREATE:
	case MKDIR:
	case REMOVE:
	case RMDIR:
	case RENAME:
		has_handle(t, h);
		keep_name(a, &t->name, &r);
		if (does_what != RENAME)
			break;
		handle(&r, m->version);
		keep_name(a, &t->to, &r);
		t->rename = true;
		break;
	case GETATTR:
	case ACCESS:
	case READDIRPLUS:
	case WRITE:
	case COMMIT:
		has_handle(t, h);
		if ((known = nfs_name_of(st, t->handle)))
			app_keep(a, &t->name, bytes_span(&known->name), NFS_NAME_MAX);
		if (does_what == COMMIT)
			nfs_file_closed(st, a, t->handle);
		break;
	default:
		break;
	}
}

/* What a good answer brings: the handle of what was looked up or made. */
void
nfs_answer(struct app *a, struct nfs_state *st, struct nfs_tx *t, struct rd r)
{
	enum nfs3 did = t->version < 4 ? does(t->version, t->procedure) : OTHER;
	struct span h;

	if (t->version < 4 && t->procedure == 0)
		return;
	t->status = rd_u32(&r);
	t->has_status = !r.bad;
	if (r.bad || t->status || (did != LOOKUP && did != CREATE && did != MKDIR))
		return;
	if (t->version == 3 && did != LOOKUP && rd_u32(&r) == 0) /* does a handle follow? */
		return;
	h = handle(&r, t->version);
	if (r.bad)
		return;
	if (did == LOOKUP)
		has_handle(t, h);
	nfs_name_set(a, st, nfs_handle(h), bytes_span(&t->name));
}

void
nfs_read_answer(struct app *a, struct nfs_state *st, const struct nfs_read *read, const struct nfs_msg *m, struct rd r)
{
	struct nfs_data d = { .handle = read->handle, .hhash = read->hhash, .offset = read->offset };
	struct nfs_msg as = *m;

	as.version = read->version;
	as.procedure = read->version == 4 ? 25 : READ;
	if (read->version == 4) {
		nfs4_read_answer(&r, &d.n, &d.eof);
	} else {
		if (rd_u32(&r))
			return;
		if (read->version == 2)
			rd_skip(&r, ATTRIBUTES2);
		else
			rd_skip(&r, rd_u32(&r) ? ATTRIBUTES3 : 0);
		if (read->version == 3) {
			rd_skip(&r, 4);
			d.eof = rd_u32(&r);
		}
	}
	d.data = nfs_opaque(&r, &d.n);
	if (!r.bad && d.n <= d.data.n + m->more)
		nfs_file_data(a, st, TO_CLIENT, &as, &d);
}
