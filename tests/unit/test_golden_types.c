/* The bytes of every type against tests/golden/types.tsv. A new type is a new row there; `test_golden_types --print` shows all rows as
 * they are now. test_reference_types.c compares with the reference itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "golden_types.h"

enum { MAX_TYPES = 128 };

static void hash(char text[65], const void *bytes, size_t size)
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	assert_true(EVP_Digest(bytes, size, digest, NULL, EVP_sha256(), NULL));
	for (size_t i = 0; i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

/* Takes bytes over; "-" for NULL. */
static void hash_of(char text[65], void *bytes, size_t size)
{
	strcpy(text, "-");
	if (bytes)
		hash(text, bytes, size);
	free(bytes);
}

struct row {
	char name[32], encoded[65], weighted[65], decoded[65];
};

static struct row row_of(const tare_type *t)
{
	struct row r;

	snprintf(r.name, sizeof r.name, "%s", t->name);
	hash_of(r.encoded, golden_encoded(t, t->encode, NULL), golden_size(t));
	hash_of(r.weighted, golden_encoded(t, t->encode, golden_importances()), golden_size(t));
	hash_of(r.decoded, golden_decoded(t, t->decode), GOLDEN_VALUES * sizeof(float));
	return r;
}

static int print_rows(void)
{
	puts("type\tencoded\tencoded_weighted\tdecoded");
	for (size_t i = 0; tare_type_at(i); i++) {
		struct row r = row_of(tare_type_at(i));

		printf("%s\t%s\t%s\t%s\n", r.name, r.encoded, r.weighted, r.decoded);
	}
	return 0;
}

static bool find_row(const char *name, struct row *r)
{
	FILE *f = fopen("tests/golden/types.tsv", "r");
	bool found = false;

	assert_non_null(f);
	while (!found && fscanf(f, "%31s %64s %64s %64s", r->name, r->encoded, r->weighted, r->decoded) == 4)
		found = strcmp(r->name, name) == 0;
	fclose(f);
	return found;
}

static void bytes_are_the_golden_ones(void **state)
{
	const tare_type *t = *state;
	struct row expected, found = row_of(t);

	if (!find_row(t->name, &expected))
		fail_msg("tests/golden/types.tsv has no row for this type; now it is\n%s\t%s\t%s\t%s", found.name, found.encoded, found.weighted,
			 found.decoded);
	assert_string_equal(found.encoded, expected.encoded);
	assert_string_equal(found.weighted, expected.weighted);
	assert_string_equal(found.decoded, expected.decoded);
}

int main(int argc, char **argv)
{
	static struct CMUnitTest tests[MAX_TYPES];
	size_t n = 0;

	if (argc > 1 && !strcmp(argv[1], "--print"))
		return print_rows();
	for (; n < MAX_TYPES && tare_type_at(n); n++) {
		union {
			const tare_type *in;
			void *out;
		} state = { tare_type_at(n) };

		tests[n] = (struct CMUnitTest){ state.in->name, bytes_are_the_golden_ones, NULL, NULL, state.out };
	}
	return _cmocka_run_group_tests("golden types", tests, n, NULL, NULL);
}
