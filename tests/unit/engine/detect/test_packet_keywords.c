/*
 * Keywords of packets, flows and streams: a rule, a packet made by hand, match or not; and values that do not load.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/clock.h"
#include "engine/detect/detect.h"
#include "engine/detect/inflate.h"

static const uint8_t payload[] = "payload bytes";
static const uint8_t header4[20] = { 0x45, 0x10, 0, 40, 0x12, 0x34, 0x40, 0, 5, 6 };
static const uint8_t header6[40] = { 0x60 };
static const uint8_t header_tcp[24] = { 0x30, 0x39, 0, 80, 0, 0, 0, 100, 0, 0, 0, 200, 0x60, 2, 0x20, 0 };
static const uint8_t vxlan[] = { 8, 0, 0, 0, 0, 0, 10, 0, 'x' };
static const uint8_t vxlan_no_flag[] = { 0, 0, 0, 0, 0, 0, 10, 0, 'x' };
static const uint8_t too_big[] = { 2, 0, 0, 0, 0, 0, 4, 0xb0, 'x' };

/* SEQUENCE { BIT STRING of 1 byte that leaves 200 bits unused, INTEGER }; then an element of 4000 bytes that is not there. */
static const uint8_t ber[] = { 'x', 'y', 0x30, 7, 3, 2, 200, 0, 2, 1, 5, 4, 0x82, 0x0f, 0xa0, 1 };
static const uint8_t ber_good[] = { 0x30, 9, 3, 2, 4, 0xf0, 0x09, 3, 0x80, 0, 1 };
static const uint8_t ber_endless[] = { 0x30, 0x80, 0x30, 0x80, 0x30, 0x80, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff };
static uint8_t ber_real[600] = { 0x09, 0x82, 0x02, 0x00, 0x03 };

static struct flow flow;

static void
make_ip(struct packet *p, int version, uint8_t proto)
{
	static const uint8_t a[4] = { 10, 0, 0, 1 }, b[4] = { 192, 0, 2, 2 };
	static const uint8_t six[2][16] = { { 0x20, 1, 13, 0xb8, [15] = 1 }, { 0x20, 1, 13, 0xb8, [15] = 2 } };

	*p = (struct packet) { .num = 1, .ts = 1, .ip_version = (uint8_t) version, .proto = proto, .ttl = 5, .tos = 0x10, .ip_id = 0x1234,
		.ip_flags = 2, .payload = span_of(payload, 13), .wire_len = 60 };
	p->src = version == 4 ? addr_v4(a) : addr_v6(six[0]);
	p->dst = version == 4 ? addr_v4(b) : addr_v6(six[1]);
	p->l3 = p->l3_header = version == 4 ? span_of(header4, 20) : span_of(header6, 40);
	p->frame = p->l3;
	p->tcp.wscale = 0xff;
}

static void
make_tcp(struct packet *p)
{
	make_ip(p, 4, 6);
	p->sport = 12345;
	p->dport = 80;
	p->l4 = p->l4_header = span_of(header_tcp, 24);
	p->tcp.seq = 100;
	p->tcp.ack = 200;
	p->tcp.window = 0x2000;
	p->tcp.flags = TCP_SYN;
	p->tcp.header_len = 24;
	p->tcp.mss = 512;
	p->tcp.wscale = 7;
}

static void
make_syn_ece(struct packet *p)
{
	make_tcp(p);
	p->tcp.flags = TCP_SYN | TCP_ECE | TCP_CWR;
	p->tcp.mss = 0;
	p->tcp.wscale = 0xff;
}

static void
make_null_scan(struct packet *p)
{
	make_tcp(p);
	p->tcp.flags = 0;
}

static void
make_udp(struct packet *p)
{
	make_ip(p, 4, 17);
	p->sport = 5000;
	p->dport = 4789;
	p->l4 = p->l4_header = span_of(header_tcp, 8);
	p->payload = span_of(vxlan, 9);
}

static void
make_udp_no_flag(struct packet *p)
{
	make_udp(p);
	p->payload = span_of(vxlan_no_flag, 9);
}

static void
make_echo(struct packet *p)
{
	make_ip(p, 4, 1);
	p->l4 = p->l4_header = span_of(too_big, 8);
	p->icmp_type = 8;
	p->icmp_code = 0;
	p->icmp_id = 512;
	p->icmp_seq = 7;
}

static void
make_unreachable(struct packet *p)
{
	make_echo(p);
	p->icmp_type = 3;
	p->icmp_code = 1;
}

static void
make_too_big(struct packet *p)
{
	make_ip(p, 6, 58);
	p->l4 = span_of(too_big, 9);
	p->l4_header = span_head(p->l4, 8);
	p->icmp_type = 2;
}

static void
make_igmp(struct packet *p)
{
	static const uint8_t report[] = { 0x22, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, 224, 0, 0, 251 };

	make_ip(p, 4, 2);
	p->l4 = span_of(report, sizeof(report));
	p->l4_header = span_head(p->l4, 8);
}

static void
make_fragment(struct packet *p)
{
	make_ip(p, 4, 17);
	p->flags = PACKET_FRAGMENT;
	p->ip_flags = 1;
	p->frag_offset = 185;
	p->payload = SPAN_NONE;
}

static void
make_options(struct packet *p)
{
	make_ip(p, 4, 47);
	p->ip_options_seen[131 / 32] |= 1u << 131 % 32;
}

static void
make_land(struct packet *p)
{
	make_tcp(p);
	p->dst = p->src;
}

static void
make_vlans(struct packet *p)
{
	make_udp(p);
	p->vlan_n = 3;
	p->vlan[0] = 200;
	p->vlan[1] = 300;
	p->vlan[2] = 400;
}

static void
make_event(struct packet *p)
{
	make_ip(p, 4, 17);
	packet_event_set(p, (enum packet_event) packet_event_find("ipv4.opt_pad_required"));
	packet_event_set(p, (enum packet_event) packet_event_find("stream.fin_syn"));
}

static void
make_ber(struct packet *p)
{
	make_udp(p);
	p->payload = span_of(ber, sizeof(ber));
}

static void
make_ber_good(struct packet *p)
{
	make_udp(p);
	p->payload = span_of(ber_good, sizeof(ber_good));
}

static void
make_ber_endless(struct packet *p)
{
	make_udp(p);
	p->payload = span_of(ber_endless, sizeof(ber_endless));
}

static void
make_ber_real(struct packet *p)
{
	make_udp(p);
	p->payload = span_of(ber_real, sizeof(ber_real));
}

static uint32_t
pack(uint8_t *out, int bits)
{
	z_stream z = { 0 };

	deflateInit2(&z, 9, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY);
	z.next_in = (Bytef *) "unpacked text";
	z.avail_in = 13;
	z.next_out = out;
	z.avail_out = 64;
	deflate(&z, Z_FINISH);
	deflateEnd(&z);
	return (uint32_t) z.total_out;
}

static void
make_good_header(struct packet *p)
{
	/* RFC 791 section 3.1: the sum of the ten words is ffff */
	static const uint8_t good[20] = { 0x45, 0, 0, 20, 0, 1, 0, 0, 64, 17, 0xae, 0xd5, 10, 0, 0, 1, 0xc0, 0, 2, 2 };

	make_ip(p, 4, 17);
	p->l3 = p->l3_header = span_of(good, 20);
}

static const struct row {
	void (*make)(struct packet *p);
	const char *proto, *options;
	bool match;
} rows[] = {
	{ make_tcp, "ip", "dsize:13", true }, { make_tcp, "ip", "dsize:>13", false },
	/* tcp.flags: modifiers, ignored flags */
	{ make_tcp, "tcp", "flags:S", true }, { make_tcp, "tcp", "tcp.flags:SA", false }, { make_tcp, "tcp", "flags:+S", true },
	{ make_tcp, "tcp", "flags:*SA", true }, { make_tcp, "tcp", "flags:!S", false }, { make_tcp, "tcp", "flags:!A", true },
	{ make_tcp, "tcp", "flags:S,12", true }, { make_syn_ece, "tcp", "flags:S", false }, { make_syn_ece, "tcp", "flags:S,12", true },
	{ make_syn_ece, "tcp", "flags:S,CE", true }, { make_syn_ece, "tcp", "flags:S+", true }, { make_tcp, "tcp", "flags:0", false },
	{ make_null_scan, "tcp", "flags:0", true }, { make_null_scan, "tcp", "flags:F", false }, { make_udp, "ip", "flags:0", false },
	/* tcp numbers */
	{ make_tcp, "tcp", "seq:100", true }, { make_tcp, "tcp", "seq:101", false }, { make_tcp, "tcp", "tcp.ack:200", true },
	{ make_tcp, "tcp", "ack:!200", false }, { make_tcp, "tcp", "window:8192", true }, { make_tcp, "tcp", "tcp.window:!8192", false },
	{ make_tcp, "tcp", "tcp.mss:<536", true }, { make_tcp, "tcp", "tcp.mss:>536", false }, { make_syn_ece, "tcp", "tcp.mss:<536", false },
	{ make_tcp, "tcp", "tcp.wscale:>5", true }, { make_syn_ece, "tcp", "tcp.wscale:>5", false }, { make_udp, "ip", "window:0", false },
	/* IP header */
	{ make_tcp, "ip", "ttl:5", true }, { make_tcp, "ip", "ttl:<5", false }, { make_tcp, "ip", "tos:16", true }, { make_tcp, "ip", "tos:x10", true },
	{ make_tcp, "ip", "tos:!x10", false }, { make_tcp, "ip", "tos:!8", true }, { make_tcp, "ip", "id:4660", true }, { make_tcp, "ip", "id:1", false },
	{ make_too_big, "ip", "id:0", false }, { make_tcp, "ip", "fragbits:D", true }, { make_tcp, "ip", "fragbits:M", false },
	{ make_tcp, "ip", "fragbits:*MD", true }, { make_tcp, "ip", "fragbits:+MD", false }, { make_tcp, "ip", "fragbits:!M", true },
	{ make_fragment, "ip", "fragbits:M", true }, { make_fragment, "ip", "fragoffset:185", true }, { make_fragment, "ip", "fragoffset:>185", false },
	{ make_tcp, "ip", "fragoffset:0", true }, { make_options, "ip", "ipopts:lsrr", true }, { make_options, "ip", "ipopts:any", true },
	{ make_options, "ip", "ipopts:rr", false }, { make_tcp, "ip", "ipopts:any", false }, { make_options, "ip", "ip_proto:gre", true },
	{ make_options, "ip", "ip_proto:47", true }, { make_options, "ip", "ip_proto:!47", false }, { make_options, "ip", "ip_proto:!TCP", true },
	{ make_options, "ip", "ip_proto:>46", true }, { make_options, "ip", "ip_proto:<47", false }, { make_land, "ip", "sameip", true },
	{ make_tcp, "ip", "sameip", false },
	/* ICMP */
	{ make_echo, "icmp", "itype:8", true }, { make_echo, "icmp", "itype:>8", false }, { make_echo, "icmp", "icode:0", true },
	{ make_unreachable, "icmp", "icode:0<>3", true }, { make_echo, "icmp", "icmp_id:512", true }, { make_echo, "icmp", "icmp_id:513", false },
	{ make_echo, "icmp", "icmp_seq:7", true }, { make_unreachable, "icmp", "icmp_seq:7", false }, { make_too_big, "icmpv6", "icmpv6.mtu:<1280", true },
	{ make_too_big, "icmpv6", "icmpv6.mtu:1280", false }, { make_tcp, "ip", "itype:0", false },
	/* tunnels and VLANs */
	{ make_udp, "udp", "vxlan_vni:10", true }, { make_udp, "udp", "vxlan_vni:11", false }, { make_udp_no_flag, "udp", "vxlan_vni:10", false },
	{ make_udp, "udp", "geneve_vni:10", true }, { make_vlans, "ip", "vlan.id:300", true }, { make_vlans, "ip", "vlan.id:301", false },
	{ make_vlans, "ip", "vlan.id:200,0", true }, { make_vlans, "ip", "vlan.id:200,1", false }, { make_vlans, "ip", "vlan.id:400,-1", true },
	{ make_vlans, "ip", "vlan.id:>100,all", true }, { make_vlans, "ip", "vlan.id:>200,all", false }, { make_udp, "ip", "vlan.id:>0,all", false },
	{ make_vlans, "ip", "vlan.id:0x12C,1", true }, { make_vlans, "ip", "vlan.layers:3", true }, { make_udp, "ip", "vlan.layers:0", true },
	{ make_vlans, "ip", "vlan.layers:<3", false },
	/* header buffers */
	{ make_tcp, "tcp", "tcp.hdr; content:\"|00 50|\"; offset:2; depth:2", true }, { make_tcp, "tcp", "tcp.hdr; content:\"payload\"", false },
	{ make_tcp, "ip", "ipv4.hdr; content:\"|45 10|\"; startswith", true }, { make_tcp, "ip", "ipv6.hdr; content:\"|60|\"", false },
	{ make_too_big, "ip", "ipv6.hdr; content:\"|60|\"; startswith", true }, { make_udp, "udp", "udp.hdr; content:\"|00 50|\"", true },
	{ make_igmp, "ip", "igmp.type:0x22", true }, { make_igmp, "ip", "igmp.type:0x11", false }, { make_echo, "ip", "igmp.type:8", false },
	{ make_igmp, "ip", "igmp.hdr; content:\"|e0 00 00 fb|\"; endswith", true }, { make_echo, "ip", "igmp.hdr; content:\"|22|\"", false },
	{ make_too_big, "icmpv6", "icmpv6.hdr; content:\"|04 b0|\"; endswith", true }, { make_echo, "icmp", "icmpv4.hdr; content:\"|02|\"; startswith", true },
	{ make_tcp, "ip", "ip.src; content:\"|0a 00 00 01|\"; bsize:4", true }, { make_tcp, "ip", "ip.dst; content:\"|0a|\"", false },
	/* a transform behind a content changes what follows, not what was before */
	{ make_tcp, "ip", "ipv4.hdr; content:\"|45 10|\"; to_sha256; content:\"|45 10|\"; startswith", false },
	{ make_tcp, "ip", "ipv4.hdr; content:\"|45 10|\"; to_sha256; bsize:32", true },
	{ make_tcp, "ip", "ipv4.hdr; content:\"|45 11|\"; to_sha256; bsize:32", false },
	/* checksums: those of the made-up headers are wrong */
	{ make_tcp, "ip", "ipv4-csum:invalid", true }, { make_tcp, "ip", "ipv4-csum:valid", false }, { make_tcp, "ip", "ipv4-csum:!valid", true },
	{ make_good_header, "ip", "ipv4-csum:valid", true }, { make_good_header, "ip", "ipv4-csum:invalid", false },
	{ make_tcp, "tcp", "tcpv4-csum:invalid", true }, { make_tcp, "tcp", "tcpv4-csum:valid", false }, { make_tcp, "tcp", "tcpv6-csum:invalid", false },
	{ make_tcp, "ip", "udpv4-csum:invalid", false },
	/* asn1 */
	{ make_ber, "udp", "content:\"xy\"; asn1:bitstring_overflow, relative_offset 0", true },
	{ make_ber, "udp", "asn1:bitstring_overflow, absolute_offset 2", true }, { make_ber, "udp", "asn1:double_overflow, absolute_offset 2", false },
	{ make_ber, "udp", "asn1:oversize_length 3999, absolute_offset 2", false /* promises more than there is */ }, { make_ber, "udp", "asn1:oversize_length 4000, absolute_offset 2", false },
	{ make_ber, "udp", "content:\"x\"; asn1:bitstring_overflow, relative_offset 100", false },
	{ make_ber_good, "udp", "asn1:bitstring_overflow, double_overflow, oversize_length 9", false },
	{ make_ber_good, "udp", "asn1:oversize_length 8", true }, { make_ber_endless, "udp", "asn1:oversize_length 1, bitstring_overflow", false },
	{ make_ber_real, "udp", "asn1:double_overflow", true }, { make_ber_real, "udp", "asn1:bitstring_overflow", false },
	/* events */
	{ make_event, "ip", "decode-event:ipv4.opt_pad_required", true }, { make_event, "pkthdr", "decode-event:ipv4.pkt_too_small", false },
	{ make_event, "pkthdr", "decode-event:ipv4.opt_pad_required", true }, { make_event, "ip", "engine-event:ipv4.opt_pad_required", true },
	{ make_event, "ip", "stream-event:fin_syn", true }, { make_event, "ip", "stream-event:3whs_ack_in_wrong_dir", false },
};

/* Of a flow of three packets to the server and one back, 100 seconds old. */
static const struct row flow_rows[] = {
	{ make_tcp, "ip", "flow.age:100", true }, { make_tcp, "ip", "flow.age:>100", false }, { make_tcp, "ip", "flow.pkts_toserver:3", true },
	{ make_tcp, "ip", "flow.pkts_toclient:>1", false }, { make_tcp, "ip", "flow.pkts:toclient,1", true }, { make_tcp, "ip", "flow.pkts:either,3", true },
	{ make_tcp, "ip", "flow.pkts:toserver,<3", false }, { make_tcp, "ip", "flow.bytes_toserver:300", true },
	{ make_tcp, "ip", "flow.bytes:toclient,>=60", true }, { make_tcp, "ip", "flow.bytes_toclient:<60", false },
	{ make_tcp, "ip", "flow.pkts:both,>0", true }, { make_tcp, "ip", "flow.pkts:both,3", false }, { make_tcp, "ip", "flow.bytes:both,>=60", true },
	{ make_tcp, "ip", "flow.elephant:either", false },
};

static const struct bad {
	const char *options, *text;
} bad[] = {
	{ "flags:Q", "flags: bad flags" }, { "flags:", NULL }, { "fragbits:X", "bad flags" }, { "tos:300", "bad tos" }, { "ip_proto:nosuch", "bad protocol" },
	{ "ipopts:nosuch", "unknown IP option" }, { "ttl:256", NULL }, { "seq:x", NULL }, { "itype:", NULL }, { "vlan.id:5000", "bad VLAN id" },
	{ "vlan.id:5,7", "bad layer" }, { "stream_size:server,5", "bad stream_size" }, { "stream_size:nobody,<,5", "bad stream_size" },
	{ "decode-event:nosuch", "unknown event" }, { "stream-event:nosuch", "unknown event" }, { "flow.pkts:up,3", "bad direction" },
	{ "flow.bytes:toserver,x", "bad number" }, { "lua:x.lua", "Lua is out of scope" }, { "sameip:1", NULL }, { "nosuch:1", "nosuch" }, { "content:\"x\"; to_md5", "must follow" },
	{ "ipv4.hdr; to_md5; content:\"x\"; to_md5", "must follow" }, { "ip.src; dataset:set,s", "tells of this set" },
	{ "ip.src; dataset:change,s,type ip", "set or unset" }, { "ip.src; dataset:set,s,type ip,save /x", "in the folder for logs" },
	{ "ip.src; dataset:set,s,type ip,state ../x", "in the folder for logs" }, { "ip.src; dataset:set,s,type ip,hashsize 0", "bad hashsize" },
	{ "ip.src; dataset:isset,s,type ip,format json,value_key v", "needs load" }, { "ip.src; dataset:isset,s,type ip,other x", "is not a part" },
	{ "ip.src; dataset:isset,s,type ip,load /nonexistent/x", "cannot be read" }, { "ip.src; dataset:isset,s,type x,load y", "bad type" },
	{ "ipv4-csum:maybe", "expected valid" }, { "ip.src; gunzip:max-size x", "expected max-size" }, { "tls.fingerprint:\"12\"", "bad fingerprint" },
	{ "ip.src; datarep:s,>,70000,load x,type ip", "a number up to 65535" }, { "ip.src; datarep:s,>,7", "tells of this set" },
	{ "dnp3_obj:22", "a group and a variation" }, { "dnp3_obj:22,300", "is not a number" }, { "ssl_version:tls1.4", "is none of sslv2" }, { "filesize:x", NULL }, { "filestore:nowhere", "is not a direction" },
	{ "tcp.session:closed", "setup, established or closing" }, { "rpc:x", "number of a program" }, { "rpc:1,2,x", "number of a procedure or *" },
	{ "l3_proto:ipx", "ip4, ipv4, ip6 or ipv6" }, { "ssh.protoversion:2", "expected ssh.proto" }, { "ssh.softwareversion:x", "expected ssh.software" },
	{ "ssl_state:client_hello|nosuch", "client_hello, server_hello" }, { "nfq_set_mark:1", "mark/mask" }, { "replace:\"x\"", "must follow" },
	{ "mqtt.flags:dup,nosuch", "retain, dup" }, { "mqtt.connect.flags:256", "a number was expected" },
	{ "flow.elephant:up", "bad direction" }, { "flowvar:x", "a comma and a value" }, { "pktvar:x,!\"a\"", "bad value" },
	{ "config:logging enable, type tx, scope tx", "logging disable" },
	{ "config:logging disable, type alert, scope tx", "type tx" }, { "config:logging disable, type tx, scope all", "scope tx" },
	{ "asn1:nosuch", "is not one of" },
	{ "asn1:oversize_length x", "is not one of" },
};

/* ---- a rule set of one rule, a packet ---- */

struct engine {
	struct rule_set set;
	struct rule_vars *vars;
	struct diag diag;
	struct ruleset *rules;
	struct pool *pool;
	struct counters counters;
	struct detect *detect;
};

static const struct detect_conf conf = { .packet_alert_max = 15, .pcre_match_limit = 3500, .pcre_recursion_limit = 1500,
	.inspection_recursion_limit = 3000 };

static void
engine_read(struct engine *e, const char *text)
{
	static const struct apps_conf apps;
	struct ruleset_in in = { .rules = &e->set, .apps = &apps, .conf = &conf, .generation = 1 };

	memset(e, 0, sizeof(*e));
	rule_set_init(&e->set);
	e->vars = rule_vars_new();
	diag_init(&e->diag, 0);
	assert_int_equal(rule_set_read_text(&e->set, "t.rules", span_str(text), e->vars, &e->diag), 0);
	assert_int_equal(e->diag.errors, 0);
	e->rules = ruleset_build(&in, &e->diag);
	assert_non_null(e->rules);
	e->pool = pool_new((size_t) 8 << 20);
	e->detect = detect_new(e->rules, &conf, e->pool, &e->counters);
	assert_non_null(e->detect);
}

static void
engine_start(struct engine *e, const char *proto, const char *options)
{
	char text[1024];

	snprintf(text, sizeof(text), "alert %s any any -> any any (msg:\"t\"; %s; sid:1;)", proto, options);
	engine_read(e, text);
}

static void
engine_stop(struct engine *e)
{
	detect_free(e->detect);
	ruleset_unref(e->rules);
	pool_free(e->pool);
	diag_clear(&e->diag);
	rule_vars_free(e->vars);
	rule_set_clear(&e->set);
}

static bool
alerts(const struct row *r, struct flow *f)
{
	const struct detect_alert *out;
	struct marks marks = { 0 };
	struct packet p;
	struct engine e;
	unsigned n;

	engine_start(&e, r->proto, r->options);
	if (e.diag.errors) {
		diag_print(&e.diag, stderr);
		fail();
	}
	r->make(&p);
	struct detect_in in = { .p = &p, .flow = f, .marks = f ? &marks : NULL };
	n = detect_packet(e.detect, &in, &out);
	if (f)
		detect_flow_end(e.detect, &marks, NULL);
	engine_stop(&e);
	return n == 1;
}

static void
test_packets(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (alerts(&rows[i], NULL) != rows[i].match)
			fail_msg("%s (%s): expected %s", rows[i].proto, rows[i].options, rows[i].match ? "a match" : "none");
}

/* Rules that are found by the few ports they name, and those that name too many for that. */
static void
test_ports(void **state)
{
	static const struct {
		const char *ports, *options;
		bool match;
	} by[] = {
		{ "any -> any 80", "content:\"p\"", true }, { "any -> any 79", "content:\"p\"", false }, { "any -> any 80", "content:\"q\"", false },
		{ "any -> any [70:90,!80]", "content:\"p\"", false }, { "any -> any [1,80,65535]", "dsize:13", true },
		{ "any -> any [0,65535]", "dsize:13", false }, { "12345 -> any any", "content:\"yl\"", true }, { "12345 -> any 81", "content:\"p\"", false },
		{ "12345 -> any 1:60000", "content:\"oa\"", true }, { "80 <> any any", "content:\"ay\"", true }, { "80 -> any any", "content:\"ay\"", false },
		{ "!80 -> any any", "content:\"s\"", true }, { "any -> any 80:65535", "content:\"te\"", true }, { "any -> any 0:80", "content:\"lo\"", true },
		{ "any -> any 81:", "flags:S", false },
	};
	const struct detect_alert *out;
	struct packet p;
	struct engine e;
	char text[4096];
	bool told[sizeof(by) / sizeof(by[0])] = { false };
	size_t at = 0;

	for (size_t i = 0; i < sizeof(by) / sizeof(by[0]); i++)
		at += (size_t) snprintf(text + at, sizeof(text) - at, "alert tcp any %s (msg:\"t\"; %s; sid:%zu;)\n", by[i].ports, by[i].options, i + 1);
	engine_read(&e, text);
	make_tcp(&p);
	struct detect_in in = { .p = &p };
	unsigned n = detect_packet(e.detect, &in, &out);
	for (unsigned i = 0; i < n; i++)
		told[ruleset_cards(e.rules)->card[out[i].card].sid - 1] = true;
	for (size_t i = 0; i < sizeof(by) / sizeof(by[0]); i++)
		if (told[i] != by[i].match)
			fail_msg("%s (%s): expected %s", by[i].ports, by[i].options, by[i].match ? "a match" : "none");
	p.flags |= PACKET_FRAGMENT; /* has no ports, and no payload of its own */
	in = (struct detect_in) { .p = &p };
	assert_int_equal(detect_packet(e.detect, &in, &out), 0);
	engine_stop(&e);
}

static void
test_flows(void **state)
{
	flow = (struct flow) { .start = 5 * NS_PER_S, .last = 105 * NS_PER_S, .client_is_a = true, .packets = { 3, 1 }, .bytes = { 300, 60 } };
	for (size_t i = 0; i < sizeof(flow_rows) / sizeof(flow_rows[0]); i++) {
		if (alerts(&flow_rows[i], &flow) != flow_rows[i].match)
			fail_msg("%s: expected %s", flow_rows[i].options, flow_rows[i].match ? "a match" : "none");
		assert_false(alerts(&flow_rows[i], NULL)); /* no flow, no match */
	}
}

static void
test_bad(void **state)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct engine e;

		engine_start(&e, "ip", bad[i].options);
		if (e.diag.errors != 1 || (bad[i].text && !strstr(e.diag.items[0].text, bad[i].text))) {
			diag_print(&e.diag, stderr);
			fail_msg("%s: expected one error with \"%s\"", bad[i].options, bad[i].text ? bad[i].text : "");
		}
		engine_stop(&e);
	}
}

/* A file of values, a rule on a buffer that is or is not one of them. */
static void
test_datasets(void **state)
{
	static const struct {
		const char *file, *options, *rest;
		bool match;
	} sets[] = {
		{ "10.0.0.1\n2001:db8::1\n", "ip.src; dataset:isset,s,type ip,load %s", "", true },
		{ "10.0.0.2\n", "ip.src; dataset:isset,s,type ip,load %s", "", false },
		{ "10.0.0.2,1\n", "ip.src; dataset:isnotset,s,type ipv4,load %s", "", true },
		{ "cGF5bG9hZCBieXRlcw==\n", "pkt_data; dataset:isset,s,type string,load %s", "", false }, /* the payload is no buffer to a set */
		{ "[{\"x\": {\"ip\": \"10.0.0.1\"}}, {}]", "ip.src; dataset:isset,s,type ip,load %s", ",format json,value_key x.ip", true },
		{ "{\"ip\": \"10.0.0.9\"}\n{\"ip\": \"10.0.0.1\"}\n", "ip.src; dataset:isset,s,type ip,load %s", ",format ndjson,value_key ip", true },
		{ "", "ip.src; dataset:isset,s,type ip,load %s", "", false },
		{ "10.0.0.2\n", "ip.src; dataset:set,s,type ip,load %s", "", true },
		{ "10.0.0.1\n", "ip.src; dataset:set,s,type ip,load %s", "", false },
		{ "10.0.0.1\n", "ip.src; dataset:unset,s,type ipv6,load %s", "", true },
		{ "10.0.0.2\n", "ip.src; dataset:unset,s,type ip,load %s", "", false },
		{ "10.0.0.2\n", "ip.src; dataset:set,s,type ip,load %s", ",memcap 40", false }, /* no room */
		{ "10.0.0.2\n", "ip.src; dataset:set,s,type ip,load %s", "; pkt_data; content:\"nothing\"", false },
		{ "10.0.0.1,200\n10.0.0.1,3\n", "ip.src; datarep:s,>,100,load %s", ",type ip", true },
		{ "10.0.0.1,100\n", "ip.src; datarep:s,>,100,load %s", ",type ip", false },
		{ "10.0.0.1,100\n", "ip.src; datarep:s,==,100,load %s", ",type ip", true },
		{ "10.0.0.9,1\n", "ip.src; datarep:s,<,100,load %s", ",type ip", false },
	};

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		char path[] = "/tmp/casus-test-XXXXXX", options[512];
		FILE *f = fdopen(mkstemp(path), "w");
		struct row r = { make_tcp, "tcp-pkt", options, false };

		fputs(sets[i].file, f);
		fclose(f);
		size_t n = (size_t) (strstr(sets[i].options, "%s") - sets[i].options);
		snprintf(options, sizeof(options), "%.*s%s%s", (int) n, sets[i].options, path, sets[i].rest);
		if (alerts(&r, NULL) != sets[i].match) {
			remove(path);
			fail_msg("%s: expected %s", options, sets[i].match ? "a match" : "none");
		}
		remove(path);
	}
}

static void
test_inflate(void **state)
{
	uint8_t bytes[64];
	struct arena a;
	struct span z;

	arena_init(&a, 1 << 20);
	z = span_of(bytes, pack(bytes, MAX_WBITS));
	assert_true(span_eq(inflate_bytes(z, false, 1024, &a), SPAN_LIT("unpacked text")));
	assert_true(span_eq(inflate_bytes(z, false, 8, &a), SPAN_LIT("unpacked")));
	assert_int_equal(inflate_bytes(z, true, 1024, &a).n, 0);
	assert_int_equal(inflate_bytes(span_head(z, 1), false, 1024, &a).n, 0);
	z = span_of(bytes, pack(bytes, 16 + MAX_WBITS));
	assert_true(span_eq(inflate_bytes(z, true, 1024, &a), SPAN_LIT("unpacked text")));
	arena_clear(&a);
	arena_init(&a, 16); /* no room: nothing comes out */
	assert_int_equal(inflate_bytes(z, true, 1024, &a).n, 0);
	arena_clear(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packets), cmocka_unit_test(test_ports), cmocka_unit_test(test_flows), cmocka_unit_test(test_bad), cmocka_unit_test(test_datasets), cmocka_unit_test(test_inflate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
