/* Every call fails once, of each class, while a set of shards is opened, laid out and rendered: no crash, no leak (a
 * sanitizer sees those), and never half a model. Includes the fault injector first. */
#include "fault/inject.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "files.h"
#include "each_call.h"
#include "scratch.h"

static int write_set(void **state)
{
	tare_model *m, *out;
	uint32_t i;

	if (scratch_make(state))
		return -1;
	m = must_open("fixtures/models/stories260K.gguf", NULL);
	out = laid_out(m, &(tare_layout_options){ .path = in_scratch("s.gguf"), .split_count = 20 });
	for (i = 0; i < out->n_files; i++) {
		blob b = render(m, out, i);

		if (!put_file(out->files[i].path, b.bytes, b.size))
			return -1;
		free(b.bytes);
	}
	tare_close(out);
	tare_close(m);
	return 0;
}

static tare_status header_bytes(tare_model *out, tare_error *err)
{
	tare_buffer buffer = { 0 };
	tare_sink sink = { .put = tare_buffer_put, .ctx = &buffer };
	tare_status st = TARE_OK;
	uint32_t i;

	for (i = 0; i < out->n_files && st == TARE_OK; i++)
		st = tare_gguf_header(out, i, &sink, err);
	free(buffer.bytes);
	return st;
}

static tare_status whole_way(tare_error *err)
{
	const tare_layout_options opt = { .path = "out.gguf", .split_count = 7 };
	tare_model *m, *out = NULL;
	tare_status st = tare_open(&m, in_scratch("s-00002-of-00003.gguf"), NULL, err);

	if (st != TARE_OK) {
		assert_null(m);
		return st;
	}
	assert_int_equal(m->n_tensors, 48);
	assert_int_equal(m->n_files, 3);
	st = outline_of(&out, m, err);
	if (st == TARE_OK)
		st = tare_gguf_layout(out, &opt, err);
	if (st == TARE_OK)
		st = header_bytes(out, err);
	tare_close(out);
	tare_close(m);
	return st;
}

static void every_call(void **state)
{
	static const long least[FAULT_CLASSES] = { [FAULT_ALLOC] = 40, [FAULT_OPEN] = 3, [FAULT_MAP] = 3, [FAULT_STAT] = 3 };

	each_call_of_each_class(&(struct fault_trial){ whole_way, NULL, NULL }, least);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_call) };

	return cmocka_run_group_tests_name("gguf faults", tests, write_set, scratch_remove);
}
