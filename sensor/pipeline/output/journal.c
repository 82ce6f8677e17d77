#include "pipeline/output/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/append.h"
#include "base/log.h"
#include "pipeline/output/journal_private.h"
#include "pipeline/output/scan.h"

#define FLUSH_AT (2U << 20) /* the EVE file writes before, and has the journal written with it */

const char *
journal_epoch(const struct journal *j)
{
	return j->epoch;
}

uint64_t
journal_next_seq(const struct journal *j)
{
	return j->next_seq;
}

uint64_t
journal_first_seq(const struct journal *j)
{
	return j->segments[0].first_seq;
}

uint64_t
journal_written_seq(const struct journal *j)
{
	return journal_current(j)->last_seq;
}

void
journal_last_id(const struct journal *j, uint64_t *ms, uint32_t *n)
{
	*ms = j->last_ms;
	*n = j->last_n;
}

int
journal_segment_add(struct journal *j, const struct segment *s)
{
	if (j->n == j->cap) {
		uint32_t cap = j->cap ? j->cap * 2 : 16;
		struct segment *p = realloc(j->segments, cap * sizeof *p);
		if (!p)
			return E_NOMEM;
		j->segments = p;
		j->cap = cap;
	}
	j->segments[j->n++] = *s;
	return 0;
}

int
journal_segment_begin(struct journal *j, uint64_t number)
{
	struct frame_header h = { .segment = number, .first_seq = j->next_seq, .last_ms = j->last_ms, .last_n = j->last_n };
	struct segment s = { .number = number, .first_seq = j->next_seq, .last_seq = j->next_seq - 1, .bytes = FRAME_HEADER,
		.raw = FRAME_HEADER, .before_ms = j->last_ms, .before_n = j->last_n };
	uint8_t bytes[FRAME_HEADER];
	char path[PATH_MAX];
	size_t done = 0;
	int fd;

	memcpy(h.epoch, j->epoch, sizeof h.epoch);
	snprintf(h.sensor, sizeof h.sensor, "%s", j->conf.sensor);
	memcpy(h.chain, j->chain, sizeof h.chain);
	frame_header_write(&h, bytes);
	if (scan_path(path, sizeof path, j->dir, number) < 0)
		return E_LIMIT;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0640);
	if (fd < 0)
		return E_IO;
	if (append_all(fd, bytes, sizeof bytes, &done, false) < 0 || journal_segment_add(j, &s) < 0) {
		unlink(path);
		close(fd);
		return E_IO;
	}
	if (j->fd >= 0)
		close(j->fd);
	j->fd = fd;
	return 0;
}

/* Deletes the oldest segment if it is closed and nobody needs it. */
static bool
oldest_goes(struct journal *j)
{
	struct segment *s = &j->segments[0];
	char path[PATH_MAX];

	if (j->n < 2 || s->last_seq > j->acked)
		return false;
	if (scan_path(path, sizeof path, j->dir, s->number) < 0 || (unlink(path) < 0 && errno != ENOENT)) {
		log_error("journal", "cannot delete an old segment: %s", strerror(errno));
		return false;
	}
	journal_unseal(j, s->number);
	j->closed_bytes -= s->bytes;
	memmove(s, s + 1, (j->n - 1) * sizeof *s);
	j->n--;
	return true;
}

/* The oldest closed segments that nobody needs go while bytes or age are over the cap. */
static void
trim(struct journal *j, uint64_t more)
{
	int64_t now = clock_now(j->clock);
	bool over, old;

	do {
		over = j->closed_bytes + journal_current(j)->bytes + j->out.n + more > j->conf.max_bytes;
		old = j->n > 1 && j->conf.max_age && now - (int64_t) (j->segments[1].before_ms * NS_PER_MS) > j->conf.max_age;
	} while ((over || old) && oldest_goes(j));
}

/* A full disk takes first what nobody needs any more, whatever the caps say. */
static int
write_out(struct journal *j)
{
	size_t before = j->out_done;
	int rc;

	do
		rc = append_all(j->fd, j->out.p, j->out.n, &j->out_done, j->conf.once);
	while (rc < 0 && errno == ENOSPC && oldest_goes(j));
	journal_current(j)->bytes += j->out_done - before;
	journal_current(j)->raw = journal_current(j)->bytes;
	return rc;
}

int
journal_flush(struct journal *j)
{
	int rc = j->out.n ? write_out(j) : 0;

	if (rc < 0) {
		if (!j->failing)
			log_error("journal", "cannot write: %s; records wait in memory", strerror(errno));
		j->failing = true;
		counter_inc(j->cnt, C_JOURNAL_IO_ERRORS);
		return rc;
	}
	if (j->failing)
		log_notice("journal", "writing again");
	j->failing = false;
	if (j->out.n && j->conf.sync == JOURNAL_SYNC_FLUSH)
		fdatasync(j->fd);
	buf_reset(&j->out);
	j->out_done = 0;
	journal_current(j)->last_seq = j->next_seq - 1;
	journal_pack_turn(j);
	journal_watch(j);
	return 0;
}

/* Where the disk refuses, the segment in hand grows on: its records wait in memory, and that has its own bound. */
static void
rotate(struct journal *j)
{
	if (journal_flush(j) < 0)
		return;
	if (j->conf.sync != JOURNAL_SYNC_NEVER)
		fdatasync(j->fd);
	journal_seal(j);
	if (journal_segment_begin(j, journal_current(j)->number + 1) < 0) {
		if (!j->failing)
			log_error("journal", "cannot begin a segment: %s; the one in hand goes on", strerror(errno));
		j->failing = true;
		counter_inc(j->cnt, C_JOURNAL_IO_ERRORS);
		return;
	}
	j->closed_bytes += j->segments[j->n - 2].bytes;
	trim(j, 0);
}

static int
refuse(struct journal *j, int rc)
{
	j->refused++;
	counter_inc(j->cnt, C_JOURNAL_ERRORS);
	return rc;
}

/* Room for one frame more? Rotates and trims on the way. E_LIMIT: no. */
static int
make_room(struct journal *j, uint64_t frame)
{
	struct segment *s = journal_current(j);
	bool was = j->full;

	if (s->bytes + j->out.n - j->out_done + frame > j->conf.segment_bytes && j->next_seq > s->first_seq && !j->failing)
		rotate(j);
	trim(j, frame);
	j->full = j->closed_bytes + journal_current(j)->bytes + j->out.n - j->out_done + frame > j->conf.max_bytes;
	if (j->full && !was)
		log_error("journal", "full: %u segments wait for a reader; new records are %s", j->n,
		    j->conf.on_full == JOURNAL_STOP ? "refused and the sensor stops" : "dropped and counted");
	if (was && !j->full)
		log_notice("journal", "has room again");
	if (j->full && j->conf.on_full == JOURNAL_STOP)
		j->stop = true;
	return j->full ? E_LIMIT : 0;
}

static void
next_id(struct journal *j, struct journal_record *r)
{
	int64_t now = clock_now(j->clock);
	uint64_t ms = now > 0 ? (uint64_t) (now / NS_PER_MS) : 0;

	if (ms > j->last_ms) {
		r->ms = ms;
		r->n = 0;
	} else { /* same millisecond, or the clock went back */
		r->ms = j->last_ms;
		r->n = j->last_n + 1;
	}
}

int
journal_append(struct journal *j, struct journal_record *r)
{
	uint64_t frame = FRAME_OVERHEAD + 48 + (uint64_t) r->type.n + r->eid.n + r->incident.n + r->hosts.n + r->json.n;
	int rc = make_room(j, frame);

	if (rc < 0)
		return refuse(j, rc);
	next_id(j, r);
	r->seq = j->next_seq;
	rc = frame_write(&j->out, r, j->chain);
	if (rc < 0)
		return refuse(j, rc);
	if (r->seq == j->opened_seq) {
		j->began_ms = r->ms;
		j->began_n = r->n;
	}
	if (r->seq == journal_current(j)->first_seq)
		journal_current(j)->first_ms = r->ms;
	j->next_seq++;
	j->last_ms = r->ms;
	j->last_n = r->n;
	if (j->out.n >= FLUSH_AT && !j->failing)
		journal_flush(j);
	return 0;
}

bool
journal_in_doubt(const struct journal *j)
{
	return j->doubt;
}

int
journal_go_behind(struct journal *j, uint64_t ms, uint32_t n)
{
	bool newer = ms != j->last_ms ? ms > j->last_ms : n > j->last_n;
	bool began = j->next_seq != j->opened_seq;
	bool over = j->doubt && began && (ms != j->began_ms ? ms > j->began_ms : n >= j->began_n);

	if (over || (newer && (!j->doubt || began)))
		return E_EXIST;
	if (newer) {
		j->last_ms = ms;
		j->last_n = n;
	}
	return 0;
}

void
journal_ack(struct journal *j, uint64_t seq)
{
	j->acked = seq;
	trim(j, 0);
}

bool
journal_must_stop(const struct journal *j)
{
	return j->stop;
}

void
journal_status(const struct journal *j, struct journal_status *out)
{
	*out = (struct journal_status) { .segments = j->n, .first_seq = journal_first_seq(j), .next_seq = j->next_seq,
		.acked_seq = j->acked < j->next_seq ? j->acked : j->next_seq - 1, .refused = j->refused, .full = j->full };
	out->bytes = j->closed_bytes + journal_current(j)->bytes + j->out.n - j->out_done;
	out->alarms = j->alarms;
	out->failing = j->failing;
	out->at_risk = j->risk || j->disk_low;
	for (uint32_t i = 0; i < j->n; i++)
		out->packed += j->segments[i].packed;
	for (uint32_t i = 0; i < j->n && j->next_seq > out->acked_seq + 1; i++) {
		uint64_t end = i + 1 < j->n ? j->segments[i].last_seq : j->next_seq - 1;
		if (end <= j->acked)
			continue;
		uint64_t ms = j->segments[i].first_ms ? j->segments[i].first_ms : j->segments[i].before_ms;
		if (ms)
			out->oldest_unacked = clock_now(j->clock) - (int64_t) (ms * NS_PER_MS);
		break;
	}
}
