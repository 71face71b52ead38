/* The list of schemes, looking one up, and choosing the fastest kernels. */
#include "schemes/scheme.h"

#include <string.h>

#include "schemes/kernels.h"

static const tare_scheme *const schemes[] = {
#define SCHEME(name) &tare_scheme_##name,
#include "schemes/schemes.def"
#undef SCHEME
};

const tare_scheme *tare_scheme_at(size_t i)
{
	return i < sizeof schemes / sizeof *schemes ? schemes[i] : NULL;
}

const tare_scheme *tare_scheme_find(const char *name)
{
	for (size_t i = 0; tare_scheme_at(i); i++)
		if (!strcmp(schemes[i]->name, name))
			return schemes[i];
	return NULL;
}

static const char *const algorithms[TARE_ALGORITHM_COUNT] = { "default", "rtn", "k_quant", "search" };

const char *tare_algorithm_name(tare_algorithm a)
{
	return algorithms[a];
}

bool tare_algorithm_find(const char *name, tare_algorithm *a)
{
	for (size_t i = 0; i < TARE_ALGORITHM_COUNT; i++)
		if (!strcmp(algorithms[i], name)) {
			*a = (tare_algorithm)i;
			return true;
		}
	return false;
}

#if defined(__x86_64__)
extern const tare_scheme_kernels tare_scheme_kernels_sse2, tare_scheme_kernels_avx2, tare_scheme_kernels_avx512;
static const tare_scheme_kernels *const tables[] = {
	&tare_scheme_scalar, &tare_scheme_kernels_sse2, &tare_scheme_kernels_avx2, &tare_scheme_kernels_avx512,
};
#elif defined(__aarch64__)
extern const tare_scheme_kernels tare_scheme_kernels_neon;
static const tare_scheme_kernels *const tables[] = { &tare_scheme_scalar, &tare_scheme_kernels_neon };
#else
static const tare_scheme_kernels *const tables[] = { &tare_scheme_scalar };
#endif

const tare_scheme_kernels *tare_scheme_kernels_at(size_t i)
{
	return i < sizeof tables / sizeof *tables ? tables[i] : NULL;
}

const tare_scheme_kernels *tare_scheme_best_kernels(void)
{
	const tare_scheme_kernels *best = tables[0];

	for (size_t i = 1; tare_scheme_kernels_at(i); i++)
		if ((tare_cpu_flags() & tables[i]->cpu) == tables[i]->cpu)
			best = tables[i];
	return best;
}
