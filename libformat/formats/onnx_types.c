/* The data types of the format, with their homes in a TensorProto. */
#include "formats/onnx.h"

static const tare_onnx_type types[] = {
	{ 1, "FLOAT", &tare_type_f32, ONNX_TENSOR_FLOAT_DATA, 1, 1, 1 },
	{ 2, "UINT8", &tare_type_u8, ONNX_TENSOR_INT32_DATA, 1, 1, 1 },
	{ 3, "INT8", &tare_type_i8, ONNX_TENSOR_INT32_DATA, 1, 1, 1 },
	{ 4, "UINT16", &tare_type_u16, ONNX_TENSOR_INT32_DATA, 1, 1, 1 },
	{ 5, "INT16", &tare_type_i16, ONNX_TENSOR_INT32_DATA, 1, 1, 1 },
	{ 6, "INT32", &tare_type_i32, ONNX_TENSOR_INT32_DATA, 1, 1, 1 },
	{ 7, "INT64", &tare_type_i64, ONNX_TENSOR_INT64_DATA, 1, 1, 1 },
	{ 8, "STRING", NULL, ONNX_TENSOR_STRING_DATA, 1, 1, 1 },
	{ 9, "BOOL", &tare_type_bool, ONNX_TENSOR_INT32_DATA, 1, 1, 1 },
	{ 10, "FLOAT16", &tare_type_f16, ONNX_TENSOR_INT32_DATA, 1, 1, 1 },
	{ 11, "DOUBLE", &tare_type_f64, ONNX_TENSOR_DOUBLE_DATA, 1, 1, 1 },
	{ 12, "UINT32", &tare_type_u32, ONNX_TENSOR_UINT64_DATA, 1, 1, 1 },
	{ 13, "UINT64", &tare_type_u64, ONNX_TENSOR_UINT64_DATA, 1, 1, 1 },
	{ 14, "COMPLEX64", &tare_type_c64, ONNX_TENSOR_FLOAT_DATA, 1, 2, 1 },
	{ 15, "COMPLEX128", &tare_type_c128, ONNX_TENSOR_DOUBLE_DATA, 1, 2, 1 },
	{ 16, "BFLOAT16", &tare_type_bf16, ONNX_TENSOR_INT32_DATA, 1, 1, 4 },
	{ 17, "FLOAT8E4M3FN", &tare_type_f8_e4m3, ONNX_TENSOR_INT32_DATA, 1, 1, 9 },
	{ 18, "FLOAT8E4M3FNUZ", &tare_type_f8_e4m3fnuz, ONNX_TENSOR_INT32_DATA, 1, 1, 9 },
	{ 19, "FLOAT8E5M2", &tare_type_f8_e5m2, ONNX_TENSOR_INT32_DATA, 1, 1, 9 },
	{ 20, "FLOAT8E5M2FNUZ", &tare_type_f8_e5m2fnuz, ONNX_TENSOR_INT32_DATA, 1, 1, 9 },
	{ 21, "UINT4", &tare_type_u4, ONNX_TENSOR_INT32_DATA, 2, 1, 10 },
	{ 22, "INT4", &tare_type_i4, ONNX_TENSOR_INT32_DATA, 2, 1, 10 },
	{ 23, "FLOAT4E2M1", &tare_type_f4, ONNX_TENSOR_INT32_DATA, 2, 1, 11 },
	{ 24, "FLOAT8E8M0", &tare_type_f8_e8m0, ONNX_TENSOR_INT32_DATA, 1, 1, 12 },
	{ 25, "UINT2", &tare_type_u2, ONNX_TENSOR_INT32_DATA, 4, 1, 13 },
	{ 26, "INT2", &tare_type_i2, ONNX_TENSOR_INT32_DATA, 4, 1, 13 },
};

enum { N_TYPES = sizeof types / sizeof *types };

const tare_onnx_type *tare_onnx_type_find(int64_t id)
{
	return id >= 1 && id <= N_TYPES ? &types[id - 1] : NULL;
}

const tare_onnx_type *tare_onnx_type_of(const tare_type *type)
{
	size_t i;

	for (i = 0; type && i < N_TYPES; i++)
		if (types[i].type == type)
			return &types[i];
	return NULL;
}

bool tare_onnx_home_is_plain(const tare_onnx_type *is)
{
	return is->home == ONNX_TENSOR_FLOAT_DATA || is->home == ONNX_TENSOR_DOUBLE_DATA;
}
