/* Models from files, and files from models, for the tests of GGUF. Include after cmocka's headers. */
#ifndef TARE_TESTS_FILES_H
#define TARE_TESTS_FILES_H

#include "base/escape.h"
#include "formats/gguf.h"
#include "walk.h"

typedef struct blob {
	uint8_t *bytes;
	size_t size;
} blob;

static inline blob slurp(const char *path)
{
	FILE *f = fopen(path, "rb");
	blob b = { 0 };

	if (!f)
		fail_msg("cannot read %s", path);
	fseek(f, 0, SEEK_END);
	b.size = (size_t)ftell(f);
	rewind(f);
	b.bytes = malloc(b.size + 1);
	assert_non_null(b.bytes);
	assert_int_equal(fread(b.bytes, 1, b.size, f), b.size);
	fclose(f);
	return b;
}

static inline const char *fixture(const char *name, char *buf, size_t size)
{
	const char *build = getenv("BUILD");

	snprintf(buf, size, "%s/fixtures/gguf/%s.bin", build ? build : "build", name);
	return buf;
}

static inline tare_model *must_open(const char *path, const tare_open_options *opt)
{
	tare_error err = TARE_ERROR_INIT;
	tare_model *m;
	char text[1200];

	if (tare_open(&m, path, opt, &err) != TARE_OK)
		fail_msg("%s", tare_error_text(&err, text, sizeof text));
	assert_non_null(m);
	return m;
}

static inline tare_model *open_fixture(const char *name)
{
	char path[512];

	return must_open(fixture(name, path, sizeof path), NULL);
}

static inline void refused(const char *path, const tare_open_options *opt, tare_status status, const char *what)
{
	tare_error err = TARE_ERROR_INIT;
	char text[1200];
	tare_model *m;

	assert_int_equal(tare_open(&m, path, opt, &err), status);
	assert_null(m);
	tare_error_text(&err, text, sizeof text);
	if (!strstr(text, what))
		fail_msg("expected '%s' in: %s", what, text);
}

/* A file of a laid out model: header, payload copied from m, zeros between. */
static inline blob render(const tare_model *m, const tare_model *out, uint32_t file)
{
	tare_buffer header = { 0 };
	tare_sink sink = { .put = tare_buffer_put, .ctx = &header };
	blob b = { .size = (size_t)out->files[file].size };
	size_t i;

	assert_int_equal(tare_gguf_header(out, file, &sink, NULL), TARE_OK);
	assert_int_equal(header.size, out->files[file].data_offset);
	b.bytes = calloc(b.size + 1, 1);
	assert_non_null(b.bytes);
	memcpy(b.bytes, header.bytes, header.size);
	for (i = 0; i < m->n_tensors; i++) {
		const tare_tensor *from = &m->tensors[i], *to = &out->tensors[i];
		const uint8_t *p = tare_source_at(m->files[from->file].source, from->offset, from->size);

		assert_true(p || !from->size);
		if (to->file == file && from->size)
			memcpy(b.bytes + to->offset, p, from->size);
	}
	free(header.bytes);
	return b;
}

static inline tare_model *laid_out(const tare_model *m, const tare_layout_options *opt)
{
	tare_error err = TARE_ERROR_INIT;
	tare_model *out;

	assert_int_equal(outline_of(&out, m, &err), TARE_OK);
	if (tare_format_find("gguf")->layout(out, opt, &err) != TARE_OK)
		fail_msg("%s", err.message);
	return out;
}

static inline bool rewrites_same(const char *path)
{
	const tare_layout_options opt = { .path = "x.gguf" };
	const tare_open_options single = { .single = true };
	tare_model *m = must_open(path, &single), *out = laid_out(m, &opt);
	blob before = slurp(path), after = render(m, out, 0);
	bool same = before.size == after.size && !memcmp(before.bytes, after.bytes, after.size);

	free(before.bytes);
	free(after.bytes);
	tare_close(out);
	tare_close(m);
	return same;
}

static inline void check_same_tensors(const tare_model *a, const tare_model *b)
{
	size_t i;

	assert_int_equal(a->n_tensors, b->n_tensors);
	for (i = 0; i < a->n_tensors; i++) {
		const tare_tensor *x = &a->tensors[i], *y = &b->tensors[i];

		assert_true(tare_str_eq(x->name, y->name));
		assert_ptr_equal(x->type, y->type);
		assert_int_equal(x->size, y->size);
		assert_memory_equal(tare_source_at(a->files[x->file].source, x->offset, x->size),
				    tare_source_at(b->files[y->file].source, y->offset, y->size), x->size);
	}
}

#endif
