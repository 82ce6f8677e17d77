/* What several subcommands share: a journal's records one by one, and the packs they are looked at with. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "casusctl.h"
#include "records.h"

int
records_each(const char *dir, int (*fn)(void *arg, const struct journal_record *r), void *arg)
{
	uint64_t *numbers;
	uint32_t n;
	int rc = scan_list(dir, &numbers, &n);

	if (rc < 0) {
		fprintf(stderr, "casusctl: %s: %s\n", dir, err_text(rc));
		return CTL_FAILURE;
	}
	for (uint32_t k = 0; k < n; k++) {
		struct journal_record r;
		enum scan_result result;
		char path[4096];
		struct span frame;
		struct scan s;
		if (scan_path(path, sizeof path, dir, numbers[k]) < 0 || scan_open(&s, path) < 0)
			continue;
		while ((result = scan_next(&s, &r, &frame)) != SCAN_END && result != SCAN_TORN)
			if (result == SCAN_RECORD && fn(arg, &r))
				break;
		scan_close(&s);
	}
	free(numbers);
	return CTL_OK;
}

void
shelf_paths(struct shelf *s)
{
	char data[DATADIR_LEN];

	datadir_find(data);
	snprintf(s->packs_dir, sizeof s->packs_dir, "%s/policy", data);
	snprintf(s->effects_path, sizeof s->effects_path, "%s/effects.yaml", data);
	s->packs_from = s->packs_dir;
	s->effects_from = s->effects_path;
}

int
shelf_read(struct shelf *s)
{
	struct diag d;
	int rc = CTL_OK;

	diag_init(&d, 0);
	if (effects_read(&s->effects, s->effects_from, &d) < 0 || packs_read(&s->packs, s->packs_from, &s->effects, &d) < 0) {
		diag_print(&d, stderr);
		rc = CTL_FAILURE;
	}
	diag_clear(&d);
	return rc;
}

void
shelf_clear(struct shelf *s)
{
	packs_clear(&s->packs);
	effects_clear(&s->effects);
}
