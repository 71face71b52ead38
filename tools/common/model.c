#include "common/model.h"

tool_sum tool_sum_of(const tare_model *m)
{
	tool_sum sum = { 0, 0 };
	const tare_tensor *t;
	size_t i;

	for (i = 0; (t = tare_model_tensor(m, i)); i++) {
		sum.weights += t->count;
		sum.bytes += t->size;
	}
	return sum;
}

bool tool_file_bytes(const tare_model *m, uint64_t *bytes)
{
	uint64_t one;
	size_t i;

	for (*bytes = 0, i = 0; i < tare_model_file_count(m); i++) {
		one = tare_model_file_size(m, i);
		if (one == TARE_NOWHERE)
			return false;
		*bytes += one;
	}
	return true;
}

const char *tool_type(const tare_tensor *t)
{
	static char text[2][24];
	static unsigned turn;

	if (t->type)
		return tare_type_name(t->type);
	if (t->type_id == TARE_TYPE_ID_TEXT)
		return "text";
	turn ^= 1;
	snprintf(text[turn], sizeof text[turn], "type %u", t->type_id);
	return text[turn];
}
