#!/usr/bin/env python3
"""The peer's compute for a whole job: ggml's quantizer over every tensor that the plan recodes, on THREADS threads, in seconds.

    peer_quantize.py MODEL.gguf THREADS < output of: tare-requantize --dry-run --json ...

Reading, widening to f32 and writing are not counted: this is less than what llama-quantize takes for the same job.
"""
import ctypes as C, json, os, sys, time
from concurrent.futures import ThreadPoolExecutor
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))
import gguf
import numpy as np
from ggml_bytes import TYPES
from llama_logits import find_library

ROWS = 64


def main(path, threads):
    ggml = C.CDLL(find_library())
    ggml.ggml_quantize_chunk.restype = C.c_size_t
    ggml.ggml_quantize_chunk.argtypes = [C.c_int, C.c_void_p, C.c_void_p, C.c_int64, C.c_int64, C.c_int64, C.c_void_p]
    ggml.ggml_quantize_init.argtypes = [C.c_int]
    source = {t.name: t for t in gguf.GGUFReader(path).tensors}
    total = 0.0
    with ThreadPoolExecutor(threads) as pool:
        for t in json.load(sys.stdin)["tensors"]:
            if t["type"] == t["source_type"] or t["type"] not in TYPES:
                continue
            x = np.ascontiguousarray(source[t["name"]].data.astype(np.float32)).reshape(-1, t["shape"][-1])
            out = np.empty(t["nbytes"], np.uint8)
            number, (rows, cols) = TYPES[t["type"]], x.shape
            ggml.ggml_quantize_init(number)  # tables outside the clock
            chunk = lambda r: ggml.ggml_quantize_chunk(number, x.ctypes.data, out.ctypes.data, r * cols, min(ROWS, rows - r), cols, None)
            start = time.perf_counter()
            list(pool.map(chunk, range(0, rows, ROWS)))
            total += time.perf_counter() - start
    print(f"{total:.2f}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
