/* Vector versions by instruction set, and the lists of them for the rows of types. */
#ifndef TARE_TYPES_KERNELS_H
#define TARE_TYPES_KERNELS_H

#include "base/cpu.h"
#include "types/type.h"

/* What kernels_sse2.c, iq_sse2.c and their like define: tare_q4_K_encode_avx2 and so on. */
#define TARE_DECLARE_DECODERS(type) \
	extern tare_decode_fn tare_##type##_decode_sse2, tare_##type##_decode_avx2, tare_##type##_decode_avx512, tare_##type##_decode_neon;
#define TARE_DECLARE_CODERS(type)                                                                                                         \
	extern tare_encode_fn tare_##type##_encode_sse2, tare_##type##_encode_avx2, tare_##type##_encode_avx512, tare_##type##_encode_neon; \
	TARE_DECLARE_DECODERS(type)
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
TARE_DECLARE_DECODERS(f8_e4m3)
TARE_DECLARE_DECODERS(f8_e4m3fnuz)
TARE_DECLARE_DECODERS(f8_e5m2)
TARE_DECLARE_DECODERS(f8_e5m2fnuz)
TARE_DECLARE_DECODERS(f8_e8m0)
TARE_DECLARE_DECODERS(i8)
TARE_DECLARE_DECODERS(i16)
TARE_DECLARE_DECODERS(i32)
TARE_DECLARE_DECODERS(i64)
TARE_DECLARE_DECODERS(u8)
TARE_DECLARE_DECODERS(u16)
TARE_DECLARE_DECODERS(u32)
TARE_DECLARE_DECODERS(u64)
TARE_DECLARE_DECODERS(truth)
#undef TARE_DECLARE_CODERS
#undef TARE_DECLARE_DECODERS

#define TARE_CODER(type, flag, isa) { flag, tare_##type##_decode_##isa, tare_##type##_encode_##isa }
#define TARE_DECODER(type, flag, isa) { flag, tare_##type##_decode_##isa, NULL }

/* A list for struct tare_type: a row for each instruction set, which TARE_CODER or TARE_DECODER makes. */
#if defined(__x86_64__)
#define TARE_KERNELS(row, type)                         \
	(const struct tare_kernel[]){                   \
		row(type, TARE_CPU_SSE2, sse2),         \
		row(type, TARE_CPU_AVX2, avx2),         \
		row(type, TARE_CPU_AVX512, avx512),     \
		{ 0, NULL, NULL },                      \
	}
#elif defined(__aarch64__)
#define TARE_KERNELS(row, type)                         \
	(const struct tare_kernel[]){                   \
		row(type, TARE_CPU_NEON, neon),         \
		{ 0, NULL, NULL },                      \
	}
#else
#define TARE_KERNELS(row, type) NULL
#endif

/* Of a type that has both; that has decoders alone. */
#define TARE_CODERS(type) TARE_KERNELS(TARE_CODER, type)
#define TARE_DECODERS(type) TARE_KERNELS(TARE_DECODER, type)

#endif
