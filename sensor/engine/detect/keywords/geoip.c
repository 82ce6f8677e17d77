/*
 * geoip - the country of an address, out of the user's own database.
 *
 * Semantics: Suricata 8 user guide, "IP Keywords", geoip. Database: a MaxMind DB file with country/iso_code, such as GeoLite2
 * Country; the setting geoip-database names it.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "engine/detect/build.h"

#define COUNTRIES 64

enum side { ANY, SRC, DST, BOTH };
struct arg {
	const MMDB_s *db;
	enum side side;
	bool negated;
	unsigned n;
	char code[COUNTRIES][2];
};

/* The address's country; false: the database does not know. */
static bool
country(const MMDB_s *db, const struct addr *a, char out[static 2])
{
	static const char *const path[] = { "country", "iso_code", NULL };
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	MMDB_entry_data_s data;
	MMDB_lookup_result_s found;
	int e;

	memcpy(&v4.sin_addr, a->b + 12, 4);
	memcpy(&v6.sin6_addr, a->b, 16);
	found = MMDB_lookup_sockaddr(db, addr_is_v4(a) ? (const struct sockaddr *) &v4 : (const struct sockaddr *) &v6, &e);
	if (e != MMDB_SUCCESS || !found.found_entry || MMDB_aget_value(&found.entry, &data, path) != MMDB_SUCCESS || !data.has_data ||
	    data.type != MMDB_DATA_TYPE_UTF8_STRING || data.data_size != 2)
		return false;
	memcpy(out, data.utf8_string, 2);
	return true;
}

static bool
holds(const struct arg *g, const struct addr *a)
{
	char code[2];

	if (!country(g->db, a, code))
		return false;
	for (unsigned i = 0; i < g->n; i++)
		if (memcmp(g->code[i], code, 2) == 0)
			return !g->negated;
	return g->negated;
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct arg *g = a->p;
	const struct packet *p = c->p;

	if (!p->ip_version)
		return false;
	switch (g->side) {
	case SRC:
		return holds(g, &p->src);
	case DST:
		return holds(g, &p->dst);
	case BOTH:
		return holds(g, &p->src) && holds(g, &p->dst);
	default:
		return holds(g, &p->src) || holds(g, &p->dst);
	}
}

static void
close_database(void *db)
{
	MMDB_close(db);
	free(db);
}

/* One for all rules; it lives as long as they. */
static const MMDB_s *
database(struct build *b)
{
	const char *path = b->in->conf ? b->in->conf->geoip_database : NULL;
	MMDB_s *db;
	int e;

	if (b->rs->geoip)
		return b->rs->geoip;
	if (!path || !*path) {
		build_error(b, 0, "needs a database: the setting geoip-database names its file");
		return NULL;
	}
	if (!(db = calloc(1, sizeof(*db))))
		return NULL;
	if ((e = MMDB_open(path, MMDB_MODE_MMAP, db)) != MMDB_SUCCESS) {
		free(db);
		build_error(b, 0, "%s: %s", path, MMDB_strerror(e));
		return NULL;
	}
	b->rs->geoip = db;
	b->rs->geoip_free = close_database;
	return db;
}

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	static const char *const sides[] = { "any", "src", "dst", "both" };
	struct arg *g = arena_zalloc(build_arena(b), sizeof(*g));
	const char *text = build_text(b, value), *v[COUNTRIES + 1];
	int n = text ? build_split(b, text, v, COUNTRIES + 1) : 0, i = 0;

	if (!g)
		return E_NOMEM;
	for (unsigned k = 0; k < 4 && n > 0 && i == 0; k++)
		if (strcmp(v[0], sides[k]) == 0) {
			g->side = (enum side) k;
			i = 1;
		}
	if (n < 1 || i == n)
		return build_error(b, 0, "expected [any, src, dst or both,] countries of two letters: src,JP,TW or dst,!US");
	for (; i < n; i++) {
		const char *code = v[i];

		if (code[0] == '!') {
			g->negated = true;
			code++;
		}
		if (!isalpha((unsigned char) code[0]) || !isalpha((unsigned char) code[1]) || code[2])
			return build_error(b, 0, "\"%s\" is not a country of two letters (ISO 3166-1)", v[i]);
		g->code[g->n][0] = (char) toupper((unsigned char) code[0]);
		g->code[g->n++][1] = (char) toupper((unsigned char) code[1]);
	}
	if (!(g->db = database(b)))
		return E_BAD;
	out->p = g;
	return 0;
}

const struct keyword keyword_geoip = {
	.name = "geoip", .help = "country of an address, by the user's own database (geoip-database)", .example = "geoip:src,JP,TW",
	.scope = KW_PACKET, .arg = ARG_CUSTOM, .cost = 2, .parse = parse, .match = match,
};
