/*
 * cache - compiled Hyperscan databases on disk, named by what they were compiled from.
 *
 * A file is magic, length, SHA-256 of the rest, the serialized database. A file that is damaged, from another machine or
 * another Hyperscan is not read (the name holds version and platform) and is written again, by rename, so that
 * readers see old or new, never half.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/hash.h"
#include "engine/detect/engine.h"

#define MAGIC "CASUSHS1"
#define HEADER (8 + 8 + 32)

static void
path_of(char out[static 4096], const char *dir, const char *key)
{
	snprintf(out, 4096, "%s/%s.hs", dir, key);
}

hs_database_t *
cache_load(const char *dir, const char *key)
{
	char path[4096];
	struct buf b;
	uint8_t sum[32];
	hs_database_t *db = NULL;

	path_of(path, dir, key);
	buf_init(&b, (size_t) 1 << 30);
	if (buf_read_file(&b, path) == 0 && b.n > HEADER && !memcmp(b.p, MAGIC, 8)) {
		struct rd r = rd_of(span_of(b.p + 8, 8));
		struct span body = span_of(b.p + HEADER, b.n - HEADER);
		hash_sha256(body, sum);
		if (rd_u64(&r) == body.n && !memcmp(sum, b.p + 16, 32) &&
		    hs_deserialize_database((const char *) body.p, body.n, &db) != HS_SUCCESS)
			db = NULL;
	}
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

/* Best effort: without a place to write there is no cache, and nothing else is lost. */
void
cache_store(const char *dir, const char *key, const hs_database_t *db)
{
	char path[4096], tmp[4120], *bytes = NULL;
	uint8_t head[HEADER] = MAGIC;
	size_t n = 0;

	path_of(path, dir, key);
	if (hs_serialize_database(db, &bytes, &n) != HS_SUCCESS)
		return;
	for (unsigned i = 0; i < 8; i++)
		head[8 + i] = (uint8_t) ((uint64_t) n >> (56 - 8 * i));
	hash_sha256(span_of(bytes, n), head + 16);
	make_dir(dir);
	snprintf(tmp, sizeof(tmp), "%s.XXXXXX", path);
	int fd = mkstemp(tmp);
	if (fd >= 0) {
		int bad = write_all(fd, head, HEADER) < 0 || write_all(fd, bytes, n) < 0 || fsync(fd) < 0;
		if ((close(fd) < 0) | bad || rename(tmp, path) < 0)
			unlink(tmp);
	}
	free(bytes);
}
