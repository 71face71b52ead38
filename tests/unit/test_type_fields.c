/* What types say of their blocks' bytes accounts for every one of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "types/type.h"

#include <stdio.h>
#include <string.h>

static size_t bits_of(const char *word)
{
	static const struct {
		const char *word;
		size_t bits;
	} words[] = { { "u1", 1 },   { "u2", 2 },   { "u4", 4 },    { "u8", 8 },   { "i8", 8 },  { "e8m0", 8 }, { "e4m3", 8 },
		      { "u16", 16 }, { "i16", 16 }, { "f16", 16 }, { "u32", 32 }, { "f32", 32 } };
	size_t i;

	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(words[i].word, word))
			return words[i].bits;
	return 0;
}

static size_t size_of(const char *fields)
{
	size_t sum = 0, count;
	char word[8], name[32];
	const char *p = fields;

	for (;;) {
		int n = 0;

		count = 1;
		assert_int_equal(sscanf(p, "%7[a-z0-9] %31[a-z_]%n", word, name, &n), 2);
		p += n;
		if (sscanf(p, "[%zu]%n", &count, &n) == 1)
			p += n;
		assert_true(bits_of(word));
		assert_int_equal(bits_of(word) * count % 8, 0);
		sum += bits_of(word) * count / 8;
		if (!*p)
			return sum;
		assert_true(!strncmp(p, ", ", 2));
		p += 2;
	}
}

static void every_byte_is_told(void **state)
{
	const tare_type *t;
	size_t i;

	for (i = 0; (t = tare_type_at(i)); i++) {
		const char *fields = tare_type_fields(t);

		if (!(t->flags & TARE_TYPE_QUANTIZED)) {
			assert_null(fields);
			continue;
		}
		if (!fields || size_of(fields) != t->block_size)
			fail_msg("%s: '%s'", t->name, fields ? fields : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_byte_is_told) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
