/*
 * emit_files - files of transactions: in alerts, as records once they are over, and their bytes for the store.
 *
 * Names and shapes: Suricata 8 user guide, "EVE JSON Format", event type fileinfo.
 */
#include "engine/app/file.h"
#include "engine/emit_private.h"

#define PIECE 32768u /* bytes of a file in one event */

static void
write_sids(struct json *j, const struct file *f)
{
	if (!f || !f->sids)
		return;
	json_array(j, "sid");
	for (uint32_t i = 0; i < f->sids; i++)
		json_u64(j, NULL, f->sid[i]);
	json_end(j);
}

/* What the worker knows of a file. `over`: nothing more comes. true: the digest that names it in the store is among it. */
static bool
write_members(struct json *j, const struct tx *tx, const struct app_file *f, bool over)
{
	const uint8_t *digest;
	bool named = false;
	struct span magic;

	json_span(j, "filename", f->name);
	write_sids(j, f->f);
	if (file_magic(f, over, &magic))
		json_span(j, "magic", magic);
	json_bool(j, "gaps", f->gaps);
	json_str(j, "state", f->closed ? "CLOSED" : over ? "TRUNCATED" : "UNKNOWN");
	for (unsigned k = 0; k < HASH_KINDS; k++)
		if ((digest = file_digest(f, k))) {
			json_hex(j, hash_name[k], span_of(digest, hash_size[k]), 0);
			named |= k == HASH_SHA256;
		}
	json_u64(j, "size", f->size);
	if (f->piece) {
		json_u64(j, "start", f->start);
		json_u64(j, "end", f->end);
	}
	json_u64(j, "tx_id", tx->id);
	return named;
}

void
emit_write_files(struct json *j, int dir, const struct tx *tx)
{
	struct app_file f;

	if (!tx->proto->file || !tx->proto->file(tx, dir, 0, &f))
		return;
	json_array(j, "files");
	for (unsigned i = 0; tx->proto->file(tx, dir, i, &f); i++) {
		json_object(j, NULL);
		write_members(j, tx, &f, false);
		json_bool(j, "stored", false);
		if (f.f && f.f->store == FILE_STORE_YES)
			json_bool(j, "storing", true);
		json_end(j);
	}
	json_end(j);
}

/* The sender of the file is the source. */
static bool
emit_file(struct emit *e, const struct flow *f, const struct session *s, const struct tx *tx, const struct packet *p, int dir,
    const struct app_file *file)
{
	struct event *ev = emit_take(e, EVENT_FILEINFO, e->conf->text_max);
	struct json j;

	if (!ev)
		return false;
	emit_set_record(e, ev, f, s, p, dir);
	json_init(&j, ev->text, e->conf->text_max / 2);
	if (write_members(&j, tx, file, true))
		ev->flags |= EVENT_F_FILE_HASHED;
	ev->context_n = json_text(&j).n;
	if (file->f && file->f->store == FILE_STORE_YES)
		ev->file = file->f->number;
	else if (file->f && file->f->store == FILE_STORE_LOST) {
		ev->file = file->f->number;
		ev->flags |= EVENT_F_FILE_LOST;
	}
	json_init(&j, ev->text + ev->context_n, e->conf->text_max - ev->context_n);
	emit_write_protos(&j, s->app);
	emit_write_common(e, &j, p, s, dir);
	emit_write_tx(&j, s->app, tx, false);
	emit_commit(e, ev, &j);
	return true;
}

void
emit_files(struct emit *e, const struct flow *f, const struct session *s, const struct tx *tx, const struct packet *p)
{
	struct app_file file;

	if (!e->conf->content || !tx->proto->file)
		return;
	for (int dir = 0; dir < 2; dir++)
		for (unsigned i = 0; tx->proto->file(tx, dir, i, &file); i++)
			if ((e->conf->log_files || (file.f && file.f->store != FILE_STORE_NO)) && !emit_file(e, f, s, tx, p, dir, &file))
				return;
}

bool
emit_file_bytes(struct emit *e, const struct flow *f, int64_t now, const struct file *file, struct span bytes)
{
	while (bytes.n) {
		struct span piece = span_head(bytes, PIECE);
		struct event *ev = emit_take(e, EVENT_FILE, piece.n);

		if (!ev)
			return false;
		ev->ts = now;
		ev->flow_id = flow_id(f);
		ev->flow_start = f->start;
		ev->file = file->number;
		memcpy(ev->text, piece.p, piece.n);
		ev->text_n = piece.n;
		emit_commit(e, ev, NULL);
		bytes = span_skip(bytes, piece.n);
	}
	return true;
}
