/*
 * bus - how fast records go from the journal to Redis: writes N of them with Redis away, then lets the sink deliver.
 *
 *   bus DIR N SOCKET              bus DIR N HOST PORT CA CERT KEY
 *
 * Prints records a second into the journal and from there to Redis (the last answer counts), and the CPU time of this process.
 */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/err.h"
#include "base/log.h"
#include "pipeline/output/output.h"

#define SIZE 600

static double
cpu(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double) (u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double) (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static struct output *
start(const struct output_conf *c, struct event_base *loop, const struct clock *clock, struct counters *cnt)
{
	struct output *o;
	struct diag d;

	diag_init(&d, 0);
	o = output_new(c, loop, clock, cnt, &d);
	diag_print(&d, stderr);
	diag_clear(&d);
	if (!o)
		exit(1);
	return o;
}

static void
fill(struct output *o, unsigned long n)
{
	char json[SIZE + 1], eid[24];

	for (unsigned long i = 0; i < n; i++) {
		struct output_record r = { .type = "alert", .eid = eid, .ts = 1 };
		int k = snprintf(json, sizeof json, "{\"event_type\":\"alert\",\"casus\":{\"epoch\":\"%s\",\"seq\":%llu,\"eid\":\"%016lx\"},\"pad\":\"",
		    output_epoch(o), (unsigned long long) output_next_seq(o), i);
		memset(json + k, 'x', (size_t) (SIZE - k - 2));
		memcpy(json + SIZE - 2, "\"}", 2);
		snprintf(eid, sizeof eid, "%016lx", i);
		r.json = span_of(json, SIZE);
		if (output_write(o, &r) < 0)
			exit(1);
	}
	output_flush(o);
}

int
main(int argc, char **argv)
{
	struct output_conf c = { .sensor = "bench", .journal_segment_bytes = 64 << 20, .journal_max_bytes = UINT64_C(8) << 30,
		.redis_prefix = "casus:1:", .redis_maxlen = 100000, .redis_batch = 500, .redis_flush_after = 50 * NS_PER_MS,
		.redis_timeout = 60 * NS_PER_S, .shutdown_grace = 600 * NS_PER_S };
	struct clock clock = { .live = true };
	struct event_base *loop = event_base_new();
	struct counters cnt = { 0 };
	struct output *o;
	unsigned long n;
	int64_t begin;
	double used;

	if (argc != 4 && argc != 8) {
		fprintf(stderr, "usage: bus DIR N SOCKET | bus DIR N HOST PORT CA CERT KEY\n");
		return 64;
	}
	c.dir = argv[1];
	n = strtoul(argv[2], NULL, 10);
	begin = clock_monotonic();
	o = start(&c, loop, &clock, &cnt);
	fill(o, n);
	output_free(o);
	printf("journal %.0f records/s\n", (double) n * 1e9 / (double) (clock_monotonic() - begin));
	if (argc == 4) {
		c.redis_socket = argv[3];
	} else {
		c.redis_host = argv[3];
		c.redis_port = (uint32_t) atoi(argv[4]);
		c.redis_tls = true;
		c.redis_tls_ca = argv[5];
		c.redis_tls_cert = argv[6];
		c.redis_tls_key = argv[7];
	}
	o = start(&c, loop, &clock, &cnt);
	begin = clock_monotonic();
	used = cpu();
	if (output_drain(o) < 0 || counter_get(&cnt, C_REDIS_RECORDS) != n) {
		fprintf(stderr, "bus: %llu of %lu records delivered\n", (unsigned long long) counter_get(&cnt, C_REDIS_RECORDS), n);
		return 1;
	}
	printf("%s %.0f records/s, %.2f us of CPU each\n", argc == 4 ? "unix socket" : "TLS", (double) n * 1e9 / (double) (clock_monotonic() - begin),
	    (cpu() - used) * 1e6 / (double) n);
	output_free(o);
	event_base_free(loop);
	return 0;
}
