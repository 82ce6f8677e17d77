/*
 * file - frames out of a pcap or pcapng file, a folder of them, or standard input.
 *
 * Thread:    the worker's.
 * Memory:    the list of names (read once at open), a buffer for the file, libpcap's for the frame.
 * Owns:      the open file.
 * Not here:  interfaces -> live.c
 *
 * Everything readable is handed on: a damaged file ends with its last whole frame, is named in the damage text with the
 * number of that frame, and the next file follows. Files of a folder that are no captures are named and left out.
 */
#include "engine/capture/records.h"

#include "base/clock.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#define BUFFER (128u << 10) /* read at once: libpcap's own way is a system call for every 4096 bytes */

struct files {
	char **names;       /* heap */
	unsigned n, next;   /* next: the one to open when the open one ends */
	uint64_t in_file;   /* c->num when the open one began */
	bool bad;           /* one of them was damaged */
	struct records records; /* of the open one, while `records.on` */
	int64_t first_ts, first_clock; /* replay at speed: both ends of the rubber band */
	void (*fn)(void *, const struct frame *);
	void *arg;
	char buffer[BUFFER];
};

static void
source_close(struct capture *c)
{
	struct files *fs = c->state;

	if (c->pcap)
		pcap_close(c->pcap);
	c->pcap = NULL;
	if (!fs)
		return;
	for (unsigned i = 0; i < fs->n; i++)
		free(fs->names[i]);
	free(fs->names);
	records_close(&fs->records);
	free(fs);
	c->state = NULL;
}

static int
err_of_errno(void)
{
	return errno == ENOENT || errno == ENOTDIR ? E_NOENT : errno == EACCES || errno == EPERM ? E_PERM : E_IO;
}

static int
add_name(struct files *fs, const char *dir, const char *name)
{
	char **more = realloc(fs->names, (fs->n + 1) * sizeof(*more));
	char *s;

	if (!more)
		return E_NOMEM;
	fs->names = more;
	if (dir ? asprintf(&s, "%s/%s", dir, name) < 0 : asprintf(&s, "%s", name) < 0)
		return E_NOMEM;
	fs->names[fs->n++] = s;
	return 0;
}

/* The first word of a pcap (both orders, micro- and nanoseconds, the "modified" kind) or pcapng file. */
static bool
is_capture(const char *path)
{
	static const uint32_t magic[] = { 0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0xa1b2cd34, 0x34cdb2a1, 0x0a0d0d0a };
	FILE *f = fopen(path, "rb");
	uint32_t word = 0;
	size_t n;

	if (!f)
		return true; /* opening it again will say what is wrong */
	n = fread(&word, 1, 4, f);
	fclose(f);
	for (size_t i = 0; n == 4 && i < sizeof(magic) / sizeof(magic[0]); i++)
		if (word == magic[i])
			return true;
	return false;
}

static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
list_folder(struct capture *c, struct files *fs, const char *dir)
{
	struct dirent **e;
	int n = scandir(dir, &e, NULL, by_bytes), rc = 0;

	if (n < 0)
		return err_of_errno();
	for (int i = 0; i < n; i++) {
		char path[4096];
		struct stat st;

		if (snprintf(path, sizeof(path), "%s/%s", dir, e[i]->d_name) < (int) sizeof(path) && e[i]->d_name[0] != '.'
		    && stat(path, &st) == 0 && S_ISREG(st.st_mode) && rc == 0) {
			if (is_capture(path))
				rc = add_name(fs, dir, e[i]->d_name);
			else
				capture_damaged(c, "%s: not a capture, left out", path);
		}
		free(e[i]);
	}
	free(e);
	return rc;
}

static pcap_t *
open_file(struct files *fs, const char *name, char err[static PCAP_ERRBUF_SIZE])
{
	FILE *f = strcmp(name, "-") ? fopen(name, "rb") : stdin;

	if (!f) {
		snprintf(err, PCAP_ERRBUF_SIZE, "%s", strerror(errno));
		return NULL;
	}
	if (f != stdin)
		setvbuf(f, fs->buffer, _IOFBF, sizeof(fs->buffer));
	errno = 0;
	pcap_t *p = pcap_fopen_offline_with_tstamp_precision(f, PCAP_TSTAMP_PRECISION_NANO, err);
	if (!p && f != stdin) {
		int e = errno;
		fclose(f);
		errno = e;
	}
	return p;
}

/* Opens the next file. E_NOENT: there is none; else as capture_open(). */
static int
open_next(struct capture *c, char why[static 256])
{
	struct files *fs = c->state;
	char err[PCAP_ERRBUF_SIZE] = "";
	const char *name;

	if (fs->next == fs->n)
		return E_NOENT;
	name = fs->names[fs->next++];
	errno = 0;
	c->pcap = open_file(fs, name, err);
	if (!c->pcap) {
		int rc = errno == EACCES ? E_PERM : errno == ENOENT ? E_NOENT : E_BAD;
		if (rc == E_BAD)
			snprintf(why, 256, "%.120s: not a readable capture: %.100s", name, err);
		else
			snprintf(why, 256, "%.140s: %.100s", name, err);
		return rc;
	}
	c->linktype = (uint16_t) pcap_datalink(c->pcap);
	fs->in_file = c->num;
	if ((!c->conf.bpf || !c->conf.bpf[0]) && strcmp(name, "-"))
		records_open(&fs->records, c->pcap);
	else
		fs->records.on = false;
	return capture_filter(c, why);
}

static int
source_open(struct capture *c, const char *target, char why[static 256])
{
	struct files *fs = calloc(1, sizeof(*fs));
	struct stat st;
	int rc;

	if (!fs)
		return E_NOMEM;
	c->state = fs;
	if (!strcmp(target, "-"))
		return (rc = add_name(fs, NULL, target)) < 0 ? rc : open_next(c, why);
	if (stat(target, &st) < 0) {
		rc = err_of_errno();
		snprintf(why, 256, "%.200s: %s", target, rc == E_NOENT ? "no such file" : strerror(errno));
		return rc;
	}
	if (!S_ISDIR(st.st_mode))
		return (rc = add_name(fs, NULL, target)) < 0 ? rc : open_next(c, why);
	if ((rc = list_folder(c, fs, target)) < 0) {
		snprintf(why, 256, "%.200s: %s", target, err_text(rc));
		return rc;
	}
	if (fs->n == 0) {
		snprintf(why, 256, "%.200s: no capture in this folder", target);
		return E_BAD;
	}
	/* One that does not open is damage, as one that breaks off is; only a bad filter stops the run. */
	while ((rc = open_next(c, why)) < 0 && !c->pcap && rc != E_NOENT) {
		capture_damaged(c, "%s", why);
		fs->bad = true;
	}
	return c->pcap ? rc : E_BAD;
}

/* Waits until the frame's time has come: (ts - first) / speed after the first frame. */
static void
wait_for(struct capture *c, struct files *fs, int64_t ts)
{
	if (fs->first_clock == 0) {
		fs->first_ts = ts;
		fs->first_clock = clock_monotonic();
	}
	double delta = (double) (ts - fs->first_ts) / c->conf.replay_speed;
	if (delta <= 0 || delta > 1e17)
		return;
	int64_t until = fs->first_clock + (int64_t) delta;
	/* In steps, so that stop() is heard. */
	for (int64_t now = clock_monotonic(); now < until && !c->stop; now = clock_monotonic()) {
		int64_t step = until - now < 100 * NS_PER_MS ? until : now + 100 * NS_PER_MS;
		struct timespec t = { .tv_sec = step / NS_PER_S, .tv_nsec = step % NS_PER_S };

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
	}
}

static void
paced(void *arg, const struct frame *f)
{
	struct capture *c = arg;
	struct files *fs = c->state;

	wait_for(c, fs, f->ts);
	fs->fn(fs->arg, f);
}

/* The open file has ended, well or not; the next one that opens takes its place. */
static int
next_file(struct capture *c)
{
	struct files *fs = c->state;
	char why[256];
	int rc;

	pcap_close(c->pcap);
	c->pcap = NULL;
	while ((rc = open_next(c, why)) < 0) {
		if (rc == E_NOENT && fs->next == fs->n && !c->pcap)
			return fs->bad ? E_BAD : E_NOENT;
		capture_damaged(c, "%s", why);
		fs->bad = true;
		if (c->pcap)
			pcap_close(c->pcap);
		c->pcap = NULL;
	}
	return 0;
}

static int
source_read(struct capture *c, unsigned max, void (*fn)(void *, const struct frame *), void *arg)
{
	struct files *fs = c->state;
	uint64_t before = c->num;
	bool slow = c->conf.replay_speed > 0;

	fs->fn = fn;
	fs->arg = arg;
	c->fn = slow ? paced : fn;
	c->arg = slow ? (void *) c : arg;
	while (c->pcap && !c->stop) {
		c->lasting = fs->records.on && !slow;
		int n = fs->records.on ? records_read(c, &fs->records, max) : 0;
		c->lasting = false;
		if (n == 0 && !fs->records.on)
			n = pcap_dispatch(c->pcap, (int) max, capture_frame, (u_char *) c);
		if (n == PCAP_ERROR_BREAK || (n == 0 && c->stop))
			return 0;
		if (n == PCAP_ERROR) {
			capture_damaged(c, "%s: damaged after frame %llu: %s", fs->names[fs->next - 1],
			    (unsigned long long) (c->num - fs->in_file), pcap_geterr(c->pcap));
			fs->bad = true;
		}
		if (n <= 0) {
			int rc = next_file(c);
			if (rc < 0 && c->num == before)
				return rc;
		}
		if (c->num != before)
			return (int) (c->num - before);
	}
	return c->stop ? 0 : fs->bad ? E_BAD : E_NOENT;
}

static void
source_stats(struct capture *c)
{
}

static void
source_stop(struct capture *c)
{
	if (c->pcap)
		pcap_breakloop(c->pcap);
}

const struct source source_file = {
	.name = "file",
	.open = source_open,
	.read = source_read,
	.stats = source_stats,
	.stop = source_stop,
	.close = source_close,
};
