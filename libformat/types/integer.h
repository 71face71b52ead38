/* Integers and truth values to f32: X(type, value) for each, of element i at p. */
#ifndef TARE_TYPES_INTEGER_H
#define TARE_TYPES_INTEGER_H

#include "base/bytes.h"

#define TARE_INTEGERS(X)                                        \
	X(i8, (int8_t)p[i])                                     \
	X(i16, (int16_t)tare_get16(p + 2 * i, false))           \
	X(i32, (int32_t)tare_get32(p + 4 * i, false))           \
	X(i64, (int64_t)tare_get64(p + 8 * i, false))           \
	X(u8, p[i])                                             \
	X(u16, tare_get16(p + 2 * i, false))                    \
	X(u32, tare_get32(p + 4 * i, false))                    \
	X(u64, tare_get64(p + 8 * i, false))                    \
	X(truth, p[i] != 0)

#endif
