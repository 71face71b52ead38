/* What the public interface shows of a model. */
#include "model/model.h"

#include <string.h>

const char *tare_model_path(const tare_model *m)
{
	return m->path ? m->path : "";
}

uint32_t tare_model_version(const tare_model *m)
{
	return m->version;
}

bool tare_model_big_endian(const tare_model *m)
{
	return m->big_endian;
}

uint64_t tare_model_alignment(const tare_model *m)
{
	return m->alignment;
}

size_t tare_model_file_count(const tare_model *m)
{
	return m->n_files - (m->n_files && m->files[m->n_files - 1].made);
}

const char *tare_model_file_path(const tare_model *m, size_t i)
{
	return i < m->n_files && m->files[i].path ? m->files[i].path : "";
}

void tare_model_blame(const tare_model *m, size_t i, tare_error *err)
{
	const char *path = tare_model_file_path(m, i);

	if (*path)
		tare_error_in_file(err, strcmp(path, "-") ? path : "standard input");
}

uint64_t tare_model_file_size(const tare_model *m, size_t i)
{
	if (i >= m->n_files)
		return 0;
	if (m->files[i].size == TARE_NOWHERE && m->files[i].source)
		return tare_source_size(m->files[i].source);
	return m->files[i].size;
}

size_t tare_model_tensor_count(const tare_model *m)
{
	return m->n_tensors;
}

const tare_tensor *tare_model_tensor(const tare_model *m, size_t i)
{
	return i < m->n_tensors ? &m->tensors[i] : NULL;
}

size_t tare_model_metadata_count(const tare_model *m)
{
	return m->n_meta;
}

bool tare_model_metadata(const tare_model *m, size_t i, tare_str *key, tare_value *value)
{
	if (i >= m->n_meta)
		return false;
	*key = m->meta[i].key;
	*value = m->meta[i].value;
	return true;
}

const char *tare_model_warning(const tare_model *m, size_t i)
{
	return i < m->n_warnings ? m->warnings[i] : NULL;
}
