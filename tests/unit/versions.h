/* The vector versions of types that this machine can run, a test each; TARE_CPU narrows the choice. Include after cmocka. */
#ifndef TARE_TESTS_VERSIONS_H
#define TARE_TESTS_VERSIONS_H

#include "base/cpu.h"
#include "types/type.h"

#include <stdio.h>

enum { MAX_VERSIONS = 256 };

struct version {
	const tare_type *type;
	const struct tare_kernel *kernel;
	char name[64];
};

static void no_vector_version_runs_here(void **state)
{
	(void)state;
	skip();
}

/* Runs test with a struct version as its state for each version with an encoder (encoders) or any. */
static int run_versions(const char *name, CMUnitTestFunction test, bool encoders)
{
	static struct CMUnitTest tests[MAX_VERSIONS] = { cmocka_unit_test(no_vector_version_runs_here) };
	static struct version versions[MAX_VERSIONS];
	const struct tare_kernel *k;
	const tare_type *t;
	size_t n = 0, i;

	for (i = 0; (t = tare_type_at(i)); i++)
		for (k = t->kernels; k && k->cpu && n < MAX_VERSIONS; k++) {
			if ((tare_cpu_flags() & k->cpu) != k->cpu || (encoders && !k->encode))
				continue;
			versions[n] = (struct version){ .type = t, .kernel = k };
			snprintf(versions[n].name, sizeof versions[n].name, "%s with %s", t->name,
				 k->cpu & TARE_CPU_AVX512 ? "avx512" : k->cpu & TARE_CPU_AVX2 ? "avx2" : k->cpu & TARE_CPU_SSE2 ? "sse2" : "neon");
			tests[n] = (struct CMUnitTest){ versions[n].name, test, NULL, NULL, &versions[n] };
			n++;
		}
	return _cmocka_run_group_tests(name, tests, n ? n : 1, NULL, NULL);
}

#endif
