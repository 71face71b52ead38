/* Vector versions by instruction set, and the rows that list them. */
#ifndef TARE_TYPES_KERNELS_H
#define TARE_TYPES_KERNELS_H

#include "base/cpu.h"
#include "types/type.h"

#define TARE_DECLARE_ENCODERS(type)                                                                          \
	extern tare_encode_fn tare_##type##_encode_sse2, tare_##type##_encode_avx2, tare_##type##_encode_avx512, \
		tare_##type##_encode_neon;
TARE_DECLARE_ENCODERS(q2_K)
TARE_DECLARE_ENCODERS(q3_K)
TARE_DECLARE_ENCODERS(q4_K)
TARE_DECLARE_ENCODERS(q5_K)
TARE_DECLARE_ENCODERS(q6_K)
#undef TARE_DECLARE_ENCODERS

/* The list for struct tare_type of a type that has these encoders. */
#if defined(__x86_64__)
#define TARE_ENCODERS(type)                                              \
	(const struct tare_kernel[]){                                    \
		{ TARE_CPU_SSE2, NULL, tare_##type##_encode_sse2 },      \
		{ TARE_CPU_AVX2, NULL, tare_##type##_encode_avx2 },      \
		{ TARE_CPU_AVX512, NULL, tare_##type##_encode_avx512 },  \
		{ 0, NULL, NULL },                                       \
	}
#elif defined(__aarch64__)
#define TARE_ENCODERS(type)                                              \
	(const struct tare_kernel[]){                                    \
		{ TARE_CPU_NEON, NULL, tare_##type##_encode_neon },      \
		{ 0, NULL, NULL },                                       \
	}
#else
#define TARE_ENCODERS(type) NULL
#endif

#endif
