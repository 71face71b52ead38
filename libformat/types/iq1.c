#include "types/iq1.h"

#include <math.h>

const float tare_iq1_up[4] = { -1 + TARE_IQ1_SHIFT, TARE_IQ1_SHIFT, 1 + TARE_IQ1_SHIFT, 0 };
const float tare_iq1_down[4] = { -1 - TARE_IQ1_SHIFT, -TARE_IQ1_SHIFT, 1 - TARE_IQ1_SHIFT, 0 };

void tare_iq1_weigh(float *w, const float *x, size_t n, const float *importance, float sigma2)
{
	for (size_t i = 0; i < n; i++)
		w[i] = importance ? importance[i] * sqrtf(sigma2 + x[i] * x[i]) : x[i] * x[i];
}

float tare_iq1_largest(const float *x, size_t n)
{
	float max = tare_abs(x[0]);

	for (size_t i = 1; i < n; i++) {
		float a = tare_abs(x[i]);

		max = max > a ? max : a;
	}
	return max;
}

void tare_iq1_sort(uint8_t *place, const float *x, size_t n)
{
	float sorted[TARE_IQ1_SUB];

	for (size_t i = 0; i < n; i++) {
		size_t at = i;

		for (; at > 0 && sorted[at - 1] > x[i]; at--) {
			sorted[at] = sorted[at - 1];
			place[at] = place[at - 1];
		}
		sorted[at] = x[i];
		place[at] = (uint8_t)i;
	}
}

bool tare_iq1_levels(uint8_t *level, struct tare_iq1_cut *c, const uint8_t *place, size_t n)
{
	bool turned = c->scale < 0;

	for (size_t j = 0; j < n; j++) {
		uint8_t q = (uint8_t)((j >= c->low) + (j >= c->high));

		level[place[j]] = turned ? 2 - q : q;
	}
	if (turned)
		c->scale = -c->scale;
	return turned;
}

unsigned tare_iq1_place(const struct tare_iq1_coder *coder, const uint8_t *level, const float *x, const float *w, float scale,
			const float *value, bool *off, unsigned *number)
{
	const struct tare_lattice *l = tare_lattice_iq1();
	unsigned key = 0, word;

	for (unsigned i = TARE_IQ1_GROUP; i--;)
		key = key * 3 + level[i];
	if (l->index[key] != TARE_LATTICE_OFF) {
		*number = l->index[key];
		return l->point[*number];
	}
	*off = true;
	word = coder->nearest(l, l->near + l->first[key], l->first[key + 1] - l->first[key], x, w, scale, value);
	*number = tare_lattice_number(l, word);
	return word;
}
