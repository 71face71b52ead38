/* Slices of real FP8 models with the values other libraries decode from them (corpus/golden-dequant, as bf16). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "types/half.h"
#include "types/type.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

struct slice {
	uint8_t *bytes;
	size_t size;
};

static bool load(struct slice *s, const char *folder, const char *name)
{
	char path[1024];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "rb");
	if (!f)
		return false;
	s->bytes = malloc(1 << 20);
	s->size = fread(s->bytes, 1, 1 << 20, f);
	fclose(f);
	return true;
}

static uint32_t word(const struct slice *s, size_t i)
{
	assert_true(4 * i + 4 <= s->size);
	return tare_get32(s->bytes + 4 * i, false);
}

static float fp8_scale(const struct slice *s, size_t at, unsigned dtype, size_t i)
{
	if (dtype == 0)
		return tare_f32_of_bits(tare_get32(s->bytes + at + 4 * i, false));
	return dtype == 1 ? tare_f32_of_bf16(tare_get16(s->bytes + at + 2 * i, false)) : tare_f32_of_f16(tare_get16(s->bytes + at + 2 * i, false));
}

/* Header: scheme (0 a scale for 128 x 128 weights, 1 one scale, 2 one a row), dtype of scales (f32, bf16, f16), rows, columns, bytes of
 * weights, of scales, of bf16 values. The weights are f8_e4m3. */
static void check_fp8(const struct slice *s, const char *name)
{
	unsigned scheme = word(s, 0), dtype = word(s, 1);
	size_t rows = word(s, 2), cols = word(s, 3), at = 28 + word(s, 4), golden = at + word(s, 5), wrong = 0;
	float *y = malloc(rows * cols * sizeof *y);

	assert_int_equal(golden + 2 * rows * cols, s->size);
	tare_type_f8_e4m3.decode(y, s->bytes + 28, rows * cols);
	for (size_t i = 0; i < rows * cols; i++) {
		size_t r = i / cols, which = scheme == 0 ? r / 128 * ((cols + 127) / 128) + i % cols / 128 : scheme == 1 ? 0 : r;
		uint16_t got = tare_bf16_of_f32(y[i] * fp8_scale(s, at, dtype, which));

		wrong += got != tare_get16(s->bytes + golden + 2 * i, false);
	}
	if (wrong)
		print_error("%s: %zu of %zu values differ\n", name, wrong, rows * cols);
	assert_int_equal(wrong, 0);
	free(y);
}

static void real_slices(void **state)
{
	const char *shared = getenv("TARE_SHARED");
	char folder[512];
	struct dirent *e;
	size_t n = 0;
	DIR *d;

	if (!shared)
		skip();
	snprintf(folder, sizeof folder, "%s/corpus/golden-dequant/fp8_reference", shared);
	d = opendir(folder);
	assert_non_null(d);
	while ((e = readdir(d))) {
		struct slice s;

		if (e->d_name[0] == '.' || !load(&s, folder, e->d_name))
			continue;
		check_fp8(&s, e->d_name);
		free(s.bytes);
		n++;
	}
	closedir(d);
	assert_true(n >= 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_slices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
