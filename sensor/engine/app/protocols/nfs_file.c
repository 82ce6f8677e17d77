/*
 * nfs_file - files in NFS: what reads and writes of one file carry is one transaction of its own; which names handles have.
 */
#include "engine/app/file.h"
#include "engine/app/protocols/nfs.h"

#include <zlib.h>

#include "base/hash.h"

#define FILES_OPEN_MAX 128 /* of a flow, each with the bytes rules may still want */

uint32_t
nfs_hhash(struct span handle)
{
	return (uint32_t) crc32(0, handle.p, handle.n);
}

/* Never 0. */
uint64_t
nfs_handle(struct span handle)
{
	return hash_span(handle, 0) | 1;
}

const struct nfs_name *
nfs_name_of(const struct nfs_state *st, uint64_t handle)
{
	for (unsigned i = 0; handle && i < NFS_NAMES; i++)
		if (st->name[i].handle == handle)
			return &st->name[i];
	return NULL;
}

void
nfs_name_set(struct app *a, struct nfs_state *st, uint64_t handle, struct span name)
{
	struct nfs_name *n = (struct nfs_name *) nfs_name_of(st, handle);

	if (!n)
		n = &st->name[st->next_name++ % NFS_NAMES];
	app_drop(a, &n->name);
	n->handle = handle;
	app_keep(a, &n->name, span_head(name, NFS_NAME_MAX), NFS_NAME_MAX);
}

struct nfs_read *
nfs_read_new(struct nfs_state *st, const struct nfs_msg *m, struct span handle)
{
	struct nfs_read *p = &st->read[st->next_read++ % NFS_READS];

	*p = (struct nfs_read) { .rpc = m->rpc, .version = m->version, .handle = nfs_handle(handle), .hhash = nfs_hhash(handle) };
	p->machine_n = (uint8_t) (m->machine.n < sizeof(p->machine) ? m->machine.n : sizeof(p->machine));
	if (p->machine_n)
		memcpy(p->machine, m->machine.p, p->machine_n);
	return p;
}

static struct nfs_tx *
find(struct app *a, uint64_t handle, int dir)
{
	each_tx(a, x) {
		struct nfs_tx *t = (struct nfs_tx *) x;

		if (t->is_file == dir + 1 && t->handle == handle && !x->progress[dir])
			return t;
	}
	return NULL;
}

static void
over(struct app *a, struct nfs_state *st, struct nfs_tx *t)
{
	int dir = t->is_file - 1;

	parts_end(&t->parts, a, &t->data[dir]);
	t->last = true;
	t->data[dir].eof = true;
	tx_reach(&t->tx, dir, 1);
	if (st->now[dir] == t && !st->rest[dir])
		st->now[dir] = NULL;
}

/* Of too many open files the oldest counts as closed. */
static void
bound(struct app *a, struct nfs_state *st)
{
	struct nfs_tx *oldest = NULL;
	unsigned n = 0;

	each_tx(a, x) {
		struct nfs_tx *t = (struct nfs_tx *) x;

		if (!t->is_file || x->progress[t->is_file - 1])
			continue;
		if (!oldest)
			oldest = t;
		n++;
	}
	if (n >= FILES_OPEN_MAX)
		over(a, st, oldest);
}

static struct nfs_tx *
begin(struct app *a, struct nfs_state *st, int dir, const struct nfs_msg *m, const struct nfs_data *d)
{
	const struct nfs_name *n = nfs_name_of(st, d->handle);
	struct nfs_tx *t;

	bound(a, st);
	if (!(t = nfs_tx_new(a, st, m)))
		return NULL;
	st->open--; /* nobody answers a file */
	t->rpc.answered = true;
	t->is_file = (uint8_t) (dir + 1);
	t->handle = d->handle;
	t->hhash = d->hhash;
	t->has_handle = true;
	t->first = d->offset == 0;
	if (n)
		app_keep(a, &t->name, bytes_span(&n->name), NFS_NAME_MAX);
	file_begin(a, &t->tx, &t->data[dir], dir);
	tx_reach(&t->tx, !dir, 1);
	return t;
}

/* Pieces that wait: as of SMB in the reference. */
static const struct parts_conf queue = { .count = 64 };

void
nfs_file_data(struct app *a, struct nfs_state *st, int dir, const struct nfs_msg *m, const struct nfs_data *d)
{
	struct nfs_tx *t = find(a, d->handle, dir);

	if (!t && !(t = begin(a, st, dir, m, d)))
		return;
	t->chunks++;
	t->last_xid = m->rpc.xid;
	parts_begin(&t->parts, a, &t->data[dir], &queue, d->offset, d->n, d->data, false);
	if (d->n > d->data.n) {
		st->now[dir] = t;
		st->rest[dir] = d->n - d->data.n;
	}
	if (d->eof && d->n <= d->data.n)
		over(a, st, t);
}

void
nfs_file_closed(struct nfs_state *st, struct app *a, uint64_t handle)
{
	for (int dir = 0; dir < 2; dir++) {
		struct nfs_tx *t = find(a, handle, dir);

		if (t)
			over(a, st, t);
	}
}

bool
nfs_file_of(const struct tx *tx, int dir, unsigned index, struct app_file *out)
{
	const struct nfs_tx *t = (const struct nfs_tx *) tx;

	if (index || t->is_file != dir + 1)
		return false;
	*out = (struct app_file) { .name = bytes_span(&t->name) };
	file_tell(&t->data[dir], t->data[dir].eof, out);
	out->gaps |= t->parts.holes;
	return true;
}
