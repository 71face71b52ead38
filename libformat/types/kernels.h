/* Vector versions by instruction set, and the lists of them for the rows of types. */
#ifndef TARE_TYPES_KERNELS_H
#define TARE_TYPES_KERNELS_H

#include "base/cpu.h"
#include "types/type.h"

/* What kernels_sse2.c, iq_sse2.c and their like define: tare_q4_K_encode_avx2 and so on. */
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
TARE_DECLARE_CODERS(iq1_s)
TARE_DECLARE_CODERS(iq1_m)
TARE_DECLARE_CODERS(iq2_xxs)
TARE_DECLARE_CODERS(iq2_xs)
TARE_DECLARE_CODERS(iq2_s)
TARE_DECLARE_CODERS(iq3_xxs)
TARE_DECLARE_CODERS(iq3_s)
TARE_DECLARE_CODERS(iq4_nl)
TARE_DECLARE_CODERS(iq4_xs)
TARE_DECLARE_CODERS(tq1_0)
TARE_DECLARE_CODERS(tq2_0)
TARE_DECLARE_CODERS(mxfp4)
TARE_DECLARE_CODERS(nvfp4)
TARE_DECLARE_CODERS(q1_0)
TARE_DECLARE_CODERS(q2_0)
#undef TARE_DECLARE_CODERS

#define TARE_CODER(type, flag, isa) { flag, tare_##type##_decode_##isa, tare_##type##_encode_##isa }

/* The list for struct tare_type of a type that has both in every instruction set. */
#if defined(__x86_64__)
#define TARE_CODERS(type)                                      \
	(const struct tare_kernel[]){                          \
		TARE_CODER(type, TARE_CPU_SSE2, sse2),         \
		TARE_CODER(type, TARE_CPU_AVX2, avx2),         \
		TARE_CODER(type, TARE_CPU_AVX512, avx512),     \
		{ 0, NULL, NULL },                             \
	}
#elif defined(__aarch64__)
#define TARE_CODERS(type)                                      \
	(const struct tare_kernel[]){                          \
		TARE_CODER(type, TARE_CPU_NEON, neon),         \
		{ 0, NULL, NULL },                             \
	}
#else
#define TARE_CODERS(type) NULL
#endif

#endif
