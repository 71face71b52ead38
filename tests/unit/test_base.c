#include "base/sink.h"

#include "base/arena.h"
#include "base/cpu.h"
#include "base/escape.h"
#include "base/sha256.h"
#include "base/strmap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static tare_status put_numbers(tare_sink *s)
{
	TARE_TRY(tare_sink_u8(s, 0x11, NULL));
	TARE_TRY(tare_sink_u16(s, 0x2233, NULL));
	TARE_TRY(tare_sink_u32(s, 0x44556677, NULL));
	TARE_TRY(tare_sink_u64(s, 0x8899aabbccddeeffu, NULL));
	return tare_sink_put(s, "end", 3, NULL);
}

static void numbers(void **state)
{
	static const uint8_t little[] = { 0x11, 0x33, 0x22, 0x77, 0x66, 0x55, 0x44, 0xff, 0xee, 0xdd, 0xcc, 0xbb, 0xaa, 0x99, 0x88, 'e', 'n', 'd' };
	static const uint8_t big[] = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 'e', 'n', 'd' };
	tare_buffer b = { 0 };
	tare_sink count = { 0 }, s = { .put = tare_buffer_put, .ctx = &b };

	assert_int_equal(put_numbers(&count), TARE_OK);
	assert_int_equal(put_numbers(&s), TARE_OK);
	assert_int_equal(count.count, sizeof little);
	assert_int_equal(s.count, sizeof little);
	assert_int_equal(b.size, sizeof little);
	assert_memory_equal(b.bytes, little, sizeof little);
	s.big = true;
	assert_int_equal(put_numbers(&s), TARE_OK);
	assert_memory_equal(b.bytes + sizeof little, big, sizeof big);
	free(b.bytes);
}

static void alignment(void **state)
{
	tare_buffer b = { 0 };
	tare_sink s = { .put = tare_buffer_put, .ctx = &b };
	size_t i;

	assert_int_equal(tare_sink_align(&s, 4096, 7, NULL), TARE_OK);
	assert_int_equal(b.size, 0);
	assert_int_equal(tare_sink_u8(&s, 1, NULL), TARE_OK);
	assert_int_equal(tare_sink_align(&s, 1, 7, NULL), TARE_OK);
	assert_int_equal(b.size, 1);
	assert_int_equal(tare_sink_align(&s, 4096, 7, NULL), TARE_OK);
	assert_int_equal(b.size, 4096);
	for (i = 1; i < b.size; i++)
		assert_int_equal(b.bytes[i], 7);
	free(b.bytes);
}

static tare_status refuse(void *ctx, const void *bytes, size_t size, tare_error *err)
{
	return tare_fail(err, TARE_E_IO, TARE_NOWHERE, "full");
}

static void failure_passes_through(void **state)
{
	tare_sink s = { .put = refuse };

	assert_int_equal(tare_sink_u32(&s, 1, NULL), TARE_E_IO);
	assert_int_equal(tare_sink_align(&s, 64, 0, NULL), TARE_E_IO);
	assert_int_equal(tare_sink_put(&s, "", 0, NULL), TARE_OK);
}

static void text(void **state)
{
	tare_buffer b = { 0 };
	char huge[3000];

	memset(huge, 'z', sizeof huge - 1);
	huge[sizeof huge - 1] = '\0';
	assert_int_equal(tare_buffer_printf(&b, NULL, "%d-", 42), TARE_OK);
	assert_string_equal(b.bytes, "42-");
	assert_int_equal(tare_buffer_printf(&b, NULL, "%s", huge), TARE_OK);
	assert_int_equal(b.size, 3 + sizeof huge - 1);
	assert_string_equal(b.bytes + 3, huge);
	assert_int_equal(tare_buffer_put(&b, "x", SIZE_MAX - 10, NULL), TARE_E_NOMEM);
	assert_int_equal(tare_buffer_put(&b, NULL, 0, NULL), TARE_OK);
	free(b.bytes);
}

static void arena(void **state)
{
	tare_arena a = { 0 };
	tare_str s;
	uint8_t *p;
	size_t i, k;

	for (i = 0; i < 3000; i += 7) {
		p = tare_arena_alloc(&a, i);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 16, 0);
		for (k = 0; k < i; k++)
			assert_int_equal(p[k], 0);
		memset(p, 0xff, i);
	}
	p = tare_arena_alloc(&a, 1 << 20);
	assert_non_null(p);
	assert_int_equal(p[(1 << 20) - 1], 0);
	assert_null(tare_arena_array(&a, SIZE_MAX / 2, 3));
	assert_null(tare_arena_alloc(&a, SIZE_MAX));
	s = tare_arena_copy(&a, "a\0b", 3);
	assert_int_equal(s.len, 3);
	assert_memory_equal(s.ptr, "a\0b", 4);
	assert_string_equal(tare_arena_printf(&a, "%s %d", "n", 5), "n 5");
	assert_string_equal(tare_arena_text(&a, ""), "");
	tare_arena_free(&a);
	assert_null(a.head);
	tare_arena_free(&a);
}

static void growing(void **state)
{
	uint64_t *items = NULL;
	size_t cap = 0, i, huge = SIZE_MAX / 2 + 1;
	void *p;

	for (i = 0; i < 1000; i++) {
		p = items;
		assert_true(tare_grow(&p, &cap, i, sizeof *items));
		items = p;
		items[i] = i;
	}
	for (i = 0; i < 1000; i++)
		assert_int_equal(items[i], i);
	p = items;
	assert_false(tare_grow(&p, &huge, huge, 8));
	assert_ptr_equal(p, items);
	free(items);
}

static void strings_are_found(void **state)
{
	tare_strmap m = { 0 };
	char keys[2000][16];
	size_t i, was;

	assert_true(tare_strmap_find(&m, tare_str_of("")) == SIZE_MAX);
	for (i = 0; i < 2000; i++) {
		snprintf(keys[i], sizeof keys[i], "key.%zu", i);
		assert_true(tare_strmap_add(&m, tare_str_of(keys[i]), i, &was));
		assert_true(was == SIZE_MAX);
	}
	for (i = 0; i < 2000; i++)
		assert_int_equal(tare_strmap_find(&m, tare_str_of(keys[i])), i);
	assert_true(tare_strmap_add(&m, tare_str_of("key.7"), 9, &was));
	assert_int_equal(was, 7);
	assert_int_equal(tare_strmap_find(&m, tare_str_of("key.7")), 7);
	assert_true(tare_strmap_find(&m, tare_str_of("key.")) == SIZE_MAX);
	assert_true(tare_strmap_add(&m, (tare_str){ NULL, 0 }, 5, &was) && was == SIZE_MAX);
	assert_int_equal(tare_strmap_find(&m, (tare_str){ "", 0 }), 5);
	assert_true(tare_strmap_add(&m, (tare_str){ "a\0b", 3 }, 6, &was) && was == SIZE_MAX);
	assert_true(tare_strmap_find(&m, (tare_str){ "a\0c", 3 }) == SIZE_MAX);
	tare_strmap_free(&m);
	assert_true(tare_strmap_find(&m, tare_str_of("key.7")) == SIZE_MAX);
}

static void assert_digest(const uint8_t digest[32], const char *hex)
{
	char text[65];
	int i;

	for (i = 0; i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	assert_string_equal(text, hex);
}

/* FIPS 180-4's examples. */
static void sha256(void **state)
{
	tare_sha256 *h;
	uint8_t digest[32], block[1000];
	int i;

	assert_int_equal(tare_sha256_new(&h, NULL), TARE_OK);
	assert_int_equal(tare_sha256_finish(h, digest, NULL), TARE_OK);
	assert_digest(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_int_equal(tare_sha256_update(h, "a", 1, NULL), TARE_OK);
	assert_int_equal(tare_sha256_update(h, NULL, 0, NULL), TARE_OK);
	assert_int_equal(tare_sha256_update(h, "bc", 2, NULL), TARE_OK);
	assert_int_equal(tare_sha256_finish(h, digest, NULL), TARE_OK);
	assert_digest(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	memset(block, 'a', sizeof block);
	for (i = 0; i < 1000; i++)
		assert_int_equal(tare_sha256_update(h, block, sizeof block, NULL), TARE_OK);
	assert_int_equal(tare_sha256_finish(h, digest, NULL), TARE_OK);
	assert_digest(digest, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	tare_sha256_free(h);
	tare_sha256_free(NULL);
}

/* The words of TARE_CPU, each tried by this program started anew; what the machine lacks never appears. */
static void cpu(void **state)
{
	static const struct {
		const char *list;
		unsigned allowed;
	} cases[] = {
		{ "none", 0 }, { "avx2", TARE_CPU_AVX2 }, { "avx512", TARE_CPU_AVX512 }, { "neon", TARE_CPU_NEON }, { "all", ~0u },
		{ "avx2,avx512", TARE_CPU_AVX2 | TARE_CPU_AVX512 }, { "none, avx2", TARE_CPU_AVX2 }, { "", ~0u }, { "nonsense", ~0u },
		{ "nonsense,none", 0 }, { "avx", ~0u }, { " ,avx2,, ", TARE_CPU_AVX2 },
	};
	const char *self = *state;
	char command[600];
	size_t i;
	int all;

	unsetenv("TARE_CPU");
	snprintf(command, sizeof command, "'%s' --cpu", self);
	all = system(command);
	assert_true(WIFEXITED(all));
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int rc;

		setenv("TARE_CPU", cases[i].list, 1);
		rc = system(command);
		assert_int_equal(WEXITSTATUS(rc), WEXITSTATUS(all) & cases[i].allowed);
	}
	unsetenv("TARE_CPU");
}

static void versions(void **state)
{
	const char *text = tare_features();

	assert_string_equal(tare_version(), TARE_VERSION);
	assert_non_null(strstr(text, "zstd "));
	assert_non_null(strstr(text, "libyaml "));
	assert_non_null(strstr(text, "protobuf-c "));
	assert_non_null(strstr(text, tare_cpu_text()));
	assert_int_equal(text[strlen(text) - 1], '\n');
	assert_ptr_equal(text, tare_features());
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(alignment),
		cmocka_unit_test(failure_passes_through),
		cmocka_unit_test(text),
		cmocka_unit_test(arena),
		cmocka_unit_test(growing),
		cmocka_unit_test(strings_are_found),
		cmocka_unit_test(sha256),
		cmocka_unit_test_prestate(cpu, argv[0]),
		cmocka_unit_test(versions),
	};

	if (argc > 1)
		return (int)tare_cpu_flags();
	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
