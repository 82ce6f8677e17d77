#include "metrics.h"

#include "base/clock.h"
#include "base/prom.h"
#include "config.h"

struct row {
	const char *label;
	enum counter counter;
};

static void
rows(struct buf *b, const struct counters *sum, const char *name, const char *help, const struct row *r, unsigned n)
{
	prom_head(b, name, PROM_COUNTER, help);
	for (unsigned i = 0; i < n; i++)
		prom_u64(b, name, r[i].label, counter_get(sum, r[i].counter));
}

/* Of one interface, over its workers. */
static uint64_t
of_interface(const struct metrics_in *in, unsigned iface, enum counter c)
{
	unsigned n = workers_count(in->workers), each = in->n_ifaces ? n / in->n_ifaces : n;
	uint64_t sum = 0;

	for (unsigned i = iface * each; i < (iface + 1) * each && i < n; i++)
		sum += workers_counter(in->workers, i, c);
	return sum;
}

static void
captures(const struct metrics_in *in, struct buf *b)
{
	static const struct row where[] = { { "kernel", C_CAPTURE_KERNEL_DROPS }, { "interface", C_CAPTURE_IF_DROPS } };
	unsigned n = in->n_ifaces ? in->n_ifaces : 1;
	char label[96];

	prom_head(b, "casus_capture_packets_total", PROM_COUNTER, "Frames read.");
	for (unsigned i = 0; i < n; i++) {
		snprintf(label, sizeof label, "iface=\"%s\"", in->n_ifaces ? in->ifaces[i] : "file");
		prom_u64(b, "casus_capture_packets_total", label, of_interface(in, i, C_CAPTURE_PACKETS));
	}
	prom_head(b, "casus_capture_dropped_packets_total", PROM_COUNTER, "Frames lost before the sensor.");
	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = 0; k < 2; k++) {
			snprintf(label, sizeof label, "iface=\"%s\",where=\"%s\"", in->n_ifaces ? in->ifaces[i] : "file", where[k].label);
			prom_u64(b, "casus_capture_dropped_packets_total", label, of_interface(in, i, where[k].counter));
		}
	}
	prom_head(b, "casus_capture_quiet", PROM_GAUGE, "1: a tap has fallen silent.");
	prom_u64(b, "casus_capture_quiet", NULL, workers_quiet(in->workers));
}

static void
rules(const struct metrics_in *in, struct buf *b)
{
	prom_head(b, "casus_rules", PROM_GAUGE, "Rules of the set in force.");
	prom_u64(b, "casus_rules", "state=\"loaded\"", in->cards->loaded);
	prom_u64(b, "casus_rules", "state=\"failed\"", in->cards->failed);
	prom_u64(b, "casus_rules", "state=\"skipped\"", in->cards->skipped);
	prom_head(b, "casus_ruleset_reload_timestamp_seconds", PROM_GAUGE, "When the rules in force were taken, seconds since 1970.");
	prom_u64(b, "casus_ruleset_reload_timestamp_seconds", NULL, in->loaded_at > 0 ? (uint64_t) (in->loaded_at / NS_PER_S) : 0);
}

void
metrics_engine(const struct metrics_in *in, struct buf *b)
{
	static const struct row errors[] = { { "reason=\"invalid\"", C_DECODE_INVALID },
		{ "reason=\"too_many_layers\"", C_DECODE_MAX_LAYERS }, { "reason=\"bad_tunnel\"", C_DECODE_BAD_TUNNEL },
		{ "reason=\"unknown_link\"", C_DECODE_UNKNOWN_LINK }, { "reason=\"checksum\"", C_STREAM_CHECKSUM } };
	static const struct row memcaps[] = { { "pool=\"sessions\"", C_STREAM_SESSION_MEMCAP },
		{ "pool=\"segments\"", C_STREAM_SEGMENT_MEMCAP }, { "pool=\"transactions\"", C_APP_NOMEM },
		{ "pool=\"flows\"", C_FLOW_END_EVICTED }, { "pool=\"fragments\"", C_DEFRAG_EVICTED },
		{ "pool=\"thresholds\"", C_THRESHOLD_REFUSED }, { "pool=\"incidents\"", C_INCIDENTS_REFUSED } };
	static const struct row held[] = { { NULL, C_ALERTS_SUPPRESSED } };
	double bytes = (double) counter_get(in->sum, C_STREAM_BYTES), lost = (double) counter_get(in->sum, C_STREAM_LOST_BYTES);

	prom_head(b, "casus_build_info", PROM_GAUGE, "Always 1; the labels tell.");
	prom_u64(b, "casus_build_info", "version=\"" PACKAGE_VERSION "\"", 1);
	captures(in, b);
	prom_head(b, "casus_stream_gap_ratio", PROM_GAUGE, "Share of acknowledged bytes of TCP streams that were never seen.");
	prom_seconds(b, "casus_stream_gap_ratio", NULL, bytes + lost > 0 ? lost / (bytes + lost) : 0);
	rows(b, in->sum, "casus_decode_errors_total", "Packets not decoded to their end.", errors, sizeof errors / sizeof errors[0]);
	prom_head(b, "casus_flows", PROM_GAUGE, "Flows in the tables.");
	prom_u64(b, "casus_flows", NULL, workers_flows(in->workers));
	prom_head(b, "casus_memory_bytes", PROM_GAUGE, "Memory of a pool in use.");
	prom_u64(b, "casus_memory_bytes", "pool=\"engine\"", workers_memory(in->workers));
	rows(b, in->sum, "casus_memcap_hits_total", "Requests that a bound on memory refused.", memcaps, sizeof memcaps / sizeof memcaps[0]);
	rules(in, b);
	rows(b, in->sum, "casus_alerts_suppressed_total", "Alerts held back by thresholds and suppression.", held, 1);
}
