#include "transforms/scheme.h"

#include <string.h>

const char *const tare_scheme_keys[] = {
	"scheme", "bits", "block_size", "symmetric", "signed", "algorithm", "accuracy_level", "per_channel", "reduce_range", "zero_points", NULL
};

/* What a scheme is when its keys do not say. */
static const struct {
	const char *scheme;
	tare_scheme_options opt;
} defaults[] = {
	{ "matmulnbits", { .bits = 4, .block = 32, .symmetric = true } },
	{ "gather_block_quantized", { .bits = 4, .block = 32, .symmetric = true, .zero_points = true } },
	{ "qdq", { .bits = 4, .block = 32, .symmetric = true, .has_sign = true } },
	{ "dynamic_int8", { .bits = 8, .grain = TARE_GRAIN_TENSOR, .symmetric = true, .has_sign = true } },
};

static tare_status find_scheme(const tare_yaml *n, tare_scheme_spec *out, tare_error *err)
{
	const char *names[16], *near;
	size_t i;

	for (i = 0; i < 15 && tare_scheme_at(i); i++)
		names[i] = tare_scheme_at(i)->name;
	names[i] = NULL;
	if (n->kind == TARE_YAML_SCALAR && strlen(n->text.ptr) == n->text.len)
		out->scheme = tare_scheme_find(n->text.ptr);
	near = !out->scheme && n->kind == TARE_YAML_SCALAR ? tare_nearest(n->text.ptr, names) : NULL;
	if (!out->scheme)
		return tare_yaml_fail(n, err, "no scheme is called %s%s%s (tare-recipe(5) lists them)", TARE_YAML_SHOW(n),
				      near ? ": did you mean " : "", near ? near : "");
	for (i = 0; i < sizeof defaults / sizeof *defaults; i++)
		if (!strcmp(defaults[i].scheme, out->scheme->name))
			out->opt = defaults[i].opt;
	return TARE_OK;
}

/* key, if it is there, as a number from least to most. */
static tare_status number(const tare_yaml *map, const char *key, uint64_t least, uint64_t most, uint64_t *out, tare_error *err)
{
	const tare_yaml *n = tare_yaml_get(map, key);

	if (!n)
		return TARE_OK;
	TARE_TRY(tare_yaml_u64(n, out, err));
	if (*out < least || *out > most)
		return tare_yaml_fail(n, err, "%s: expected %llu to %llu, not %s", key, (unsigned long long)least, (unsigned long long)most,
				      TARE_YAML_SHOW(n));
	return TARE_OK;
}

static tare_status flag(const tare_yaml *map, const char *key, bool *out, tare_error *err)
{
	const tare_yaml *n = tare_yaml_get(map, key);

	return n ? tare_yaml_bool(n, out, err) : TARE_OK;
}

static tare_status algorithm(const tare_yaml *map, tare_algorithm *out, tare_error *err)
{
	const tare_yaml *n = tare_yaml_get(map, "algorithm");

	if (!n || (n->kind == TARE_YAML_SCALAR && strlen(n->text.ptr) == n->text.len && tare_algorithm_find(n->text.ptr, out)))
		return TARE_OK;
	return tare_yaml_fail(n, err, "expected default, rtn, k_quant or search, not %s", TARE_YAML_SHOW(n));
}

tare_status tare_scheme_of_yaml(const tare_yaml *map, tare_scheme_spec *out, tare_error *err)
{
	uint64_t bits, level = 0;
	bool per_channel = false;

	*out = (tare_scheme_spec){ .scheme = NULL };
	if (!tare_yaml_get(map, "scheme"))
		return tare_yaml_fail(map, err, "expected the name of a type, or {scheme: NAME, ...}, not %s", TARE_YAML_SHOW(map));
	TARE_TRY(tare_yaml_only(map, tare_scheme_keys, err));
	TARE_TRY(find_scheme(tare_yaml_get(map, "scheme"), out, err));
	bits = out->opt.bits;
	TARE_TRY(number(map, "bits", 2, 16, &bits, err));
	out->opt.bits = (uint32_t)bits;
	TARE_TRY(number(map, "block_size", 1, 1 << 20, &out->opt.block, err));
	TARE_TRY(number(map, "accuracy_level", 0, 4, &level, err));
	out->accuracy_level = (int64_t)level;
	TARE_TRY(flag(map, "symmetric", &out->opt.symmetric, err));
	TARE_TRY(flag(map, "signed", &out->opt.has_sign, err));
	TARE_TRY(flag(map, "reduce_range", &out->opt.reduce_range, err));
	TARE_TRY(flag(map, "zero_points", &out->opt.zero_points, err));
	TARE_TRY(flag(map, "per_channel", &per_channel, err));
	if (per_channel && tare_yaml_get(map, "block_size"))
		return tare_yaml_fail(tare_yaml_get(map, "block_size"), err, "blocks and per_channel exclude each other");
	out->opt.grain = per_channel ? TARE_GRAIN_CHANNEL : out->opt.grain;
	return algorithm(map, &out->opt.algorithm, err);
}
