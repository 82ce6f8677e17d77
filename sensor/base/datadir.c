#include "base/datadir.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void
datadir_find(char out[DATADIR_LEN])
{
	char exe[400], *slash;
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	static const char *const up[] = { "../rules", "../../rules", "../../../rules" };

	snprintf(out, DATADIR_LEN, "%s", PKGDATADIR);
	if (n <= 0)
		return;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	if (slash)
		*slash = '\0';
	for (size_t i = 0; i < sizeof(up) / sizeof(up[0]); i++) {
		char try[DATADIR_LEN];
		if (snprintf(try, sizeof(try), "%s/%s/policy", exe, up[i]) >= (int) sizeof(try) || access(try, R_OK) != 0)
			continue;
		snprintf(out, DATADIR_LEN, "%s/%s", exe, up[i]);
		return;
	}
}
