/*
 * options - the configuration keys of the stream engine, named and valued as in suricata.yaml.
 *
 * Thread:    main, at load time.
 * Memory:    constants.
 * Owns:      nothing.
 * Not here:  reading them -> conf/   host-os-policy -> policy.h
 */
#include "engine/stream/policy.h"

static const char *const urgent_names[] = { "oob", "inline", "drop", "gap", NULL };
static const char *const exception_names[] = { "auto", "ignore", "pass-flow", "pass-packet", "bypass", "drop-flow",
	"drop-packet", "reject", NULL };
static const char *const inline_names[] = { "auto", "no", "false", "off", "yes", "true", "on", NULL };

#define ROW(key, type, field, def, help) { key, type, offsetof(struct stream_conf, field), def, 0, 0, NULL, help }
#define NAMED(key, field, names, def, help) \
	{ key, OPT_ENUM, offsetof(struct stream_conf, field), def, 0, 0, names, help }

static const struct option rows[] = {
	ROW("stream.memcap", OPT_SIZE, memcap, "64mb", "memory of all TCP sessions of a worker, without their data"),
	ROW("stream.midstream", OPT_BOOL, midstream, "no", "take up sessions whose beginning was not seen"),
	ROW("stream.async-oneside", OPT_BOOL, async_oneside, "no", "take up sessions of which one direction is seen"),
	NAMED("stream.inline", inline_choice, inline_names, "auto",
	    "inspect bytes at once, not when they were acknowledged; auto is no"),
	ROW("stream.checksum-validation", OPT_BOOL, checksum_validation, "yes",
	    "segments with a wrong checksum are not part of a session"),
	ROW("stream.drop-invalid", OPT_BOOL, drop_invalid, "yes",
	    "with inline, payloads of packets that are not part of their session are not inspected"),
	{ "stream.max-synack-queued", OPT_U32, offsetof(struct stream_conf, max_synack_queued), "5", 0, 255, NULL,
	    "differing SYN/ACKs remembered of a session" },
	{ "stream.max-syn-queued", OPT_U32, offsetof(struct stream_conf, max_syn_queued), "10", 0, 255, NULL,
	    "differing SYNs remembered of a session" },
	ROW("stream.bypass", OPT_BOOL, bypass, "no",
	    "a session of which nothing more can be read (encrypted, or beyond the depth) is not looked at any more"),
	NAMED("stream.midstream-policy", midstream_policy, exception_names, "auto",
	    "what to do with a flow whose beginning was not seen, where midstream is off"),
	NAMED("stream.memcap-policy", memcap_policy, exception_names, "auto",
	    "what to do with a flow for which stream.memcap leaves no session"),
	ROW("stream.reassembly.memcap", OPT_SIZE, reassembly_memcap, "256mb", "memory of all bytes held by a worker"),
	ROW("stream.reassembly.depth", OPT_SIZE, depth, "1mb", "bytes of a direction that are reassembled; 0 is all"),
	{ "stream.reassembly.toserver-chunk-size", OPT_U32, offsetof(struct stream_conf, chunk_to_server), "2560", 1,
	    1u << 20, NULL, "bytes from a client that are inspected together, where nothing says sooner" },
	{ "stream.reassembly.toclient-chunk-size", OPT_U32, offsetof(struct stream_conf, chunk_to_client), "2560", 1,
	    1u << 20, NULL, "bytes from a server that are inspected together, where nothing says sooner" },
	ROW("stream.reassembly.raw", OPT_BOOL, raw, "yes", "inspect reassembled bytes as such"),
	NAMED("stream.reassembly.urgent.policy", urgent_policy, urgent_names, "oob",
	    "the urgent byte: outside the stream, part of it, its segment dropped, or a gap"),
	{ .key = NULL },
};

const struct option_table stream_options = { "stream", rows, stream_policy_tree };

void
stream_master_policy(struct stream_conf *conf, const struct conf *c)
{
	const char *text = conf_string(c, "exception-policy", "auto");

	for (int i = 0; exception_names[i]; i++) {
		if (strcmp(exception_names[i], text) != 0)
			continue;
		if (conf->midstream_policy == STREAM_EXC_AUTO)
			conf->midstream_policy = i;
		if (conf->memcap_policy == STREAM_EXC_AUTO)
			conf->memcap_policy = i;
	}
}
