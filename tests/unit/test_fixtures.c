/* Every fixture (fixtures/GROUP/NAME.txt, compiled to BUILD/fixtures/GROUP/NAME.bin) opened as its name says: good- opens, bad- and
 * unsupported- fail with the message that its `expect:` line promises, and `strict:` says what the strict reading makes of it. Each good
 * one is also damaged at random, a thousand times, by a fixed generator. */
#include "base/error.h"
#include "walk.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { MAX_FIXTURES = 2000, DAMAGES = 1000 };

typedef struct fixture {
	char group[64], name[128];
	char expect[256], strict[256]; /* empty: not said */
} fixture;

static fixture fixtures[MAX_FIXTURES];
static size_t n_fixtures;

static const char *bin_path(const fixture *f, char *buf, size_t size)
{
	const char *build = getenv("BUILD");

	snprintf(buf, size, "%s/fixtures/%s/%s.bin", build ? build : "build", f->group, f->name);
	return buf;
}

static bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static void read_expectations(fixture *f)
{
	char path[256], line[250];
	FILE *in;

	snprintf(path, sizeof path, "fixtures/%s/%s.txt", f->group, f->name);
	in = fopen(path, "r");
	while (in && fgets(line, sizeof line, in)) {
		line[strcspn(line, "\n")] = '\0';
		if (starts(line, "expect: "))
			snprintf(f->expect, sizeof f->expect, "%s", line + 8);
		if (starts(line, "strict: "))
			snprintf(f->strict, sizeof f->strict, "%s", line + 8);
	}
	if (in)
		fclose(in);
}

static int by_name(const void *a, const void *b)
{
	const fixture *x = a, *y = b;
	int c = strcmp(x->group, y->group);

	return c ? c : strcmp(x->name, y->name);
}

static void collect(const char *group)
{
	char path[128];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof path, "fixtures/%.64s", group);
	d = opendir(path);
	while (d && (e = readdir(d)) && n_fixtures < MAX_FIXTURES) {
		fixture *f = &fixtures[n_fixtures];
		size_t n = strlen(e->d_name);

		if (n < 5 || n > sizeof f->name || strcmp(e->d_name + n - 4, ".txt"))
			continue;
		snprintf(f->group, sizeof f->group, "%.63s", group);
		snprintf(f->name, sizeof f->name, "%.*s", (int)(n - 4), e->d_name);
		read_expectations(f);
		n_fixtures++;
	}
	if (d)
		closedir(d);
}

static void collect_all(void)
{
	DIR *d = opendir("fixtures");
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (*e->d_name != '.')
			collect(e->d_name);
	if (d)
		closedir(d);
	qsort(fixtures, n_fixtures, sizeof *fixtures, by_name);
}

static tare_status open_it(const fixture *f, bool strict, char *text, size_t size)
{
	const tare_open_options opt = { .strict = strict };
	tare_error err = TARE_ERROR_INIT;
	char path[512];
	tare_model *m;
	tare_status st = tare_open(&m, bin_path(f, path, sizeof path), &opt, &err);

	assert_true((st == TARE_OK) == (m != NULL));
	assert_int_equal(st, err.status);
	assert_true(st == TARE_OK || starts(err.file, path));
	if (m)
		walk_model(m);
	tare_close(m);
	tare_error_text(&err, text, size);
	return st;
}

static void expect_text(const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("expected '%s' in: %s", what, text);
}

static void test_verdict(void **state)
{
	const fixture *f = *state;
	bool good = starts(f->name, "good-"), unsupported = starts(f->name, "unsupported-");
	char text[1200];
	tare_status st;

	assert_true(good || unsupported || starts(f->name, "bad-"));
	assert_true(good == !*f->expect);
	st = open_it(f, false, text, sizeof text);
	if (good && st != TARE_OK)
		fail_msg("%s", text);
	if (!good)
		expect_text(text, f->expect);
	if (unsupported)
		assert_int_equal(st, TARE_E_UNSUPPORTED);
	else if (!good)
		assert_true(st == TARE_E_DATA || st == TARE_E_FORMAT || st == TARE_E_LIMIT);
	st = open_it(f, true, text, sizeof text);
	if (*f->strict && strcmp(f->strict, "ok"))
		expect_text(text, f->strict);
	else if (good && st != TARE_OK)
		fail_msg("strict: %s", text);
	else if (!good)
		assert_int_not_equal(st, TARE_OK);
}

/* ---- damage ---- */

static uint64_t rng;

static uint64_t next(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng;
}

static uint64_t below(uint64_t n)
{
	return n ? next() % n : 0;
}

static void overwrite(uint8_t *p, size_t size)
{
	static const uint64_t values[] = { 0, 1, 0xff, 0x7fffffff, 0x80000000, 0xffffffff, 1ull << 61, INT64_MAX, 1ull << 63, UINT64_MAX, 31, 13 };
	uint64_t v = values[below(sizeof values / sizeof *values)];
	size_t width = (size_t)1 << below(4), at = (size_t)below(size);

	memcpy(p + at, &v, size - at < width ? size - at : width);
}

/* One to four changes; returns the new size, never larger. */
static size_t damage(uint8_t *p, size_t size)
{
	uint64_t n = 1 + below(4);

	for (; n && size; n--) {
		size_t at = (size_t)below(size), len = (size_t)below(size - at);

		switch (below(5)) {
		case 0:
			p[at] ^= (uint8_t)(1u << below(8));
			break;
		case 1:
			p[at] = (uint8_t)next();
			break;
		case 2:
			overwrite(p, size);
			break;
		case 3:
			memmove(p + at, p + at + len, size - at - len);
			size -= len;
			break;
		default:
			size = below(4) ? size : at;
			break;
		}
	}
	return size;
}

static uint8_t *slurp(const fixture *f, size_t *size)
{
	char path[512];
	FILE *in = fopen(bin_path(f, path, sizeof path), "rb");
	uint8_t *p;

	assert_non_null(in);
	fseek(in, 0, SEEK_END);
	*size = (size_t)ftell(in);
	rewind(in);
	p = malloc(*size + 1);
	assert_non_null(p);
	assert_int_equal(fread(p, 1, *size, in), *size);
	fclose(in);
	return p;
}

static void open_damaged(const uint8_t *bytes, size_t size, bool strict)
{
	const tare_open_options opt = { .strict = strict };
	const tare_layout_options layout = { .path = "x" };
	tare_error err = TARE_ERROR_INIT;
	tare_model *m;
	/* A copy of the very size, so that a sanitizer sees one byte too many. */
	uint8_t *copy = malloc(size ? size : 1);

	assert_non_null(copy);
	memcpy(copy, bytes, size);
	if (tare_open_memory(&m, copy, size, &opt, &err) == TARE_OK) {
		walk_model(m);
		if (m->format->layout) /* else it is only read */
			relayout(m, m->format, &layout, NULL);
	} else {
		assert_int_not_equal(err.status, TARE_OK);
		assert_true(err.message[0]);
	}
	tare_close(m);
	free(copy);
}

static void test_damage(void **state)
{
	const fixture *f = *state;
	size_t size, i;
	uint8_t *whole = slurp(f, &size), *copy = malloc(size + 1);

	assert_non_null(copy);
	rng = 0x9e3779b97f4a7c15 ^ (uint64_t)(f - fixtures);
	for (i = 0; i < DAMAGES; i++) {
		memcpy(copy, whole, size);
		open_damaged(copy, damage(copy, size), i & 1);
	}
	/* Every length, too. */
	for (i = 0; i < size && i < DAMAGES; i++)
		open_damaged(whole, i, i & 1);
	free(copy);
	free(whole);
}

int main(void)
{
	static struct CMUnitTest tests[2 * MAX_FIXTURES];
	static char names[2 * MAX_FIXTURES][220];
	size_t i, n = 0;

	collect_all();
	for (i = 0; i < n_fixtures; i++) {
		snprintf(names[n], sizeof names[n], "%.63s/%.127s", fixtures[i].group, fixtures[i].name);
		tests[n] = (struct CMUnitTest){ .name = names[n], .test_func = test_verdict, .initial_state = &fixtures[i] };
		n++;
		if (!starts(fixtures[i].name, "good-"))
			continue;
		snprintf(names[n], sizeof names[n], "%.63s/%.127s damaged", fixtures[i].group, fixtures[i].name);
		tests[n] = (struct CMUnitTest){ .name = names[n], .test_func = test_damage, .initial_state = &fixtures[i] };
		n++;
	}
	return _cmocka_run_group_tests("fixtures", tests, n, NULL, NULL);
}
