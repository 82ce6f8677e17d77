/*
 * capture - what all sources do alike.
 *
 * Thread:    the worker that owns the handle; capture_break() from any.
 * Memory:    one struct, taken at start.
 * Owns:      the handle of the source.
 * Not here:  interfaces, files -> sources/
 */
#include "engine/capture/source.h"

#include "base/clock.h"

#include <stdlib.h>

struct capture *
capture_new(const struct source *s, const struct capture_conf *conf, uint16_t iface, struct counters *cnt)
{
	struct capture *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->source = s;
	c->conf = *conf;
	if (c->conf.snaplen == 0)
		c->conf.snaplen = 262144;
	c->ts_scale = 1;
	c->iface = iface;
	c->cnt = cnt;
	return c;
}

int
capture_open(struct capture *c, const char *target, char why[static 256])
{
	why[0] = '\0';
	c->last_seen = clock_monotonic();
	return c->source->open(c, target, why);
}

int
capture_read(struct capture *c, unsigned max, void (*fn)(void *, const struct frame *), void *arg)
{
	uint64_t before = c->num;
	int n = c->source->read(c, max, fn, arg);

	if (c->source->live && c->num != before)
		c->last_seen = clock_monotonic();
	return n;
}

void
capture_stats(struct capture *c)
{
	c->source->stats(c);
}

void
capture_break(struct capture *c)
{
	c->stop = true;
	c->source->stop(c);
}

void
capture_free(struct capture *c)
{
	if (!c)
		return;
	c->source->close(c);
	free(c);
}

bool
capture_is_quiet(const struct capture *c)
{
	return c->source->live && c->conf.quiet_after > 0 && clock_monotonic() - c->last_seen >= c->conf.quiet_after;
}

const char *
capture_damage(const struct capture *c)
{
	return c->damage;
}

int
capture_filter(struct capture *c, char why[static 256])
{
	struct bpf_program prog;

	if (!c->conf.bpf || !c->conf.bpf[0])
		return 0;
	if (pcap_compile(c->pcap, &prog, c->conf.bpf, 1, PCAP_NETMASK_UNKNOWN) < 0) {
		snprintf(why, 256, "filter \"%.100s\": %.100s", c->conf.bpf, pcap_geterr(c->pcap));
		return E_ARG;
	}
	int rc = pcap_setfilter(c->pcap, &prog);
	pcap_freecode(&prog);
	if (rc < 0) {
		snprintf(why, 256, "filter \"%.100s\": %.100s", c->conf.bpf, pcap_geterr(c->pcap));
		return E_IO;
	}
	return 0;
}

/* Seconds that a file claims may be anything: kept where nanoseconds of them fit 64 bits. */
static int64_t
frame_time(const struct capture *c, const struct pcap_pkthdr *h)
{
	int64_t s = h->ts.tv_sec, ns;

	ns = (int64_t) h->ts.tv_usec;
	if (ns >= 0 && ns < NS_PER_S)
		ns *= c->ts_scale;
	if (s < 0 || s > INT64_C(9000000000))
		s = s < 0 ? 0 : INT64_C(9000000000);
	if (ns < 0 || ns >= NS_PER_S)
		ns = ns < 0 ? 0 : NS_PER_S - 1;
	return s * NS_PER_S + ns;
}

void
capture_frame(u_char *arg, const struct pcap_pkthdr *h, const u_char *bytes)
{
	struct capture *c = (struct capture *) (void *) arg;
	struct frame f = {
		.ts = frame_time(c, h),
		.bytes = span_of(bytes, h->caplen),
		.wire_len = h->len < h->caplen ? h->caplen : h->len,
		.linktype = c->linktype,
		.iface = c->iface,
		.lasting = c->lasting,
	};

	if (f.ts < c->not_before)
		return;
	f.num = ++c->num;
	c->fn(c->arg, &f);
}

void
capture_damaged(struct capture *c, const char *fmt, ...)
{
	size_t n = strlen(c->damage);
	va_list ap;

	if (n > 0 && n + 3 < sizeof(c->damage)) {
		memcpy(c->damage + n, "; ", 3);
		n += 2;
	}
	va_start(ap, fmt);
	vsnprintf(c->damage + n, sizeof(c->damage) - n, fmt, ap);
	va_end(ap);
}
