/*
 * options - the configuration keys of the flow table, named and valued as in suricata.yaml.
 *
 * Thread:    main, at load time.
 * Memory:    constants.
 * Owns:      nothing.
 * Not here:  reading them -> conf/
 */
#include "engine/flow/flow.h"

#define ROW(key, type, field, def, help) { key, type, offsetof(struct flow_conf, field), def, 0, 0, NULL, help }
#define TIMEOUT(key, field, def, help) ROW("flow-timeouts." key, OPT_SECONDS, field, def, help)

static const struct option rows[] = {
	{ "flow.max-flows", OPT_U32, offsetof(struct flow_conf, max_flows), "1000000", 16, 1u << 30, NULL,
	    "flows followed at a time at most, by all workers together" },
	ROW("flow.memcap", OPT_SIZE, memcap, "256mb", "memory of all flows together; 0 leaves only max-flows as bound"),
	ROW("flow.rate-tracking.bytes", OPT_SIZE, rate.bytes, "0",
	    "a flow with more bytes in one direction within the interval is an elephant; 0 = nobody counts"),
	{ "flow.rate-tracking.interval", OPT_SECONDS, offsetof(struct flow_conf, rate.interval), "10", 1000000000, INT64_C(3600000000000), NULL,
	    "the interval of flow.rate-tracking.bytes" },
	ROW("vlan.use-for-tracking", OPT_BOOL, vlan_use, "yes", "packets of different VLANs are never of one flow"),
	TIMEOUT("tcp.new", tcp_new, "60", "idle time until a TCP flow ends whose handshake is not complete"),
	TIMEOUT("tcp.established", tcp_established, "600", "idle time until an established TCP flow ends"),
	TIMEOUT("tcp.closed", tcp_closed, "60", "idle time until a closed TCP flow is forgotten"),
	TIMEOUT("udp.new", udp_new, "30", "idle time until a UDP flow ends that nobody answered"),
	TIMEOUT("udp.established", udp_established, "300", "idle time until an answered UDP flow ends"),
	TIMEOUT("icmp.new", icmp_new, "30", "idle time until an ICMP flow ends that nobody answered"),
	TIMEOUT("icmp.established", icmp_established, "300", "idle time until an answered ICMP flow ends"),
	TIMEOUT("default.new", other_new, "30", "idle time until a flow of another protocol ends, unanswered"),
	TIMEOUT("default.established", other_established, "300",
	    "idle time until a flow of another protocol ends, answered"),
	{ .key = NULL },
};

const struct option_table flow_options = { "flow", rows, NULL };
