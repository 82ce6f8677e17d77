#include "pipeline/output/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"

#define NAME_LEN (2 * 32)

struct key {
	uint64_t flow;
	int64_t start;
	uint64_t number;
};

/* A file that is not over. */
struct item {
	struct key key;
	UT_hash_handle hh;
	struct hash_stream hash;
	uint64_t id, size;
	int fd;       /* -1: opened for each piece */
	bool failed;  /* some of it could not be written, or was more than the store takes */
};

struct store {
	struct store_conf conf;
	struct counters *cnt;
	struct item *items; /* oldest first */
	uint64_t bytes;     /* of all files there */
	uint64_t pending;   /* of those not over */
	uint64_t last_id;
	uint32_t fds;
	uint8_t sha256[HASH_MAX];
	bool told_full;
};

/* ---- names ---- */

static bool
tmp_path(const struct store *s, const struct item *i, char out[static PATH_MAX])
{
	return snprintf(out, PATH_MAX, "%s/tmp/%llu", s->conf.dir, (unsigned long long) i->id) < PATH_MAX;
}

static bool
final_path(const struct store *s, const uint8_t sha256[static HASH_MAX], bool folder, char out[static PATH_MAX])
{
	char hex[NAME_LEN + 1];

	hash_hex(sha256, 32, hex);
	return snprintf(out, PATH_MAX, "%s/%.2s%s%s", s->conf.dir, hex, folder ? "" : "/", folder ? "" : hex) < PATH_MAX;
}

static bool
failed(struct store *s, const char *path)
{
	counter_inc(s->cnt, C_STORE_ERRORS);
	log_error("file-store", "%s: %s", path, strerror(errno));
	return false;
}

static bool
make_dir(const char *path)
{
	return mkdir(path, 0750) == 0 || errno == EEXIST;
}

/* ---- begin ---- */

/* Deletes what an earlier run left in tmp, or adds up what is in a folder of files. */
static void
look_into(struct store *s, const char *name, bool clean)
{
	char path[PATH_MAX];
	struct dirent *e;
	struct stat st;
	DIR *d;

	if (snprintf(path, sizeof(path), "%s/%s", s->conf.dir, name) >= (int) sizeof(path) || !(d = opendir(path)))
		return;
	while ((e = readdir(d))) {
		if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
			continue;
		if (clean)
			unlinkat(dirfd(d), e->d_name, 0);
		else if (strlen(e->d_name) == NAME_LEN)
			s->bytes += (uint64_t) st.st_size;
	}
	closedir(d);
}

struct store *
store_new(const struct store_conf *conf, struct counters *cnt, struct diag *d)
{
	struct store *s = calloc(1, sizeof(*s));
	char path[PATH_MAX], name[3];

	if (!s)
		return NULL;
	s->conf = *conf;
	s->cnt = cnt;
	if (snprintf(path, sizeof(path), "%s/tmp", conf->dir) >= (int) sizeof(path) || !make_dir(conf->dir) || !make_dir(path)) {
		diag_error(d, "casus", 0, 0, "file-store: %s cannot be made: %s", path, strerror(errno));
		free(s);
		return NULL;
	}
	look_into(s, "tmp", true);
	for (unsigned i = 0; i < 256; i++) {
		snprintf(name, sizeof(name), "%02x", i);
		look_into(s, name, false);
	}
	return s;
}

/* ---- one file ---- */

static void
forget(struct store *s, struct item *i)
{
	char path[PATH_MAX];

	if (i->fd >= 0) {
		close(i->fd);
		s->fds--;
	}
	if (tmp_path(s, i, path))
		unlink(path);
	s->pending -= i->size;
	HASH_DEL(s->items, i);
	free(i);
}

void
store_free(struct store *s)
{
	if (!s)
		return;
	while (s->items)
		forget(s, s->items);
	free(s);
}

static struct key
key_of(const struct event *e)
{
	return (struct key) { e->flow_id, e->flow_start, e->file };
}

static struct item *
find(struct store *s, const struct event *e)
{
	struct key key = key_of(e);
	struct item *i;

	HASH_FIND(hh, s->items, &key, sizeof(key), i);
	return i;
}

static struct item *
begin(struct store *s, const struct event *e)
{
	struct item *i = calloc(1, sizeof(*i));

	if (!i)
		return NULL;
	if (HASH_COUNT(s->items) >= STORE_OPEN) {
		counter_inc(s->cnt, C_STORE_GIVEN_UP);
		forget(s, s->items);
	}
	i->key = key_of(e);
	i->id = ++s->last_id;
	i->fd = -1;
	hash_begin(&i->hash, HASH_SHA256);
	HASH_ADD(hh, s->items, key, sizeof(i->key), i);
	return i;
}

static bool
write_all(int fd, struct span b)
{
	while (b.n) {
		ssize_t n = write(fd, b.p, b.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		b = span_skip(b, (uint32_t) n);
	}
	return true;
}

static bool
append(struct store *s, struct item *i, struct span b)
{
	char path[PATH_MAX];
	bool ok;
	int fd = i->fd;

	if (!tmp_path(s, i, path))
		return false;
	if (fd < 0 && (fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640)) < 0)
		return failed(s, path);
	ok = write_all(fd, b) || failed(s, path);
	if (i->fd >= 0)
		return ok;
	if (s->fds < s->conf.max_open) {
		i->fd = fd;
		s->fds++;
	} else
		close(fd);
	return ok;
}

static bool
full(struct store *s, uint64_t n)
{
	if (!s->conf.max_bytes || s->bytes + s->pending + n <= s->conf.max_bytes)
		return false;
	if (!s->told_full)
		log_warning("file-store", "%s is full: max-bytes=%llu, no file is added", s->conf.dir, (unsigned long long) s->conf.max_bytes);
	s->told_full = true;
	counter_inc(s->cnt, C_STORE_FULL);
	return true;
}

void
store_bytes(struct store *s, const struct event *e)
{
	struct item *i = s ? find(s, e) : NULL;
	struct span b = event_text(e);

	if (!s || (!i && !(i = begin(s, e))) || i->failed)
		return;
	if (full(s, b.n) || !append(s, i, b)) {
		i->failed = true;
		return;
	}
	hash_add(&i->hash, HASH_SHA256, b);
	i->size += b.n;
	s->pending += b.n;
}

/* To its name; one that is there already is the same. */
static bool
settle(struct store *s, struct item *i)
{
	char from[PATH_MAX], to[PATH_MAX];

	hash_end(&i->hash, HASH_SHA256, s->sha256);
	if (!tmp_path(s, i, from) || !final_path(s, s->sha256, true, to) || (!make_dir(to) && !failed(s, to)))
		return false;
	if (!final_path(s, s->sha256, false, to))
		return false;
	if (access(to, F_OK) == 0)
		return true;
	if (rename(from, to) < 0)
		return failed(s, to);
	s->bytes += i->size;
	return true;
}

void
store_end(struct store *s, const struct event *e, struct eve_stored *out)
{
	struct item *i = s && e->file ? find(s, e) : NULL;

	*out = (struct eve_stored) { 0 };
	if (!i)
		return;
	if (!i->failed && !(e->flags & EVENT_F_FILE_LOST) && settle(s, i)) {
		*out = (struct eve_stored) { .stored = true, .id = i->id, .sha256 = s->sha256 };
		counter_inc(s->cnt, C_STORE_FILES);
	}
	forget(s, i);
}

void
store_record(struct store *s, const struct eve_stored *of, int64_t ts, struct span record)
{
	char name[PATH_MAX], path[PATH_MAX];
	int fd;

	if (!s || !of->stored || !s->conf.write_fileinfo || !final_path(s, of->sha256, false, name) ||
	    snprintf(path, sizeof(path), "%s.%lld.%llu.json", name, (long long) (ts / NS_PER_S), (unsigned long long) of->id) >= (int) sizeof(path))
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (fd < 0 || !write_all(fd, record) || !write_all(fd, SPAN_LIT("\n")))
		failed(s, path);
	if (fd >= 0)
		close(fd);
}
