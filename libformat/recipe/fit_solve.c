/* Least loss in so many bytes. The curve's steps (the lower convex hull of each weight's choices, best step first) lead near the optimum;
 * then pairs of changes, one that takes bytes and one that gives some back, are tried for as long as one gains. */
#include "recipe/fit.h"

#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 2000 };

/* One choice for the next larger one of the hull. */
typedef struct hop {
	size_t weight;
	unsigned from, to;
	double gain;             /* loss saved for a byte */
} hop;

typedef struct move {
	size_t weight;           /* SIZE_MAX: none */
	unsigned to;
	int64_t bytes;
	double loss;
} move;

/* The best of all moves that cost no more than this one, and the best of another weight. */
typedef struct reach {
	size_t first, second;    /* SIZE_MAX: none */
} reach;

static int by_size(const void *a, const void *b)
{
	const tare_fit_choice *x = a, *y = b;

	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	if (x->loss != y->loss)
		return x->loss < y->loss ? -1 : 1;
	return strcmp(x->type->name, y->type->name);
}

void tare_fit_order(tare_fit_weight *weights, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		tare_fit_weight *w = &weights[i];
		unsigned c, kept = 0;

		qsort(w->choice, w->n, sizeof *w->choice, by_size);
		for (c = 0; c < w->n; c++)
			if (!c || w->choice[c].loss < w->choice[kept - 1].loss)
				w->choice[kept++] = w->choice[c];
		w->n = kept;
		w->pick = 0;
	}
}

static double gain_of(const tare_fit_weight *w, unsigned from, unsigned to)
{
	return (w->choice[from].loss - w->choice[to].loss) / (double)(w->choice[to].size - w->choice[from].size);
}

/* The hull's next choice after from: the steepest; of equals the farthest. w->n if from is the last. */
static unsigned next_on_hull(const tare_fit_weight *w, unsigned from)
{
	unsigned best = w->n, c;

	for (c = from + 1; c < w->n; c++)
		if (best == w->n || gain_of(w, from, c) >= gain_of(w, from, best))
			best = c;
	return best;
}

static int by_gain(const void *a, const void *b)
{
	const hop *x = a, *y = b;

	if (x->gain != y->gain)
		return x->gain > y->gain ? -1 : 1;
	if (x->weight != y->weight)
		return x->weight < y->weight ? -1 : 1;
	return x->from < y->from ? -1 : x->from > y->from;
}

static tare_status find_hops(const tare_fit_weight *weights, size_t n, hop **out, size_t *count, tare_error *err)
{
	hop *hops = calloc(n * TARE_FIT_TYPES + 1, sizeof *hops);
	size_t i;
	unsigned at, to;

	*out = hops;
	*count = 0;
	if (!hops)
		return tare_fail_nomem(err);
	for (i = 0; i < n; i++)
		for (at = 0; (to = next_on_hull(&weights[i], at)) < weights[i].n; at = to)
			hops[(*count)++] = (hop){ i, at, to, gain_of(&weights[i], at, to) };
	qsort(hops, *count, sizeof *hops, by_gain);
	return TARE_OK;
}

tare_status tare_fit_curve(const tare_fit_weight *weights, size_t n, tare_fit_point **points, size_t *count, tare_error *err)
{
	tare_fit_point now = { 0 };
	size_t i, n_hops;
	hop *hops;

	*points = NULL;
	*count = 0;
	TARE_TRY(find_hops(weights, n, &hops, &n_hops, err));
	*points = calloc(n_hops + 1, sizeof **points);
	if (!*points) {
		free(hops);
		return tare_fail_nomem(err);
	}
	for (i = 0; i < n; i++) {
		now.bytes += weights[i].choice[0].size;
		now.loss += weights[i].choice[0].loss;
	}
	(*points)[(*count)++] = now;
	for (i = 0; i < n_hops; i++) {
		const tare_fit_weight *w = &weights[hops[i].weight];

		now.bytes += w->choice[hops[i].to].size - w->choice[hops[i].from].size;
		now.loss -= w->choice[hops[i].from].loss - w->choice[hops[i].to].loss;
		now.loss = now.loss > 0 ? now.loss : 0;
		(*points)[(*count)++] = now;
	}
	free(hops);
	return TARE_OK;
}

/* ---- along the hull, as far as the room goes ---- */

static tare_status walk(tare_fit_weight *weights, size_t n, uint64_t *room, tare_error *err)
{
	size_t i, n_hops;
	hop *hops;

	TARE_TRY(find_hops(weights, n, &hops, &n_hops, err));
	for (i = 0; i < n_hops; i++) {
		tare_fit_weight *w = &weights[hops[i].weight];
		uint64_t more = w->choice[hops[i].to].size - w->choice[hops[i].from].size;

		if (w->pick != hops[i].from || more > *room)
			continue;
		w->pick = hops[i].to;
		*room -= more;
	}
	free(hops);
	return TARE_OK;
}

/* ---- pairs of moves ---- */

static int by_bytes(const void *a, const void *b)
{
	const move *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? -1 : 1;
	if (x->weight != y->weight)
		return x->weight < y->weight ? -1 : 1;
	return x->to < y->to ? -1 : x->to > y->to;
}

static size_t list_moves(const tare_fit_weight *weights, size_t n, move *moves)
{
	size_t i, count = 0;
	unsigned c;

	moves[count++] = (move){ SIZE_MAX, 0, 0, 0 };
	for (i = 0; i < n; i++) {
		const tare_fit_choice *now = &weights[i].choice[weights[i].pick], *then = weights[i].choice;

		for (c = 0; c < weights[i].n; c++)
			if (c != weights[i].pick)
				moves[count++] = (move){ i, c, (int64_t)then[c].size - (int64_t)now->size, then[c].loss - now->loss };
	}
	qsort(moves, count, sizeof *moves, by_bytes);
	return count;
}

static void find_reach(const move *moves, size_t n, reach *r)
{
	reach best = { SIZE_MAX, SIZE_MAX };
	size_t i;

	for (i = 0; i < n; i++) {
		if (best.first == SIZE_MAX || moves[i].loss < moves[best.first].loss) {
			if (best.first != SIZE_MAX && moves[best.first].weight != moves[i].weight)
				best.second = best.first;
			best.first = i;
		} else if (moves[i].weight != moves[best.first].weight &&
			   (best.second == SIZE_MAX || moves[i].loss < moves[best.second].loss)) {
			best.second = i;
		}
		r[i] = best;
	}
}

/* How many moves cost at most so many bytes. */
static size_t within(const move *moves, size_t n, int64_t bytes)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (moves[mid].bytes <= bytes)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The best pair; true if it gains. A pair with the move that is none is a single one. */
static bool best_pair(const move *moves, const reach *r, size_t n, uint64_t room, const move **a, const move **b)
{
	double best = 0;
	size_t i, k, other;

	for (i = 0; i < n; i++) {
		k = within(moves, n, (int64_t)room - moves[i].bytes);
		if (!k)
			continue;
		other = moves[r[k - 1].first].weight != moves[i].weight ? r[k - 1].first : r[k - 1].second;
		if (other == SIZE_MAX || !(moves[i].loss + moves[other].loss < best))
			continue;
		best = moves[i].loss + moves[other].loss;
		*a = &moves[i];
		*b = &moves[other];
	}
	return best < 0;
}

static void take(tare_fit_weight *weights, const move *m, uint64_t *room)
{
	if (m->weight == SIZE_MAX)
		return;
	weights[m->weight].pick = m->to;
	*room -= (uint64_t)m->bytes; /* modulo 2^64: bytes may be negative, the sum of both is not above the room */
}

static tare_status improve(tare_fit_weight *weights, size_t n, uint64_t room, tare_error *err)
{
	move *moves = calloc(n * TARE_FIT_TYPES + 1, sizeof *moves);
	reach *r = calloc(n * TARE_FIT_TYPES + 1, sizeof *r);
	const move *a, *b;
	const tare_status st = moves && r ? TARE_OK : tare_fail_nomem(err);
	size_t count;
	int i;

	for (i = 0; st == TARE_OK && i < ROUNDS; i++) {
		count = list_moves(weights, n, moves);
		find_reach(moves, count, r);
		if (!best_pair(moves, r, count, room, &a, &b))
			break;
		take(weights, a, &room);
		take(weights, b, &room);
	}
	free(r);
	free(moves);
	return st;
}

tare_status tare_fit_solve(tare_fit_weight *weights, size_t n, uint64_t room, bool *fits, tare_error *err)
{
	uint64_t least = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		weights[i].pick = 0;
		least += weights[i].choice[0].size;
	}
	*fits = least <= room;
	if (!*fits)
		return TARE_OK;
	room -= least;
	TARE_TRY(walk(weights, n, &room, err));
	return improve(weights, n, room, err);
}
