/* Plans made by hand over small models, and carrying them out. */
#ifndef TESTS_UNIT_SMALL_PLAN_H
#define TESTS_UNIT_SMALL_PLAN_H

#include "unit/small_model.h"

#include "recipe/plan.h"
#include "unit/scratch.h"

typedef struct options {
	const tare_type *type;   /* of all weights with two dimensions and more; NULL: kept */
	uint64_t split_count;
	bool big, reverse;
	tare_nonfinite nonfinite;
	tare_gate gates[3];
	size_t n_gates;
} options;

static inline bool recodes(const tare_tensor *t, const options *o)
{
	return o->type && t->n_dims > 1 && t->type != o->type && tare_tensor_cols(t) % o->type->block_len == 0;
}

static inline tare_plan *make_plan(tare_model *in, const char *path, const options *o)
{
	tare_plan *p = calloc(1, sizeof *p);
	tare_error err = TARE_ERROR_INIT;
	size_t i;

	assert_non_null(p);
	p->in = in;
	p->out = outline(o->big);
	p->path = strdup(path);
	p->nonfinite = o->nonfinite;
	p->gates = calloc(3, sizeof *p->gates);
	assert_true(p->path && p->gates);
	memcpy(p->gates, o->gates, sizeof o->gates);
	p->n_gates = o->n_gates;
	p->steps = tare_arena_array(&p->out->arena, in->n_tensors, sizeof *p->steps);
	assert_non_null(p->steps);
	for (i = 0; i < in->n_tensors; i++) {
		size_t source = o->reverse ? in->n_tensors - 1 - i : i;
		const tare_tensor *t = &in->tensors[source];

		add(p->out, t->name, recodes(t, o) ? o->type : t->type, t->dim, t->n_dims);
		p->steps[i] = (tare_step){ .source = source, .copies = !recodes(t, o), .rule = "test" };
	}
	if (tare_format_gguf.layout(p->out, &(tare_layout_options){ .path = path, .split_count = o->split_count }, &err) != TARE_OK)
		fail_msg("%s", err.message);
	return p;
}

static inline void free_plan(tare_plan *p)
{
	tare_close(p->out);
	free(p->gates);
	free(p->path);
	free(p);
}

/* Writes in to path; *report may be NULL. */
static inline tare_status run(tare_model *in, const char *path, const options *o, unsigned threads, tare_report **report, tare_error *err)
{
	tare_plan *p = make_plan(in, path, o);
	tare_status st = tare_plan_write(p, &(tare_write_options){ .run.threads = threads, .measure = true }, report, err);

	free_plan(p);
	return st;
}

static inline void run_well(tare_model *in, const char *path, const options *o, unsigned threads, tare_report **report)
{
	tare_error err = TARE_ERROR_INIT;

	if (run(in, path, o, threads, report, &err) != TARE_OK)
		fail_msg("%s", err.message);
}

static inline void assert_same(const tare_buffer *a, const tare_buffer *b)
{
	assert_int_equal(a->size, b->size);
	assert_memory_equal(a->bytes, b->bytes, a->size);
}

static inline void assert_file_is(const char *path, const tare_buffer *expected)
{
	tare_buffer b = slurp(path);

	assert_same(&b, expected);
	free(b.bytes);
}

/* The file and the report that one thread gives. */
static inline void reference(const tare_buffer *source, const options *o, tare_buffer *file, char **json)
{
	tare_model *in = open_bytes(source);
	const char *path = in_scratch("reference.gguf");
	tare_report *report;

	run_well(in, path, o, 1, &report);
	*file = slurp(path);
	*json = tare_report_json(report);
	assert_non_null(*json);
	tare_report_free(report);
	tare_close(in);
	unlink(path);
}

#endif
