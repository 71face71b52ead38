/* Every call fails once, of each class, while a folder with a sharded model that has a note is opened, laid out and
 * rendered: no crash, no leak (a sanitizer sees those), and never half a model. Includes the fault injector first. */
#include "fault/inject.c"

#include "unit/rewrite.h"

#include "unit/each_call.h"
#include "unit/scratch.h"

static int write_set(void **state)
{
	const tare_layout_options opt = { .path = NULL, .split_count = 3 };
	tare_layout_options named = opt;
	tare_buffer gguf;
	tare_model *m;
	rewritten r;
	size_t i;

	if (scratch_make(state))
		return -1;
	gguf = make(small, N, false, 0, 0);
	m = must_open_memory(&gguf);
	named.path = in_scratch("s.safetensors");
	r = rewrite(m, &tare_format_safetensors, &named);
	for (i = 0; i < r.out->n_files; i++)
		if (!put_file(r.out->files[i].path, r.files[i].bytes, r.out->files[i].size))
			return -1;
	free_rewritten(&r);
	tare_close(m);
	free(gguf.bytes);
	return 0;
}

static tare_status copy_outline(tare_model **out, const tare_model *m, tare_error *err)
{
	size_t i;

	TARE_TRY(tare_model_new(out, NULL, err));
	(*out)->ordered = m->ordered;
	for (i = 0; i < m->n_meta; i++)
		TARE_TRY(tare_model_add_metadata(*out, m->meta[i].key, &m->meta[i].value, TARE_NOWHERE, err));
	for (i = 0; i < m->n_tensors; i++)
		TARE_TRY(tare_model_add_tensor(*out, &m->tensors[i], TARE_NOWHERE, err));
	return TARE_OK;
}

static tare_status render_headers(tare_model *out, tare_error *err)
{
	const tare_layout_options opt = { .path = "out.safetensors", .split_count = 2 };
	tare_buffer b = { 0 };
	tare_sink sink = { .put = tare_buffer_put, .ctx = &b };
	tare_status st = tare_format_safetensors.layout(out, &opt, err);
	uint32_t i;

	for (i = 0; st == TARE_OK && i < out->n_files; i++)
		st = tare_format_safetensors.header(out, i, &sink, err);
	free(b.bytes);
	return st;
}

static tare_status whole_way(tare_error *err)
{
	tare_model *m, *out = NULL;
	tare_status st = tare_open(&m, scratch, NULL, err);

	if (st != TARE_OK) {
		assert_null(m);
		return st;
	}
	assert_int_equal(m->n_tensors, N);
	assert_int_equal(m->n_files, 3);
	assert_ptr_equal(m->tensors[N - 1].type, &tare_type_q8_0);
	st = copy_outline(&out, m, err);
	if (st == TARE_OK)
		st = render_headers(out, err);
	tare_close(out);
	tare_close(m);
	return st;
}

static void every_call(void **state)
{
	static const long least[FAULT_CLASSES] = { [FAULT_ALLOC] = 100, [FAULT_OPEN] = 4, [FAULT_MAP] = 4, [FAULT_STAT] = 4 };

	each_call_of_each_class(&(struct fault_trial){ whole_way, NULL, NULL }, least);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_call) };

	return cmocka_run_group_tests_name("safetensors faults", tests, write_set, scratch_remove);
}
