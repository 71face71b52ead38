/* What llama-quantize (b10572) leaves alone, what it falls back to, what it asks an importance matrix for, and its order of tensors. */
#include "base/escape.h"
#include "recipe/mix.h"

#include <string.h>

typedef struct row {
	enum { EXACT, ANYWHERE } where;
	const char *text, *why;
} row;

/* Names that are never quantized. */
static const row kept[] = {
	{ ANYWHERE, "_norm.weight", "norm" },
	{ ANYWHERE, "ffn_gate_inp.weight", "router of experts" },
	{ ANYWHERE, "ffn_gate_tid2eid.weight", "router of experts" },
	{ ANYWHERE, "altup", "very small" },
	{ ANYWHERE, "laurel", "very small" },
	{ ANYWHERE, "per_layer_model_proj", "small and sensitive" },
	{ EXACT, "position_embd.weight", "positions" },
	{ EXACT, "token_types.weight", "token types" },
	{ ANYWHERE, "ssm_conv1d", "small convolution" },
	{ ANYWHERE, "shortconv.conv.weight", "small convolution" },
	{ ANYWHERE, "indexer.k_proj.weight", "small indexer" },
	{ ANYWHERE, "indexer.q_proj.weight", "small indexer" },
	{ ANYWHERE, "time_mix_first.weight", "small and recurrent" },
	{ ANYWHERE, "time_mix_w0.weight", "small and recurrent" },
	{ ANYWHERE, "time_mix_w1.weight", "small and recurrent" },
	{ ANYWHERE, "time_mix_w2.weight", "small and recurrent" },
	{ ANYWHERE, "time_mix_v0.weight", "small and recurrent" },
	{ ANYWHERE, "time_mix_v1.weight", "small and recurrent" },
	{ ANYWHERE, "time_mix_v2.weight", "small and recurrent" },
	{ ANYWHERE, "time_mix_a0.weight", "small and recurrent" },
	{ ANYWHERE, "time_mix_a1.weight", "small and recurrent" },
	{ ANYWHERE, "time_mix_a2.weight", "small and recurrent" },
	{ ANYWHERE, "time_mix_g1.weight", "small and recurrent" },
	{ ANYWHERE, "time_mix_g2.weight", "small and recurrent" },
	{ ANYWHERE, "time_mix_decay_w1.weight", "small and recurrent" },
	{ ANYWHERE, "time_mix_decay_w2.weight", "small and recurrent" },
	{ ANYWHERE, "time_mix_lerp_fused.weight", "small and recurrent" },
	{ ANYWHERE, "attn_rel_b.weight", "relative positions" },
	{ ANYWHERE, ".position_embd", "positions" },
	{ ANYWHERE, "sam.pos_embd", "positions" },
	{ ANYWHERE, "sam.neck.", "image encoder" },
	{ ANYWHERE, "sam.net_", "image encoder" },
	{ ANYWHERE, ".rel_pos", "relative positions" },
	{ ANYWHERE, ".patch_embd", "image patches" },
	{ ANYWHERE, ".patch_merger", "image patches" },
	{ ANYWHERE, "a.rvq.codebook", "audio codebook" },
	{ ANYWHERE, "mm.a.code_embd", "audio codebook" },
};

static const struct {
	const tare_type *from, *to;
} fallbacks[] = {
	{ &tare_type_iq1_s, &tare_type_iq4_nl },   { &tare_type_iq1_m, &tare_type_iq4_nl }, { &tare_type_iq2_xxs, &tare_type_iq4_nl },
	{ &tare_type_iq2_xs, &tare_type_iq4_nl },  { &tare_type_iq2_s, &tare_type_iq4_nl }, { &tare_type_iq3_xxs, &tare_type_iq4_nl },
	{ &tare_type_iq3_s, &tare_type_iq4_nl },   { &tare_type_iq4_xs, &tare_type_iq4_nl }, { &tare_type_q2_0, &tare_type_q4_0 },
	{ &tare_type_q2_K, &tare_type_q4_0 },      { &tare_type_q3_K, &tare_type_q4_0 },    { &tare_type_tq1_0, &tare_type_q4_0 },
	{ &tare_type_tq2_0, &tare_type_q4_0 },     { &tare_type_q4_K, &tare_type_q5_0 },    { &tare_type_q5_K, &tare_type_q5_1 },
	{ &tare_type_q6_K, &tare_type_q8_0 },
};

static const struct tare_type *const hungry[] = {
	&tare_type_iq1_s, &tare_type_iq1_m, &tare_type_iq2_xxs, &tare_type_iq2_xs, &tare_type_iq2_s, &tare_type_iq3_xxs,
};

#define COUNT(a) (sizeof(a) / sizeof *(a))

static bool is_kept(tare_str name, const char **why)
{
	size_t i, n;

	for (i = 0; i < COUNT(kept); i++) {
		n = strlen(kept[i].text);
		if (kept[i].where == EXACT ? name.len == n && !memcmp(name.ptr, kept[i].text, n) : !!memmem(name.ptr, name.len, kept[i].text, n)) {
			*why = kept[i].why;
			return true;
		}
	}
	return false;
}

/* ggml counts dimensions without those of one element that are slowest: a column [n, 1] has two, a row [1, n] one. */
static uint32_t ggml_dims(const tare_tensor *t)
{
	uint32_t skip = 0;

	while (skip < t->n_dims && t->dim[skip] == 1)
		skip++;
	return t->n_dims - skip;
}

bool tare_quantizable(const tare_tensor *t, const char **why)
{
	*why = NULL;
	if (ggml_dims(t) < 2)
		*why = TARE_WHY_FLAT;
	else if (!t->type || (t->type->flags & TARE_TYPE_INTEGER))
		*why = "not floating point";
	else if (t->name.len < 6 || memcmp(t->name.ptr + t->name.len - 6, "weight", 6))
		*why = "not a weight";
	else
		is_kept(t->name, why);
	return !*why;
}

bool tare_tensor_is_quantizable(const tare_tensor *t)
{
	const char *why;

	return tare_quantizable(t, &why);
}

const tare_type *tare_type_fallback(const tare_type *type)
{
	size_t i;

	for (i = 0; i < COUNT(fallbacks); i++)
		if (fallbacks[i].from == type)
			return fallbacks[i].to;
	return NULL;
}

bool tare_needs_imatrix(const tare_mix *mix, const tare_type *type, tare_str name)
{
	tare_mix_part part = tare_mix_part_of(name);
	size_t i;

	if (part == TARE_MIX_OUTPUT || part == TARE_MIX_EMBEDDING)
		return type->flags & TARE_TYPE_NEEDS_WEIGHTS;
	for (i = 0; i < COUNT(hungry); i++)
		if (hungry[i] == type)
			return true;
	return (type->flags & TARE_TYPE_NEEDS_WEIGHTS) || (type == &tare_type_q2_K && mix && !strcmp(mix->name, "Q2_K_S"));
}

bool tare_type_uses_importances(const tare_type *type)
{
	return tare_type_is_quantized(type) && !(type->flags & TARE_TYPE_IGNORES_WEIGHTS);
}

/* N of a name that begins with "blk.N.", else -1. */
static int64_t layer_number(tare_str name)
{
	size_t i = 4;
	int64_t n = 0;

	if (name.len < 6 || memcmp(name.ptr, "blk.", 4) || name.ptr[4] < '0' || name.ptr[4] > '9')
		return -1;
	for (; i < name.len && name.ptr[i] >= '0' && name.ptr[i] <= '9' && i < 14; i++)
		n = n * 10 + (name.ptr[i] - '0');
	return i < name.len && name.ptr[i] == '.' ? n : -1;
}

int tare_mix_order(tare_str a, tare_str b)
{
	int64_t la = layer_number(a), lb = layer_number(b);

	return la != lb ? (la < lb ? -1 : 1) : tare_str_cmp(a, b);
}
