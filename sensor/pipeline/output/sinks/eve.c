/*
 * eve - the file that every reader of Suricata's logs can follow: one record a line.
 *
 * Whole records only: what a full disk or a kill has cut is taken off before the next record is written, and what the
 * journal has beyond the file's last record is added at start.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/append.h"
#include "base/buf.h"
#include "base/log.h"
#include "pipeline/output/sink.h"

#define WRITE_AT (1U << 20) /* large enough for the kernel to take it in large pages */
#define BUFFER_MAX (32U << 20)
#define TAIL (1U << 20)

struct eve {
	const struct sink_env *env;
	char path[PATH_MAX];
	int fd;
	struct buf out;
	uint64_t size;     /* of the file: whole records only */
	uint64_t records, dropped;
	uint64_t in_buffer; /* records */
	bool failing;
};

static bool
eve_wanted(const struct output_conf *conf)
{
	return conf->eve_file && *conf->eve_file;
}

/* Bytes up to and with the last newline. */
static off_t
whole_lines(int fd, off_t size)
{
	static uint8_t tail[TAIL];
	size_t n = size < (off_t) sizeof tail ? (size_t) size : sizeof tail;
	ssize_t k = pread(fd, tail, n, size - (off_t) n);

	for (; k > 0; k--) {
		if (tail[k - 1] == '\n')
			return size - (off_t) n + k;
	}
	return n < sizeof tail ? 0 : size; /* no line end in a whole megabyte: not our file's doing */
}

static int
file_open(struct eve *e, bool fresh)
{
	struct stat st;
	off_t whole;

	e->fd = open(e->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | (fresh ? O_TRUNC : 0), 0640);
	if (e->fd < 0 || fstat(e->fd, &st) < 0)
		return E_IO;
	whole = S_ISREG(st.st_mode) && st.st_size ? whole_lines(e->fd, st.st_size) : st.st_size;
	if (whole != st.st_size) {
		log_warning("eve", "%s ended within a record: %lld bytes cut off", e->path, (long long) (st.st_size - whole));
		if (ftruncate(e->fd, whole) < 0)
			return E_IO;
	}
	e->size = (uint64_t) whole;
	return 0;
}

/* Number of the file's last record when it is of this journal; 0 = not known. */
static uint64_t
last_written(const struct eve *e)
{
	static char tail[TAIL + 1];
	size_t n = e->size < TAIL ? (size_t) e->size : TAIL;
	ssize_t k = pread(e->fd, tail, n, (off_t) (e->size - n));
	char mark[64], *line, *at;

	if (k <= 1)
		return 0;
	tail[k - 1] = 0; /* in place of the last newline */
	line = memrchr(tail, '\n', (size_t) k - 1);
	line = line ? line + 1 : tail;
	snprintf(mark, sizeof mark, "\"epoch\":\"%s\",\"seq\":", journal_epoch(e->env->journal));
	at = strstr(line, mark);
	return at ? strtoull(at + strlen(mark), NULL, 10) : 0;
}

static void eve_record(void *self, const struct journal_record *r);
static void eve_turn(void *self);

/* The last run was killed after the journal had written and before the file had: nothing is lost by that. */
static void
catch_up(struct eve *e)
{
	uint64_t last = last_written(e), n = 0;
	struct journal_cursor *c = last ? journal_cursor_new(e->env->journal) : NULL;
	struct journal_record r;

	if (!c)
		return;
	journal_seek_seq(c, last + 1);
	for (; journal_read(c, &r) == 1; n++)
		eve_record(e, &r);
	journal_cursor_free(c);
	eve_turn(e);
	if (n)
		log_notice("eve", "%llu records added from the journal", (unsigned long long) n);
}

static void *
eve_open(const struct sink_env *env, struct diag *d)
{
	struct eve *e = calloc(1, sizeof *e);
	int n;

	if (!e)
		return NULL;
	e->env = env;
	buf_init(&e->out, BUFFER_MAX);
	n = snprintf(e->path, sizeof e->path, "%s%s%s", env->conf->eve_file[0] == '/' ? "" : env->conf->dir,
	    env->conf->eve_file[0] == '/' ? "" : "/", env->conf->eve_file);
	if (n >= (int) sizeof e->path || file_open(e, env->conf->fresh_journal) < 0) {
		diag_error(d, e->path, 0, 0, "cannot open the EVE file: %s", strerror(errno));
		free(e);
		return NULL;
	}
	if (!env->conf->fresh_journal)
		catch_up(e);
	return e;
}

static void
rotate(struct eve *e)
{
	char old[PATH_MAX + 2];

	snprintf(old, sizeof old, "%s.1", e->path);
	if (rename(e->path, old) < 0) {
		log_error("eve", "cannot rename %s: %s", e->path, strerror(errno));
		return;
	}
	close(e->fd);
	if (file_open(e, false) < 0)
		log_error("eve", "cannot begin %s anew: %s", e->path, strerror(errno));
}

/* After a failed write the file may end within a record: back to the last whole one. */
static void
write_failed(struct eve *e)
{
	if (!e->failing)
		log_error("eve", "cannot write %s: %s; records wait in memory, then they are dropped here", e->path,
		    strerror(errno));
	e->failing = true;
	if (e->fd >= 0 && ftruncate(e->fd, (off_t) e->size) < 0)
		log_error("eve", "cannot cut %s back to whole records: %s", e->path, strerror(errno));
}

static void
write_out(struct eve *e)
{
	size_t done = 0;

	/* the file of a live sensor is followed by others */
	if (append_all(e->fd, e->out.p, e->out.n, &done, e->env->conf->fresh_journal) < 0) {
		write_failed(e);
		return;
	}
	if (e->failing)
		log_notice("eve", "writing %s again", e->path);
	e->failing = false;
	e->size += done;
	e->records += e->in_buffer;
	counter_add(e->env->cnt, C_EVE_RECORDS, e->in_buffer);
	e->in_buffer = 0;
	buf_reset(&e->out);
	if (e->env->conf->eve_max_bytes && e->size > e->env->conf->eve_max_bytes)
		rotate(e);
}

static void
eve_record(void *self, const struct journal_record *r)
{
	struct eve *e = self;

	if (e->out.n + r->json.n + 1 > BUFFER_MAX / 2) {
		e->dropped++;
		counter_inc(e->env->cnt, C_EVE_ERRORS);
		return;
	}
	if (buf_add(&e->out, r->json.p, r->json.n) == 0 && buf_add(&e->out, "\n", 1) == 0)
		e->in_buffer++;
	if (e->out.n >= WRITE_AT && !e->failing && journal_flush(e->env->journal) == 0) /* never ahead of the journal */
		write_out(e);
}

static void
eve_turn(void *self)
{
	struct eve *e = self;

	if (e->out.n)
		write_out(e);
}

static void
eve_reopen(void *self)
{
	struct eve *e = self;

	eve_turn(e);
	close(e->fd);
	if (file_open(e, false) < 0)
		log_error("eve", "cannot open %s again: %s", e->path, strerror(errno));
}

static bool
eve_drained(const void *self)
{
	const struct eve *e = self;

	return e->out.n == 0 || e->failing;
}

static void
eve_status(const void *self, struct json *j)
{
	const struct eve *e = self;

	json_bool(j, "connected", !e->failing);
	json_str(j, "file", e->path);
	json_u64(j, "bytes", e->size);
	json_u64(j, "written", e->records);
	json_u64(j, "backlog", e->in_buffer);
	json_u64(j, "dropped", e->dropped);
}

static void
eve_close(void *self)
{
	struct eve *e = self;

	eve_turn(e);
	if (e->fd >= 0)
		close(e->fd);
	buf_clear(&e->out);
	free(e);
}

const struct sink sink_eve = {
	.name = "eve",
	.help = "EVE JSON, one record a line, in a file",
	.wanted = eve_wanted,
	.open = eve_open,
	.record = eve_record,
	.turn = eve_turn,
	.reopen = eve_reopen,
	.drained = eve_drained,
	.status = eve_status,
	.close = eve_close,
};
