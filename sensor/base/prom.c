#include "base/prom.h"

#include "base/clock.h"

#define FIRST (100 * NS_PER_US)

void
prom_head(struct buf *b, const char *name, enum prom_type type, const char *help)
{
	static const char *const types[] = { "counter", "gauge", "histogram" };

	buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, types[type]);
}

static void
name_write(struct buf *b, const char *name, const char *labels)
{
	if (labels)
		buf_printf(b, "%s{%s} ", name, labels);
	else
		buf_printf(b, "%s ", name);
}

void
prom_u64(struct buf *b, const char *name, const char *labels, uint64_t v)
{
	name_write(b, name, labels);
	buf_printf(b, "%llu\n", (unsigned long long) v);
}

void
prom_seconds(struct buf *b, const char *name, const char *labels, double v)
{
	name_write(b, name, labels);
	buf_printf(b, "%.9g\n", v);
}

void
prom_observe(struct prom_histogram *h, int64_t ns)
{
	int64_t bound = FIRST;

	for (unsigned i = 0; i < PROM_BUCKETS; i++, bound *= 2) {
		if (ns <= bound) {
			h->bucket[i]++;
			break;
		}
	}
	h->count++;
	h->sum += ns;
}

void
prom_histogram(struct buf *b, const char *name, const char *help, const struct prom_histogram *h)
{
	int64_t bound = FIRST;
	uint64_t sum = 0;

	prom_head(b, name, PROM_HISTOGRAM, help);
	for (unsigned i = 0; i < PROM_BUCKETS; i++, bound *= 2) {
		sum += h->bucket[i];
		buf_printf(b, "%s_bucket{le=\"%.9g\"} %llu\n", name, (double) bound / 1e9, (unsigned long long) sum);
	}
	buf_printf(b, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %.9g\n%s_count %llu\n", name, (unsigned long long) h->count, name,
	    (double) h->sum / 1e9, name, (unsigned long long) h->count);
}
