/* Closed segments become zstd files, one at a time, in a thread of its own: the pipeline never waits for it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/append.h"
#include "base/log.h"
#include "pipeline/output/journal_private.h"
#include "pipeline/output/scan.h"

#define LEVEL 3
#define PART ".part" /* what a killed packer leaves; the next one of the segment writes over it */

struct packer {
	pthread_t thread;
	uint64_t number;
	char from[PATH_MAX], part[PATH_MAX], to[PATH_MAX];
	uint64_t size; /* of the packed file */
	int rc, error;
	bool done;     /* atomic: the thread is through */
};

/* All of it in steps of the library's own size. */
static int
squeeze(ZSTD_CCtx *z, int fd, const void *bytes, size_t n)
{
	size_t room = ZSTD_CStreamOutSize(), left = 1, done;
	ZSTD_inBuffer in = { bytes, n, 0 };
	char *out = malloc(room);
	int rc = out ? 0 : E_NOMEM;

	ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, LEVEL);
	ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
	ZSTD_CCtx_setPledgedSrcSize(z, n);
	while (rc == 0 && left) {
		ZSTD_outBuffer o = { out, room, 0 };
		left = ZSTD_compressStream2(z, &o, &in, ZSTD_e_end);
		done = 0;
		rc = ZSTD_isError(left) ? E_NOMEM : append_all(fd, out, o.pos, &done, false);
	}
	free(out);
	return rc;
}

static int
pack(struct packer *p)
{
	int in = open(p->from, O_RDONLY | O_CLOEXEC), out = -1, rc = E_IO;
	ZSTD_CCtx *z = ZSTD_createCCtx();
	void *map = MAP_FAILED;
	struct stat st;

	if (in >= 0 && z && fstat(in, &st) == 0 && st.st_size > 0)
		map = mmap(NULL, (size_t) st.st_size, PROT_READ, MAP_PRIVATE, in, 0);
	if (map != MAP_FAILED)
		out = open(p->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (out >= 0)
		rc = squeeze(z, out, map, (size_t) st.st_size);
	if (rc == 0 && (fdatasync(out) < 0 || fstat(out, &st) < 0 || rename(p->part, p->to) < 0))
		rc = E_IO;
	p->error = errno;
	p->size = (uint64_t) st.st_size;
	if (map != MAP_FAILED)
		munmap(map, (size_t) (lseek(in, 0, SEEK_END)));
	if (out >= 0)
		close(out);
	if (in >= 0)
		close(in);
	if (rc < 0)
		unlink(p->part);
	ZSTD_freeCCtx(z);
	return rc;
}

static void *
pack_main(void *arg)
{
	struct packer *p = arg;

	p->rc = pack(p);
	__atomic_store_n(&p->done, true, __ATOMIC_RELEASE);
	return NULL;
}

static struct segment *
closed_segment(struct journal *j, uint64_t number)
{
	for (uint32_t i = 0; i + 1 < j->n; i++) {
		if (j->segments[i].number == number)
			return &j->segments[i];
	}
	return NULL;
}

/* The packed file takes the plain one's place; cursors that have that open read on in it. */
static void
finish(struct journal *j, struct packer *p)
{
	struct segment *s = closed_segment(j, p->number);

	if (!s) { /* it went meanwhile */
		unlink(p->to);
		return;
	}
	s->packed = true; /* or is not tried again in this run */
	if (p->rc < 0) {
		log_warning("journal", "segment %llu stays as it is: %s", (unsigned long long) p->number,
		    p->rc == E_IO ? strerror(p->error) : err_text(p->rc));
		return;
	}
	unlink(p->from);
	j->closed_bytes -= s->bytes - (p->size < s->bytes ? p->size : s->bytes);
	s->bytes = p->size < s->bytes ? p->size : s->bytes;
	j->packed++;
}

static void
begin(struct journal *j, const struct segment *s)
{
	struct packer *p = calloc(1, sizeof *p);
	sigset_t all, before;
	int n;

	if (!p)
		return;
	p->number = s->number;
	n = snprintf(p->to, sizeof p->to, "%s/%010llu" SCAN_PACKED, j->dir, (unsigned long long) s->number);
	if (n < (int) sizeof p->to && scan_path(p->from, sizeof p->from, j->dir, s->number) == 0 &&
	    snprintf(p->part, sizeof p->part, "%.*s" PART, (int) (sizeof p->part - sizeof PART), p->to) > 0) {
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &before);
		if (pthread_create(&p->thread, NULL, pack_main, p) == 0)
			j->packer = p;
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	if (j->packer != p)
		free(p);
}

static void
end(struct journal *j)
{
	pthread_join(j->packer->thread, NULL);
	finish(j, j->packer);
	free(j->packer);
	j->packer = NULL;
}

void
journal_pack_turn(struct journal *j)
{
	if (j->packer && !__atomic_load_n(&j->packer->done, __ATOMIC_ACQUIRE))
		return;
	if (j->packer)
		end(j);
	if (!j->conf.pack)
		return;
	for (uint32_t i = 0; i + 1 < j->n; i++) {
		if (!j->segments[i].packed) {
			begin(j, &j->segments[i]);
			return;
		}
	}
}

void
journal_pack_end(struct journal *j, bool all)
{
	uint32_t left = all ? j->n : 0; /* tries each at most once */

	do {
		if (j->packer)
			end(j);
		if (left)
			journal_pack_turn(j);
	} while (j->packer && left--);
	if (j->packer)
		end(j);
}
