/* Vector versions of the encoders of the IQ types, and the lists of them for the rows of types. */
#ifndef TARE_TYPES_IQ_KERNELS_H
#define TARE_TYPES_IQ_KERNELS_H

#include "base/cpu.h"
#include "types/type.h"

/* What iq_sse2.c, _avx2.c, _avx512.c and _neon.c define: tare_iq4_nl_encode_avx2 and so on. */
#define TARE_DECLARE_IQ(type)                                                                                \
	extern tare_encode_fn tare_##type##_encode_sse2, tare_##type##_encode_avx2, tare_##type##_encode_avx512, \
		tare_##type##_encode_neon;
TARE_DECLARE_IQ(iq1_s)
TARE_DECLARE_IQ(iq1_m)
TARE_DECLARE_IQ(iq2_xxs)
TARE_DECLARE_IQ(iq2_xs)
TARE_DECLARE_IQ(iq2_s)
TARE_DECLARE_IQ(iq3_xxs)
TARE_DECLARE_IQ(iq3_s)
TARE_DECLARE_IQ(iq4_nl)
TARE_DECLARE_IQ(iq4_xs)
#undef TARE_DECLARE_IQ

/* The list for struct tare_type of a type that has these encoders. */
#if defined(__x86_64__)
#define TARE_IQ_ENCODERS(type)                                           \
	(const struct tare_kernel[]){                                    \
		{ TARE_CPU_SSE2, NULL, tare_##type##_encode_sse2 },      \
		{ TARE_CPU_AVX2, NULL, tare_##type##_encode_avx2 },      \
		{ TARE_CPU_AVX512, NULL, tare_##type##_encode_avx512 },  \
		{ 0, NULL, NULL },                                       \
	}
#elif defined(__aarch64__)
#define TARE_IQ_ENCODERS(type)                                           \
	(const struct tare_kernel[]){                                    \
		{ TARE_CPU_NEON, NULL, tare_##type##_encode_neon },      \
		{ 0, NULL, NULL },                                       \
	}
#else
#define TARE_IQ_ENCODERS(type) NULL
#endif

#endif
