/*
 * fuzz_inventory - any text as an asset inventory: problems or assets, no crash; every network that was read is found.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/mman.h>

#include "library_leaks.h"
#include "pipeline/incident/inventory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct inventory inv;
	struct diag d;
	struct addr a = { 0 };
	char path[64];
	int fd = memfd_create("inventory", 0);

	if (fd < 0 || n > 65536 || write(fd, data, n) != (ssize_t) n) {
		close(fd);
		return 0;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	diag_init(&d, 0);
	if (inventory_read(&inv, path, &d) == 0) {
		for (uint32_t i = 0; i < inv.n; i++)
			if (!inv.assets[i].name || !inv.assets[i].owner || !inv.assets[i].sector || !inv.assets[i].territory)
				abort();
		for (size_t k = 0; k < n && k < 64; k++) {
			a.b[k % 16] ^= data[k];
			inventory_find(&inv, &a);
		}
	} else if (!d.errors) {
		abort(); /* refused without a word */
	}
	inventory_clear(&inv);
	diag_clear(&d);
	close(fd);
	return 0;
}
