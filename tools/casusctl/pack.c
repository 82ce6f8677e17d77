/* casusctl pack: policy packs looked at without a sensor. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/datadir.h"
#include "casusctl.h"
#include "pipeline/legal/differ.h"

struct shelf {
	struct effects effects;
	struct diag d;
	bool bad;
};

static int
read_packs(struct shelf *s, struct packs *p, const char *dir)
{
	int rc = packs_read(p, dir, &s->effects, &s->d);

	s->bad |= rc < 0;
	return rc;
}

static int
check(struct shelf *s, const char *dir)
{
	struct packs p = { 0 };
	uint32_t unverified = 0, positions = 0;

	if (read_packs(s, &p, dir) == 0) {
		for (uint32_t i = 0; i < p.n_parties; i++)
			for (uint32_t k = 0; k < p.party[i].n_pos; k++) {
				positions++;
				unverified += !p.party[i].pos[k].verified;
			}
		printf("%s: good: %u parties, %u instruments, %u conditions, %u positions (%u not verified), packs %.12s\n", dir, p.n_parties, p.n_instruments,
		    p.n_common, positions, unverified, p.hash);
	}
	packs_clear(&p);
	return s->bad ? CTL_CONFIG : CTL_OK;
}

static bool
is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int
diff(struct shelf *s, const char *dir, const char *a, const char *b)
{
	struct packs x = { 0 }, y = { 0 };
	uint32_t n = 0;
	int rc = CTL_FAILURE;

	if (is_folder(a) && is_folder(b)) {
		if (read_packs(s, &x, a) == 0 && read_packs(s, &y, b) == 0) {
			n = differ_versions(stdout, &x, &y);
			rc = n || strcmp(x.hash, y.hash) != 0 ? CTL_FINDING : CTL_OK;
		}
	} else if (read_packs(s, &x, dir) == 0) {
		const struct party *pa = packs_party(&x, a), *pb = packs_party(&x, b);
		if (pa && pb)
			rc = differ_parties(stdout, &x, pa, pb) ? CTL_FINDING : CTL_OK;
		else
			fprintf(stderr, "casusctl: \"%s\" is neither a folder of packs nor a party of %s\n", pa ? b : a, dir);
	}
	packs_clear(&x);
	packs_clear(&y);
	return s->bad ? CTL_CONFIG : rc;
}

static int
run(const struct options *o, int argc, char **argv)
{
	static const struct option longs[] = { { "packs", required_argument, NULL, 'p' }, { "effects", required_argument, NULL, 'e' }, { 0 } };
	char data[DATADIR_LEN], packs[DATADIR_LEN + 16], effects[DATADIR_LEN + 16];
	const char *dir = packs, *e = effects;
	struct shelf s = { 0 };
	int c, rc = CTL_FAILURE;

	datadir_find(data);
	snprintf(packs, sizeof(packs), "%s/policy", data);
	snprintf(effects, sizeof(effects), "%s/effects.yaml", data);
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (c) {
		case 'p': dir = optarg; break;
		case 'e': e = optarg; break;
		default: return usage(&subcommand_pack);
		}
	argv += optind;
	argc -= optind;
	diag_init(&s.d, 0);
	if (effects_read(&s.effects, e, &s.d) == 0) {
		if (argc >= 1 && argc <= 2 && strcmp(argv[0], "check") == 0)
			rc = check(&s, argc == 2 ? argv[1] : dir);
		else if (argc == 3 && strcmp(argv[0], "diff") == 0)
			rc = diff(&s, dir, argv[1], argv[2]);
		else
			rc = usage(&subcommand_pack);
	}
	diag_print(&s.d, stderr);
	diag_clear(&s.d);
	effects_clear(&s.effects);
	return rc;
}

const struct subcommand subcommand_pack = { "pack", "check [DIR] | diff A B", "policy packs: every problem; what two parties or two folders differ in", run };
