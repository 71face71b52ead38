/* The header's bytes, always version 3, in the outline's byte order. */
#include "formats/gguf.h"

#include "base/escape.h"

static tare_status put_key(const char *key, size_t len, tare_kind kind, tare_sink *s, tare_error *err)
{
	TARE_TRY(tare_sink_u64(s, len, err));
	TARE_TRY(tare_sink_put(s, key, len, err));
	return tare_sink_u32(s, (uint32_t)kind, err);
}

static tare_status put_entry(const char *key, tare_kind kind, uint64_t bits, tare_sink *s, tare_error *err)
{
	const tare_value v = { .kind = kind, .as.u = bits };

	TARE_TRY(put_key(key, __builtin_strlen(key), kind, s, err));
	return tare_value_put(&v, s, err);
}

/* What the reader of a further file needs: the three split keys, in the first file's order, and the alignment, since each file is read by
 * its own (llama-gguf-split leaves it out and writes shards that cannot be read). */
static tare_status put_shard_metadata(const tare_model *out, uint32_t file, tare_sink *s, tare_error *err)
{
	bool aligned = out->alignment != TARE_GGUF_ALIGNMENT;
	size_t i;

	TARE_TRY(tare_sink_u64(s, aligned ? 4 : 3, err));
	if (aligned)
		TARE_TRY(put_entry(TARE_GGUF_KEY_ALIGNMENT, TARE_U32, out->alignment, s, err));
	for (i = 0; i < out->n_meta; i++) {
		tare_str key = out->meta[i].key;

		if (tare_str_eq(key, tare_str_of(TARE_GGUF_KEY_SPLIT_NO)))
			TARE_TRY(put_entry(TARE_GGUF_KEY_SPLIT_NO, TARE_U16, file, s, err));
		else if (tare_str_eq(key, tare_str_of(TARE_GGUF_KEY_SPLIT_COUNT)))
			TARE_TRY(put_entry(TARE_GGUF_KEY_SPLIT_COUNT, TARE_U16, out->n_files, s, err));
		else if (tare_str_eq(key, tare_str_of(TARE_GGUF_KEY_SPLIT_TENSORS)))
			TARE_TRY(put_entry(TARE_GGUF_KEY_SPLIT_TENSORS, TARE_I32, out->n_tensors, s, err));
	}
	return TARE_OK;
}

/* The first file has all metadata. */
static tare_status put_metadata(const tare_model *out, uint32_t file, tare_sink *s, tare_error *err)
{
	size_t i;

	if (file)
		return put_shard_metadata(out, file, s, err);
	TARE_TRY(tare_sink_u64(s, out->n_meta, err));
	for (i = 0; i < out->n_meta; i++) {
		const tare_entry *e = &out->meta[i];

		TARE_TRY(put_key(e->key.ptr, e->key.len, e->value.kind, s, err));
		TARE_TRY(tare_value_put(&e->value, s, err));
	}
	return TARE_OK;
}

static tare_status put_tensor(const tare_model *out, const tare_tensor *t, tare_sink *s, tare_error *err)
{
	uint32_t i;

	TARE_TRY(tare_sink_u64(s, t->name.len, err));
	TARE_TRY(tare_sink_put(s, t->name.ptr, t->name.len, err));
	TARE_TRY(tare_sink_u32(s, t->n_dims, err));
	for (i = t->n_dims; i-- > 0;)
		TARE_TRY(tare_sink_u64(s, t->dim[i], err));
	TARE_TRY(tare_sink_u32(s, t->type ? (uint32_t)t->type->gguf_id : t->type_id, err));
	return tare_sink_u64(s, t->offset - out->files[t->file].data_offset, err);
}

static tare_status put_records(const tare_model *out, uint32_t file, tare_sink *s, tare_error *err)
{
	size_t first, i, n = tare_model_tensors_of_file(out, file, &first);

	TARE_TRY(tare_sink_put(s, "GGUF", 4, err));
	TARE_TRY(tare_sink_u32(s, TARE_GGUF_VERSION, err));
	TARE_TRY(tare_sink_u64(s, n, err));
	TARE_TRY(put_metadata(out, file, s, err));
	for (i = first; i < first + n; i++)
		TARE_TRY(put_tensor(out, &out->tensors[i], s, err));
	return TARE_OK;
}

tare_status tare_gguf_records(const tare_model *out, uint32_t file, tare_sink *sink, tare_error *err)
{
	bool big = sink->big;
	tare_status st;

	sink->big = out->big_endian;
	st = put_records(out, file, sink, err);
	sink->big = big;
	return st;
}

static tare_status put_zeros(uint64_t n, tare_sink *s, tare_error *err)
{
	static const uint8_t zeros[4096];

	while (n) {
		size_t k = n < sizeof zeros ? (size_t)n : sizeof zeros;

		TARE_TRY(tare_sink_put(s, zeros, k, err));
		n -= k;
	}
	return TARE_OK;
}

tare_status tare_gguf_header(const tare_model *out, uint32_t file, tare_sink *sink, tare_error *err)
{
	uint64_t start = sink->count;

	TARE_TRY(tare_gguf_records(out, file, sink, err));
	return put_zeros(out->files[file].data_offset - (sink->count - start), sink, err);
}
