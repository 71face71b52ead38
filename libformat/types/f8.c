/* The 8-bit floats: see f8.h. */
#include "types/f8.h"
#include "types/kernels.h"
#include "types/type.h"

#define F8(x) \
	static void decode_##x(float *dst, const void *src, size_t nblocks) \
	{ \
		const uint8_t *p = src; \
\
		for (size_t i = 0; i < nblocks; i++) \
			dst[i] = tare_f8_##x(p[i]); \
	} \
	const struct tare_type tare_type_f8_##x = { \
		.name = "f8_" #x, .gguf_id = -1, .block_len = 1, .block_size = 1, .decode = decode_##x, .kernels = TARE_DECODERS(f8_##x), \
	};

F8(e4m3)
F8(e4m3fnuz)
F8(e5m2)
F8(e5m2fnuz)
F8(e8m0)
