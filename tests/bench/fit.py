#!/usr/bin/env python3
"""A budget against the mix of the same size: total squared error, weighted by the matrix where there is one.

    fit.py MODEL.gguf [MATRIX.gguf] [MIX[:TYPE,...]]...     default: Q2_K Q3_K_M Q4_K_M Q5_K_M Q6_K with all K types
A markdown table; the gguf package decodes both results and numpy adds up. Exit 1 if a mix loses less, or a budget is passed. Tensors that
neither recodes do not count; a weight without importances counts with 1 a column.
"""
import json, os, subprocess, sys, tempfile
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))
import numpy as np
import gguf
from imatrix_bytes import floats, importances

K_TYPES = "q2_K,q3_K,q4_K,q5_K,q6_K,q8_0"


def decoded(t):
    return gguf.quants.dequantize(t.data, t.tensor_type).reshape(-1)


def lost(source, result, weights):
    before, noise = {t.name: t for t in gguf.GGUFReader(source).tensors}, 0.0
    for t in gguf.GGUFReader(result).tensors:
        if t.tensor_type == before[t.name].tensor_type:
            continue
        x = floats(before[t.name]).astype(np.float64)
        d = (x.reshape(-1) - decoded(t)).reshape((-1,) + x.shape[-2:]) ** 2
        w = weights.get(t.name)
        noise += (d if w is None else d * w.reshape(-1, 1, x.shape[-1])).sum()
    return noise


def requantize(out, *argv):
    subprocess.run(["tare-requantize", "-q", *argv, "-o", out], check=True)
    return os.path.getsize(out)


def main(argv):
    model = argv.pop(0)
    matrix = argv.pop(0) if argv and argv[0].endswith((".gguf", ".bin")) else None
    weights, with_matrix = (importances(matrix), ["--imatrix", matrix]) if matrix else ({}, [])
    bad = 0
    print("| mix | bytes | error of the mix | budget: bytes | error | ratio |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as tmp:
        a, b, recipe, c = (os.path.join(tmp, n) for n in ("mix.gguf", "fit.gguf", "fit.yaml", "frozen.gguf"))
        for row in argv or ["Q2_K", "Q3_K_M", "Q4_K_M", "Q5_K_M", "Q6_K"]:
            mix, _, types = row.partition(":")
            size = requantize(a, "-f", "--fallback", "adjust", "-t", mix, *with_matrix, model)
            fit = ["--fit", str(size), "--fit-types", types or K_TYPES, "--fallback", "adjust", *with_matrix, model]
            fitted = requantize(b, "-f", "-j", "1", *fit)
            with open(recipe, "w") as f:
                subprocess.run(["tare-requantize", "-j", "3", "--print-recipe", *fit], stdout=f, check=True)
            requantize(c, "-f", "-r", recipe, model)
            same = open(b, "rb").read() == open(c, "rb").read()
            x, y = lost(model, a, weights), lost(model, b, weights)
            worse = y > x * (1 + 1e-9) or fitted > size or not same
            bad += worse
            print(f"| {mix} | {size} | {x:.6g} | {fitted} | {y:.6g} | {y / x:.3f}{' WORSE' if worse else ''}{'' if same else ' not frozen'} |")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
