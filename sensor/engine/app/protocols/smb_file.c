/*
 * smb_file - files in SMB: what reads and writes of one file carry is one transaction of its own until the file is closed.
 *
 * Spec: MS-SMB2 section 2.2.19 to 2.2.22, MS-CIFS section 2.2.4.42 and 2.2.4.43.
 */
#include "engine/app/protocols/smb.h"

#define FILE_KEEP (1u << 20)
#define FILES_OPEN_MAX 128 /* of a flow, each with the bytes rules may still want */

static struct bytes *
name_of(struct smb_files *f, uint64_t id)
{
	for (unsigned i = 0; i < SMB_FILES; i++)
		if (f->open[i].id == id)
			return &f->open[i].name;
	return NULL;
}

void
smb_file_opened(struct app *a, struct smb_files *f, uint64_t id, const struct smb_tx *t)
{
	unsigned i;

	if (!id || !t->file.n)
		return;
	i = f->next++ % SMB_FILES;
	app_drop(a, &f->open[i].name);
	f->open[i].id = id;
	app_keep(a, &f->open[i].name, bytes_span(&t->file), SMB_TEXT_MAX);
}

static struct smb_tx *
file_find(struct app *a, uint64_t id, int dir)
{
	each_tx(a, x) {
		struct smb_tx *t = (struct smb_tx *) x;

		if (t->is_file == dir + 1 && t->pipe_id == id && t->tx.progress[dir] == 0)
			return t;
	}
	return NULL;
}

static void
over(struct smb_files *f, struct smb_tx *file, int dir)
{
	file->data[dir].eof = true;
	tx_reach(&file->tx, dir, 1);
	if (f->now[dir] == file)
		f->now[dir] = NULL;
}

/* A peer may write to file after file and close none: of too many the oldest counts as closed. */
static void
bound_open(struct app *a, struct smb_files *f)
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
		over(f, oldest, oldest->is_file - 1);
}

static struct smb_tx *
file_begin(struct app *a, struct smb_files *f, uint64_t id, int dir)
{
	const struct bytes *name = name_of(f, id);
	struct smb_tx *t;

	bound_open(a, f);
	if (!(t = (struct smb_tx *) app_tx_new(a)))
		return NULL;
	t->is_file = (uint8_t) (dir + 1);
	t->pipe_id = id;
	t->answered = true;
	t->tx.only_dir = (uint8_t) (1 << dir);
	if (name)
		app_keep(a, &t->file, bytes_span(name), SMB_TEXT_MAX);
	return t;
}

void
smb_file_data(struct app *a, struct smb_files *f, const struct smb_tx *t, int dir, struct span data)
{
	uint64_t id = t->pipe_id;
	uint32_t told = t->io_n;
	struct smb_tx *file;

	f->now[dir] = NULL;
	if (!id || !data.n || t->pipe)
		return;
	file = file_find(a, id, dir);
	if (!file && !(file = file_begin(a, f, id, dir)))
		return;
	body_add(&file->data[dir], a, data, FILE_KEEP);
	if (told > data.n)
		f->now[dir] = file;
}

void
smb_file_more(struct app *a, struct smb_files *f, int dir, struct span data)
{
	if (f->now[dir])
		body_add(&f->now[dir]->data[dir], a, data, FILE_KEEP);
}

void
smb_file_closed(struct app *a, struct smb_files *f, uint64_t id)
{
	struct bytes *name = name_of(f, id);

	for (int dir = 0; id && dir < 2; dir++) {
		struct smb_tx *file = file_find(a, id, dir);
		if (file)
			over(f, file, dir);
	}
	if (name)
		app_drop(a, name);
}

void
smb_file_clear(struct app *a, struct smb_files *f)
{
	for (unsigned i = 0; i < SMB_FILES; i++)
		app_drop(a, &f->open[i].name);
}

bool
smb_file_of(const struct tx *tx, int dir, unsigned index, struct app_file *out)
{
	const struct smb_tx *t = (const struct smb_tx *) tx;

	if (index || t->is_file != dir + 1)
		return false;
	*out = (struct app_file) { .name = bytes_span(&t->file), .size = t->data[dir].total, .closed = t->data[dir].eof };
	return true;
}
