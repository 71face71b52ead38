#include "types/lattice_cells.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/* Both kinds of lattice split a key into two bytes and a word into two halves. A rank says how many levels are nearer. */
struct shape {
	unsigned weights;     /* in half a group */
	unsigned cell_bits, cell_mask;
	unsigned level_bits, levels;
	unsigned half_bits;   /* of a word */
	uint32_t ranks[256][256]; /* by byte of key and half word: a byte for each weight */
};

static struct shape of_8 = { .weights = 4, .cell_bits = 2, .cell_mask = 3, .level_bits = 2, .levels = 3, .half_bits = 8 };
static struct shape of_4 = { .weights = 2, .cell_bits = 4, .cell_mask = 15, .level_bits = 3, .levels = 8, .half_bits = 6 };

/* The whole part of the values of weight i of a byte of a key. */
static unsigned whole_part(const struct shape *s, unsigned byte, unsigned i)
{
	unsigned cell = byte >> s->cell_bits * i & s->cell_mask;

	if (s->cell_bits == 2)
		return cell ? cell : 4;
	return cell < 1 ? 1 : cell > 14 ? 14 : cell; /* 0 and 15 do not occur */
}

static unsigned level_of(const struct shape *s, unsigned byte, unsigned i)
{
	unsigned level = whole_part(s, byte, i) / 2;

	return level < s->levels ? level : s->levels - 1;
}

static unsigned rank_of(const struct shape *s, unsigned whole, unsigned level)
{
	int far = (int)(4 * level + 2) - (int)(2 * whole + 1); /* from the middle of the cell, doubled: never equal for two levels */
	unsigned nearer = 0;

	for (unsigned k = 0; k < s->levels; k++) {
		int other = (int)(4 * k + 2) - (int)(2 * whole + 1);

		nearer += other * other < far * far;
	}
	return nearer;
}

static void make_ranks(struct shape *s)
{
	uint8_t rank[16][8];

	for (unsigned whole = 0; whole < 16; whole++)
		for (unsigned level = 0; level < 8; level++)
			rank[whole][level] = (uint8_t)rank_of(s, whole, level);
	for (unsigned byte = 0; byte < 256; byte++)
		for (unsigned half = 0; half < 1u << s->half_bits; half++) {
			s->ranks[byte][half] = 0;
			for (unsigned i = 0; i < s->weights; i++) {
				unsigned level = half >> s->level_bits * i & ((1u << s->level_bits) - 1);

				s->ranks[byte][half] |= (uint32_t)rank[whole_part(s, byte, i)][level] << 8 * i;
			}
		}
}

static void make_shapes(void)
{
	make_ranks(&of_8);
	make_ranks(&of_4);
}

/* No weight has a higher rank in a than in b. */
static bool as_near(uint64_t a, uint64_t b)
{
	const uint64_t tops = 0x8080808080808080;

	return (((b | tops) - a) & tops) == tops;
}

/* Returns how many of n neighbours are kept. */
static unsigned prune(const struct shape *s, unsigned key, const uint16_t *near, unsigned n, uint16_t *kept)
{
	uint64_t ranks[256];
	unsigned count = 0;

	for (; n--; near++) {
		uint64_t r = s->ranks[key & 255][*near & ((1u << s->half_bits) - 1)];
		unsigned i = 0;

		r |= (uint64_t)s->ranks[key >> 8][*near >> s->half_bits] << 32;
		while (i < count && !as_near(ranks[i], r))
			i++;
		if (i < count)
			continue;
		ranks[count] = r;
		kept[count++] = *near;
	}
	return count;
}

static unsigned lattice_key(const struct shape *s, unsigned key)
{
	unsigned levels = 0;

	for (unsigned half = 2; half--;)
		for (unsigned i = s->weights; i--;)
			levels = levels * s->levels + level_of(s, key >> 8 * half & 255, i);
	return levels;
}

static void build(struct tare_lattice_cells *c)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const struct tare_lattice *l = c->lattice;
	const struct shape *s = l->group == 8 ? &of_8 : &of_4;
	uint32_t at = 0;

	pthread_once(&once, make_shapes);
	for (unsigned key = 0; key < TARE_CELL_KEYS; key++) {
		unsigned levels = lattice_key(s, key), on = l->index[levels] != TARE_LATTICE_OFF, count = 1;

		if (on)
			c->candidate[at] = l->point[l->index[levels]];
		else
			count = prune(s, key, l->near + l->first[levels], l->first[levels + 1] - l->first[levels], c->candidate + at);
		c->entry[key] = at << TARE_CELL_FIRST | count << TARE_CELL_COUNT | (on ? TARE_CELL_ON : 0);
		at += count;
	}
	c->candidates = at;
}

#define CELLS(name, candidates_)                                                                         \
	static uint32_t entry_##name[TARE_CELL_KEYS];                                                    \
	static uint16_t candidate_##name[candidates_ + TARE_LATTICE_SPARE];                              \
	static struct tare_lattice_cells cells_##name = { NULL, entry_##name, candidate_##name, 0 };     \
	static void build_##name(void)                                                                   \
	{                                                                                                \
		cells_##name.lattice = tare_lattice_##name();                                            \
		build(&cells_##name);                                                                    \
	}                                                                                                \
	const struct tare_lattice_cells *tare_lattice_cells_##name(void)                                 \
	{                                                                                                \
		static pthread_once_t once = PTHREAD_ONCE_INIT;                                          \
                                                                                                         \
		pthread_once(&once, build_##name);                                                       \
		return &cells_##name;                                                                    \
	}

/* The numbers of candidates follow from the codebooks; tests/unit/test_lattice.c counts them. */
CELLS(iq2_xxs, 923267)
CELLS(iq2_xs, 1122780)
CELLS(iq2_s, 604596)
CELLS(iq3_xxs, 223448)
CELLS(iq3_s, 243591)
