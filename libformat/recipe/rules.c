/* rules: a list of matches and what to do with what they match. */
#include "recipe/recipe.h"

#include <string.h>

const char *const *tare_rule_keys(void)
{
	static const char *const keys[] = {
#define RULE_KEY(name, text) #name,
#include "recipe/keys.def"
#define TRANSFORM(name) #name,
#include "transforms/transforms.def"
#undef TRANSFORM
		NULL
	};

	return keys;
}

static tare_status add_action(tare_rule *rule, const tare_transform *t, tare_yaml *value, tare_error *err)
{
	size_t i;

	TARE_TRY(t->check(value, err));
	for (i = 0; i < rule->n_actions; i++) {
		const tare_transform *other = rule->actions[i].transform;

		if ((t->flags & other->flags & TARE_TRANSFORM_SETTLES) || ((t->flags | other->flags) & TARE_TRANSFORM_ALONE))
			return tare_yaml_fail(value, err, "%s and %s exclude each other in one rule", other->key, t->key);
	}
	rule->actions[rule->n_actions++] = (tare_action){ t, value };
	return TARE_OK;
}

static tare_status read_pair(tare_reading *r, tare_rule *rule, size_t index, const tare_yaml *key, tare_yaml *value, tare_error *err)
{
	const tare_transform *t = tare_transform_find(key->text.ptr);
	char prefix[48];

	if (t)
		return add_action(rule, t, value, err);
	if (!strcmp(key->text.ptr, "match"))
		return tare_match_read(&rule->match, r->arena, value, err);
	if (!strcmp(key->text.ptr, "optional"))
		return tare_yaml_bool(value, &rule->optional, err);
	snprintf(prefix, sizeof prefix, "rules[%zu].gates", index);
	return tare_gates_read(r, prefix, value, &rule->gates, err);
}

static tare_status read_rule(tare_reading *r, size_t index, tare_yaml *node, tare_rule *rule, tare_error *err)
{
	const char *place = tare_reading_place(r, node);
	size_t i;

	TARE_TRY(tare_yaml_only(node, tare_rule_keys(), err));
	rule->node = node;
	rule->label = place ? tare_arena_printf(r->arena, "rules[%zu] (%s)", index, place) : NULL;
	rule->actions = tare_arena_array(r->arena, node->count, sizeof *rule->actions);
	if (!rule->label || !rule->actions)
		return tare_fail_nomem(err);
	for (i = 0; i < node->count; i++)
		TARE_TRY(read_pair(r, rule, index, node->keys[i], node->items[i], err));
	if (!rule->match)
		return tare_yaml_fail(node, err, "a rule without match: write match: \"*\" for all tensors");
	if (!rule->n_actions && !rule->gates.count)
		return tare_yaml_fail(node, err, "a rule that does nothing: add type, keep, drop, rename or gates");
	return TARE_OK;
}

tare_status tare_rules_read(tare_reading *r, tare_yaml *list, tare_error *err)
{
	tare_settings *s = r->into;
	size_t i;

	if (list->kind != TARE_YAML_LIST)
		return tare_yaml_fail(list, err, "expected a list of rules (- match: ...), not %s", TARE_YAML_SHOW(list));
	s->rules = tare_arena_array(r->arena, list->count, sizeof *s->rules);
	if (!s->rules)
		return tare_fail_nomem(err);
	for (i = 0; i < list->count; i++)
		TARE_TRY(read_rule(r, i, list->items[i], &s->rules[i], err));
	s->n_rules = list->count;
	return TARE_OK;
}
