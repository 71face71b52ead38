/* Options are a recipe: each becomes a key of it, so that what was asked for can be printed, kept and run again. */
#include "common/message.h"
#include "requantize/requantize.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Text being put together. */
typedef struct text {
	char *bytes;
	size_t size;
	FILE *file;
} text;

static void text_open(text *t)
{
	t->file = tool_compose(&t->bytes, &t->size);
}

/* A YAML scalar in double quotes. */
static void put_quoted(FILE *f, const char *s, size_t n)
{
	size_t i;

	fputc('"', f);
	for (i = 0; i < n; i++) {
		if (s[i] == '"' || s[i] == '\\')
			fputc('\\', f);
		if ((unsigned char)s[i] < 0x20)
			fprintf(f, "\\x%02x", (unsigned char)s[i]);
		else
			fputc(s[i], f);
	}
	fputc('"', f);
}

/* A YAML scalar as it is where that is safe (numbers and names), else in double quotes. */
static void put_plain(FILE *f, const char *s, size_t n)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-";

	if (strspn(s, safe) >= n && n && strspn(s, "+-.") < n)
		fwrite(s, 1, n, f);
	else
		put_quoted(f, s, n);
}

/* Options whose value is the key's value. */
static const struct single {
	const char *option, *key;
} singles[] = {
	{ "imatrix", "imatrix" },
	{ "output-tensor-type", "output_type" },
	{ "token-embedding-type", "token_embedding_type" },
	{ "leave-output-tensor", "leave_output" },
	{ "pure", "pure" },
	{ "keep-split", "keep_split" },
	{ "fallback", "fallback" },
	{ "nonfinite", "nonfinite" },
	{ "allow-requantize", "allow_requantize" },
};

static const char *key_of(const char *option)
{
	size_t i;

	for (i = 0; i < sizeof singles / sizeof *singles; i++)
		if (!strcmp(singles[i].option, option))
			return singles[i].key;
	return NULL;
}

static tare_status set(tare_recipe *r, const char *key, text *t, const char *origin, tare_error *err)
{
	tare_status st;

	tool_composed(t->file, &t->bytes);
	st = tare_recipe_set(r, key, t->bytes, origin, err);
	free(t->bytes);
	return st;
}

static tare_status set_single(tare_recipe *r, const tool_saying *s, tare_error *err)
{
	char *origin = tool_format("--%s", s->option->name);
	tare_status st;
	text t;

	text_open(&t);
	if (s->value && !strcmp(s->option->name, "imatrix"))
		put_quoted(t.file, s->value, strlen(s->value));
	else if (s->value)
		put_plain(t.file, s->value, strlen(s->value));
	else
		fputs("true", t.file);
	st = set(r, key_of(s->option->name), &t, origin, err);
	free(origin);
	return st;
}

/* -t MIX, -t type:TYPE */
static tare_status set_base(tare_recipe *r, const char *value, tare_error *err)
{
	bool plain = !strncmp(value, "type:", 5);
	text t;

	text_open(&t);
	if (plain)
		fputs("{type: ", t.file);
	put_plain(t.file, value + (plain ? 5 : 0), strlen(value) - (plain ? 5 : 0));
	if (plain)
		fputc('}', t.file);
	return set(r, "base", &t, "-t", err);
}

/* RE=TYPE: the last '=' parts them, for a type has none. llama-quantize makes the expression's letters small, and so is it here. */
static void put_tensor_type(FILE *f, const char *option, const char *value)
{
	const char *eq = strrchr(value, '=');
	char *re, *p;

	if (!eq || eq == value || !eq[1])
		tool_usage("--%s: '%s' is not RE=TYPE, such as attn_v=q6_K", option, tool_text(value));
	re = tool_format("%.*s", (int)(eq - value), value);
	for (p = re; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	put_quoted(f, re, strlen(re));
	fputs(": ", f);
	put_plain(f, eq + 1, strlen(eq + 1));
	free(re);
}

/* Several RE=TYPE with blanks or line ends between them. */
static void put_tensor_type_file(FILE *f, const char *path)
{
	FILE *in = fopen(path, "re");
	char word[1024];
	bool more = false;

	if (!in)
		tool_usage("--tensor-type-file: %s: %s", tool_text(path), strerror(errno));
	while (fscanf(in, "%1023s", word) == 1) {
		fputs(more ? ", " : "", f);
		put_tensor_type(f, "tensor-type-file", word);
		more = true;
	}
	if (ferror(in) || !more)
		tool_usage("--tensor-type-file: %s: %s", tool_text(path), ferror(in) ? strerror(errno) : "holds nothing");
	fclose(in);
}

/* N,N or N-N */
static void put_layers(FILE *f, const char *value)
{
	size_t n;

	for (;; value += n + 1) {
		n = strcspn(value, ",");
		put_plain(f, value, n);
		if (!value[n])
			break;
		fputs(", ", f);
	}
}

/* KEY=int:N, float:X, bool:B or str:TEXT, as llama-quantize has it. */
static void put_metadata(FILE *f, const char *value)
{
	static const struct {
		const char *prefix, *kind;
	} kinds[] = { { "int:", "u32" }, { "float:", "f32" }, { "bool:", "bool" }, { "str:", "str" } };
	const char *eq = strchr(value, '='), *rest;
	size_t i;

	for (i = 0; eq && i < sizeof kinds / sizeof *kinds; i++) {
		if (strncmp(eq + 1, kinds[i].prefix, strlen(kinds[i].prefix)))
			continue;
		rest = eq + 1 + strlen(kinds[i].prefix);
		put_quoted(f, value, (size_t)(eq - value));
		fprintf(f, ": {kind: %s, value: ", kinds[i].kind);
		if (!strcmp(kinds[i].kind, "str"))
			put_quoted(f, rest, strlen(rest));
		else
			put_plain(f, rest, strlen(rest));
		fputc('}', f);
		return;
	}
	tool_usage("--override-kv: '%s' is not KEY=TYPE:VALUE with TYPE one of int, float, bool, str", tool_text(value));
}

static void put_gate(FILE *f, const char *option, const char *value)
{
	const char *gate = !strcmp(option, "max-size") ? "size: {max: " : !strcmp(option, "min-sqnr") ? "sqnr_db: {min: " : "max_error: {max: ";

	fputs(gate, f);
	put_plain(f, value, strlen(value));
	fputc('}', f);
}

/* --fit SIZE, --fit-types TYPE,... */
static void put_fit(FILE *f, const char *option, const char *value)
{
	size_t n;

	if (!strcmp(option, "fit")) {
		fputs("fit: ", f);
		put_plain(f, value, strlen(value));
		return;
	}
	fputs("types: [", f);
	for (; *value; value += n) {
		n = strcspn(value, ",");
		put_plain(f, value, n);
		if (value[n++])
			fputs(", ", f);
		else
			break;
	}
	fputc(']', f);
}

/* Keys that several options, or one several times, put together. */
enum { BASE, TENSOR_TYPES, LAYERS, METADATA, GATES, INCLUDE, EXCLUDE, COMPOSED };

static const struct composed {
	const char *key, *begin, *end, *options;
} composed[COMPOSED] = {
	[BASE] = { "base", "{", "}", "fit fit-types" },
	[TENSOR_TYPES] = { "tensor_types", "{", "}", "tensor-type tensor-type-file" },
	[LAYERS] = { "prune_layers", "[", "]", "prune-layers" },
	[METADATA] = { "metadata", "{set: {", "}}", "override-kv" },
	[GATES] = { "gates", "{", "}", "max-size min-sqnr max-error" },
	[INCLUDE] = { "include_weights", "[", "]", "include-weights" },
	[EXCLUDE] = { "exclude_weights", "[", "]", "exclude-weights" },
};

/* Does the printed recipe have the top-level key? */
static bool has_key(const char *yaml, const char *key)
{
	size_t n = strlen(key);
	const char *line;

	for (line = yaml; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, n) && line[n] == ':')
			return true;
	}
	return false;
}

/* A key the recipe has already is not put aside in silence. */
static void check_free(const tare_recipe *r, const requantize_options *o, const char *key, const char *option)
{
	char *yaml = NULL;
	bool taken;

	if (!o->recipe || tare_recipe_print(r, &yaml, NULL))
		return;
	taken = has_key(yaml, key);
	free(yaml);
	if (taken)
		tool_usage("--%s: %s has %s of its own: say it there", option, tool_text(o->recipe), key);
}

static tare_status set_composed(tare_recipe *r, const requantize_options *o, const struct composed *c, tare_error *err)
{
	const tool_saying *s;
	char *origin = NULL;
	tare_status st;
	size_t i;
	text t;

	text_open(&t);
	for (i = 0; i < o->said.n; i++) {
		s = &o->said.item[i];
		if (tool_word_index(c->options, s->option->name) < 0)
			continue;
		if (!origin)
			check_free(r, o, c->key, s->option->name);
		fputs(origin ? ", " : c->begin, t.file);
		if (!origin)
			origin = tool_format("--%s", s->option->name);
		if (c == &composed[BASE])
			put_fit(t.file, s->option->name, s->value);
		else if (!strcmp(s->option->name, "tensor-type-file"))
			put_tensor_type_file(t.file, s->value);
		else if (c == &composed[TENSOR_TYPES])
			put_tensor_type(t.file, s->option->name, s->value);
		else if (c == &composed[LAYERS])
			put_layers(t.file, s->value);
		else if (c == &composed[METADATA])
			put_metadata(t.file, s->value);
		else if (c == &composed[INCLUDE] || c == &composed[EXCLUDE])
			put_quoted(t.file, s->value, strlen(s->value));
		else
			put_gate(t.file, s->option->name, s->value);
	}
	fputs(c->end, t.file);
	if (origin) {
		st = set(r, c->key, &t, origin, err);
	} else {
		fclose(t.file);
		free(t.bytes);
		st = TARE_OK;
	}
	free(origin);
	return st;
}

static tare_status apply(tare_recipe *r, const requantize_options *o, tare_error *err)
{
	const tool_saying *s;
	tare_status st;
	size_t i;

	for (i = 0; i < o->said.n; i++) {
		s = &o->said.item[i];
		st = TARE_OK;
		if (!strcmp(s->option->name, "type"))
			st = set_base(r, s->value, err);
		else if (key_of(s->option->name))
			st = set_single(r, s, err);
		if (st)
			return st;
	}
	for (i = 0; i < COMPOSED; i++) {
		st = set_composed(r, o, &composed[i], err);
		if (st)
			return st;
	}
	return TARE_OK;
}

static bool said(const requantize_options *o, const char *option)
{
	size_t i;

	for (i = 0; i < o->said.n; i++)
		if (!strcmp(o->said.item[i].option->name, option))
			return true;
	return false;
}

int requantize_recipe(const requantize_options *o, tare_recipe **out)
{
	static const char empty[] = "tare: 1\n";
	tare_error err = TARE_ERROR_INIT;
	tare_status st;

	*out = NULL;
	if (!o->recipe && !o->said.n)
		tool_usage("nothing was asked for: name a recipe (-r), a mix (-t Q4_K_M) or a type (-t type:q4_0)");
	if (said(o, "type") && (said(o, "fit") || said(o, "fit-types")))
		tool_usage("-t and --fit: either a mix or a type, or the best of --fit-types");
	if (said(o, "fit-types") != said(o, "fit"))
		tool_usage("--fit SIZE and --fit-types TYPE,... go together");
	if (o->recipe && said(o, "type"))
		tool_usage("-r and -t: a recipe names its mix itself, under base");
	st = o->recipe ? tare_recipe_load(out, o->recipe, &err) : tare_recipe_parse(out, empty, sizeof empty - 1, "", &err);
	if (!st)
		st = apply(*out, o, &err);
	if (st) {
		tool_error(&err);
		tare_recipe_free(*out);
		*out = NULL;
	}
	return tool_status(&err);
}
