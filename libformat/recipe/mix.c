/* The tables of mixes.def and their evaluation. */
#include "recipe/mix.h"

#include "base/escape.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum mix_index {
#define MIX(name, number, type, text) MIX_##name,
#include "recipe/mixes.def"
	MIX_COPY
};

static const tare_mix mixes[] = {
#define MIX(name, number, type, text) { #name, number, &tare_type_##type, text },
#include "recipe/mixes.def"
	{ "COPY", -1, NULL, "every tensor as it is" },
};

static const struct {
	const char *name;
	enum mix_index of;
} aliases[] = {
#define ALIAS(alias, name) { alias, MIX_##name },
#include "recipe/mixes.def"
};

enum condition {
	FIRST_8TH = 1u << 0,
	FIRST_16TH = 1u << 1,
	MIDDLE = 1u << 2,
	SOME = 1u << 3,
	SOME_V = 1u << 4,
	V_BELOW_2 = 1u << 5,
	V_BELOW_4 = 1u << 6,
	DOWN_8TH = 1u << 7,
	GQA4 = 1u << 8,
	EXPERTS4 = 1u << 9,
	EXPERTS8 = 1u << 10,
	STACKED = 1u << 11,
	UNEVEN = 1u << 12,
	IMATRIX = 1u << 13,
	NO_IMATRIX = 1u << 14,
	LARGE = 1u << 15,
	FALCON = 1u << 16,
	NOT_FALCON = 1u << 17,
	NOT_BAILING3 = 1u << 18,
};

typedef struct row {
	uint64_t mixes;         /* bit i: mixes[i] */
	tare_mix_part part;
	unsigned when;
	const tare_type *from;  /* LIFT: NULL for any */
	const tare_type *to;    /* PICK: NULL for the mix's own */
} row;

#define M(name) (1ull << MIX_##name)
#define ALL UINT64_MAX

static const row picks[] = {
#define PICK(mixes, part, when, type) { mixes, TARE_MIX_##part, when, NULL, &tare_type_##type },
#define STAY(mixes, part, when) { mixes, TARE_MIX_##part, when, NULL, NULL },
#include "recipe/mixes.def"
};

static const row lifts[] = {
#define LIFT(mixes, part, when, from, to) { mixes, TARE_MIX_##part, when, &tare_type_##from, &tare_type_##to },
#define LIFT_ALL(mixes, part, when, to) { mixes, TARE_MIX_##part, when, NULL, &tare_type_##to },
#include "recipe/mixes.def"
};

static const uint64_t blind =
#define BLIND(mixes) (mixes)
#include "recipe/mixes.def"
	;

#define COUNT(a) (sizeof(a) / sizeof *(a))

_Static_assert(COUNT(mixes) <= 64, "a row's bits");

const tare_mix *tare_mix_at(size_t i)
{
	return i < COUNT(mixes) ? &mixes[i] : NULL;
}

const char *tare_mix_name_at(size_t i)
{
	const tare_mix *mix = tare_mix_at(i);

	return mix ? mix->name : NULL;
}

const char *tare_mix_alias_at(size_t i, const tare_mix **of)
{
	*of = i < COUNT(aliases) ? &mixes[aliases[i].of] : NULL;
	return i < COUNT(aliases) ? aliases[i].name : NULL;
}

static const tare_mix *by_number(const char *text)
{
	size_t i;

	if (!*text || strlen(text) > 4 || text[strspn(text, "0123456789")])
		return NULL;
	for (i = 0; i < COUNT(mixes); i++)
		if (mixes[i].number == atoi(text))
			return &mixes[i];
	return NULL;
}

const tare_mix *tare_mix_find(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(mixes); i++)
		if (!strcasecmp(mixes[i].name, name))
			return &mixes[i];
	for (i = 0; i < COUNT(aliases); i++)
		if (!strcasecmp(aliases[i].name, name))
			return &mixes[aliases[i].of];
	return by_number(name);
}

const tare_mix *tare_mix_typical(const tare_type *type)
{
	static const enum mix_index preferred[] = { MIX_Q2_K, MIX_Q3_K_M, MIX_Q4_K_M, MIX_Q5_K_M, MIX_IQ3_S, MIX_IQ2_XS };
	size_t i;

	for (i = 0; i < COUNT(preferred); i++)
		if (mixes[preferred[i]].type == type)
			return &mixes[preferred[i]];
	for (i = 0; i < MIX_COPY; i++)
		if (mixes[i].type == type)
			return &mixes[i];
	return NULL;
}

static bool is(tare_str name, const char *text)
{
	return tare_str_eq(name, tare_str_of(text));
}

static bool contains(tare_str name, const char *text)
{
	return memmem(name.ptr, name.len, text, strlen(text));
}

tare_mix_part tare_mix_part_of(tare_str name)
{
	static const struct {
		const char *text;
		tare_mix_part part;
	} rows[] = {
		{ "attn_qkv.weight", TARE_MIX_V },    { "attn_kv_b.weight", TARE_MIX_V }, { "attn_v.weight", TARE_MIX_V },
		{ "attn_k.weight", TARE_MIX_K },      { "attn_q.weight", TARE_MIX_Q },    { "attn_output.weight", TARE_MIX_O },
		{ "ffn_up", TARE_MIX_UP },            { "ffn_gate", TARE_MIX_GATE },      { "ffn_down", TARE_MIX_DOWN },
	};
	size_t i;

	if (is(name, "output.weight"))
		return TARE_MIX_OUTPUT;
	if (is(name, "token_embd.weight") || is(name, "per_layer_token_embd.weight"))
		return TARE_MIX_EMBEDDING;
	for (i = 0; i < COUNT(rows); i++)
		if (contains(name, rows[i].text))
			return rows[i].part;
	return TARE_MIX_ANY;
}

/* An integer under "<architecture>.<key>", the first element if it is an array of one value a layer; fallback if absent. */
static uint64_t hyper(const tare_model *m, tare_str arch, const char *key, uint64_t fallback)
{
	char name[256];
	tare_value v, first;
	tare_array_iter it;

	if (arch.len > 100 || memchr(arch.ptr, 0, arch.len))
		return fallback;
	snprintf(name, sizeof name, "%.*s.%s", (int)arch.len, arch.ptr, key);
	if (!tare_model_find(m, name, &v))
		return fallback;
	if (v.kind == TARE_ARRAY) {
		tare_array_start(&it, &v.as.array);
		if (!tare_array_next(&it, &first))
			return fallback;
		v = first;
	}
	if (v.kind == TARE_U8 || v.kind == TARE_U16 || v.kind == TARE_U32 || v.kind == TARE_U64)
		return v.as.u;
	if (v.kind == TARE_I8 || v.kind == TARE_I16 || v.kind == TARE_I32 || v.kind == TARE_I64)
		return v.as.i < 0 ? fallback : (uint64_t)v.as.i;
	return fallback;
}

static bool is_large(tare_str arch, uint64_t layers, uint64_t heads, uint64_t kv_heads)
{
	if (is(arch, "llama"))
		return layers == 80 && heads != kv_heads;
	if (is(arch, "jais2"))
		return layers == 68;
	return layers == 80 && (is(arch, "qwen2") || is(arch, "deci") || is(arch, "olmo"));
}

void tare_mix_start(tare_mix_run *run, const tare_mix *mix, const tare_model *m, bool imatrix)
{
	tare_str arch = { "", 0 };
	uint64_t heads, kv_heads;

	memset(run, 0, sizeof *run);
	tare_model_find_text(m, "general.architecture", &arch);
	run->mix = mix;
	run->imatrix = imatrix;
	run->tied = true;
	run->falcon = is(arch, "falcon");
	run->bailing3 = is(arch, "bailingmoe3");
	run->n_layers = hyper(m, arch, "block_count", 0);
	run->n_experts = hyper(m, arch, "expert_count", 0);
	heads = hyper(m, arch, "attention.head_count", 0);
	kv_heads = hyper(m, arch, "attention.head_count_kv", heads);
	run->gqa = kv_heads ? heads / kv_heads : 0;
	run->large = is_large(arch, run->n_layers, heads, kv_heads);
}

void tare_mix_see(tare_mix_run *run, tare_str name)
{
	tare_mix_part part = tare_mix_part_of(name);

	run->n_values += part == TARE_MIX_V;
	if (part == TARE_MIX_OUTPUT)
		run->tied = false;
}

static bool some(uint64_t i, uint64_t n)
{
	return i < n / 8 || i >= 7 * n / 8 || (i - n / 8) % 3 == 2;
}

/* The layer of an MLP matrix: how many of its part came before, or with experts the number in its name. False if that cannot be told. */
static bool layer_of(const tare_mix_run *run, tare_str name, uint64_t counted, uint64_t *layer)
{
	const char *p = name.ptr + 4, *end = name.ptr + name.len;

	*layer = counted;
	if (run->n_experts <= 1)
		return true;
	if (name.len < 5 || memcmp(name.ptr, "blk.", 4) || *p < '0' || *p > '9')
		return false;
	for (*layer = 0; p < end && *p >= '0' && *p <= '9' && *layer < run->n_layers; p++)
		*layer = *layer * 10 + (uint64_t)(*p - '0');
	return *layer < run->n_layers;
}

static unsigned conditions(const tare_mix_run *r, const tare_tensor *t, uint64_t layer)
{
	uint64_t n = r->n_layers, cols = tare_tensor_cols(t);
	unsigned c = 0;

	c |= layer < n / 8 ? FIRST_8TH : 0;
	c |= layer < n / 16 ? FIRST_16TH : 0;
	c |= layer >= n / 8 && layer < 7 * n / 8 ? MIDDLE : 0;
	c |= some(layer, n) ? SOME : 0;
	c |= some(r->values, r->n_values) ? SOME_V : 0;
	c |= r->values < 2 ? V_BELOW_2 : 0;
	c |= r->values < 4 ? V_BELOW_4 : 0;
	c |= r->downs < n / 8 ? DOWN_8TH : 0;
	c |= r->gqa >= 4 ? GQA4 : 0;
	c |= r->n_experts >= 4 ? EXPERTS4 : 0;
	c |= r->n_experts == 8 ? EXPERTS8 : 0;
	c |= t->n_dims > 2 && t->dim[t->n_dims - 3] > 1 ? STACKED : 0;
	c |= cols % r->mix->type->block_len ? UNEVEN : 0;
	c |= r->imatrix ? IMATRIX : NO_IMATRIX;
	c |= r->large ? LARGE : 0;
	c |= r->falcon ? FALCON : NOT_FALCON;
	c |= r->bailing3 ? 0 : NOT_BAILING3;
	return c;
}

static uint64_t bit_of(const tare_mix *mix)
{
	return 1ull << (mix - mixes);
}

static const tare_type *evaluate(const tare_mix_run *run, tare_mix_part part, unsigned holds)
{
	const uint64_t bit = bit_of(run->mix);
	const tare_type *type = run->mix->type;
	const row *r;

	for (r = picks; r < picks + COUNT(picks); r++)
		if ((r->mixes & bit) && (r->part == part || r->part == TARE_MIX_ANY) && !(r->when & ~holds))
			break;
	if (r < picks + COUNT(picks) && r->to)
		type = r->to;
	for (r = lifts; r < lifts + COUNT(lifts); r++)
		if ((r->mixes & bit) && r->part == part && !(r->when & ~holds) && (!r->from || r->from == type))
			type = r->to;
	return type;
}

const tare_type *tare_mix_pick(tare_mix_run *run, const tare_tensor *t)
{
	tare_mix_part part = tare_mix_part_of(t->name);
	uint64_t *counter = part == TARE_MIX_V	     ? &run->values
			    : part == TARE_MIX_DOWN ? &run->downs
			    : part == TARE_MIX_GATE ? &run->gates
			    : part == TARE_MIX_UP   ? &run->ups
						     : NULL;
	const tare_type *type = NULL;
	uint64_t layer = 0;

	if (part == TARE_MIX_EMBEDDING && run->tied)
		part = TARE_MIX_OUTPUT;
	if ((part != TARE_MIX_DOWN && part != TARE_MIX_GATE && part != TARE_MIX_UP) || (blind & bit_of(run->mix)) ||
	    layer_of(run, t->name, *counter, &layer))
		type = evaluate(run, part, conditions(run, t, layer));
	if (counter)
		++*counter;
	return type;
}
