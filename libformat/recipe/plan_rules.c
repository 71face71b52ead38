/* Rules against tensors: the first that matches is the one. */
#include "recipe/planner.h"

#include "arch/role.h"

#include <stdlib.h>

static tare_status apply_rule(tare_planner *pl, const tare_rule *rule, tare_planned *t, tare_error *err)
{
	size_t i;

	for (i = 0; i < rule->n_actions; i++) {
		const tare_status st = rule->actions[i].transform->apply(rule->actions[i].value, t, err);

		if (st != TARE_OK) {
			tare_recipe_blame(pl->recipe, "rules", err);
			return st;
		}
	}
	return TARE_OK;
}

static const tare_rule *first_match(tare_planner *pl, tare_subject *s)
{
	size_t i;

	for (i = 0; i < pl->is->n_rules; i++)
		if (tare_match_tensor(pl->is->rules[i].match, s)) {
			pl->hits[i]++;
			return &pl->is->rules[i];
		}
	return NULL;
}

static tare_status plan_tensor(tare_planner *pl, size_t i, tare_error *err)
{
	const tare_tensor *source = &pl->in->tensors[i];
	tare_subject subject = { .tensor = source, .last_layer = pl->last_layer };
	tare_planned t = { .out = pl->p->out, .source = source, .name = source->name, .type = source->type };
	const tare_rule *rule;

	TARE_TRY(tare_plan_prune_name(pl, &t.name, &t.drop, err));
	if (t.drop)
		return TARE_OK;
	rule = first_match(pl, &subject);
	if (rule)
		TARE_TRY(apply_rule(pl, rule, &t, err));
	if (!t.drop)
		pl->items[pl->n_items++] = (tare_item){
			.source = i, .name = t.name, .type = t.type, .spec = t.spread, .rule = rule, .decided = t.decided, .named = t.decided,
			.why = rule ? rule->label : NULL,
		};
	return TARE_OK;
}

/* Is there a tensor the rule would match, were it the first? */
static bool matches_any(tare_planner *pl, const tare_rule *rule)
{
	size_t i;

	for (i = 0; i < pl->in->n_tensors; i++) {
		tare_subject s = { .tensor = &pl->in->tensors[i], .last_layer = pl->last_layer };

		if (tare_match_tensor(rule->match, &s))
			return true;
	}
	return false;
}

static tare_status check_idle(tare_planner *pl, tare_error *err)
{
	tare_status st;
	size_t i;

	for (i = 0; i < pl->is->n_rules; i++) {
		const tare_rule *rule = &pl->is->rules[i];
		const char *what;

		if (pl->hits[i])
			continue;
		what = matches_any(pl, rule) ? "matches only tensors that rules before it take" : "matches no tensor";
		if (rule->optional) {
			TARE_TRY(tare_plan_note_add(pl->p, err, "%s %s", rule->label, what));
			continue;
		}
		st = tare_yaml_fail(rule->node, err, "rules[%zu] %s (optional: true allows that)", i, what);
		tare_recipe_blame(pl->recipe, "rules", err);
		return st;
	}
	return TARE_OK;
}

tare_status tare_plan_rules(tare_planner *pl, tare_error *err)
{
	size_t i;

	pl->items = calloc(pl->in->n_tensors + 1, sizeof *pl->items);
	pl->hits = calloc(pl->is->n_rules + 1, sizeof *pl->hits);
	if (!pl->items || !pl->hits)
		return tare_fail_nomem(err);
	pl->last_layer = -1;
	for (i = 0; pl->is->n_rules && i < pl->in->n_tensors; i++) {
		int layer = tare_layer_of(pl->in->tensors[i].name);

		pl->last_layer = layer > pl->last_layer ? layer : pl->last_layer;
	}
	for (i = 0; i < pl->in->n_tensors; i++)
		TARE_TRY(plan_tensor(pl, i, err));
	return check_idle(pl, err);
}
