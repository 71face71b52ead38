/* The smallest program with a source and a target: tests/fault/copy IN OUT. For the fault tests; exit codes and messages as every program. */
#include "io/source.h"
#include "io/target.h"

#include <stdlib.h>

enum { PIECE = 64 << 10 };

static tare_status copy(tare_source *s, tare_target *t, tare_error *err)
{
	uint64_t at, size = tare_source_size(s);

	for (at = 0; at < size; at += PIECE) {
		size_t n = size - at < PIECE ? (size_t)(size - at) : PIECE;

		TARE_TRY(tare_target_write(t, tare_source_at(s, at, n), n, err));
	}
	TARE_TRY(tare_source_unchanged(s, err));
	return tare_target_commit(t, err);
}

static tare_status run(const char *from, const char *to, tare_error *err)
{
	tare_target_options opt = { 0 };
	tare_source *s;
	tare_target *t = NULL;
	tare_status st = tare_source_open(&s, from, NULL, err);

	if (!st)
		st = tare_source_random(s, err);
	if (!st) {
		opt.size = tare_source_size(s);
		st = tare_target_open(&t, to, &opt, err);
	}
	if (!st)
		st = copy(s, t, err);
	tare_target_free(t);
	tare_source_close(s);
	return st;
}

int main(int argc, char **argv)
{
	tare_error err = TARE_ERROR_INIT;
	char text[1200];

	if (argc == 3 && run(argv[1], argv[2], &err)) {
		fprintf(stderr, "copy: %s\n", tare_error_text(&err, text, sizeof text));
		return 2;
	}
	return argc == 3 ? 0 : 2;
}
