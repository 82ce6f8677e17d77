/* Opening a journal: lock, list, recover what the last run left. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "pipeline/output/journal_private.h"
#include "pipeline/output/scan.h"
#include "pipeline/output/seal.h"

#define OUT_MAX (32U << 20)

static int
folder_make(const char *dir)
{
	char path[PATH_MAX];
	size_t n = strlen(dir);

	if (n == 0 || n >= sizeof path)
		return E_LIMIT;
	memcpy(path, dir, n + 1);
	for (char *p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = 0;
		if (mkdir(path, 0750) < 0 && errno != EEXIST)
			return E_IO;
		*p = '/';
	}
	return mkdir(path, 0750) < 0 && errno != EEXIST ? E_IO : 0;
}

static int
lock_take(struct journal *j, struct diag *d)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "%s/lock", j->dir);

	j->lock = n < (int) sizeof path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640) : -1;
	if (j->lock < 0) {
		diag_error(d, j->dir, 0, 0, "cannot open the journal's lock: %s", strerror(errno));
		return E_IO;
	}
	if (flock(j->lock, LOCK_EX | LOCK_NB) < 0) {
		diag_error(d, j->dir, 0, 0, "another sensor writes to this journal; expected a folder of its own");
		return E_EXIST;
	}
	return 0;
}

/* The lock's text says how the last writer left: "closed", or "open BOOT SYNC" with the boot it ran in. */
#define LOCK_TEXT 80

static void
lock_text(const struct journal *j, char out[static LOCK_TEXT])
{
	char boot[40] = "";
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, boot, 36) != 36)
		boot[0] = 0;
	if (fd >= 0)
		close(fd);
	snprintf(out, LOCK_TEXT, "open %s %s\n", boot, j->conf.sync == JOURNAL_SYNC_FLUSH ? "flush" : "later");
}

static void
lock_write(struct journal *j, const char *text)
{
	size_t n = strlen(text);

	if (ftruncate(j->lock, 0) < 0 || pwrite(j->lock, text, n, 0) != (ssize_t) n)
		log_warning("journal", "cannot note in its lock how it is left: %s", strerror(errno));
}

/* The machine fell while a writer was at work that did not wait for the disk with each flush. */
static bool
fell(const struct journal *j)
{
	char was[LOCK_TEXT], is[LOCK_TEXT];
	ssize_t n = pread(j->lock, was, sizeof was - 1, 0);

	was[n > 0 ? n : 0] = 0;
	lock_text(j, is);
	return strncmp(was, "open ", 5) == 0 && strlen(was) > 41 && strncmp(was + 5, is + 5, 36) != 0 &&
	    strcmp(was + 41, " flush\n") != 0;
}

static void
epoch_make(struct journal *j)
{
	uint64_t seed = j->conf.fresh ? hash_bytes(j->conf.sensor, strlen(j->conf.sensor), 0x7265706c6179 /* "replay" */) : hash_secret();
	uint8_t bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t) (seed >> 8 * i);
	hash_hex(bytes, sizeof bytes, j->epoch);
}

#define REPLAY "replay-" /* sensor ids that no live sensor has */

/* All of them go: a replay begins anew, and what another replay left here can be had again from its capture. The
 * journal of a live sensor is never touched. */
static int
throw_away(struct journal *j, const uint64_t *numbers, uint32_t n, struct diag *d)
{
	struct frame_header h;
	uint64_t raw, on_disk;
	char path[PATH_MAX];

	for (uint32_t i = 0; i < n; i++) {
		if (scan_path(path, sizeof path, j->dir, numbers[i]) < 0)
			return E_LIMIT;
		if (scan_header(path, &h, &raw, &on_disk) == 0 && strncmp(h.sensor, REPLAY, sizeof(REPLAY) - 1) != 0) {
			diag_error(d, path, 0, 0, "is the journal of the live sensor \"%s\"; a replay needs a folder of its own", h.sensor);
			return E_EXIST;
		}
		journal_unseal(j, numbers[i]);
		if ((unlink(path) < 0 || scan_path(path, sizeof path, j->dir, numbers[i]) < 0 || unlink(path) < 0) && errno != ENOENT) {
			diag_error(d, path, 0, 0, "cannot delete: %s", strerror(errno));
			return E_IO;
		}
	}
	return 0;
}

/* Reads one segment's header into the list. 1 = it is one of ours, 0 = passed over (told). */
static int
segment_known(struct journal *j, uint64_t number, bool last, struct diag *d)
{
	char path[PATH_MAX];
	struct segment g = { .number = number };
	struct frame_header h;
	int rc;

	if (scan_path(path, sizeof path, j->dir, number) < 0)
		return E_LIMIT;
	rc = scan_header(path, &h, &g.raw, &g.bytes);
	if (rc == E_TRUNC && last) { /* the end came while it was being made: it holds nothing */
		diag_warning(d, path, 0, 0, "segment without a whole header taken away");
		return unlink(path) < 0 ? E_IO : 0;
	}
	if (rc < 0) {
		diag_warning(d, path, 0, 0, "not a readable journal segment (%s): left alone", err_text(rc));
		return 0;
	}
	if (strcmp(h.sensor, j->conf.sensor) != 0) {
		diag_error(d, path, 0, 0, "is the journal of sensor \"%s\", expected \"%s\"", h.sensor, j->conf.sensor);
		return E_EXIST;
	}
	memcpy(j->epoch, h.epoch, sizeof j->epoch);
	g.first_seq = h.first_seq;
	g.last_seq = g.first_seq - 1;
	g.before_ms = h.last_ms;
	g.before_n = h.last_n;
	g.packed = scan_is_packed(path);
	if (j->n)
		j->segments[j->n - 1].last_seq = g.first_seq - 1;
	rc = journal_segment_add(j, &g);
	return rc < 0 ? rc : 1;
}

static void
remember(struct journal *j, const struct journal_record *r, struct span frame)
{
	j->next_seq = r->seq + 1;
	j->last_ms = r->ms;
	j->last_n = r->n;
	memcpy(j->chain, frame.p + frame.n - FRAME_HASH, FRAME_HASH);
}

/* Reads the last segment to its end: where the next record goes, and what its number is. */
static int
recover_last(struct journal *j, struct diag *d)
{
	struct segment *g = journal_current(j);
	struct journal_record r;
	enum scan_result result;
	struct span frame;
	char path[PATH_MAX];
	struct scan s;
	int rc;

	if (scan_path(path, sizeof path, j->dir, g->number) < 0)
		return E_LIMIT;
	rc = scan_open(&s, path);
	if (rc < 0)
		return rc;
	j->next_seq = s.header.first_seq;
	j->last_ms = s.header.last_ms;
	j->last_n = s.header.last_n;
	memcpy(j->chain, s.header.chain, FRAME_HASH);
	while ((result = scan_next(&s, &r, &frame)) == SCAN_RECORD || result == SCAN_DAMAGED) {
		if (result == SCAN_RECORD) {
			g->first_ms = g->first_ms ? g->first_ms : r.ms;
			remember(j, &r, frame);
			continue;
		}
		counter_inc(j->cnt, C_JOURNAL_DAMAGED);
		diag_warning(d, path, 0, 0, "bytes %u to %u are damaged: left as they are", s.bad_from, s.bad_to);
	}
	if (result == SCAN_TORN && !g->packed) {
		diag_warning(d, path, 0, 0, "torn end cut off: %u bytes after record %llu", s.bytes.n - s.bad_from,
		    (unsigned long long) j->next_seq - 1);
		g->bytes = g->raw = s.bad_from;
		if (truncate(path, (off_t) g->bytes) < 0)
			rc = E_IO;
	}
	g->last_seq = j->next_seq - 1;
	scan_close(&s);
	return rc;
}

/* Goes on writing where the last run ended. */
static int
resume(struct journal *j, struct diag *d)
{
	char path[PATH_MAX];
	int rc = recover_last(j, d);

	for (uint32_t i = 0; i + 1 < j->n; i++)
		j->closed_bytes += j->segments[i].bytes;
	if (rc == 0)
		rc = scan_path(path, sizeof path, j->dir, journal_current(j)->number);
	if (rc == 0 && journal_current(j)->packed) /* nothing is written behind it: a new one begins */
		return 0;
	if (rc == 0)
		j->fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	return rc < 0 || j->fd < 0 ? E_IO : 0;
}

static int
load(struct journal *j, struct diag *d)
{
	uint64_t *numbers, last = 0;
	uint32_t n;
	int rc = scan_list(j->dir, &numbers, &n);

	if (rc == 0 && j->conf.fresh) {
		rc = throw_away(j, numbers, n, d);
		n = 0;
	}
	for (uint32_t i = 0; rc >= 0 && i < n; i++) {
		rc = segment_known(j, numbers[i], i + 1 == n, d);
		last = numbers[i];
	}
	free(numbers);
	if (rc < 0)
		return rc;
	if (j->n)
		rc = resume(j, d);
	else
		epoch_make(j);
	if (rc >= 0 && j->n && !j->conf.fresh && fell(j)) {
		epoch_make(j);
		j->doubt = true;
		j->last_ms++; /* behind those of the same millisecond, which many are where the clock had gone back */
		j->last_n = 0;
		diag_warning(d, j->dir, 0, 0,
		    "the machine went down while this was written: records after %llu may be missing here; epoch %s begins",
		    (unsigned long long) j->next_seq - 1, j->epoch);
	}
	if (rc >= 0 && (j->n == 0 || journal_current(j)->number != last || j->fd < 0 || j->doubt)) { /* not readable: go on behind it */
		j->closed_bytes += j->n ? journal_current(j)->bytes : 0;
		rc = journal_segment_begin(j, last + 1);
	}
	j->opened_seq = j->next_seq;
	return rc;
}

static int
key_read(struct journal *j, struct diag *d)
{
	char why[128];

	if (!j->conf.sign_key || !*j->conf.sign_key)
		return 0;
	j->key = seal_key_read(j->conf.sign_key, true, why);
	if (!j->key)
		diag_error(d, j->conf.sign_key, 0, 0, "%s", why);
	return j->key ? 0 : E_BAD;
}

static void
lock_open(struct journal *j)
{
	char text[LOCK_TEXT];

	lock_text(j, text);
	lock_write(j, text);
	fdatasync(j->lock);
}

struct journal *
journal_open(const struct journal_conf *conf, const struct clock *clock, struct counters *cnt, struct diag *d)
{
	struct journal *j = calloc(1, sizeof *j);
	int rc = E_NOMEM;

	if (!j)
		return NULL;
	j->conf = *conf;
	j->clock = clock;
	j->cnt = cnt;
	j->fd = j->lock = -1;
	j->next_seq = 1;
	j->dir = strdup(conf->dir);
	j->conf.dir = j->dir;
	buf_init(&j->out, OUT_MAX);
	if (j->dir && folder_make(j->dir) < 0)
		diag_error(d, j->dir, 0, 0, "cannot make the journal's folder: %s", strerror(errno));
	else if (j->dir && key_read(j, d) == 0 && lock_take(j, d) == 0)
		rc = load(j, d);
	if (rc >= 0)
		lock_open(j);
	if (rc < 0) {
		if (!d->errors)
			diag_error(d, conf->dir, 0, 0, "cannot open the journal: %s", err_text(rc));
		journal_close(j);
		return NULL;
	}
	return j;
}

void
journal_close(struct journal *j)
{
	if (!j)
		return;
	if (j->fd >= 0) {
		bool whole = journal_flush(j) == 0;
		fdatasync(j->fd);
		if (whole)
			journal_seal(j);
		journal_pack_end(j, j->conf.fresh && whole);
		close(j->fd);
		if (whole)
			lock_write(j, "closed\n");
	}
	if (j->lock >= 0)
		close(j->lock);
	seal_key_free(j->key);
	buf_clear(&j->out);
	free(j->segments);
	free(j->dir);
	free(j);
}
