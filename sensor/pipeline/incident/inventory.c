#include "pipeline/incident/inventory.h"

#include <stdlib.h>

const char *const criticality_name[CRIT_N] = { "low", "medium", "high", "critical" };
const char *const zone_name[ZONE_N] = { "internet", "dmz", "enterprise", "ot", "safety" };

struct inventory_net {
	struct prefix p;
	uint32_t asset;
	const struct yaml *at; /* while reading */
};

static int
choice(const struct yaml *map, const char *key, const char *const *names, int n, int otherwise, struct diag *d)
{
	const struct yaml *y = yaml_get(map, key);

	if (!y)
		return otherwise;
	for (int i = 0; y->text && i < n; i++)
		if (strcmp(y->text, names[i]) == 0)
			return i;
	yaml_error(y, d, "%s: \"%s\" is not one of %s ... %s", key, y->text ? y->text : "", names[0], names[n - 1]);
	return otherwise;
}

static const char *
text_of(struct inventory *inv, const struct yaml *map, const char *key, bool needed, struct diag *d)
{
	const struct yaml *y = yaml_get(map, key);
	const char *t = y ? yaml_text(y, d) : NULL;

	if (!y && needed)
		yaml_error(map, d, "asset without %s", key);
	return t ? arena_strdup(&inv->arena, t) : "";
}

static int
read_service(struct inventory *inv, const struct yaml *y, struct asset_service *s, struct diag *d)
{
	static const char *const keys[] = { "proto", "port", "name", NULL };
	static const char *const protos[] = { "tcp", "udp", "sctp" };
	static const uint8_t numbers[] = { 6, 17, 132 };
	uint64_t port = 0;
	const struct yaml *name = yaml_get(y, "name");

	yaml_only(y, keys, d);
	s->proto = numbers[choice(y, "proto", protos, 3, 0, d)];
	if (!yaml_get(y, "port"))
		yaml_error(y, d, "service without port");
	else
		yaml_u64(yaml_get(y, "port"), &port, 65535, d);
	s->port = (uint16_t) port;
	s->name = name && name->text ? arena_strdup(&inv->arena, name->text) : "";
	return 0;
}

static void
read_capacity(const struct yaml *y, struct asset *a, struct diag *d)
{
	static const char *const keys[] = { "bps", "pps", NULL };

	if (!y)
		return;
	yaml_only(y, keys, d);
	if (yaml_get(y, "bps"))
		yaml_u64(yaml_get(y, "bps"), &a->bps, UINT64_MAX, d);
	if (yaml_get(y, "pps"))
		yaml_u64(yaml_get(y, "pps"), &a->pps, UINT64_MAX, d);
}

static int
add_nets(struct inventory *inv, const struct yaml *list, uint32_t asset, uint32_t *cap, struct diag *d)
{
	yaml_each(y, list)
	{
		struct inventory_net *n;
		if (inv->n_nets == *cap) {
			*cap = *cap ? *cap * 2 : 64;
			n = realloc(inv->nets, *cap * sizeof(*n));
			if (!n)
				return E_NOMEM;
			inv->nets = n;
		}
		n = &inv->nets[inv->n_nets];
		if (!y->text || prefix_parse(&n->p, y->text) < 0) {
			yaml_error(y, d, "\"%s\" is not a network (expected 192.0.2.0/24, 2001:db8::/32 or an address)", y->text ? y->text : "");
			continue;
		}
		n->asset = asset;
		n->at = y;
		inv->n_nets++;
	}
	return 0;
}

void
inventory_read_asset(struct inventory *inv, const struct yaml *y, struct asset *a, struct diag *d)
{
	static const char *const keys[] = { "name", "networks", "owner", "territory", "sector", "criticality", "class", "zone", "people_served",
		"capacity", "services", "mirrored", "note", NULL };
	const struct yaml *services = yaml_get(y, "services");
	struct asset_service *s;

	yaml_only(y, keys, d);
	a->name = text_of(inv, y, "name", true, d);
	a->owner = text_of(inv, y, "owner", true, d);
	a->territory = yaml_get(y, "territory") ? text_of(inv, y, "territory", false, d) : a->owner;
	a->sector = text_of(inv, y, "sector", true, d);
	a->class = yaml_get(y, "class") ? text_of(inv, y, "class", false, d) : "civil";
	a->criticality = (enum criticality) choice(y, "criticality", criticality_name, CRIT_N, CRIT_MEDIUM, d);
	a->zone = (enum zone) choice(y, "zone", zone_name, ZONE_N, ZONE_ENTERPRISE, d);
	a->mirrored = true;
	if (yaml_get(y, "mirrored"))
		yaml_bool(yaml_get(y, "mirrored"), &a->mirrored, d);
	inv->unmirrored += !a->mirrored;
	if (yaml_get(y, "people_served"))
		yaml_u64(yaml_get(y, "people_served"), &a->people, UINT64_C(10000000000), d);
	read_capacity(yaml_get(y, "capacity"), a, d);
	s = arena_zalloc(&inv->arena, (services ? services->n : 0) * sizeof(*s) + 1);
	a->services = s;
	if (s)
		yaml_each(v, services) read_service(inv, v, &s[a->n_services++], d);
}

static int
read_asset(struct inventory *inv, const struct yaml *y, struct asset *a, bool must, uint32_t *cap, struct diag *d)
{
	const struct yaml *nets = yaml_get(y, "networks");

	inventory_read_asset(inv, y, a, d);
	if (!a->services)
		return E_NOMEM;
	if (!nets && !must)
		return 0;
	if (!nets || nets->kind != YAML_LIST || !nets->n)
		yaml_error(nets ? nets : y, d, "asset without a list of networks");
	return add_nets(inv, nets, a->index, cap, d);
}

static int
by_length(const void *a, const void *b)
{
	const struct inventory_net *x = a, *y = b;

	if (x->p.len != y->p.len)
		return x->p.len > y->p.len ? -1 : 1;
	return addr_cmp(&x->p.a, &y->p.a);
}

static void
index_nets(struct inventory *inv, struct diag *d)
{
	if (inv->n_nets)
		qsort(inv->nets, inv->n_nets, sizeof(*inv->nets), by_length);
	for (uint32_t i = 0; i < inv->n_nets; i++) {
		struct inventory_net *n = &inv->nets[i];
		if (i && by_length(n - 1, n) == 0)
			yaml_error(n->at, d, "network %s is given twice (also for %s)", n->at->text, inv->assets[n[-1].asset].name);
		if (inv->len_end[n->p.len] == 0) {
			inv->len_at[n->p.len] = i;
			inv->lens[inv->n_lens++] = n->p.len;
		}
		inv->len_end[n->p.len] = i + 1;
	}
	for (uint32_t i = 0; i < inv->n_nets; i++)
		inv->nets[i].at = NULL;
}

int
inventory_read(struct inventory *inv, const char *path, struct diag *d)
{
	static const char *const keys[] = { "version", "assets", "note", NULL };
	struct yaml_doc doc;
	uint32_t errors = d->errors, cap = 0;
	const struct yaml *list, *kind;
	bool is_case;

	memset(inv, 0, sizeof(*inv));
	arena_init(&inv->arena, 256 << 20);
	if (yaml_read(&doc, path, d) < 0) {
		if (d->errors == errors)
			diag_error(d, path, 0, 0, "inventory cannot be read");
		return -1;
	}
	list = yaml_get(doc.root, "assets");
	kind = yaml_get(doc.root, "kind");
	is_case = kind && kind->text && strcmp(kind->text, "case") == 0; /* its assets are the inventory; the rest is another reader's */
	if (!is_case)
		yaml_only(doc.root, keys, d);
	if (!list || list->kind != YAML_LIST)
		diag_error(d, path, 1, 1, "no list `assets`");
	inv->assets = arena_zalloc(&inv->arena, (list ? list->n : 0) * sizeof(*inv->assets) + 1);
	yaml_each(y, list)
	{
		struct asset *a = inv->assets ? &inv->assets[inv->n] : NULL;
		if (!a)
			break;
		a->index = inv->n++;
		if (read_asset(inv, y, a, !is_case, &cap, d) < 0)
			break;
	}
	index_nets(inv, d);
	yaml_clear(&doc);
	return d->errors > errors ? -1 : 0;
}

void
inventory_clear(struct inventory *inv)
{
	free(inv->nets);
	arena_clear(&inv->arena);
	memset(inv, 0, sizeof(*inv));
}

const struct asset *
inventory_find(const struct inventory *inv, const struct addr *a)
{
	for (uint32_t k = 0; k < inv->n_lens; k++) {
		uint8_t len = inv->lens[k];
		uint32_t lo = inv->len_at[len], hi = inv->len_end[len];
		while (lo < hi) {
			uint32_t mid = lo + (hi - lo) / 2;
			if (prefix_has(&inv->nets[mid].p, a))
				return &inv->assets[inv->nets[mid].asset];
			if (addr_cmp(&inv->nets[mid].p.a, a) < 0)
				lo = mid + 1;
			else
				hi = mid;
		}
	}
	return NULL;
}

uint32_t
inventory_count(const struct inventory *inv, const char *owner, const char *sector)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < inv->n; i++)
		n += (!owner || strcmp(owner, inv->assets[i].owner) == 0) && (!sector || strcmp(sector, inv->assets[i].sector) == 0);
	return n;
}
