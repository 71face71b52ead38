/* safetensors from memory, in both readings. Whatever opens is walked, shown as JSON, and written again in memory; what was written must
 * open and be the same model. */
#include "../walk.h"

#include "base/escape.h"
#include "model/value_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static volatile uint64_t keep;

static void must(bool ok)
{
	if (!ok)
		abort();
}

static char *exact_json(const tare_value *v)
{
	tare_buffer b = { 0 };
	tare_sink s = { .put = tare_buffer_put, .ctx = &b };

	must(tare_value_put_json(&s, v, true, NULL) == TARE_OK);
	return b.bytes;
}

static void same_metadata(const tare_model *a, const tare_model *b)
{
	tare_value va, vb;
	tare_str ka, kb;
	size_t i;

	must(a->n_meta == b->n_meta);
	for (i = 0; tare_model_metadata(a, i, &ka, &va); i++) {
		char *ja, *jb;

		must(tare_model_metadata(b, i, &kb, &vb) && tare_str_eq(ka, kb));
		ja = exact_json(&va);
		jb = exact_json(&vb);
		must(!strcmp(ja, jb));
		free(ja);
		free(jb);
	}
}

/* b's tensors are in a's order if a's order means something. */
static void same_tensors(const tare_model *a, const tare_model *b)
{
	size_t i, j;
	uint32_t d;

	must(a->n_tensors == b->n_tensors);
	for (i = 0; i < a->n_tensors; i++) {
		const tare_tensor *s = &a->tensors[i], *t;

		j = tare_model_tensor_index(b, s->name);
		must(j != SIZE_MAX && (!a->ordered || j == i));
		t = &b->tensors[j];
		must(s->type == t->type && s->size == t->size && s->n_dims == t->n_dims && (s->type || s->type_id == t->type_id));
		for (d = 0; d < s->n_dims; d++)
			must(s->dim[d] == t->dim[d]);
	}
}

static void write_again(const tare_model *m)
{
	const tare_format *st = tare_format_find("safetensors");
	tare_buffer b = { 0 };
	tare_sink s = { .put = tare_buffer_put, .ctx = &b };
	tare_model *out, *back;

	must(outline_of(&out, m, NULL) == TARE_OK);
	if (st->layout(out, &(tare_layout_options){ 0 }, NULL) == TARE_OK && out->files[0].size < 1 << 20) {
		must(st->header(out, 0, &s, NULL) == TARE_OK);
		while (b.size < out->files[0].size)
			must(tare_sink_u8(&s, 0, NULL) == TARE_OK);
		must(tare_open_memory(&back, b.bytes, b.size, &(tare_open_options){ .from = "safetensors", .strict = true }, NULL) == TARE_OK);
		same_metadata(m, back);
		same_tensors(m, back);
		tare_close(back);
	}
	free(b.bytes);
	tare_close(out);
}

static void one(const uint8_t *bytes, size_t size, bool strict)
{
	const tare_open_options opt = { .from = "safetensors", .strict = strict };
	tare_error err = TARE_ERROR_INIT;
	tare_value v;
	tare_model *m;
	tare_str key;
	size_t i;

	if (tare_open_memory(&m, bytes, size, &opt, &err) != TARE_OK) {
		keep += walk_bytes(err.message, strlen(err.message));
		return;
	}
	keep += walk_model(m);
	for (i = 0; tare_model_metadata(m, i, &key, &v); i++)
		free(tare_value_json(&v));
	if (m->n_tensors <= 1000) {
		write_again(m);
		relayout(m, tare_format_find("safetensors"), &(tare_layout_options){ .path = "x.safetensors", .split_size = 64 }, NULL);
		relayout(m, tare_format_find("gguf"), &(tare_layout_options){ .path = "x.gguf" }, NULL);
	}
	tare_close(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	one(bytes, size, false);
	one(bytes, size, true);
	return 0;
}
