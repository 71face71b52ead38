#!/usr/bin/env python3
"""Speed of every quantizer on one core, by instruction set: our whole process, reading and writing included, against ggml's function alone.

    type_speed.py NOSYNC.so FOLDER [MILLIONS]     a model of so many million weights (default 32) is made in FOLDER
Prints markdown tables, without and with an importance matrix: million weights a second, and how often ggml's rate that is. ggml's rate is
the faster of two releases (b10603, whose bytes are ours, and b11549) on 64 Ki normal values in cache; iq1_m has other bytes in b11549 and
is compared with b10603 only. Ours: all of tare-requantize -j 1, the best of two runs, sync left out. Seconds are those of the processor,
user and system, so that what else the machine does matters little.
"""
import ctypes as C, os, resource, subprocess, sys, time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))
import gguf
import numpy as np
from ggml_bytes import TYPES
from llama_logits import find_library
from llama_quantize import base_library

COLS, NAME = 4096, "blk.0.ffn_up.weight"
ALL = TYPES | dict(iq1_m=29)
SETS = dict(avx512="AVX-512", avx2="AVX2", neon="NEON", sse2="portable (SSE2)", none="scalar")


def ggmls():
    libs = [base_library(), C.CDLL(find_library())]
    for lib in libs:
        lib.ggml_quantize_chunk.restype = C.c_size_t
        lib.ggml_quantize_chunk.argtypes = [C.c_int, C.c_void_p, C.c_void_p, C.c_int64, C.c_int64, C.c_int64, C.c_void_p]
        lib.ggml_quantize_requires_imatrix.restype = C.c_bool
    return libs


def peer_rate(lib, number, x, matrix, seconds=0.3):
    """Weights a second, the best of several calls."""
    out, best, end = np.empty(x.nbytes, np.uint8), 0.0, 0.0
    w = None if matrix is None else matrix.ctypes.data
    lib.ggml_quantize_init(number)  # tables outside the clock
    while not end or time.process_time() < end:
        start = time.process_time()
        lib.ggml_quantize_chunk(number, x.ctypes.data, out.ctypes.data, 0, x.shape[0], COLS, w)
        best = max(best, x.size / (time.process_time() - start))
        end = end or start + seconds
    return best


def write(path, arch, fields, tensors):
    w = gguf.GGUFWriter(path, arch)
    for call, key, value in fields:
        getattr(w, "add_" + call)(key, value)
    for name, data in tensors.items():
        w.add_tensor(name, data)
    w.write_header_to_file(); w.write_kv_data_to_file(); w.write_tensors_to_file(); w.close()


def make(folder, millions, rng):
    rows = millions * 1000000 // COLS
    model, matrix = os.path.join(folder, "types.gguf"), os.path.join(folder, "types.imatrix.gguf")
    importances = np.exp(rng.standard_normal((1, COLS))).astype(np.float32)
    write(model, "llama", [], {NAME: (rng.standard_normal((rows, COLS), dtype=np.float32) * np.float32(0.02)).astype(np.float16)})
    write(matrix, "none", [("string", "general.type", "imatrix"), ("array", "imatrix.datasets", ["text.txt"]), ("uint32", "imatrix.chunk_count", 1),
                           ("uint32", "imatrix.chunk_size", 1)],
          {NAME + ".in_sum2": importances, NAME + ".counts": np.ones((1, 1), np.float32)})
    return model, matrix, rows * COLS, importances


def spent():
    """Seconds of the processor in programs that ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def our_rate(weights, cpu, nosync, model, matrix, name):
    """Weights a second, or None if the type is refused."""
    out, best = model + ".out", 0.0
    argv = ["tare-requantize", "-qf", "-j", "1", "-t", "type:" + name, *(["--imatrix", matrix] if matrix else []), model, "-o", out]
    for _ in range(2):
        if os.path.exists(out):
            os.remove(out)
        before = spent()
        if subprocess.run(argv, env=os.environ | {"TARE_CPU": cpu, "LD_PRELOAD": nosync}, stderr=subprocess.DEVNULL).returncode:
            return None
        best = max(best, weights / (spent() - before))
    os.remove(out)
    return best


def sets_here():
    text = subprocess.run(["tare-requantize", "--version"], capture_output=True, text=True).stdout
    return [s for s in SETS if s in text.split() or s == "none" and not any(k in text.split() for k in SETS)]


def main(nosync, folder, millions="32"):
    nosync, libs, sets, rng = os.path.abspath(nosync), ggmls(), sets_here(), np.random.default_rng(1)
    model, matrix, weights, importances = make(folder, int(millions), rng)
    x = rng.standard_normal((16, COLS), dtype=np.float32) * np.float32(0.02)
    only = os.environ.get("BENCH_TYPES", "").split()
    for given in (None, matrix):
        print(f"\n### {'With an importance matrix' if given else 'Without a matrix'}\n")
        print("| type | ggml | " + " | ".join(SETS[s] for s in sets) + " |\n|---|---|" + "---|" * len(sets))
        for name, number in ALL.items():
            if only and name not in only or not given and libs[0].ggml_quantize_requires_imatrix(number):
                continue
            w = importances if given else None
            peer = max(peer_rate(lib, number, x, w) for lib in (libs[:1] if name == "iq1_m" else libs))
            cells = []
            for s in sets:
                ours = our_rate(weights, ",".join(sets[sets.index(s):]), nosync, model, given, name)
                cells.append("-" if ours is None else f"{ours / 1e6:.0f} = **{ours / peer:.1f}**")
            print(f"| {name} | {peer / 1e6:.1f} | {' | '.join(cells)} |")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
