/*
 * cache - what took long to make, on disk, named by what it was made from: compiled Hyperscan databases, and plans (plans.c).
 *
 * A file is magic, length, SHA-256 of the rest, the rest. A database of another machine or another Hyperscan has another name (it holds
 * version and platform). What is damaged is not read and is written again, by rename, so that readers see old or new, never half.
 */
#include "engine/detect/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"

#define MAGIC 8 /* bytes */
#define MAGIC_DATABASE "CASUSHS1"
#define DATABASE_MAX ((size_t) 1 << 30)

static void
path_of(char out[static 4096], const char *dir, const char *name)
{
	snprintf(out, 4096, "%s/%s", dir, name);
}

struct span
cache_read(struct buf *b, const char *dir, const char *name, const char *magic)
{
	char path[4096];
	struct stat st;
	uint8_t sum[32];

	path_of(path, dir, name);
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode)) /* a pipe would be waited for */
		return SPAN_NONE;
	if (buf_read_file(b, path) < 0 || b->n <= CACHE_HEAD || memcmp(b->p, magic, MAGIC))
		return SPAN_NONE;
	struct rd r = rd_of(span_of(b->p + MAGIC, 8));
	struct span body = span_of(b->p + CACHE_HEAD, (uint32_t) (b->n - CACHE_HEAD));
	if (rd_u64(&r) != body.n)
		return SPAN_NONE;
	hash_sha256(body, sum);
	return memcmp(sum, b->p + MAGIC + 8, 32) ? SPAN_NONE : body;
}

static const char *
database_name(char out[static 80], const char *key)
{
	snprintf(out, 80, "%.64s.hs", key);
	return out;
}

hs_database_t *
cache_load(const char *dir, const char *key)
{
	char name[80];
	struct buf b;
	hs_database_t *db = NULL;

	buf_init(&b, DATABASE_MAX);
	struct span body = cache_read(&b, dir, database_name(name, key), MAGIC_DATABASE);
	if (body.n && hs_deserialize_database((const char *) body.p, body.n, &db) != HS_SUCCESS)
		db = NULL;
	buf_clear(&b);
	return db;
}

static int
write_all(int fd, const void *p, size_t n)
{
	const char *s = p;

	while (n) {
		ssize_t w = write(fd, s, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return -1;
		s += w;
		n -= (size_t) w;
	}
	return 0;
}

/* The folder and the one above it ("~/.cache" of a new user). */
static void
make_dir(const char *dir)
{
	char above[4096];
	const char *slash = strrchr(dir, '/');

	if (mkdir(dir, 0700) == 0 || errno != ENOENT || !slash || slash == dir || (size_t) (slash - dir) >= sizeof(above))
		return;
	memcpy(above, dir, (size_t) (slash - dir));
	above[slash - dir] = '\0';
	mkdir(above, 0700);
	mkdir(dir, 0700);
}

void
cache_write(const char *dir, const char *name, const char *magic, struct span body)
{
	char path[4096], tmp[4120];
	uint8_t head[CACHE_HEAD];

	path_of(path, dir, name);
	memcpy(head, magic, MAGIC);
	for (unsigned i = 0; i < 8; i++)
		head[MAGIC + i] = (uint8_t) ((uint64_t) body.n >> (56 - 8 * i));
	hash_sha256(body, head + MAGIC + 8);
	make_dir(dir);
	snprintf(tmp, sizeof(tmp), "%s.XXXXXX", path);
	int fd = mkstemp(tmp);
	if (fd >= 0) {
		int bad = write_all(fd, head, CACHE_HEAD) < 0 || write_all(fd, body.p, body.n) < 0 || fsync(fd) < 0;
		if ((close(fd) < 0) | bad || rename(tmp, path) < 0)
			unlink(tmp);
	}
}

void
cache_store(const char *dir, const char *key, const hs_database_t *db)
{
	char name[80], *bytes = NULL;
	size_t n = 0;

	if (hs_serialize_database(db, &bytes, &n) != HS_SUCCESS)
		return;
	if (n <= DATABASE_MAX - CACHE_HEAD)
		cache_write(dir, database_name(name, key), MAGIC_DATABASE, span_of(bytes, (uint32_t) n));
	free(bytes);
}
