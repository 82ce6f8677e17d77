/*
 * bittorrent_dht - the distributed hash table of BitTorrent over UDP: a transaction is one message.
 *
 * Spec: BEP 5 (messages are bencoded dictionaries), BEP 32 (nodes6), BEP 42 (the key ip), BEP 43 to 51 for other queries.
 *
 *   d1:ad2:id20:...e1:q4:ping1:t2:aa1:y1:qe      a query: arguments, its name, transaction, kind
 *   d1:rd2:id20:...e1:t2:aa1:y1:re               a response
 *   d1:eli201e23:A Generic Error Ocurrede1:t2:aa1:y1:ee
 */
#include "engine/app/protocols/bencode.h"
#include "engine/app/protocols/parse.h"

enum { ID = 20, NODE4 = ID + 6, NODE6 = ID + 18, PREFIX = 5 };
enum dht_event { EV_MALFORMED };
enum dht_kind { DHT_NONE, DHT_QUERY, DHT_RESPONSE, DHT_ERROR };

struct dht_tx {
	struct tx tx;
	struct bytes msg;    /* as it came; the spans are of it */
	enum dht_kind kind;
	struct span transaction, version, query;
	struct span body;    /* what is inside a, r or e */
};

static struct span
string_of(struct span dict, const char *key)
{
	struct span s = SPAN_NONE;

	bencode_get_kind(dict, key, BENCODE_STRING, &s);
	return s;
}

static bool
has_string(struct span dict, const char *key)
{
	struct span s;

	return bencode_get_kind(dict, key, BENCODE_STRING, &s);
}

static bool
has_integer(struct span dict, const char *key, int64_t *v)
{
	struct span s;

	return bencode_get_kind(dict, key, BENCODE_INTEGER, &s) && bencode_integer(s, v);
}

/* Are the arguments there that this query needs? Of queries that BEP 5 does not know just the id. */
static bool
arguments_good(const struct dht_tx *t)
{
	int64_t port;

	if (!has_string(t->body, "id"))
		return false;
	if (span_eq(t->query, SPAN_LIT("find_node")))
		return has_string(t->body, "target");
	if (span_eq(t->query, SPAN_LIT("get_peers")))
		return has_string(t->body, "info_hash");
	if (span_eq(t->query, SPAN_LIT("announce_peer")))
		return has_string(t->body, "info_hash") && has_string(t->body, "token") && has_integer(t->body, "port", &port);
	return t->query.n > 0;
}

/* "li201e4:texte": its two parts. */
static bool
error_of(struct span body, int64_t *number, struct span *text)
{
	struct rd r = rd_of(body);
	struct bencode n, m;

	if (!bencode_next(&r, &n) || n.kind != BENCODE_INTEGER || !bencode_integer(n.body, number))
		return false;
	if (!bencode_next(&r, &m) || m.kind != BENCODE_STRING)
		return false;
	*text = m.body;
	return true;
}

static bool
read_kind(struct dht_tx *t, struct span dict)
{
	struct span y = string_of(dict, "y"), text;
	int64_t number;

	if (bencode_get_kind(dict, "a", BENCODE_DICT, &t->body)) {
		t->kind = DHT_QUERY;
		t->query = string_of(dict, "q");
		return span_eq(y, SPAN_LIT("q")) && arguments_good(t);
	}
	if (bencode_get_kind(dict, "r", BENCODE_DICT, &t->body)) {
		t->kind = DHT_RESPONSE;
		return span_eq(y, SPAN_LIT("r")) && has_string(t->body, "id");
	}
	if (bencode_get_kind(dict, "e", BENCODE_LIST, &t->body)) {
		t->kind = DHT_ERROR;
		return span_eq(y, SPAN_LIT("e")) && error_of(t->body, &number, &text);
	}
	return false;
}

static bool
read_message(struct dht_tx *t)
{
	struct rd r = rd_of(bytes_span(&t->msg));
	struct bencode root;
	bool good;

	if (!bencode_next(&r, &root) || root.kind != BENCODE_DICT)
		return false;
	t->version = string_of(root.body, "v");
	good = bencode_get_kind(root.body, "t", BENCODE_STRING, &t->transaction);
	return read_kind(t, root.body) && good;
}

static int
dht_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct dht_tx *t = (struct dht_tx *) app_tx_new(a);

	if (!t)
		return (int) bytes.n;
	t->tx.only_dir = (uint8_t) (1 << dir);
	if (app_keep(a, &t->msg, bytes, UINT16_MAX) < 0 || !read_message(t))
		app_event(a, &t->tx, EV_MALFORMED);
	if (t->kind == DHT_QUERY)
		app_count_request(a);
	else if (t->kind != DHT_NONE)
		app_count_response(a, t->kind == DHT_ERROR);
	tx_reach(&t->tx, dir, 1);
	return (int) bytes.n;
}

static void
dht_tx_clear(struct app *a, struct tx *tx)
{
	bytes_release(a, &((struct dht_tx *) tx)->msg);
}

/* Keys are sorted, so a message begins with a, e, ip or r. */
static enum app_probe
dht_probe(struct span s, int dir, uint8_t transport)
{
	static const char first[][PREFIX + 1] = { "d1:ad", "d1:el", "d1:rd", "d2:ip" };

	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
		if (span_eq(span_head(s, PREFIX), span_of(first[i], PREFIX)))
			return PROBE_YES;
	return PROBE_NO;
}

/* ---- fields ---- */

static const struct dht_tx *
of(const struct tx *tx)
{
	return (const struct dht_tx *) tx;
}

/* A string of the arguments or the response. */
static bool
in_body(const struct tx *tx, unsigned i, const char *key, struct span *out)
{
	return i == 0 && (of(tx)->kind == DHT_QUERY || of(tx)->kind == DHT_RESPONSE) &&
	    bencode_get_kind(of(tx)->body, key, BENCODE_STRING, out);
}

static bool
f_query(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	*out = of(tx)->query;
	return i == 0 && out->n;
}

static bool
f_id(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return in_body(tx, i, "id", out);
}

static bool
f_info_hash(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return in_body(tx, i, "info_hash", out);
}

static bool
f_version(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	*out = of(tx)->version;
	return i == 0 && out->n;
}

#define DONE { 1, 1 }
static const struct field fields[] = {
	{ "bittorrent_dht.query", NULL, NULL, FIELD_BYTES, false, 3, DONE, f_query, .help = "name of the query: ping, get_peers ..." },
	{ "bittorrent_dht.id", NULL, NULL, FIELD_BYTES, false, 3, DONE, f_id, .help = "the 20 bytes that name the node that asks or answers" },
	{ "bittorrent_dht.info_hash", NULL, NULL, FIELD_BYTES, false, 3, DONE, f_info_hash, .help = "the 20 bytes that name a torrent" },
	{ "bittorrent_dht.client_version", NULL, NULL, FIELD_BYTES, false, 3, DONE, f_version, .help = "the four bytes of program and version" },
	{ NULL }
};

static const struct app_event events[] = { [EV_MALFORMED] = { "malformed_packet" }, { NULL } };

/* ---- log ---- */

static void
put_hex(struct json *j, struct span dict, const char *key)
{
	if (has_string(dict, key))
		json_hex(j, key, string_of(dict, key), 0);
}

static void
put_integer(struct json *j, struct span dict, const char *key)
{
	int64_t v;

	if (has_integer(dict, key, &v))
		json_i64(j, key, v);
}

/* Six or eighteen bytes: an address and a port. */
static void
put_contact(struct json *j, struct span s)
{
	struct rd r = rd_of(s);
	struct span bytes = rd_span(&r, s.n - 2);
	struct addr a = bytes.n == 4 ? addr_v4(bytes.p) : addr_v6(bytes.p);
	char text[ADDR_STRLEN];

	addr_print_full(&a, text);
	json_str(j, "ip", text);
	json_u64(j, "port", rd_u16(&r));
}

static void
put_nodes(struct json *j, struct span dict, const char *key, uint32_t size)
{
	struct rd r = rd_of(string_of(dict, key));

	if (rd_left(&r) < size)
		return;
	json_array(j, key);
	while (rd_left(&r) >= size) {
		struct span node = rd_span(&r, size);

		json_object(j, NULL);
		json_hex(j, "id", span_head(node, ID), 0);
		put_contact(j, span_skip(node, ID));
		json_end(j);
	}
	json_end(j);
}

static void
put_values(struct json *j, struct span dict)
{
	struct json_mark before = json_mark(j);
	struct span list;
	struct bencode v;
	struct rd r;
	bool any = false;

	if (!bencode_get_kind(dict, "values", BENCODE_LIST, &list))
		return;
	r = rd_of(list);
	json_array(j, "values");
	while (bencode_next(&r, &v)) {
		if (v.kind != BENCODE_STRING || (v.body.n != 6 && v.body.n != 18))
			continue;
		json_object(j, NULL);
		put_contact(j, v.body);
		json_end(j);
		any = true;
	}
	json_end(j);
	if (!any)
		json_undo(j, before);
}

static void
put_query(struct json *j, const struct dht_tx *t)
{
	json_escaped(j, "request_type", t->query);
	json_object(j, "request");
	put_hex(j, t->body, "id");
	put_hex(j, t->body, "target");
	put_hex(j, t->body, "info_hash");
	put_hex(j, t->body, "token");
	put_integer(j, t->body, "implied_port");
	put_integer(j, t->body, "port");
	json_end(j);
}

static void
put_response(struct json *j, struct span dict)
{
	json_object(j, "response");
	put_hex(j, dict, "id");
	put_nodes(j, dict, "nodes", NODE4);
	put_nodes(j, dict, "nodes6", NODE6);
	put_values(j, dict);
	put_hex(j, dict, "token");
	json_end(j);
}

static void
dht_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct dht_tx *t = of(tx);
	struct span text = SPAN_NONE;
	int64_t number = 0;

	json_hex(j, "transaction_id", t->transaction, 0);
	if (t->version.n)
		json_hex(j, "client_version", t->version, 0);
	if (t->kind == DHT_QUERY)
		put_query(j, t);
	if (t->kind == DHT_RESPONSE)
		put_response(j, t->body);
	if (t->kind == DHT_ERROR && error_of(t->body, &number, &text)) {
		json_object(j, "error");
		json_i64(j, "num", number);
		json_escaped(j, "msg", text);
		json_end(j);
	}
}

const struct protocol protocol_bittorrent_dht = {
	.name = "bittorrent-dht",
	.aliases = "bittorrent_dht",
	.log_name = "bittorrent_dht",
	.spec = "BEP 5, BEP 32",
	.transport = APP_UDP,
	.log_packet = true,
	.probe_min = PREFIX,
	.probe_max = 1500,
	.probe = dht_probe,
	.tx_size = sizeof(struct dht_tx),
	.done = DONE,
	.feed = dht_feed,
	.tx_clear = dht_tx_clear,
	.fields = fields,
	.events = events,
	.log = dht_log,
};
