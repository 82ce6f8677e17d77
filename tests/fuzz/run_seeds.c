/*
 * run_seeds - the main of a fuzz target in make check: every seed, seeds cut short, and degenerate inputs.
 *
 * Each input lies in a block of exactly its size, so that AddressSanitizer sees the first byte too many. An input that takes
 * 20 s of the processor, or 120 s by the clock, fails: the signal ends the program.
 */
#include <dirent.h>
#include <libgen.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BIG = 65536, CUTS = 24, CPU_SECONDS = 20, WALL_SECONDS = 120 };

static const char *volatile what = "";
static unsigned inputs;

static void
late(int sig)
{
	static const char text[] = " takes too long\n";

	if (write(2, what, strlen(what)) < 0 || write(2, text, sizeof(text) - 1) < 0)
		_exit(2);
	signal(sig, SIG_DFL);
	abort();
}

static void
run(const char *name, const uint8_t *bytes, size_t n)
{
	const struct itimerval cpu = { .it_value.tv_sec = CPU_SECONDS };
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		abort();
	memcpy(copy, bytes, n);
	what = name;
	alarm(WALL_SECONDS);
	setitimer(ITIMER_PROF, &cpu, NULL);
	LLVMFuzzerTestOneInput(n ? copy : copy + 1, n);
	free(copy);
	inputs++;
}

static void
degenerate(void)
{
	static const uint8_t one[] = { 0x00, 0x01, 0x16, 0x47, 0x7f, 0x80, 0xff };
	static uint8_t big[BIG];
	uint32_t x = 12345;

	run("the empty input", one, 0);
	for (size_t i = 0; i < sizeof(one); i++)
		run("one byte", one + i, 1);
	run("64 KiB of 0x00", big, sizeof(big));
	memset(big, 0xff, sizeof(big));
	run("64 KiB of 0xff", big, sizeof(big));
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t) i;
	run("64 KiB counted", big, sizeof(big));
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t) ((x = x * 1103515245 + 12345) >> 16);
	run("64 KiB of noise", big, sizeof(big));
}

/* A whole seed, and what is left when it ends early. */
static void
seed(const char *path)
{
	static uint8_t bytes[1 << 20];
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f) {
		perror(path);
		exit(1);
	}
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	run(path, bytes, n);
	for (size_t i = 0; i < CUTS && i < n; i++)
		run(path, bytes, n * i / CUTS);
}

static int
is_file(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static unsigned
folder(const char *path)
{
	struct dirent **list;
	int n = scandir(path, &list, is_file, alphasort);

	for (int i = 0; i < n; i++) {
		char file[4096];

		if (snprintf(file, sizeof(file), "%s/%s", path, list[i]->d_name) < (int) sizeof(file))
			seed(file);
		free(list[i]);
	}
	if (n > 0)
		free(list);
	return n > 0 ? (unsigned) n : 0;
}

int
main(int argc, char **argv)
{
	const char *top = getenv("top_srcdir"), *name = basename(argv[0]);
	char path[4096];

	signal(SIGALRM, late);
	signal(SIGPROF, late);
	if (argc > 1) { /* files, to look at a finding */
		for (int i = 1; i < argc; i++)
			seed(argv[i]);
		return 0;
	}
	degenerate();
	if (strncmp(name, "fuzz_", 5) == 0)
		name += 5;
	snprintf(path, sizeof(path), "%s/tests/fuzz/seeds/%s", top ? top : ".", name);
	if (!folder(path)) {
		fprintf(stderr, "no seeds in %s\n", path);
		return 1;
	}
	printf("%s: %u inputs\n", name, inputs);
	return 0;
}
