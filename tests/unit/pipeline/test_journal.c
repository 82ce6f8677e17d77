#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/log.h"
#include "pipeline/output/crc32c.h"
#include "pipeline/output/journal.h"
#include "pipeline/output/scan.h"
#include "pipeline/output/seal.h"
#include "tmpdir.h"

static char dir[TMPDIR_LEN];
static struct clock now;
static struct counters counters;

static void
quiet(void *arg, enum log_level level, const char *category, const char *text)
{
}

static int
setup(void **state)
{
	tmpdir_make(dir);
	memset(&counters, 0, sizeof counters);
	now = (struct clock) { .live = false, .now = 1000 * NS_PER_S };
	log_catch(quiet, NULL);
	return 0;
}

static int
teardown(void **state)
{
	tmpdir_clear(dir);
	return 0;
}

static struct journal_conf
conf_plain(void)
{
	return (struct journal_conf) { .dir = dir, .sensor = "s1", .segment_bytes = 1 << 20, .max_bytes = 16 << 20 };
}

static struct journal *
open_ok(const struct journal_conf *c)
{
	struct diag d;
	struct journal *j;

	diag_init(&d, 0);
	j = journal_open(c, &now, &counters, &d);
	if (!j)
		diag_print(&d, stderr);
	assert_non_null(j);
	diag_clear(&d);
	return j;
}

static int
append(struct journal *j, const char *json)
{
	struct journal_record r = { .ts = now.now, .type = SPAN_LIT("alert"), .eid = SPAN_LIT("e1"), .json = span_str(json) };

	return journal_append(j, &r);
}

/* n records {"i":k}, k from their seq. */
static void
append_n(struct journal *j, unsigned n)
{
	char text[64];

	for (unsigned i = 0; i < n; i++) {
		snprintf(text, sizeof text, "{\"i\":%llu}", (unsigned long long) journal_next_seq(j));
		assert_int_equal(append(j, text), 0);
	}
}

/* Reads all; every record must be whole and in order without a gap. Returns how many. */
static unsigned
read_all(struct journal *j, uint64_t from)
{
	struct journal_cursor *c = journal_cursor_new(j);
	struct journal_record r;
	uint64_t expect = from;
	unsigned n = 0;
	char text[64];

	journal_seek_seq(c, from);
	while (journal_read(c, &r) == 1) {
		assert_int_equal(r.seq, expect++);
		snprintf(text, sizeof text, "{\"i\":%llu}", (unsigned long long) r.seq);
		assert_true(span_eq(r.json, span_str(text)));
		n++;
	}
	journal_cursor_free(c);
	return n;
}

static off_t
segment_size(uint64_t number, char path[static 128])
{
	struct stat st;

	assert_int_equal(scan_path(path, 128, dir, number), 0);
	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static void
test_crc(void **state)
{
	uint8_t zero[32] = { 0 };

	assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
	assert_int_equal(crc32c(0, zero, 32), 0x8a9136aa); /* RFC 3720 B.4 */
	assert_int_equal(crc32c(crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
}

static void
test_write_read_resume(void **state)
{
	struct journal_conf c = conf_plain();
	struct journal *j = open_ok(&c);
	char epoch[FRAME_EPOCH_LEN];
	uint64_t ms;
	uint32_t n;

	append_n(j, 10);
	assert_int_equal(read_all(j, 1), 0); /* not flushed: not seen */
	assert_int_equal(journal_flush(j), 0);
	assert_int_equal(read_all(j, 1), 10);
	memcpy(epoch, journal_epoch(j), sizeof epoch);
	journal_close(j);
	j = open_ok(&c);
	assert_string_equal(journal_epoch(j), epoch);
	assert_int_equal(journal_next_seq(j), 11);
	journal_last_id(j, &ms, &n);
	assert_int_equal(ms, 1000000);
	assert_int_equal(n, 9);
	now.now += 5 * NS_PER_MS;
	append_n(j, 5);
	journal_last_id(j, &ms, &n);
	assert_int_equal(ms, 1000005);
	assert_int_equal(n, 4);
	now.now -= 500 * NS_PER_MS; /* the clock goes back: ids do not */
	append_n(j, 1);
	journal_last_id(j, &ms, &n);
	assert_int_equal(ms, 1000005);
	assert_int_equal(n, 5);
	journal_flush(j);
	assert_int_equal(read_all(j, 8), 9);
	journal_close(j);
}

static void
test_rotation_and_seek(void **state)
{
	struct journal_conf c = conf_plain();
	struct journal_cursor *cur;
	struct journal_record r;
	struct journal_status s;
	struct journal *j;

	c.segment_bytes = 2000;
	j = open_ok(&c);
	for (int i = 0; i < 100; i++) {
		now.now += NS_PER_MS;
		append_n(j, 1);
	}
	journal_flush(j);
	journal_status(j, &s);
	assert_true(s.segments > 4);
	assert_int_equal(read_all(j, 1), 100);
	assert_int_equal(read_all(j, 77), 24);
	cur = journal_cursor_new(j);
	journal_seek_id(cur, 1000050, 0);
	assert_int_equal(journal_read(cur, &r), 1);
	assert_int_equal(r.seq, 51);
	assert_int_equal(r.ms, 1000051);
	journal_seek_id(cur, 1000100, 0);
	assert_int_equal(journal_read(cur, &r), 0);
	append_n(j, 1);
	journal_flush(j);
	assert_int_equal(journal_read(cur, &r), 1); /* it follows */
	assert_int_equal(r.seq, 101);
	journal_cursor_free(cur);
	journal_close(j);
	j = open_ok(&c);
	assert_int_equal(journal_next_seq(j), 102);
	assert_int_equal(read_all(j, 1), 101);
	journal_close(j);
}

/* The file is cut at every byte: every whole record before the cut is there, the next one gets its number. */
static void
test_torn_at_every_byte(void **state)
{
	struct journal_conf c = conf_plain();
	struct journal *j = open_ok(&c);
	char path[128], copy[140];
	off_t size;
	uint8_t *bytes;
	int fd;

	append_n(j, 4);
	journal_close(j);
	size = segment_size(1, path);
	bytes = malloc((size_t) size);
	fd = open(path, O_RDONLY);
	assert_int_equal(read(fd, bytes, (size_t) size), size);
	close(fd);
	snprintf(copy, sizeof copy, "%s", path);
	for (off_t cut = FRAME_HEADER; cut <= size; cut++) {
		off_t frame = (size - FRAME_HEADER) / 4;
		uint64_t whole = (uint64_t) ((cut - FRAME_HEADER) / frame);
		fd = open(copy, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		assert_int_equal(write(fd, bytes, (size_t) cut), cut);
		close(fd);
		j = open_ok(&c);
		assert_int_equal(journal_next_seq(j), whole + 1);
		append_n(j, 2);
		journal_flush(j);
		assert_int_equal(read_all(j, 1), whole + 2);
		journal_close(j);
	}
	free(bytes);
}

static void
test_torn_header(void **state)
{
	struct journal_conf c = conf_plain();
	struct journal *j;
	char path[128];

	c.segment_bytes = 2000;
	j = open_ok(&c);
	append_n(j, 30);
	journal_close(j);
	for (uint64_t k = 1;; k++) {
		scan_path(path, sizeof path, dir, k);
		if (access(path, F_OK) < 0)
			break;
	}
	close(open(path, O_WRONLY | O_CREAT, 0600)); /* made, but its header never came */
	j = open_ok(&c);
	assert_int_equal(journal_next_seq(j), 31);
	append_n(j, 30);
	journal_flush(j);
	assert_int_equal(read_all(j, 1), 60);
	journal_close(j);
}

/* One bit flipped anywhere: never a wrong record, never a crash, later records are still read and numbers go on. */
static void
test_bit_flips(void **state)
{
	struct journal_conf c = conf_plain();
	struct journal *j = open_ok(&c);
	char path[128];
	off_t size;
	int fd;

	append_n(j, 4);
	journal_close(j);
	size = segment_size(1, path);
	for (off_t at = FRAME_HEADER; at < size; at++) {
		struct journal_cursor *cur;
		struct journal_record r;
		unsigned n = 0;
		uint8_t b;
		fd = open(path, O_RDWR);
		assert_int_equal(pread(fd, &b, 1, at), 1);
		b ^= (uint8_t) (1U << at % 8);
		assert_int_equal(pwrite(fd, &b, 1, at), 1);
		close(fd);
		j = open_ok(&c);
		off_t frame = (size - FRAME_HEADER) / 4;
		bool last = at >= size - frame;
		assert_int_equal(journal_next_seq(j), last ? 4 : 5);
		cur = journal_cursor_new(j);
		while (journal_read(cur, &r) == 1)
			n++;
		assert_int_equal(n, 3);
		journal_cursor_free(cur);
		journal_close(j);
		/* put it back as it was */
		tmpdir_clear(dir);
		mkdir(dir, 0700);
		j = open_ok(&c);
		append_n(j, 4);
		journal_close(j);
		assert_int_equal(segment_size(1, path), size);
	}
}

static void
test_caps(void **state)
{
	struct journal_conf c = conf_plain();
	struct journal_status s;
	struct journal *j;
	uint64_t next;

	c.segment_bytes = 1 << 16;
	c.max_bytes = 1 << 18;
	j = open_ok(&c);
	while (append(j, "{\"some\":\"text of a record\"}") == 0)
		journal_flush(j);
	journal_status(j, &s);
	assert_true(s.full);
	assert_int_equal(s.refused, 1);
	assert_true(s.bytes <= c.max_bytes);
	assert_int_equal(counters.v[C_JOURNAL_ERRORS], 1);
	assert_false(journal_must_stop(j));
	next = journal_next_seq(j);
	assert_int_equal(append(j, "{\"some\":\"text of a record\"}"), E_LIMIT);
	assert_int_equal(journal_next_seq(j), next); /* a refused record takes no number */
	now.now += 7 * NS_PER_S;
	journal_status(j, &s);
	assert_int_equal(s.oldest_unacked, 7 * NS_PER_S);
	journal_ack(j, next - 1);
	assert_int_equal(append(j, "{}"), 0);
	journal_status(j, &s);
	assert_false(s.full);
	for (int i = 0; i < 100; i++)
		assert_int_equal(append(j, "{\"some\":\"text of a record\"}"), 0);
	journal_status(j, &s);
	assert_true(s.first_seq > 1);
	now.now += 100000 * NS_PER_S;
	journal_close(j);
	c.max_age = 3600 * NS_PER_S;
	j = open_ok(&c);
	journal_ack(j, UINT64_MAX);
	journal_status(j, &s);
	assert_int_equal(s.segments, 1); /* all closed ones were too old */
	journal_close(j);
}

static void
test_on_full_stop(void **state)
{
	struct journal_conf c = conf_plain();
	struct journal *j;

	c.max_bytes = 4096;
	c.segment_bytes = 1024;
	c.on_full = JOURNAL_STOP;
	j = open_ok(&c);
	while (append(j, "{\"some\":\"text\"}") == 0)
		;
	assert_true(journal_must_stop(j));
	journal_close(j);
}

static void
test_lock_and_owner(void **state)
{
	struct journal_conf c = conf_plain();
	struct journal *j = open_ok(&c);
	struct diag d;

	diag_init(&d, 0);
	assert_null(journal_open(&c, &now, &counters, &d)); /* locked */
	assert_int_equal(d.errors, 1);
	append_n(j, 1);
	journal_close(j);
	c.sensor = "other";
	assert_null(journal_open(&c, &now, &counters, &d));
	c.fresh = true; /* not even a replay throws away another sensor's journal */
	assert_null(journal_open(&c, &now, &counters, &d));
	diag_clear(&d);
	c.sensor = "s1";
	c.fresh = false;
	j = open_ok(&c);
	assert_int_equal(journal_next_seq(j), 2);
	journal_close(j);
}

/* Two replays give the same bytes. */
static void
test_fresh_is_deterministic(void **state)
{
	struct journal_conf c = conf_plain();
	uint8_t *bytes[2];
	off_t size[2];
	char path[128];

	c.sensor = "replay-x"; /* a live sensor's journal is not thrown away */
	c.fresh = true;
	for (int run = 0; run < 2; run++) {
		struct journal *j;
		int fd;
		now.now = 42 * NS_PER_S;
		j = open_ok(&c);
		append_n(j, 20);
		journal_close(j);
		size[run] = segment_size(1, path);
		bytes[run] = malloc((size_t) size[run]);
		fd = open(path, O_RDONLY);
		assert_int_equal(read(fd, bytes[run], (size_t) size[run]), size[run]);
		close(fd);
	}
	assert_int_equal(size[0], size[1]);
	assert_memory_equal(bytes[0], bytes[1], (size_t) size[0]);
	free(bytes[0]);
	free(bytes[1]);
}

/* kill -9 while writing: whatever was flushed is there, nothing twice, the numbers go on. */
static void
test_kill(void **state)
{
	struct journal_conf c = conf_plain();
	struct journal *j;
	uint64_t told = 0, next;
	int fds[2], status;
	pid_t pid;

	c.segment_bytes = 100000;
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		struct diag d;
		diag_init(&d, 0);
		j = journal_open(&c, &now, &counters, &d);
		for (;;) {
			uint64_t seq;
			append_n(j, 7);
			journal_flush(j);
			seq = journal_next_seq(j) - 1;
			if (write(fds[1], &seq, sizeof seq) != sizeof seq)
				_exit(1);
		}
	}
	for (int i = 0; i < 2000; i++)
		assert_int_equal(read(fds[0], &told, sizeof told), sizeof told);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	close(fds[1]);
	while (read(fds[0], &next, sizeof next) == sizeof next)
		told = next;
	close(fds[0]);
	j = open_ok(&c);
	assert_true(journal_next_seq(j) > told);
	next = journal_next_seq(j);
	append_n(j, 3);
	journal_flush(j);
	assert_int_equal(read_all(j, 1), next + 2);
	journal_close(j);
}

static bool
there(uint64_t number, const char *suffix)
{
	char path[160];

	snprintf(path, sizeof path, "%s/%010llu%s", dir, (unsigned long long) number, suffix);
	return access(path, F_OK) == 0;
}

/* Closed segments become zstd files; cursors read through them, and so does the next start. */
static void
test_packed(void **state)
{
	struct journal_conf c = conf_plain();
	struct journal_status s;
	struct journal *j;

	c.segment_bytes = 1 << 16;
	c.pack = true;
	j = open_ok(&c);
	append_n(j, 3000);
	for (int i = 0; i < 500; i++) { /* the packer's thread takes its time */
		assert_int_equal(journal_flush(j), 0);
		journal_status(j, &s);
		if (s.packed + 1 == s.segments)
			break;
		usleep(10000);
	}
	assert_true(s.segments > 4);
	assert_int_equal(s.packed + 1, s.segments);
	assert_true(there(1, ".cjl.zst") && !there(1, ".cjl"));
	assert_int_equal(read_all(j, 1), 3000);
	assert_int_equal(read_all(j, 1500), 1501);
	assert_true(s.bytes < 3000 * 60);
	journal_close(j);
	j = open_ok(&c);
	assert_int_equal(journal_next_seq(j), 3001);
	append_n(j, 10);
	journal_flush(j);
	assert_int_equal(read_all(j, 1), 3010);
	journal_close(j);
}

/* A packed segment that is cut: what comes before and after it is read. */
static void
test_packed_damage(void **state)
{
	struct journal_conf c = conf_plain();
	struct journal *j;
	struct journal_cursor *k;
	struct journal_record r;
	char path[128];
	unsigned n = 0;

	c.segment_bytes = 1 << 16;
	c.pack = true;
	j = open_ok(&c);
	append_n(j, 2000);
	journal_flush(j);
	for (int i = 0; i < 500 && !(there(2, ".cjl.zst") && !there(2, ".cjl")); i++) {
		usleep(10000);
		journal_flush(j);
	}
	assert_int_equal(scan_path(path, sizeof path, dir, 2), 0);
	assert_int_equal(truncate(path, 700), 0);
	k = journal_cursor_new(j);
	journal_seek_seq(k, 1);
	while (journal_read(k, &r) == 1)
		n++;
	assert_int_equal(r.seq, 2000);
	assert_in_range(n, 1000, 1999);
	assert_true(counters.v[C_JOURNAL_DAMAGED] > 0);
	journal_cursor_free(k);
	journal_close(j);
}

/* A record that finds no room is no link of the chain. */
static void
test_chain_without_room(void **state)
{
	uint8_t chain[FRAME_HASH] = { 7 }, before[FRAME_HASH];
	struct journal_record r = { .seq = 1, .type = SPAN_LIT("alert"), .eid = SPAN_LIT("e"), .json = SPAN_LIT("{}") };
	struct buf b;

	buf_init(&b, 150);
	assert_int_equal(frame_write(&b, &r, chain), 0);
	memcpy(before, chain, sizeof before);
	assert_int_equal(frame_write(&b, &r, chain), E_NOMEM);
	assert_memory_equal(chain, before, sizeof before);
	buf_clear(&b);
}

/* More than alarm-at of the cap waits for a reader: told once, before anything is refused. */
static void
test_alarm(void **state)
{
	struct journal_conf c = conf_plain();
	struct journal_status s;
	struct journal *j;

	c.segment_bytes = 1 << 16;
	c.max_bytes = 1 << 19;
	c.alarm_at = 50;
	j = open_ok(&c);
	journal_ack(j, 0);
	append_n(j, 2500);
	journal_status(j, &s);
	assert_int_equal(s.alarms, 0);
	sleep(1);
	append_n(j, 100);
	journal_flush(j);
	journal_status(j, &s);
	assert_true(s.at_risk);
	assert_int_equal(s.refused, 0);
	assert_int_equal(s.alarms, 1);
	journal_ack(j, journal_next_seq(j) - 1);
	sleep(1);
	journal_flush(j);
	journal_status(j, &s);
	assert_false(s.at_risk);
	journal_close(j);
}

static void
lock_set(const char *text)
{
	char path[160];
	FILE *out;

	snprintf(path, sizeof path, "%s/lock", dir);
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

/* Another boot since a writer that did not wait for the disk: a new epoch, numbers and ids go on. */
static void
test_fallen_machine(void **state)
{
	static const char *const locks[] = { "open 00000000-0000-0000-0000-000000000000 later\n",
		"open 00000000-0000-0000-0000-000000000000 flush\n", "closed\n" };
	struct journal_conf c = conf_plain();
	char epoch[FRAME_EPOCH_LEN];

	for (int i = 0; i < 3; i++) {
		struct journal *j = open_ok(&c);
		uint64_t seq = journal_next_seq(j), ms;
		uint32_t n;
		append_n(j, 5);
		memcpy(epoch, journal_epoch(j), sizeof epoch);
		journal_close(j);
		lock_set(locks[i]);
		j = open_ok(&c);
		assert_int_equal(journal_in_doubt(j), i == 0);
		assert_int_equal(strcmp(epoch, journal_epoch(j)) != 0, i == 0);
		assert_int_equal(journal_next_seq(j), seq + 5);
		journal_last_id(j, &ms, &n);
		assert_int_equal(journal_go_behind(j, ms + 10, 3), i == 0 ? 0 : E_EXIST);
		append_n(j, 1);
		journal_last_id(j, &ms, &n);
		if (i == 0) {
			assert_int_equal(n, 4);
			assert_int_equal(journal_go_behind(j, ms + 10, 0), E_EXIST); /* too late */
		}
		journal_flush(j);
		assert_int_equal(read_all(j, 1), seq + 5);
		journal_close(j);
	}
}

static void
test_seal(void **state)
{
	struct seal s = { .sensor = "s1", .epoch = "0123456789abcdef", .segment = 3, .first = 10, .last = 19, .chain = { 1, 2, 255 } }, back;
	struct seal_key *key, *public;
	char path[160], line[1024], text[SEAL_MAX], why[128];
	int n;

	snprintf(path, sizeof path, "%s/key.pem", dir);
	snprintf(line, sizeof line, "openssl genpkey -algorithm ed25519 -out %s 2>/dev/null && openssl pkey -in %s -pubout -out %s.pub && chmod 600 %s",
	    path, path, path, path);
	if (system(line) != 0)
		skip();
	key = seal_key_read(path, true, why);
	assert_non_null(key);
	n = seal_write(&s, key, text);
	assert_true(n > 200);
	assert_int_equal(seal_read(&back, span_of(text, (size_t) n)), 0);
	assert_string_equal(back.sensor, "s1");
	assert_int_equal(back.last, 19);
	assert_memory_equal(back.chain, s.chain, FRAME_HASH);
	snprintf(line, sizeof line, "%s.pub", path);
	public = seal_key_read(line, false, why);
	assert_non_null(public);
	assert_true(seal_is_good(&back, span_of(text, (size_t) n), public));
	for (int i = 0; i < n; i++) { /* no byte may change, none may be missing */
		text[i] ^= 1;
		assert_false(seal_read(&back, span_of(text, (size_t) n)) == 0 && seal_is_good(&back, span_of(text, (size_t) n), public));
		text[i] ^= 1;
		assert_int_equal(seal_read(&back, span_of(text, (size_t) i)), E_BAD);
	}
	chmod(path, 0644);
	assert_null(seal_key_read(path, true, why)); /* others may read it */
	assert_null(seal_key_read("/dev/null", false, why));
	seal_key_free(key);
	seal_key_free(public);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crc),
		cmocka_unit_test_setup_teardown(test_write_read_resume, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rotation_and_seek, setup, teardown),
		cmocka_unit_test_setup_teardown(test_torn_at_every_byte, setup, teardown),
		cmocka_unit_test_setup_teardown(test_torn_header, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bit_flips, setup, teardown),
		cmocka_unit_test_setup_teardown(test_caps, setup, teardown),
		cmocka_unit_test_setup_teardown(test_on_full_stop, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lock_and_owner, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fresh_is_deterministic, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kill, setup, teardown),
		cmocka_unit_test_setup_teardown(test_packed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_packed_damage, setup, teardown),
		cmocka_unit_test(test_chain_without_room),
		cmocka_unit_test_setup_teardown(test_alarm, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fallen_machine, setup, teardown),
		cmocka_unit_test_setup_teardown(test_seal, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
