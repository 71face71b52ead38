#!/usr/bin/env python3
"""Speed of every quantizer and decoder on one core, ours against ggml's in the same run, as a markdown table.

    type_speed.py LIBTARE.so [SECONDS]      SECONDS a measurement (default 0.25); needs numpy and xllamacpp
Numbers are million weights a second, the best of several runs; "ratio" is ours to ggml's. Rows of 4096 normal values in cache.
"""
import ctypes as C, os, sys, time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))
import numpy as np
from ggml_bytes import TYPES, load

ROWS, COLS = 16, 4096


def rate(call, weights, seconds):
    call()  # tables are built outside the clock
    best, end = 0.0, time.perf_counter() + seconds
    while True:
        start = time.perf_counter()
        call()
        took = time.perf_counter() - start
        best = max(best, weights / took / 1e6)
        if time.perf_counter() > end:
            return best


def decoder(ggml, name):
    try:
        f = getattr(ggml, "dequantize_row_" + name)
    except AttributeError:
        return None
    f.restype, f.argtypes = None, [C.c_void_p, C.c_void_p, C.c_int64]
    return f


def main(argv):
    ggml, tare = load(argv[0])
    seconds = float(argv[1]) if len(argv) > 1 else 0.25
    rng = np.random.default_rng(1)
    x = rng.standard_normal((ROWS, COLS), dtype=np.float32)
    w = np.exp(rng.standard_normal(COLS)).astype(np.float32)
    y, n = np.zeros_like(x), ROWS * COLS
    cell = lambda ours, theirs: f"{ours:.0f} / {theirs:.0f} = **{ours / theirs:.1f}**"
    print("| type | encode, ours / ggml | with matrix | decode |\n|---|---|---|---|")
    for name, number in TYPES.items():
        t = tare.tare_type_find(name.encode())
        size = n // tare.tare_type_block_len(t) * tare.tare_type_block_size(t)
        a, b = np.zeros(size, np.uint8), np.zeros(size, np.uint8)
        cells = []
        for m in (None, w.ctypes.data):
            needs = ggml.ggml_quantize_requires_imatrix(number) and m is None
            if needs or tare.tare_encode(t, x.ctypes.data, ROWS, COLS, m, b.ctypes.data, None):
                cells.append("-")
                continue
            ours = rate(lambda: tare.tare_encode(t, x.ctypes.data, ROWS, COLS, m, b.ctypes.data, None), n, seconds)
            theirs = rate(lambda: ggml.ggml_quantize_chunk(number, x.ctypes.data, a.ctypes.data, 0, ROWS, COLS, m), n, seconds)
            cells.append(cell(ours, theirs))
        f = decoder(ggml, name)
        ggml.ggml_quantize_chunk(number, x.ctypes.data, a.ctypes.data, 0, ROWS, COLS, w.ctypes.data)
        tare.tare_decode.argtypes = [C.c_void_p, C.c_void_p, C.c_size_t, C.c_void_p, C.c_void_p]
        ours = rate(lambda: tare.tare_decode(t, a.ctypes.data, n // tare.tare_type_block_len(t), y.ctypes.data, None), n, seconds)
        cells.append(cell(ours, rate(lambda: f(a.ctypes.data, y.ctypes.data, n), n, seconds)) if f else f"{ours:.0f}")
        print(f"| {name} | {' | '.join(cells)} |")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
