/* Models made of names and shapes, and recipes made of text. */
#ifndef TARE_TESTS_RECIPES_H
#define TARE_TESTS_RECIPES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "formats/format.h"
#include "recipe/recipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A model to be filled; close it with tare_close(). */
static inline tare_model *new_model(const char *arch, uint32_t layers, uint32_t heads, uint32_t kv_heads, uint32_t experts)
{
	static const char *const keys[] = { "block_count", "attention.head_count", "attention.head_count_kv", "expert_count" };
	const uint32_t values[] = { layers, heads, kv_heads, experts };
	char key[96];
	tare_model *m;
	size_t i;

	assert_int_equal(tare_model_new(&m, NULL, NULL), TARE_OK);
	m->format = &tare_format_gguf;
	m->alignment = 32;
	assert_int_equal(tare_model_set_text(m, "general.architecture", arch, NULL), TARE_OK);
	for (i = 0; i < 4; i++) {
		snprintf(key, sizeof key, "%s.%s", arch, keys[i]);
		assert_int_equal(tare_model_set_u32(m, key, values[i], NULL), TARE_OK);
	}
	return m;
}

/* shape: "3072x1024", slowest first. */
static inline const tare_tensor *add_tensor(tare_model *m, const char *name, const char *shape, const tare_type *type)
{
	uint64_t *dim = tare_arena_array(&m->arena, 8, sizeof *dim);
	tare_tensor t = { .name = tare_arena_copy(&m->arena, name, strlen(name)), .type = type, .dim = dim };
	char *end;

	assert_non_null(dim);
	for (; *shape; shape = *end ? end + 1 : end)
		dim[t.n_dims++] = strtoull(shape, &end, 10);
	t.type_id = (uint32_t)type->gguf_id;
	assert_true(tare_tensor_measure(&t));
	assert_int_equal(tare_model_add_tensor(m, &t, TARE_NOWHERE, NULL), TARE_OK);
	return &m->tensors[m->n_tensors - 1];
}

/* A small llama: what an F16 conversion of one looks like. */
static inline tare_model *small_llama(uint32_t layers)
{
	static const char *const tails[][2] = {
		{ "attn_norm", "256" }, { "attn_q", "256x256" }, { "attn_k", "128x256" }, { "attn_v", "128x256" }, { "attn_output", "256x256" },
		{ "ffn_norm", "256" }, { "ffn_gate", "768x256" }, { "ffn_up", "768x256" }, { "ffn_down", "256x768" },
	};
	tare_model *m = new_model("llama", layers, 4, 2, 0);
	char name[64];
	uint32_t i;
	size_t k;

	add_tensor(m, "token_embd.weight", "512x256", &tare_type_f16);
	for (i = 0; i < layers; i++)
		for (k = 0; k < sizeof tails / sizeof *tails; k++) {
			snprintf(name, sizeof name, "blk.%u.%s.weight", i, tails[k][0]);
			add_tensor(m, name, tails[k][1], strchr(tails[k][1], 'x') ? &tare_type_f16 : &tare_type_f32);
		}
	add_tensor(m, "output_norm.weight", "256", &tare_type_f32);
	add_tensor(m, "output.weight", "512x256", &tare_type_f16);
	return m;
}

static inline tare_recipe *recipe_of(const char *text)
{
	tare_error err = TARE_ERROR_INIT;
	tare_recipe *r;
	char why[1100];

	if (tare_recipe_parse(&r, text, strlen(text), "recipe.yaml", &err) != TARE_OK)
		fail_msg("%s", tare_error_text(&err, why, sizeof why));
	return r;
}

/* The message of a failed status, which must be st. */
static inline const char *failure(tare_status got, tare_status st, tare_error *err)
{
	static char why[1100];

	tare_error_text(err, why, sizeof why);
	if (got != st)
		fail_msg("status %d, expected %d: %s", (int)got, (int)st, why);
	assert_int_equal(err->status, st);
	tare_error_clear(err);
	return why;
}

#define assert_contains(text, part)                                                   \
	do {                                                                          \
		if (!strstr((text), (part)))                                          \
			fail_msg("\"%s\" does not contain \"%s\"", (text), (part));   \
	} while (0)

#endif
