/* Hashes of payload, and of a model's contents as a whole. */
#include "base/escape.h"
#include "model/scan.h"

#include <stdlib.h>

tare_status tare_tensor_hash(tare_model *m, const tare_tensor *t, tare_sha256 *h, void *buf, size_t buf_size, uint8_t digest[32],
			     tare_error *err)
{
	const uint8_t *p;
	uint64_t at;
	size_t k;

	for (at = 0; at < t->size; at += k) {
		k = t->size - at < buf_size ? t->size - at : buf_size;
		TARE_TRY(tare_tensor_bytes(m, t, at, k, buf, &p, err));
		TARE_TRY(tare_sha256_update(h, p, k, err));
	}
	return tare_sha256_finish(h, digest, err);
}

static int by_name(const void *a, const void *b, void *model)
{
	const tare_model *m = model;

	return tare_str_cmp(m->tensors[*(const size_t *)a].name, m->tensors[*(const size_t *)b].name);
}

/* One tensor's line:
 *
 *   LENGTH ":" NAME " " TYPE " [" DIM "," DIM ... "] " SHA256 "\n"
 *
 * LENGTH is that of NAME in bytes, in decimal, so that no name can pose as the rest of a line; TYPE is the type's name, or "#" and its
 * number if it is not known; DIM in decimal, slowest first, nothing between the brackets for a scalar; SHA256 in small hexadecimal. */
static tare_status put_line(tare_buffer *b, const tare_tensor *t, const uint8_t sha256[32], tare_error *err)
{
	uint32_t i;

	b->size = 0;
	TARE_TRY(tare_buffer_printf(b, err, "%zu:", t->name.len));
	TARE_TRY(tare_buffer_put(b, t->name.ptr, t->name.len, err));
	if (t->type)
		TARE_TRY(tare_buffer_printf(b, err, " %s [", t->type->name));
	else
		TARE_TRY(tare_buffer_printf(b, err, " #%u [", (unsigned)t->type_id));
	for (i = 0; i < t->n_dims; i++)
		TARE_TRY(tare_buffer_printf(b, err, "%s%llu", i ? "," : "", (unsigned long long)t->dim[i]));
	TARE_TRY(tare_buffer_put(b, "] ", 2, err));
	for (i = 0; i < 32; i++)
		TARE_TRY(tare_buffer_printf(b, err, "%02x", sha256[i]));
	return tare_buffer_put(b, "\n", 1, err);
}

static tare_status digest_lines(const tare_model *m, const size_t *order, const tare_scan_result *results, tare_sha256 *h, tare_buffer *b,
				tare_error *err)
{
	size_t i;

	for (i = 0; i < m->n_tensors; i++) {
		TARE_TRY(put_line(b, &m->tensors[order[i]], results[order[i]].sha256, err));
		TARE_TRY(tare_sha256_update(h, b->bytes, b->size, err));
	}
	return TARE_OK;
}

/* The SHA-256 of the lines of all tensors, in the bytewise order of their names. */
tare_status tare_content_digest(const tare_model *m, const tare_scan_result *results, uint8_t sha256[32], tare_error *err)
{
	size_t *order = tare_model_payload_order(m);
	tare_buffer line = { 0 };
	tare_sha256 *h = NULL;
	tare_status st;

	if (!order)
		return tare_fail_nomem(err);
	qsort_r(order, m->n_tensors, sizeof *order, by_name, (void *)(uintptr_t)m);
	st = tare_sha256_new(&h, err);
	if (st == TARE_OK)
		st = digest_lines(m, order, results, h, &line, err);
	if (st == TARE_OK)
		st = tare_sha256_finish(h, sha256, err);
	tare_sha256_free(h);
	free(line.bytes);
	free(order);
	return st;
}
