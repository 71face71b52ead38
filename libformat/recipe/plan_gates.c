/* Gates of the plan, and the one that can be judged before anything is written: size. */
#include "recipe/planner.h"

static bool *covered_by(const tare_planner *pl, const tare_rule *rule)
{
	bool *covers = tare_arena_array(&pl->p->out->arena, pl->n_items + 1, sizeof *covers);
	size_t i;

	for (i = 0; covers && i < pl->n_items; i++)
		covers[i] = pl->items[i].rule == rule;
	return covers;
}

static uint64_t size_of(const tare_model *out, const bool *covers)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; !covers && i < out->n_files; i++)
		sum += out->files[i].size;
	for (i = 0; covers && i < out->n_tensors; i++)
		sum += covers[i] ? out->tensors[i].size : 0;
	return sum;
}

static tare_status add_gates(tare_planner *pl, const tare_gate_list *list, const bool *covers, tare_error *err)
{
	tare_plan *p = pl->p;
	size_t i;

	for (i = 0; i < list->count; i++) {
		const tare_gate_spec *g = &list->gate[i];
		char *name = tare_arena_text(&p->out->arena, g->name);
		uint64_t size;

		if (!name)
			return tare_fail_nomem(err);
		p->gates[p->n_gates++] = (tare_gate){ g->kind, name, g->limit, covers };
		if (g->kind != TARE_GATE_SIZE_MAX)
			continue;
		size = size_of(p->out, covers);
		if ((double)size > g->limit)
			TARE_TRY(tare_plan_fails_gate(p, err, "gate %s is not met: %llu bytes, asked for at most %.0f", name,
						      (unsigned long long)size, g->limit));
	}
	return TARE_OK;
}

tare_status tare_plan_gates(tare_planner *pl, tare_error *err)
{
	const tare_settings *is = pl->is;
	size_t i, n = is->gates.count;

	for (i = 0; i < is->n_rules; i++)
		n += is->rules[i].gates.count;
	pl->p->gates = tare_arena_array(&pl->p->out->arena, n, sizeof *pl->p->gates);
	if (!pl->p->gates)
		return tare_fail_nomem(err);
	TARE_TRY(add_gates(pl, &is->gates, NULL, err));
	for (i = 0; i < is->n_rules; i++) {
		const tare_rule *rule = &is->rules[i];
		bool *covers = rule->gates.count ? covered_by(pl, rule) : NULL;

		if (rule->gates.count && !covers)
			return tare_fail_nomem(err);
		TARE_TRY(add_gates(pl, &rule->gates, covers, err));
	}
	return TARE_OK;
}
