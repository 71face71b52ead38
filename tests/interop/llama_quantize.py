#!/usr/bin/env python3
"""llama-quantize, as far as its library goes: llama_model_quantize() of llama.cpp b10603 (package llama-cpp-py-sync, whose shared
libraries are called directly) under the options of its command line.

    llama_quantize.py [OPTION]... IN.gguf OUT.gguf TYPE [THREADS]      TYPE as --help of llama-quantize lists them, or COPY

Exit 0: written; 1: refused. What the program itself does before it calls the library (matrices, names of types, KEY=TYPE:VALUE) is done
here, by the rules in llama.cpp's tools/quantize.
"""
import ctypes as C, importlib.util, os, sys
import numpy as np
import gguf
from imatrix_bytes import importances

FTYPES = dict(F32=0, F16=1, Q4_0=2, Q4_1=3, Q8_0=7, Q5_0=8, Q5_1=9, Q2_K=10, Q3_K_S=11, Q3_K_M=12, Q3_K_L=13, Q4_K_S=14, Q4_K_M=15,
              Q5_K_S=16, Q5_K_M=17, Q6_K=18, IQ2_XXS=19, IQ2_XS=20, Q2_K_S=21, IQ3_XS=22, IQ3_XXS=23, IQ1_S=24, IQ4_NL=25, IQ3_S=26,
              IQ3_M=27, IQ2_S=28, IQ2_M=29, IQ4_XS=30, IQ1_M=31, BF16=32, TQ1_0=36, TQ2_0=37, MXFP4_MOE=38)


class KvValue(C.Union):
    _fields_ = [("i", C.c_int64), ("f", C.c_double), ("b", C.c_bool), ("s", C.c_char * 128)]


class Kv(C.Structure):
    _fields_ = [("tag", C.c_int), ("key", C.c_char * 128), ("value", KvValue)]


class TensorType(C.Structure):
    _fields_ = [("pattern", C.c_char_p), ("type", C.c_int)]


class Entry(C.Structure):
    _fields_ = [("name", C.c_char_p), ("data", C.c_void_p), ("size", C.c_size_t)]


class Params(C.Structure):
    _fields_ = [("nthread", C.c_int32), ("ftype", C.c_int), ("output_tensor_type", C.c_int), ("token_embedding_type", C.c_int),
                ("allow_requantize", C.c_bool), ("quantize_output_tensor", C.c_bool), ("only_copy", C.c_bool), ("pure", C.c_bool),
                ("keep_split", C.c_bool), ("dry_run", C.c_bool), ("imatrix", C.POINTER(Entry)), ("kv_overrides", C.POINTER(Kv)),
                ("tt_overrides", C.POINTER(TensorType)), ("prune_layers", C.POINTER(C.c_int32))]


def load(name, mode=C.DEFAULT_MODE):
    return C.CDLL(os.path.join(importlib.util.find_spec("llama_cpp_py_sync").submodule_search_locations[0], name), mode)


def base_library():
    """ggml's quantizers alone."""
    return load("libggml-base.so.0")


def library():
    for name in ("libggml-base.so.0", "libggml-cpu.so.0", "libggml.so.0"):
        load(name, C.RTLD_GLOBAL)
    lib = load("libllama.so.0")
    lib.llama_model_quantize_default_params.restype = Params
    lib.llama_model_quantize.restype = C.c_uint32
    lib.llama_model_quantize.argtypes = [C.c_char_p, C.c_char_p, C.POINTER(Params)]
    lib.llama_backend_init()
    return lib


def ggml_type(name):
    return int(gguf.GGMLQuantizationType[name.upper()])


def kv(tag, key, value):
    out = Kv(tag=tag, key=key.encode())
    if tag == 3:
        out.value.s = value.encode()[:127]
    else:
        setattr(out.value, "ifb"[tag], value)
    return out


def override(text):  # KEY=TYPE:VALUE
    key, rest = text.split("=", 1)
    kind, value = rest.split(":", 1)
    if kind == "int":
        return kv(0, key, int(value))
    if kind == "float":
        return kv(1, key, float(value))
    return kv(2, key, value == "true") if kind == "bool" else kv(3, key, value)


def tensor_type(text):
    pattern, name = text.rsplit("=", 1)
    return pattern.lower(), ggml_type(name)


def matrix(path, include, exclude):
    """The entries, and what the program says of them in the result."""
    entries = {n: e for n, e in importances(path).items()
               if (not include or any(i in n for i in include)) and not any(x in n for x in exclude)}
    fields = gguf.GGUFReader(path).fields
    sets, chunks = fields["imatrix.datasets"], int(fields["imatrix.chunk_count"].parts[-1][0])
    said = [kv(3, "quantize.imatrix.file", path)]
    if len(sets.data):
        said.append(kv(3, "quantize.imatrix.dataset", bytes(sets.parts[sets.data[0]]).decode()))
    said.append(kv(0, "quantize.imatrix.entries_count", len(entries)))
    return entries, said + ([kv(0, "quantize.imatrix.chunks_count", chunks)] if chunks > 0 else [])


def ended(kind, items, end):
    return (kind * (len(items) + 1))(*items, end)


def main(argv):
    lib = library()
    p = lib.llama_model_quantize_default_params()
    kvs, types, include, exclude, imatrix, operands = [], [], [], [], None, []
    args = iter(argv)
    for a in args:
        if not a.startswith("--"):
            operands.append(a)
        elif a == "--allow-requantize":
            p.allow_requantize = True
        elif a == "--leave-output-tensor":
            p.quantize_output_tensor = False
        elif a == "--pure":
            p.pure = True
        elif a == "--keep-split":
            p.keep_split = True
        elif a == "--output-tensor-type":
            p.output_tensor_type = ggml_type(next(args))
        elif a == "--token-embedding-type":
            p.token_embedding_type = ggml_type(next(args))
        elif a == "--tensor-type":
            types.append(tensor_type(next(args)))
        elif a == "--tensor-type-file":
            types += [tensor_type(w) for w in open(next(args)).read().split()]
        elif a == "--prune-layers":
            layers = sorted({int(n) for n in next(args).split(",")})
            p.prune_layers = ended(C.c_int32, layers, -1)
        elif a == "--override-kv":
            kvs.append(override(next(args)))
        elif a == "--imatrix":
            imatrix = next(args)
        elif a == "--include-weights":
            include.append(next(args))
        elif a == "--exclude-weights":
            exclude.append(next(args))
        else:
            sys.exit(f"{a}: no such option")
    if imatrix:
        entries, said = matrix(imatrix, include, exclude)
        kvs += said
        p.imatrix = ended(Entry, [Entry(n.encode(), e.ctypes.data, e.size) for n, e in entries.items()], Entry())
    if kvs:
        p.kv_overrides = ended(Kv, kvs, Kv())
    if types:
        p.tt_overrides = ended(TensorType, [TensorType(n.encode(), t) for n, t in types], TensorType())
    name = operands[2].upper()
    p.only_copy = name == "COPY"
    if not p.only_copy:
        p.ftype = int(name) if name.isdigit() else FTYPES[name]
    p.nthread = int(operands[3]) if len(operands) > 3 else 2
    return 1 if lib.llama_model_quantize(operands[0].encode(), operands[1].encode(), C.byref(p)) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
