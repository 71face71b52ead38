/* Instruction sets, chosen once at run time. TARE_CPU= (none, sse2, avx2, avx512, neon, all) restricts the choice. */
#ifndef TARE_BASE_CPU_H
#define TARE_BASE_CPU_H

#include "tare.h"

enum {
	TARE_CPU_AVX2 = 1u << 0,   /* AVX2 and F16C, with the OS saving the registers */
	TARE_CPU_AVX512 = 1u << 1, /* AVX-512 F, BW, DQ, VL */
	TARE_CPU_NEON = 1u << 2,
	TARE_CPU_SSE2 = 1u << 3,   /* every x86-64 */
};

/* Thread-safe; the answer does not change during a run. */
unsigned tare_cpu_flags(void);
/* "sse2 avx2 avx512" or "baseline". */
const char *tare_cpu_text(void);

#endif
