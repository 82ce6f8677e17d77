/* Signatures of closed segments, and the alarms before something is lost. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"
#include "pipeline/output/journal_private.h"
#include "pipeline/output/seal.h"

#define LOOK_EVERY NS_PER_S

static int
seal_path(const struct journal *j, uint64_t number, char out[static PATH_MAX])
{
	int n = snprintf(out, PATH_MAX, "%s/%010llu" SEAL_SUFFIX, j->dir, (unsigned long long) number);

	return n < PATH_MAX ? 0 : E_LIMIT;
}

void
journal_seal(struct journal *j)
{
	const struct segment *s = journal_current(j);
	struct seal seal = { .segment = s->number, .first = s->first_seq, .last = s->last_seq };
	char path[PATH_MAX], text[SEAL_MAX];
	int n, fd;

	if (!j->key || s->last_seq < s->first_seq || seal_path(j, s->number, path) < 0)
		return;
	snprintf(seal.sensor, sizeof seal.sensor, "%s", j->conf.sensor);
	memcpy(seal.epoch, j->epoch, sizeof seal.epoch);
	memcpy(seal.chain, j->chain, sizeof seal.chain);
	n = seal_write(&seal, j->key, text);
	fd = n > 0 ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640) : -1;
	if (fd < 0 || write(fd, text, (size_t) n) != n)
		log_error("journal", "segment %llu is not signed: %s", (unsigned long long) s->number, n > 0 ? strerror(errno) : err_text(n));
	if (fd >= 0)
		close(fd);
}

void
journal_unseal(struct journal *j, uint64_t number)
{
	char path[PATH_MAX];

	if (seal_path(j, number, path) == 0)
		unlink(path); /* most have none */
}

/* Bytes of the segments with something nobody took. */
static uint64_t
unacked(const struct journal *j)
{
	uint64_t sum = 0;

	if (j->acked >= j->next_seq - 1)
		return 0;
	for (uint32_t i = 0; i < j->n; i++) {
		uint64_t end = i + 1 < j->n ? j->segments[i].last_seq : j->next_seq - 1;
		sum += end > j->acked ? j->segments[i].bytes : 0;
	}
	return sum;
}

static void
watch_caps(struct journal *j, uint64_t waiting)
{
	uint64_t limit = j->conf.max_bytes / 100 * j->conf.alarm_at;

	if (!j->risk && waiting > limit) {
		j->risk = true;
		j->alarms++;
		log_error("journal", "%llu of %llu bytes are records that no output has taken: when it is full, new ones are %s",
		    (unsigned long long) waiting, (unsigned long long) j->conf.max_bytes,
		    j->conf.on_full == JOURNAL_STOP ? "refused and the sensor stops" : "dropped");
	} else if (j->risk && waiting < limit - limit / 8) {
		j->risk = false;
		log_notice("journal", "the outputs catch up: %llu bytes wait", (unsigned long long) waiting);
	}
}

/* Less free than two segments, and less than the caps allow it still to grow. */
static void
watch_disk(struct journal *j, uint64_t bytes)
{
	uint64_t room, grows = j->conf.max_bytes > bytes ? j->conf.max_bytes - bytes : 0;
	struct statvfs v;
	bool low;

	if (statvfs(j->dir, &v) < 0)
		return;
	room = (uint64_t) v.f_bavail * v.f_frsize;
	low = room < 2 * j->conf.segment_bytes && room < grows;
	if (low && !j->disk_low) {
		j->alarms++;
		log_error("journal", "the disk has %llu bytes left; the journal may still grow by %llu", (unsigned long long) room,
		    (unsigned long long) grows);
	}
	j->disk_low = low;
}

void
journal_watch(struct journal *j)
{
	int64_t now = clock_monotonic();

	if (!j->conf.alarm_at || now - j->looked < LOOK_EVERY)
		return;
	j->looked = now;
	watch_caps(j, unacked(j));
	watch_disk(j, j->closed_bytes + journal_current(j)->bytes);
}
