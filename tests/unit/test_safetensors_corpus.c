/* The shared corpus, where it is: every verdict of hostile/EXPECTED.tsv, and real files of many writers rewritten byte for byte. */
#include "unit/rewrite.h"

#include <dirent.h>
#include <stdio.h>

static const char *shared(const char *path, char *buf, size_t size)
{
	const char *root = getenv("TARE_SHARED");

	if (!root)
		skip();
	snprintf(buf, size, "%s/corpus/%s", root, path);
	return buf;
}

static tare_status open_it(const char *path, tare_model **m)
{
	tare_error err = TARE_ERROR_INIT;
	tare_status st = tare_open(m, path, &(tare_open_options){ .single = true }, &err);

	assert_int_equal(st, err.status);
	assert_true((st == TARE_OK) == (*m != NULL));
	assert_true(st == TARE_OK || err.message[0]);
	return st;
}

/* path, verdict and content of a row; what is to be refused must not open, and sound safetensors must. */
static void check_row(char *row, size_t *opened)
{
	char path[1024], name[600], *verdict, *content;
	tare_model *m;
	tare_status st;

	verdict = strchr(row, '\t');
	assert_non_null(verdict);
	*verdict++ = '\0';
	content = strchr(verdict, '\t');
	assert_non_null(content);
	*content++ = '\0';
	snprintf(name, sizeof name, "hostile/%.500s", row);
	st = open_it(shared(name, path, sizeof path), &m);
	if (st == TARE_OK && !strcmp(verdict, "reject"))
		fail_msg("%s opens", row);
	if (st != TARE_OK && strcmp(verdict, "reject") && !strncmp(content, "safetensors\t", 12))
		fail_msg("%s does not open", row);
	*opened += st == TARE_OK;
	tare_close(m);
}

static void test_hostile(void **state)
{
	char path[1024], row[2048];
	size_t rows = 0, opened = 0;
	FILE *f = fopen(shared("hostile/EXPECTED.tsv", path, sizeof path), "r");

	assert_non_null(f);
	while (fgets(row, sizeof row, f)) {
		if (*row == '#' || !strncmp(row, "path\t", 5))
			continue;
		check_row(row, &opened);
		rows++;
	}
	fclose(f);
	assert_true(rows > 100);
	assert_int_equal(opened, 3);
}

typedef struct tally {
	size_t files, opened, same;
} tally;

static void take(const char *path, tally *n)
{
	tare_buffer before;
	tare_model *m;
	rewritten r;

	n->files++;
	if (open_it(path, &m) != TARE_OK)
		return;
	n->opened++;
	before = slurp(path);
	r = rewrite(m, &tare_format_safetensors, &(tare_layout_options){ 0 });
	n->same += r.files[0].size == before.size && !memcmp(r.files[0].bytes, before.bytes, before.size);
	free_rewritten(&r);
	free(before.bytes);
	tare_close(m);
}

/* What GGUF makes of the model, directly and by way of safetensors. */
static void there_and_back(const char *path, tally *n)
{
	rewritten direct, there, back;
	tare_model *m, *st;

	n->files++;
	if (open_it(path, &m) != TARE_OK)
		return;
	n->opened++;
	direct = rewrite(m, &tare_format_gguf, &(tare_layout_options){ 0 });
	there = rewrite(m, &tare_format_safetensors, &(tare_layout_options){ 0 });
	st = must_open_memory(&there.files[0]);
	assert_null(tare_model_warning(st, 0));
	back = rewrite(st, &tare_format_gguf, &(tare_layout_options){ 0 });
	assert_same_bytes(&direct.files[0], &back.files[0]);
	n->same++;
	free_rewritten(&back);
	free_rewritten(&there);
	free_rewritten(&direct);
	tare_close(st);
	tare_close(m);
}

static void take_folder(const char *folder, const tare_format *format, void (*take_one)(const char *, tally *), tally *n)
{
	DIR *d = opendir(folder);
	const struct dirent *e;
	char path[2048];

	assert_non_null(d);
	while ((e = readdir(d))) {
		snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		if (e->d_type == DT_DIR && e->d_name[0] != '.')
			take_folder(path, format, take_one, n);
		else if (tare_format_of_suffix(e->d_name) == format)
			take_one(path, n);
	}
	closedir(d);
}

/* One file has bytes behind its last tensor; one was written in another order. */
static void test_real_files(void **state)
{
	char path[1024];
	tally n = { 0 };

	take_folder(shared("safetensors", path, sizeof path), &tare_format_safetensors, take, &n);
	assert_int_equal(n.files, 26);
	assert_int_equal(n.opened, 25);
	assert_int_equal(n.same, 24);
}

static void test_ggufs_come_back(void **state)
{
	char path[1024];
	tally n = { 0 };

	take_folder(shared("gguf", path, sizeof path), &tare_format_gguf, there_and_back, &n);
	take_folder(shared("trained", path, sizeof path), &tare_format_gguf, there_and_back, &n);
	assert_true(n.opened >= 25);
	assert_int_equal(n.same, n.opened);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_real_files),
		cmocka_unit_test(test_ggufs_come_back),
	};

	return cmocka_run_group_tests_name("safetensors corpus", tests, NULL, NULL);
}
