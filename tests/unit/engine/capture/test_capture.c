/*
 * Tests of capture: pcap and pcapng of both precisions, damage, folders, filters, pace; live on the loopback interface
 * where that is permitted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "engine/capture/capture.h"

#include "../detect/dice.h"

static char dir[64];
static struct counters cnt;

struct seen {
	uint64_t n, last_num;
	int64_t ts[16];
	uint32_t len[16];
	uint16_t link;
};

static void
see(void *arg, const struct frame *f)
{
	struct seen *s = arg;

	if (s->n < 16) {
		s->ts[s->n] = f->ts;
		s->len[s->n] = f->bytes.n;
	}
	assert_int_equal(f->num, s->last_num + 1);
	s->last_num = f->num;
	s->link = f->linktype;
	s->n++;
}

static const char *
path_of(const char *name)
{
	static char path[4][256];
	static unsigned i;
	char *p = path[i++ & 3];

	snprintf(p, 256, "%s/%s", dir, name);
	return p;
}

static void
write_file(const char *name, const void *bytes, size_t n)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), (ssize_t) n);
	close(fd);
}

static uint8_t *
w32(uint8_t *p, uint32_t v)
{
	memcpy(p, &v, 4);
	return p + 4;
}

/* n frames of 60 bytes, IPv4/UDP to port 53 the even ones, 1 ms apart, fraction in the unit of the magic */
static size_t
make_pcap(uint8_t *b, uint32_t magic, unsigned n)
{
	uint8_t *p = b;

	p = w32(p, magic);
	p = w32(p, 4 << 16 | 2);
	p = w32(w32(p, 0), 0);
	p = w32(w32(p, 65535), 1);
	for (unsigned i = 0; i < n; i++) {
		p = w32(p, 1000);
		p = w32(p, magic == 0xa1b23c4d ? i * 1000000 + 7 : i * 1000);
		p = w32(w32(p, 60), 60);
		memset(p, 0, 60);
		p[12] = 8;
		p[14] = 0x45;
		p[17] = 46;
		p[23] = 17;
		p[37] = i % 2 ? 80 : 53;
		p += 60;
	}
	return (size_t) (p - b);
}

static int
read_all(struct capture *c, struct seen *s)
{
	int rc;

	while ((rc = capture_read(c, 3, see, s)) > 0)
		;
	return rc;
}

/* Opens, reads all; returns what the last read said, the damage in text[]. */
static char text[4096];

static int
run_conf(const char *target, struct seen *s, const struct capture_conf *conf)
{
	char why[256];
	struct capture *c = capture_new(&source_file, conf, 3, &cnt);
	int rc = capture_open(c, target, why);

	memset(s, 0, sizeof(*s));
	text[0] = '\0';
	if (rc < 0) {
		snprintf(text, sizeof(text), "%s", why);
	} else {
		rc = read_all(c, s);
		snprintf(text, sizeof(text), "%s", capture_damage(c));
	}
	capture_free(c);
	return rc;
}

static int
run(const char *target, struct seen *s)
{
	struct capture_conf conf = { .snaplen = 262144 };

	return run_conf(target, s, &conf);
}

static void
precisions(void **state)
{
	uint8_t b[4096];
	struct seen s;

	write_file("us", b, make_pcap(b, 0xa1b2c3d4, 5));
	assert_int_equal(run(path_of("us"), &s), E_NOENT);
	assert_int_equal(s.n, 5);
	assert_int_equal(s.ts[1], 1000 * NS_PER_S + 1000 * NS_PER_US);
	assert_int_equal(s.link, 1);
	assert_string_equal(text, "");
	write_file("ns", b, make_pcap(b, 0xa1b23c4d, 5));
	assert_int_equal(run(path_of("ns"), &s), E_NOENT);
	assert_int_equal(s.ts[1], 1000 * NS_PER_S + 1000007);
}

static void
pcapng(void **state)
{
	uint8_t b[512], *p = b;
	struct seen s;

	p = w32(w32(w32(w32(w32(w32(w32(p, 0x0a0d0d0a), 28), 0x1a2b3c4d), 1), 0xffffffff), 0xffffffff), 28);
	p = w32(w32(w32(w32(w32(p, 1), 32), 1), 0), 1 << 16 | 9); /* if_tsresol */
	p = w32(w32(w32(p, 9), 0), 32);                           /* 10^-9 */
	for (unsigned i = 0; i < 2; i++) {
		uint64_t t = UINT64_C(1700000000123456789) + i;
		p = w32(w32(w32(w32(w32(w32(w32(p, 6), 32 + 20), 0), (uint32_t) (t >> 32)), (uint32_t) t), 20), 20);
		memset(p, 0, 20);
		p = w32(p + 20, 32 + 20);
	}
	write_file("ng", b, (size_t) (p - b));
	assert_int_equal(run(path_of("ng"), &s), E_NOENT);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.ts[1], INT64_C(1700000000123456790));
}

static void
damage(void **state)
{
	uint8_t b[4096];
	struct seen s;
	size_t n = make_pcap(b, 0xa1b2c3d4, 5);

	for (size_t cut = 1; cut < 76; cut++) {
		write_file("cut.pcap", b, n - cut);
		assert_int_equal(run(path_of("cut.pcap"), &s), E_BAD);
		assert_int_equal(s.n, 4);
		assert_non_null(strstr(text, "cut.pcap: damaged after frame 4"));
	}
	write_file("text", "this is no capture", 18);
	assert_int_equal(run(path_of("text"), &s), E_BAD);
	assert_non_null(strstr(text, "text: not a readable capture"));
	write_file("empty", "", 0);
	assert_int_equal(run(path_of("empty"), &s), E_BAD);
	assert_int_equal(run(path_of("missing"), &s), E_NOENT);
	assert_non_null(strstr(text, "missing: no such file"));
}

static void
folder(void **state)
{
	uint8_t b[4096];
	struct seen s;
	size_t n = make_pcap(b, 0xa1b2c3d4, 3);

	assert_int_equal(mkdir(path_of("d"), 0700), 0);
	assert_int_equal(run(path_of("d"), &s), E_BAD);
	write_file("d/b.pcap", b, n);
	write_file("d/a.pcap", b, make_pcap(b, 0xa1b23c4d, 2));
	assert_int_equal(run(path_of("d"), &s), E_NOENT);
	assert_int_equal(s.n, 5);
	assert_int_equal(s.ts[0], 1000 * NS_PER_S + 7); /* a before b */
	write_file("d/aa.pcap", b, make_pcap(b, 0xa1b2c3d4, 3) - 10);
	write_file("d/c.txt", "hello", 5);
	assert_int_equal(run(path_of("d"), &s), E_BAD);
	assert_int_equal(s.n, 7); /* the numbers go on behind the damage */
	assert_non_null(strstr(text, "aa.pcap: damaged after frame 2"));
	assert_non_null(strstr(text, "c.txt: not a capture, left out"));
}

static void
filter(void **state)
{
	uint8_t b[4096];
	struct seen s;
	struct capture_conf conf = { .bpf = "udp dst port 53" };

	write_file("f", b, make_pcap(b, 0xa1b2c3d4, 7));
	assert_int_equal(run_conf(path_of("f"), &s, &conf), E_NOENT);
	assert_int_equal(s.n, 4);
	conf.bpf = "udp and and";
	assert_int_equal(run_conf(path_of("f"), &s, &conf), E_ARG);
	assert_non_null(strstr(text, "filter \"udp and and\""));
}

static void
pace(void **state)
{
	uint8_t b[8192];
	struct seen s;
	struct capture_conf conf = { .replay_speed = 0.5 };
	int64_t before = clock_monotonic(), took;

	write_file("p", b, make_pcap(b, 0xa1b2c3d4, 26)); /* 25 ms long */
	assert_int_equal(run_conf(path_of("p"), &s, &conf), E_NOENT);
	took = clock_monotonic() - before;
	assert_true(took >= 50 * NS_PER_MS);
	assert_int_equal(s.n, 26);
}

static void
live_errors(void **state)
{
	struct capture_conf conf = { 0 };
	struct capture *c = capture_new(&source_live, &conf, 0, &cnt);
	char why[256];
	int rc = capture_open(c, "nosuchif0", why);

	assert_true(rc == E_NODEV || rc == E_PERM);
	assert_true(why[0] != '\0');
	capture_free(c);
}

static uint64_t got[2];

static void
count_own(void *arg, const struct frame *f)
{
	uint64_t *n = arg;

	if (f->bytes.n >= 14 + 28 + 4 && !memcmp(f->bytes.p + 42, "casT", 4))
		++*n;
}

static void
send_udp(unsigned from, unsigned to, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		int fd = socket(AF_INET, SOCK_DGRAM, 0);
		struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000000 | from) },
		                   b = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(0x7f000000 | to) };

		assert_int_equal(bind(fd, (struct sockaddr *) &a, sizeof(a)), 0);
		sendto(fd, "casT", 4, 0, (struct sockaddr *) &b, sizeof(b));
		close(fd);
	}
}

/* Two handles of one group: each frame comes once, and both directions of a pair come to the same handle. */
static void
live_fanout(void **state)
{
	struct capture_conf conf = { .fanout_group = 1 + (unsigned) getpid() % 65000, .workers = 2, .quiet_after = 1, .bpf = "udp" };
	struct capture *c[2];
	char why[256];
	unsigned used = 0;

	for (unsigned i = 0; i < 2; i++) {
		c[i] = capture_new(&source_live, &conf, 0, &cnt);
		int rc = capture_open(c[i], "lo", why);
		if (rc == E_PERM) {
			for (unsigned k = 0; k <= i; k++)
				capture_free(c[k]);
			skip();
		}
		if (rc < 0)
			print_message("%s\n", why);
		assert_int_equal(rc, 0);
	}
	usleep(20000);
	for (unsigned pair = 0; pair < 12; pair++) {
		got[0] = got[1] = 0;
		send_udp(2 + pair, 40 + 3 * pair, 3);
		send_udp(40 + 3 * pair, 2 + pair, 3);
		for (int64_t until = clock_monotonic() + 3 * NS_PER_S; got[0] + got[1] < 6 && clock_monotonic() < until;)
			for (unsigned i = 0; i < 2; i++)
				assert_true(capture_read(c[i], 100, count_own, &got[i]) >= 0);
		/* lo shows a frame going out and coming in: libpcap leaves the former out */
		assert_int_equal(got[0] + got[1], 6);
		assert_true(got[0] == 0 || got[1] == 0);
		used |= got[0] ? 1 : 2;
	}
	assert_int_equal(used, 3);
	assert_true(capture_is_quiet(c[0]));
	for (unsigned i = 0; i < 2; i++) {
		capture_stats(c[i]);
		capture_break(c[i]);
		assert_int_equal(capture_read(c[i], 1, count_own, &got[0]), 0);
		capture_free(c[i]);
	}
}

/* What a reader of a file tells: every frame in one number, the code at the end, and what is wrong with the file. */
struct told {
	uint64_t n, sum;
	int rc;
	char damage[2048];
};

static void
add_frame(void *arg, const struct frame *f)
{
	struct told *t = arg;
	uint64_t head[] = { f->num, (uint64_t) f->ts, f->wire_len, f->bytes.n, f->linktype };

	t->n++;
	t->sum = hash_bytes(head, sizeof(head), t->sum);
	t->sum = hash_bytes(f->bytes.p, f->bytes.n, t->sum);
}

/* A filter that takes everything leaves the reading to libpcap. */
static struct told
told_of(const char *name, const char *bpf, unsigned max)
{
	struct capture_conf conf = { .bpf = bpf };
	struct capture *c = capture_new(&source_file, &conf, 0, &cnt);
	struct told t = { 0 };
	char why[256];

	t.rc = capture_open(c, path_of(name), why);
	while (t.rc >= 0)
		t.rc = capture_read(c, max, add_frame, &t);
	snprintf(t.damage, sizeof(t.damage), "%s", capture_damage(c));
	capture_free(c);
	return t;
}

/* Ordinary files are read without libpcap until something is not as it should be: nobody may be able to tell. */
static void
as_libpcap(void **state)
{
	static uint8_t file[1500000];

	seed = 7;
	for (unsigned round = 0; round < 60; round++) {
		uint32_t head[] = { round & 1 ? 0xa1b2c3d4 : 0xa1b23c4d, 2 | 4 << 16, 0, 0, round % 5 == 4 ? 900 : 262144, 1 };
		size_t n = sizeof(head);

		memcpy(file, head, n);
		for (unsigned i = 0; i < 1200 && n < sizeof(file) - 270000; i++) {
			uint32_t len = i % 400 == 399 ? 262144 : dice(1500);
			uint32_t rec[] = { 1700000000 + i, dice(1000000), len, len + dice(3) * 40 };
			memcpy(file + n, rec, sizeof(rec));
			for (uint32_t k = 0; k < len; k++)
				file[n + 16 + k] = (uint8_t) (i + k);
			n += 16 + len;
		}
		for (unsigned wrong = dice(3); wrong; wrong--) /* anywhere: lengths and times, too */
			file[24 + dice((uint32_t) n - 24)] ^= (uint8_t) (1 << dice(8));
		if (round % 3 == 2)
			n -= dice(3000);
		write_file("many", file, n);
		struct told fast = told_of("many", NULL, 256), slow = told_of("many", "greater 0", 256);
		assert_int_equal(fast.n, slow.n);
		assert_int_equal(fast.sum, slow.sum);
		assert_int_equal(fast.rc, slow.rc);
		assert_string_equal(fast.damage, slow.damage);
		assert_true(fast.n > 0);
	}
}

static int
start(void **state)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, sizeof(dir), "%.40s/captureXXXXXX", tmp ? tmp : "/tmp");
	return mkdtemp(dir) ? 0 : -1;
}

static int
stop(void **state)
{
	static const char *const names[] = { "us", "ns", "ng", "cut.pcap", "text", "empty", "d/a.pcap", "d/aa.pcap", "d/b.pcap", "d/c.txt",
		"f", "p", "many" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path_of(names[i]));
	rmdir(path_of("d"));
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(precisions), cmocka_unit_test(pcapng), cmocka_unit_test(damage), cmocka_unit_test(folder),
		cmocka_unit_test(filter), cmocka_unit_test(pace), cmocka_unit_test(as_libpcap), cmocka_unit_test(live_errors), cmocka_unit_test(live_fanout),
	};

	return cmocka_run_group_tests_name("capture", tests, start, stop);
}
