/* ONNX: one protobuf message, ModelProto, and data files beside it. */
#include "formats/onnx.h"

/* There is no magic. Writers begin with the IR version, a small number in field 1. */
static int probe(const uint8_t *head, size_t size)
{
	int known = tare_wire_probe(head, size, &tare_onnx__model_proto__descriptor);

	if (size > 4 && head[0] == ONNX_MODEL_IR_VERSION << 3 && head[1] > 0 && head[1] < 100 && known >= 2)
		return 80;
	return known >= 2 ? 30 : known ? 5 : 0;
}

const tare_format tare_format_onnx = {
	.name = "onnx",
	.title = "ONNX",
	.suffix = ".onnx",
	.probe = probe,
	.read = tare_onnx_read,
};
