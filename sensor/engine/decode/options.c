/*
 * options - the decoder's and the defragmenter's keys in casus.yaml.
 *
 * Thread:    main, before anything runs.
 * Memory:    constant tables.
 * Owns:      nothing.
 * Not here:  what they do -> decode.c, defrag.c
 */
#include "engine/decode/decode.h"

static const struct option rows[] = {
	{ .key = "decoder.max-layers", .type = OPT_U32, .at = offsetof(struct decode_conf, max_layers), .def = "16", .min = 1,
	    .max = 255, .help = "headers that are decoded in one packet at most, tunnels counted together" },
	{ .key = "decoder.vxlan.enabled", .type = OPT_BOOL, .at = offsetof(struct decode_conf, vxlan), .def = "yes",
	    .help = "look into VXLAN" },
	{ .key = "decoder.vxlan.ports", .type = OPT_STRING, .at = offsetof(struct decode_conf, vxlan_ports), .def = "4789",
	    .help = "UDP ports of VXLAN, or a $GROUP of vars.port-groups" },
	{ .key = "decoder.geneve.enabled", .type = OPT_BOOL, .at = offsetof(struct decode_conf, geneve), .def = "yes",
	    .help = "look into Geneve" },
	{ .key = "decoder.geneve.ports", .type = OPT_STRING, .at = offsetof(struct decode_conf, geneve_ports), .def = "6081",
	    .help = "UDP ports of Geneve, or a $GROUP of vars.port-groups" },
	{ .key = "decoder.teredo.enabled", .type = OPT_BOOL, .at = offsetof(struct decode_conf, teredo), .def = "yes",
	    .help = "look into Teredo (IPv6 over UDP)" },
	{ .key = "decoder.teredo.ports", .type = OPT_STRING, .at = offsetof(struct decode_conf, teredo_ports), .def = "3544",
	    .help = "UDP ports of Teredo, a $GROUP of vars.port-groups, or any" },
	{ .key = "decoder.erspan.typeI.enabled", .type = OPT_BOOL, .at = offsetof(struct decode_conf, erspan_typei), .def = "yes",
	    .help = "look into ERSPAN type I, which has no header of its own to recognise it by" },
	{ .key = "defrag.memcap", .type = OPT_SIZE, .at = offsetof(struct decode_conf, defrag_memcap), .def = "32mb",
	    .min = 65536, .max = UINT64_C(1) << 40, .help = "memory for pieces of datagrams, of one worker" },
	{ .key = "defrag.trackers", .type = OPT_U32, .at = offsetof(struct decode_conf, defrag_trackers), .def = "65535",
	    .min = 1, .max = 16777216, .help = "incomplete datagrams at a time, of one worker" },
	{ .key = "defrag.timeout", .type = OPT_SECONDS, .at = offsetof(struct decode_conf, defrag_timeout), .def = "60",
	    .help = "time after the last piece of an incomplete datagram until it is given up" },
	{ .key = NULL },
};

const struct option_table decode_options = { .module = "decode", .rows = rows };

static void
resolve(const char **ports, const struct conf *c)
{
	char key[128];

	if (!*ports || **ports != '$')
		return;
	snprintf(key, sizeof(key), "vars.port-groups.%s", *ports + 1);
	*ports = conf_string(c, key, NULL);
}

void
decode_conf_resolve(struct decode_conf *conf, const struct conf *c)
{
	resolve(&conf->vxlan_ports, c);
	resolve(&conf->geneve_ports, c);
	resolve(&conf->teredo_ports, c);
}
