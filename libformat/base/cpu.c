#include "base/cpu.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

enum { XCR0_AVX = 0x06, XCR0_AVX512 = 0xe6 };

/* Which register files the operating system saves. Only to be asked when CPUID says that it may be. */
static uint32_t read_xcr0(void)
{
	uint32_t low, high;

	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return low;
}

static unsigned detect(void)
{
	const uint32_t leaf1 = bit_OSXSAVE | bit_AVX | bit_F16C;
	const uint32_t avx512 = bit_AVX512F | bit_AVX512DQ | bit_AVX512BW | bit_AVX512VL;
	uint32_t a, b, c, d, xcr0;
	unsigned flags = 0;

	if (!__get_cpuid(1, &a, &b, &c, &d))
		return 0;
	if (d & bit_SSE2)
		flags |= TARE_CPU_SSE2;
	if ((c & leaf1) != leaf1)
		return flags;
	xcr0 = read_xcr0();
	if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (xcr0 & XCR0_AVX) != XCR0_AVX || !(b & bit_AVX2))
		return flags;
	flags |= TARE_CPU_AVX2;
	if ((xcr0 & XCR0_AVX512) == XCR0_AVX512 && (b & avx512) == avx512)
		flags |= TARE_CPU_AVX512;
	return flags;
}
#elif defined(__aarch64__)
#include <sys/auxv.h>

static unsigned detect(void)
{
	const unsigned long asimd = 1ul << 1;

	return getauxval(AT_HWCAP) & asimd ? TARE_CPU_NEON : 0;
}
#else
static unsigned detect(void)
{
	return 0;
}
#endif

static const struct {
	const char *word;
	unsigned flags;
} words[] = {
	{ "none", 0 },
	{ "sse2", TARE_CPU_SSE2 },
	{ "avx2", TARE_CPU_AVX2 },
	{ "avx512", TARE_CPU_AVX512 },
	{ "neon", TARE_CPU_NEON },
	{ "all", ~0u },
};

/* The flags that a list of words allows. Words that are not known are passed over; a list without a known word allows everything. */
static unsigned allowed(const char *list)
{
	const char *between = ", \t";
	unsigned flags = 0;
	bool known = false;
	size_t i, n;

	for (list += strspn(list, between); *list; list += n, list += strspn(list, between)) {
		n = strcspn(list, between);
		for (i = 0; i < sizeof words / sizeof words[0]; i++) {
			if (strlen(words[i].word) != n || memcmp(words[i].word, list, n))
				continue;
			flags |= words[i].flags;
			known = true;
		}
	}
	return known ? flags : ~0u;
}

unsigned tare_cpu_flags(void)
{
	enum { UNKNOWN = 1u << 31 };
	static _Atomic unsigned cached = UNKNOWN;
	unsigned flags = cached;
	const char *list;

	if (flags != UNKNOWN)
		return flags;
	/* Two threads may both come here; they find the same. */
	list = getenv("TARE_CPU");
	flags = detect() & (list ? allowed(list) : ~0u);
	cached = flags;
	return flags;
}

const char *tare_cpu_text(void)
{
	static const char *const text[16] = {
		[TARE_CPU_NEON] = "neon",
		[TARE_CPU_SSE2] = "sse2",
		[TARE_CPU_AVX2] = "avx2",
		[TARE_CPU_AVX512] = "avx512",
		[TARE_CPU_AVX2 | TARE_CPU_AVX512] = "avx2 avx512",
		[TARE_CPU_SSE2 | TARE_CPU_AVX2] = "sse2 avx2",
		[TARE_CPU_SSE2 | TARE_CPU_AVX512] = "sse2 avx512",
		[TARE_CPU_SSE2 | TARE_CPU_AVX2 | TARE_CPU_AVX512] = "sse2 avx2 avx512",
	};
	const char *found = text[tare_cpu_flags() & 15];

	return found ? found : "baseline";
}
