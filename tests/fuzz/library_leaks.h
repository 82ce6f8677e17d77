/*
 * library_leaks - leaks of a library that a fuzzer of ours shall not stop for, each with its reason.
 */
#ifndef FUZZ_LIBRARY_LEAKS_H
#define FUZZ_LIBRARY_LEAKS_H

const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 keeps 2 KiB of a long quoted scalar when the text breaks off in it; files of the operator only. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libfyaml.so\n";
}

#endif
