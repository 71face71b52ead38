#!/usr/bin/env python3
"""A model requantized with an importance matrix, against ggml: the gguf package reads matrix, source and result, ggml quantizes each
weight of the source with its importances, and the bytes must be those of the result.

    imatrix_bytes.py SOURCE.gguf MATRIX.gguf RESULT.gguf     SOURCE holds f32, f16 or bf16
"""
import ctypes as C, sys
import numpy as np
import gguf
from llama_logits import find_library

UNLIKE = {"IQ1_M"}  # newer in this package than the bytes tare follows


def importances(path):
    sums, counts = {}, {}
    for t in gguf.GGUFReader(path).tensors:
        for suffix, into in ((".in_sum2", sums), (".counts", counts)):
            if t.name.endswith(suffix):
                into[t.name[:-len(suffix)]] = np.array(t.data, dtype=np.float32).reshape(-1)
    out = {}
    for name, s in sums.items():
        c = np.round(counts[name]).astype(np.float32)
        with np.errstate(divide="ignore", invalid="ignore"):
            e = s.reshape(len(c), -1) / c[:, None]
        e[c <= 0] = 1
        out[name] = np.ascontiguousarray(e, dtype=np.float32).reshape(-1)
    return out


def floats(t):
    shape = [int(d) for d in t.shape][::-1]
    if t.tensor_type.name == "BF16":
        return (np.frombuffer(t.data.tobytes(), np.uint16).astype(np.uint32) << 16).view(np.float32).reshape(shape)
    return np.array(t.data, dtype=np.float32).reshape(shape)


def main(source, matrix, result):
    ggml = C.CDLL(find_library())
    ggml.ggml_quantize_chunk.restype = C.c_size_t
    ggml.ggml_quantize_chunk.argtypes = [C.c_int, C.c_void_p, C.c_void_p, C.c_int64, C.c_int64, C.c_int64, C.c_void_p]
    weights = importances(matrix)
    before = {t.name: t for t in gguf.GGUFReader(source).tensors}
    same = with_matrix = 0
    for t in gguf.GGUFReader(result).tensors:
        kind = t.tensor_type
        if kind.name in ("F32", "F16", "BF16") or kind.name in UNLIKE:
            continue
        x = np.ascontiguousarray(floats(before[t.name]))
        x = x.reshape((-1,) + x.shape[-2:])
        w = weights.get(t.name)
        if w is not None and w.size != x.shape[0] * x.shape[2]:
            w = None
        out = np.zeros(t.n_bytes, np.uint8)
        per = t.n_bytes // x.shape[0]
        for i in range(x.shape[0]):
            at = None if w is None else w[i * x.shape[2]:].ctypes.data
            ggml.ggml_quantize_chunk(int(kind), x[i].ctypes.data, out[i * per:].ctypes.data, 0, x.shape[1], x.shape[2], at)
        assert out.tobytes() == t.data.tobytes(), f"{t.name}: {kind.name} differs from ggml's"
        same, with_matrix = same + 1, with_matrix + (w is not None)
    assert same, "nothing was quantized"
    print(f"{same} tensors have ggml's bytes, {with_matrix} of them with importances")


if __name__ == "__main__":
    main(*sys.argv[1:])
