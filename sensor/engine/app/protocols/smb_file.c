/*
 * smb_file - files in SMB: what reads and writes of one file carry is one transaction of its own until the file is closed; which
 * names open files and trees have.
 *
 * Spec: MS-SMB2 section 2.2.19 to 2.2.22, MS-CIFS section 2.2.4.42 and 2.2.4.43.
 */
#include "engine/app/file.h"
#include "engine/app/protocols/smb.h"

#define FILES_OPEN_MAX 128 /* of a flow, each with the bytes rules may still want */

/* ---- names ---- */

const struct smb_open *
smb_file_find(const struct smb_state *st, uint64_t id)
{
	for (unsigned i = 0; id && i < SMB_FILES; i++)
		if (st->file[i].id == id)
			return &st->file[i];
	return NULL;
}

void
smb_file_opened(struct app *a, struct smb_state *st, const struct smb_tx *t)
{
	struct smb_open *f = &st->file[st->next_file++ % SMB_FILES];

	app_drop(a, &f->name);
	f->id = t->file_id;
	memcpy(f->guid, t->fuid, 16);
	app_keep(a, &f->name, bytes_span(&t->file), SMB_TEXT_MAX);
}

const struct smb_share *
smb_tree_find(const struct smb_state *st, const struct smb_head *h)
{
	for (unsigned i = 0; i < SMB_TREES; i++)
		if (st->share[i].used && st->share[i].tree == h->tree && st->share[i].session == h->session)
			return &st->share[i];
	return NULL;
}

void
smb_tree_add(struct app *a, struct smb_state *st, const struct smb_tx *t)
{
	struct smb_share *s = (struct smb_share *) smb_tree_find(st, &t->h);

	if (!s)
		s = &st->share[st->next_share++ % SMB_TREES];
	app_drop(a, &s->name);
	s->used = true;
	s->session = t->h.session;
	s->tree = t->h.tree;
	s->pipe = t->pipe;
	app_keep(a, &s->name, bytes_span(&t->share), SMB_TEXT_MAX);
}

/* ---- bytes ---- */

static struct smb_tx *
file_find(struct app *a, uint64_t id, int dir)
{
	each_tx(a, x) {
		struct smb_tx *t = (struct smb_tx *) x;

		if (t->is_file == dir + 1 && t->file_id == id && t->tx.progress[dir] == 0)
			return t;
	}
	return NULL;
}

static void
over(struct app *a, struct smb_state *st, struct smb_tx *file, int dir)
{
	parts_end(&file->parts, a, &file->data[dir]);
	file->data[dir].eof = true;
	tx_reach(&file->tx, dir, 1);
	tx_reach(&file->tx, !dir, 1); /* the answers to what is written say nothing more than events */
	if (st->now[dir] == file)
		st->now[dir] = NULL;
}

/* A peer may write to file after file and close none: of too many the oldest counts as closed. */
static void
bound_open(struct app *a, struct smb_state *st)
{
	struct smb_tx *oldest = NULL;
	unsigned n = 0;

	each_tx(a, x) {
		struct smb_tx *t = (struct smb_tx *) x;

		if (!t->is_file || x->progress[t->is_file - 1])
			continue;
		if (!oldest)
			oldest = t;
		n++;
	}
	if (n >= FILES_OPEN_MAX)
		over(a, st, oldest, oldest->is_file - 1);
}

static struct smb_tx *
begin(struct app *a, struct smb_state *st, const struct smb_head *h, int dir, const struct smb_data *d)
{
	const struct smb_open *f = smb_file_find(st, d->id);
	const struct smb_share *s = smb_tree_find(st, h);
	struct smb_tx *t;

	bound_open(a, st);
	if (!(t = smb_new(a, st, h)))
		return NULL;
	t->h.status = 0;
	t->type = SMB_FILE;
	t->is_file = (uint8_t) (dir + 1);
	t->file_id = d->id;
	memcpy(t->fuid, d->guid, 16);
	t->has_fuid = true;
	t->answered = true;
	file_begin(a, &t->tx, &t->data[dir], dir);
	t->data[dir].inspect_min = FILE_INSPECT_MIN;
	t->data[dir].inspect_window = FILE_INSPECT_WINDOW;
	if (f)
		app_keep(a, &t->file, bytes_span(&f->name), SMB_TEXT_MAX);
	if (s)
		app_keep(a, &t->share, bytes_span(&s->name), SMB_TEXT_MAX);
	return t;
}

static void
tell(struct app *a, struct smb_tx *file, int dir, enum parts_told told)
{
	static const enum smb_event too_many[] = { SMB_EV_WRITE_COUNT, SMB_EV_READ_COUNT }, too_long[] = { SMB_EV_WRITE_QUEUE, SMB_EV_READ_QUEUE };

	if (told != PARTS_TAKEN)
		app_event(a, &file->tx, told == PARTS_AGAIN ? SMB_EV_OVERLAP : told == PARTS_TOO_MANY ? too_many[dir] : too_long[dir]);
}

void
smb_file_data(struct app *a, struct smb_state *st, const struct smb_head *h, int dir, const struct smb_data *d)
{
	struct span data = d->data;
	struct smb_tx *file;
	const struct smb_conf *conf = app_conf(a);
	uint64_t offset = d->offset;

	if (!d->id || !data.n)
		return;
	file = file_find(a, d->id, dir);
	if (!file && !(file = begin(a, st, h, dir, d)))
		return;
	if (offset == 0 && !file->share.n) /* on a pipe, which it may be while the tree is not known, all are at 0 */
		offset = file->parts.next;
	tell(a, file, dir, parts_begin(&file->parts, a, &file->data[dir], conf ? &conf->queue[dir] : NULL, offset, d->n, data, st->lost[dir]));
	if (d->n > data.n)
		st->now[dir] = file;
}

void
smb_file_closed(struct app *a, struct smb_state *st, uint64_t id)
{
	struct smb_open *f = (struct smb_open *) smb_file_find(st, id);

	for (int dir = 0; id && dir < 2; dir++) {
		struct smb_tx *file = file_find(a, id, dir);
		if (file)
			over(a, st, file, dir);
	}
	if (f) {
		app_drop(a, &f->name);
		f->id = 0;
	}
}

void
smb_file_clear(struct app *a, struct smb_state *st)
{
	for (unsigned i = 0; i < SMB_FILES; i++)
		app_drop(a, &st->file[i].name);
	for (unsigned i = 0; i < SMB_TREES; i++)
		app_drop(a, &st->share[i].name);
}

bool
smb_file_of(const struct tx *tx, int dir, unsigned index, struct app_file *out)
{
	const struct smb_tx *t = (const struct smb_tx *) tx;

	if (index || t->is_file != dir + 1)
		return false;
	*out = (struct app_file) { .name = bytes_span(&t->file) };
	file_tell(&t->data[dir], t->data[dir].eof, out);
	out->gaps |= t->parts.holes;
	return true;
}
