#!/usr/bin/env python3
"""Fresh random tensors through ggml's quantizers and ours: the same bytes.

    ggml_bytes.py LIBTARE.so [MILLIONS] [TYPE...]     MILLIONS of weights a type and mode (default 2)

One TAP line a type and mode (without and with an importance matrix). Needs numpy and xllamacpp.
ggml's iq1_m in this package is newer than the bytes tare follows, and is left out.
"""
import ctypes as C, multiprocessing, sys
import numpy as np
from llama_logits import find_library

TYPES = dict(f16=1, bf16=30, q4_0=2, q4_1=3, q5_0=6, q5_1=7, q8_0=8, q2_K=10, q3_K=11, q4_K=12, q5_K=13, q6_K=14,
             iq2_xxs=16, iq2_xs=17, iq3_xxs=18, iq1_s=19, iq4_nl=20, iq3_s=21, iq2_s=22, iq4_xs=23,
             tq1_0=34, tq2_0=35, mxfp4=39, nvfp4=40, q1_0=41, q2_0=42)
COLS = (256, 512, 768, 1024, 2560, 4096)


def rows_of(rng, kind, rows, cols):
    x = rng.standard_normal((rows, cols), dtype=np.float32) * np.float32(0.02)
    if kind == "heavy": x = x ** 3 * np.float32(2e3)
    if kind == "outlier": x[np.arange(rows), rng.integers(0, cols, rows)] *= np.float32(60)
    if kind == "sparse": x[rng.random(x.shape) < 0.9] = 0
    if kind == "constant": x[:] = x[:, :1]
    if kind == "alternating": x = np.abs(x) * np.where(np.arange(cols) % 2, -1, 1).astype(np.float32)
    if kind == "ties": x = np.round(x * 100).astype(np.float32) / np.float32(8)
    if kind == "positive": x = np.abs(x)
    if kind == "f16": x = x.astype(np.float16).astype(np.float32)
    if kind == "zeros": x[rng.random(rows) < 0.5] = 0
    if kind == "large": x = x * np.float32(1e4)
    if kind == "small": x = (x * np.float32(1e-4)).astype(np.float16).astype(np.float32)
    return np.ascontiguousarray(x, dtype=np.float32)


KINDS = "normal heavy outlier sparse constant alternating ties positive f16 zeros large small".split()
MATRICES = "ones lognormal zeros tiny huge".split()


def matrix_of(rng, kind, cols):
    w = np.ones(cols, dtype=np.float32)
    if kind != "ones": w = np.exp(rng.standard_normal(cols)).astype(np.float32)
    if kind == "zeros": w[rng.random(cols) < 0.3] = 0
    if kind == "tiny": w *= np.float32(1e-12)
    if kind == "huge": w *= np.float32(1e12)
    return w


def load(tare_path):
    ggml, tare = C.CDLL(find_library()), C.CDLL(tare_path)
    ggml.ggml_quantize_chunk.restype = C.c_size_t
    ggml.ggml_quantize_chunk.argtypes = [C.c_int, C.c_void_p, C.c_void_p, C.c_int64, C.c_int64, C.c_int64, C.c_void_p]
    ggml.ggml_quantize_requires_imatrix.restype = C.c_bool
    tare.tare_type_find.restype = C.c_void_p
    tare.tare_type_find.argtypes = [C.c_char_p]
    for f in ("tare_type_block_len", "tare_type_block_size"):
        getattr(tare, f).restype, getattr(tare, f).argtypes = C.c_uint32, [C.c_void_p]
    tare.tare_type_can_encode.restype, tare.tare_type_can_encode.argtypes = C.c_bool, [C.c_void_p]
    tare.tare_encode.argtypes = [C.c_void_p, C.c_void_p, C.c_size_t, C.c_size_t, C.c_void_p, C.c_void_p, C.c_void_p]
    return ggml, tare


def compare(ggml, tare, name, with_matrix, millions, rng):
    """Weights compared, and the first difference as text (None if all bytes are equal); -1 weights: this mode is not offered."""
    t, number, done, turn = tare.tare_type_find(name.encode()), TYPES[name], 0, 0
    while done < millions * 1_000_000:
        kind, cols = KINDS[turn % len(KINDS)], COLS[turn % len(COLS)]
        rows = max(1, 65536 // cols)
        x = rows_of(rng, kind, rows, cols)
        w = matrix_of(rng, MATRICES[turn // len(KINDS) % len(MATRICES)], cols) if with_matrix else None
        size = rows * cols // tare.tare_type_block_len(t) * tare.tare_type_block_size(t)
        a, b = np.zeros(size, np.uint8), np.zeros(size, np.uint8)
        wp = w.ctypes.data if with_matrix else None
        if tare.tare_encode(t, x.ctypes.data, rows, cols, wp, b.ctypes.data, None) != 0:
            return -1, None
        ggml.ggml_quantize_chunk(number, x.ctypes.data, a.ctypes.data, 0, rows, cols, wp)
        if not np.array_equal(a, b):
            at = int(np.flatnonzero(a != b)[0])
            return done, f"{kind} {rows}x{cols}, matrix {with_matrix}: {np.count_nonzero(a != b)} bytes differ, first {at}"
        done, turn = done + x.size, turn + 1
    return done, None


def test(job):
    """One line of TAP for a type and mode."""
    path, name, with_matrix, millions = job
    ggml, tare = load(path)
    t, mode = tare.tare_type_find(name.encode()), "with matrix" if with_matrix else "without matrix"
    if not t or not tare.tare_type_can_encode(t):
        return f"ok - ggml bytes {name} {mode} # skip tare does not encode it yet"
    if not with_matrix and ggml.ggml_quantize_requires_imatrix(TYPES[name]):
        return None
    n, why = compare(ggml, tare, name, with_matrix, millions, np.random.default_rng(TYPES[name]))
    if n < 0:
        return f"ok - ggml bytes {name} {mode} # skip tare does not encode it so yet"
    return f"not ok - ggml bytes {name} {mode}: {why}" if why else f"ok - ggml bytes {name} {mode}, {n} weights"


def main(argv):
    millions = float(argv[1]) if len(argv) > 1 else 2
    jobs = [(argv[0], name, m, millions) for name in argv[2:] or TYPES for m in (False, True)]
    bad = 0
    with multiprocessing.Pool() as pool:
        for line in filter(None, pool.imap(test, jobs)):
            print(line, flush=True)
            bad |= line.startswith("not ok")
    return bad


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
