/* Vector versions by instruction set, and the lists of them for the rows of types. */
#ifndef TARE_TYPES_KERNELS_H
#define TARE_TYPES_KERNELS_H

#include "base/cpu.h"
#include "types/type.h"

/* What kernels_sse2.c, _avx2.c, _avx512.c and _neon.c define: tare_q4_K_encode_avx2 and so on. */
#define TARE_DECLARE_CODERS(type)                                                                                                         \
	extern tare_encode_fn tare_##type##_encode_sse2, tare_##type##_encode_avx2, tare_##type##_encode_avx512, tare_##type##_encode_neon; \
	extern tare_decode_fn tare_##type##_decode_sse2, tare_##type##_decode_avx2, tare_##type##_decode_avx512, tare_##type##_decode_neon;
TARE_DECLARE_CODERS(f16)
TARE_DECLARE_CODERS(bf16)
TARE_DECLARE_CODERS(q4_0)
TARE_DECLARE_CODERS(q4_1)
TARE_DECLARE_CODERS(q5_0)
TARE_DECLARE_CODERS(q5_1)
TARE_DECLARE_CODERS(q8_0)
TARE_DECLARE_CODERS(q2_K)
TARE_DECLARE_CODERS(q3_K)
TARE_DECLARE_CODERS(q4_K)
TARE_DECLARE_CODERS(q5_K)
TARE_DECLARE_CODERS(q6_K)
#undef TARE_DECLARE_CODERS

#define TARE_DECLARE_ENCODERS(type)                                                                          \
	extern tare_encode_fn tare_##type##_encode_sse2, tare_##type##_encode_avx2, tare_##type##_encode_avx512, \
		tare_##type##_encode_neon;
TARE_DECLARE_ENCODERS(tq1_0)
TARE_DECLARE_ENCODERS(tq2_0)
TARE_DECLARE_ENCODERS(mxfp4)
TARE_DECLARE_ENCODERS(nvfp4)
TARE_DECLARE_ENCODERS(q1_0)
TARE_DECLARE_ENCODERS(q2_0)
#undef TARE_DECLARE_ENCODERS

#define TARE_CODER(type, flag, isa) { flag, tare_##type##_decode_##isa, tare_##type##_encode_##isa }

/* The lists for struct tare_type of a type that has both, or encoders alone, in every instruction set. */
#if defined(__x86_64__)
#define TARE_ENCODERS(type)                                              \
	(const struct tare_kernel[]){                                    \
		{ TARE_CPU_SSE2, NULL, tare_##type##_encode_sse2 },      \
		{ TARE_CPU_AVX2, NULL, tare_##type##_encode_avx2 },      \
		{ TARE_CPU_AVX512, NULL, tare_##type##_encode_avx512 },  \
		{ 0, NULL, NULL },                                       \
	}
#define TARE_CODERS(type)                                      \
	(const struct tare_kernel[]){                          \
		TARE_CODER(type, TARE_CPU_SSE2, sse2),         \
		TARE_CODER(type, TARE_CPU_AVX2, avx2),         \
		TARE_CODER(type, TARE_CPU_AVX512, avx512),     \
		{ 0, NULL, NULL },                             \
	}
#elif defined(__aarch64__)
#define TARE_ENCODERS(type)                                              \
	(const struct tare_kernel[]){                                    \
		{ TARE_CPU_NEON, NULL, tare_##type##_encode_neon },      \
		{ 0, NULL, NULL },                                       \
	}
#define TARE_CODERS(type)                                      \
	(const struct tare_kernel[]){                          \
		TARE_CODER(type, TARE_CPU_NEON, neon),         \
		{ 0, NULL, NULL },                             \
	}
#else
#define TARE_ENCODERS(type) NULL
#define TARE_CODERS(type) NULL
#endif

#endif
