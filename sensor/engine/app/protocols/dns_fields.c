/*
 * dns_fields - what rules may look at in a DNS message.
 *
 * Thread:    the worker's.
 * Memory:    names are put together in the packet's scratch arena.
 * Owns:      nothing.
 * Not here:  reading names and records -> dns_message.c
 */
#include "engine/app/protocols/http2.h"

/* The message, which another protocol may carry; NULL: not in this direction. */
static const struct dns_tx *
of(const struct tx *tx, int dir)
{
	return (const struct dns_tx *) (tx->proto->carried ? tx->proto->carried(tx, dir) : tx);
}

static bool
name_at(const struct dns_tx *t, uint32_t at, struct arena *scratch, struct span *out)
{
	struct dns_name name;
	uint32_t next;

	if (dns_name(bytes_span(&t->msg), at, &name, &next) < 0)
		return false;
	*out = arena_dup(scratch, span_of(name.p, name.n));
	return out->p != NULL || name.n == 0;
}

static bool
owner(const struct dns_tx *t, enum dns_section s, unsigned i, struct arena *scratch, struct span *out)
{
	struct dns_record r;

	return t && dns_at(t, s, i, &r) && name_at(t, r.name_at, scratch, out);
}

static bool
get_query(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	return owner(of(tx, dir), DNS_QUERIES, i, scratch, out);
}

static bool
get_answer(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	return owner(of(tx, dir), DNS_ANSWERS, i, scratch, out);
}

static bool
get_authority(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	return owner(of(tx, dir), DNS_AUTHORITIES, i, scratch, out);
}

static bool
get_additional(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	return owner(of(tx, dir), DNS_ADDITIONALS, i, scratch, out);
}

/* Every name of a response: even indexes the owner of a record, odd ones the name in its data (or an empty one). */
static bool
get_response_name(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	const struct dns_tx *t = of(tx, dir);
	struct dns_record r;

	if (!t || !t->response || i / 2 >= t->n_at || dns_record(bytes_span(&t->msg), t->at[i / 2], i / 2 < t->first[DNS_ANSWERS], &r) < 0)
		return false;
	if (i % 2 == 0)
		return name_at(t, r.name_at, scratch, out);
	*out = span_of("", 0);
	return !dns_data_name(&r) || r.type == DNS_SRV || name_at(t, dns_data_name(&r), scratch, out);
}

static bool
get_opcode(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	const struct dns_tx *t = of(tx, dir);

	*out = t ? t->header.flags >> 11 & 0xf : 0;
	return t != NULL;
}

static bool
get_rcode(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	const struct dns_tx *t = of(tx, dir);

	*out = t ? t->header.flags & 0xf : 0;
	return t != NULL;
}

/* of the questions in a request, of the answers in a response */
static bool
get_rrtype(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	const struct dns_tx *t = of(tx, dir);
	struct dns_record r;

	if (!t || !dns_at(t, t->response ? DNS_ANSWERS : DNS_QUERIES, i, &r))
		return false;
	*out = r.type;
	return true;
}

/* RFC 6895 and the IANA registry "DNS Parameters" */
const char *const dns_type_names[] = { "A=1", "NS=2", "MD=3", "MF=4", "CNAME=5", "SOA=6", "MB=7", "MG=8", "MR=9",
	"NULL=10", "WKS=11", "PTR=12", "HINFO=13", "MINFO=14", "MX=15", "TXT=16", "RP=17", "AFSDB=18", "X25=19",
	"ISDN=20", "RT=21", "NSAP=22", "NSAPPTR=23", "SIG=24", "KEY=25", "PX=26", "GPOS=27", "AAAA=28", "LOC=29",
	"NXT=30", "EID=31", "NIMLOC=32", "SRV=33", "ATMA=34", "NAPTR=35", "KX=36", "CERT=37", "A6=38", "DNAME=39",
	"SINK=40", "OPT=41", "APL=42", "DS=43", "SSHFP=44", "IPSECKEY=45", "RRSIG=46", "NSEC=47", "DNSKEY=48",
	"DHCID=49", "NSEC3=50", "NSEC3PARAM=51", "TLSA=52", "SMIMEA=53", "HIP=55", "NINFO=56", "RKEY=57",
	"TALINK=58", "CDS=59", "CDNSKEY=60", "OPENPGPKEY=61", "CSYNC=62", "ZONEMD=63", "SVCB=64", "HTTPS=65",
	"SPF=99", "UINFO=100", "UID=101", "GID=102", "UNSPEC=103", "TKEY=249", "TSIG=250", "IXFR=251", "AXFR=252",
	"MAILB=253", "MAILA=254", "ANY=255", "URI=256", "CAA=257", NULL };
const char *const dns_rcode_names[] = { "NOERROR=0", "FORMERR=1", "SERVFAIL=2", "NXDOMAIN=3", "NOTIMP=4",
	"REFUSED=5", "YXDOMAIN=6", "YXRRSET=7", "NXRRSET=8", "NOTAUTH=9", "NOTZONE=10", "BADVERS=16",
	"BADKEY=17", "BADTIME=18", "BADMODE=19", "BADNAME=20", "BADALG=21", "BADTRUNC=22", NULL };
const char *const dns_opcode_names[] = { "QUERY=0", "IQUERY=1", "STATUS=2", "NOTIFY=4", "UPDATE=5", NULL };

#define REQ(done) .dirs = 1, .progress = { done, 0 }
#define RES(done) .dirs = 2, .progress = { 0, done }
#define BOTH(done) .dirs = 3, .progress = { done, done }

/* `done`: the progress at which the message is there. */
#define ROWS(done) \
	{ .name = "dns.query", .aliases = "dns_query", .kind = FIELD_MULTI, .bytes = get_query, REQ(done), \
	    .help = "names asked for, as dotted text" }, \
	{ .name = "dns.queries.rrname", .aliases = "dns.query.name", .kind = FIELD_MULTI, .bytes = get_query, BOTH(done), \
	    .help = "names in the question section" }, \
	{ .name = "dns.answers.rrname", .aliases = "dns.answer.name", .kind = FIELD_MULTI, .bytes = get_answer, BOTH(done), \
	    .help = "names in the answer section" }, \
	{ .name = "dns.authorities.rrname", .kind = FIELD_MULTI, .bytes = get_authority, BOTH(done), \
	    .help = "names in the authority section" }, \
	{ .name = "dns.additionals.rrname", .kind = FIELD_MULTI, .bytes = get_additional, BOTH(done), \
	    .help = "names in the additional section" }, \
	{ .name = "dns.response.rrname", .kind = FIELD_MULTI, .bytes = get_response_name, RES(done), \
	    .help = "every name of a response, those in record data too" }, \
	{ .name = "dns.opcode", .kind = FIELD_NUMBER, .number = get_opcode, BOTH(done), .names = dns_opcode_names, \
	    .help = "operation code" }, \
	{ .name = "dns.rcode", .kind = FIELD_NUMBER, .number = get_rcode, BOTH(done), .names = dns_rcode_names, \
	    .help = "response code" }, \
	{ .name = "dns.rrtype", .kind = FIELD_NUMBER, .multi = true, .number = get_rrtype, BOTH(done), \
	    .names = dns_type_names, .help = "record types: of the questions in requests, of the answers in responses" },

const struct field dns_fields[] = { ROWS(1) { .name = NULL } };
const struct field dns_carried_fields[] = { ROWS(HTTP2_P_COMPLETE) { .name = NULL, .more = http2_fields } };
const struct field mdns_fields[] = {
	{ .name = "mdns.queries.rrname", .kind = FIELD_MULTI, .bytes = get_query, BOTH(1), .help = "names in the question section" },
	{ .name = "mdns.answers.rrname", .kind = FIELD_MULTI, .bytes = get_answer, BOTH(1), .help = "names in the answer section" },
	{ .name = "mdns.authorities.rrname", .kind = FIELD_MULTI, .bytes = get_authority, BOTH(1), .help = "names in the authority section" },
	{ .name = "mdns.additionals.rrname", .kind = FIELD_MULTI, .bytes = get_additional, BOTH(1), .help = "names in the additional section" },
	{ .name = "mdns.response.rrname", .kind = FIELD_MULTI, .bytes = get_response_name, BOTH(1),
	    .help = "every name of a response, those in record data too" },
	{ .name = NULL }
};
