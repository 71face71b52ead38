#!/usr/bin/env python3
"""Speed of every decoder on one core by instruction set, and ggml's in the same run, as a markdown table.

    decode_speed.py LIBTARE.so [SECONDS]      SECONDS a measurement (default 0.1); needs numpy and xllamacpp
Numbers are million weights a second of processor time, the best of several runs, into a buffer that the second-level cache holds.
"""
import ctypes as C, json, os, subprocess, sys, time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))
import numpy as np
from ggml_bytes import load

N = 65536
SETS = "none sse2 avx2 avx512 neon".split()


def rate(call, seconds):
    call()
    best, end = 0.0, time.thread_time() + seconds
    while time.thread_time() < end:
        start = time.thread_time()
        for _ in range(8):
            call()
        best = max(best, 8 * N / (time.thread_time() - start) / 1e6)
    return best


def decoder(ggml, name):
    try:
        f = getattr(ggml, "dequantize_row_" + name)
    except AttributeError:
        return None
    f.restype, f.argtypes = None, [C.c_void_p, C.c_void_p, C.c_int64]
    return f


def prepare(tare):
    tare.tare_type_at.restype, tare.tare_type_at.argtypes = C.c_void_p, [C.c_size_t]
    tare.tare_type_name.restype, tare.tare_type_name.argtypes = C.c_char_p, [C.c_void_p]
    tare.tare_type_can_decode.restype, tare.tare_type_can_decode.argtypes = C.c_bool, [C.c_void_p]
    tare.tare_decode.argtypes = [C.c_void_p, C.c_void_p, C.c_size_t, C.c_void_p, C.c_void_p]


def types(tare):
    i = 0
    while t := tare.tare_type_at(i):
        i += 1
        if tare.tare_type_can_decode(t):
            yield t, tare.tare_type_name(t).decode()


def bytes_of(tare, t):
    """Normal weights; bytes below 64 for types that are never written, which keeps floats finite."""
    rng = np.random.default_rng(1)
    a = rng.integers(0, 64, N // tare.tare_type_block_len(t) * tare.tare_type_block_size(t), np.uint8)
    x, w = rng.standard_normal(N, dtype=np.float32), np.ones(N, np.float32)
    if tare.tare_type_can_encode(t):
        tare.tare_encode(t, x.ctypes.data, 1, N, w.ctypes.data, a.ctypes.data, None)
    return a


def measure(path, seconds, with_peer):
    """What one process sees, its instruction set being chosen by TARE_CPU."""
    ggml, tare = load(path)
    prepare(tare)
    room, found = np.zeros(N + 16, np.float32), {}
    y = room[-room.ctypes.data % 64 // 4:][:N]  # on a cache line, as good allocators and mappings have it
    for t, name in types(tare):
        a = bytes_of(tare, t)
        f = decoder(ggml, name)
        if not with_peer:
            found[name] = rate(lambda: tare.tare_decode(t, a.ctypes.data, N // tare.tare_type_block_len(t), y.ctypes.data, None), seconds)
        elif f:
            found[name] = rate(lambda: f(a.ctypes.data, y.ctypes.data, N), seconds)
    return found


def child(path, seconds, name):
    run = [sys.executable, __file__, path, str(seconds), name]
    return json.loads(subprocess.run(run, env=dict(os.environ, TARE_CPU=name), stdout=subprocess.PIPE, check=True).stdout)


def main(argv):
    seconds = float(argv[1]) if len(argv) > 1 else 0.1
    if len(argv) > 2:
        print(json.dumps(measure(argv[0], seconds, argv[2] == "ggml")))
        return
    here = [s for s in SETS if s == "none" or s in cpu_words(argv[0])]
    columns = [child(argv[0], seconds, s) for s in here + ["ggml"]]
    print(f"| type | {' | '.join('scalar' if s == 'none' else s for s in here)} | ggml | best to ggml |")
    print("|---|" + "---|" * (len(here) + 2))
    for name, peer in ((name, columns[-1].get(name)) for name in columns[0]):
        ours = [c[name] for c in columns[:-1]]
        ratio = f"{peer:.0f} | **{max(ours) / peer:.1f}**" if peer else "- | -"
        print(f"| {name} | {' | '.join(f'{v:.0f}' for v in ours)} | {ratio} |")


def cpu_words(path):
    """The instruction sets of this machine, as the library lists them."""
    tare = C.CDLL(path)
    tare.tare_features.restype = C.c_char_p
    return tare.tare_features().decode().split()


if __name__ == "__main__":
    main(sys.argv[1:])
