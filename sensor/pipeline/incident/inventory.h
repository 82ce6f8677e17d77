/*
 * inventory - whose a network is, where, of which sector, how critical, how big.
 *
 * Thread:    the pipeline's; immutable between reloads.
 * Memory:    one arena.
 * Owns:      assets and all their texts.
 * Not here:  which party holds which legal position -> ../legal/
 */
#ifndef PIPELINE_INVENTORY_H
#define PIPELINE_INVENTORY_H

#include "base/addr.h"
#include "base/yaml.h"

enum criticality { CRIT_LOW, CRIT_MEDIUM, CRIT_HIGH, CRIT_CRITICAL, CRIT_N };
enum zone { ZONE_INTERNET, ZONE_DMZ, ZONE_ENTERPRISE, ZONE_OT, ZONE_SAFETY, ZONE_N };
extern const char *const criticality_name[CRIT_N], *const zone_name[ZONE_N];

struct asset_service {
	uint8_t proto; /* IP protocol number */
	uint16_t port;
	const char *name;
};

struct asset {
	const char *name, *owner, *territory, *sector, *class; /* owner, territory: party ids of the packs */
	enum criticality criticality;
	enum zone zone;
	uint64_t people;         /* served; 0 = not stated */
	uint64_t bps, pps;       /* capacity; 0 = not stated */
	bool mirrored;           /* its traffic is seen in full (default yes) */
	const struct asset_service *services;
	uint32_t n_services;
	uint32_t index;
};

struct inventory_net;
struct inventory {
	struct arena arena;
	struct asset *assets;
	uint32_t n, unmirrored;
	struct inventory_net *nets; /* by length, longest first, then by address */
	uint32_t n_nets;
	uint32_t len_at[130];       /* nets of length l are [len_at[l], len_end[l]) */
	uint32_t len_end[130];
	uint8_t lens[130];          /* those that there are, longest first */
	uint32_t n_lens;
};

/* All problems in d (unknown keys, bad values, the same network twice), file:line:column. -1 when there was an error. */
int inventory_read(struct inventory *inv, const char *path, struct diag *d);
/* One asset's words, without its networks; inv->arena takes the texts. */
void inventory_read_asset(struct inventory *inv, const struct yaml *y, struct asset *a, struct diag *d);
void inventory_clear(struct inventory *inv);
/* The asset of the longest network that holds the address, or NULL. */
const struct asset *inventory_find(const struct inventory *inv, const struct addr *a);
/* Assets of an owner and sector (each NULL = any). */
uint32_t inventory_count(const struct inventory *inv, const char *owner, const char *sector);

#endif
