#!/usr/bin/env python3
"""The peer's whole job in a process of its own: llama.cpp's model quantizer.

    peer_quantize.py IN.gguf OUT.gguf FTYPE THREADS      FTYPE: llama.cpp's number of a mix (15 is Q4_K_M)
"""
import ctypes as C, os, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))
from llama_logits import find_library


class Params(C.Structure):  # only the first two members are named: threads, mix
    _fields_ = [("threads", C.c_int32), ("ftype", C.c_int32), ("rest", C.c_uint8 * 1016)]


lib = C.CDLL(find_library())
lib.llama_model_quantize_default_params.restype = Params
lib.llama_model_quantize.argtypes = [C.c_char_p, C.c_char_p, C.POINTER(Params)]
quiet = C.CFUNCTYPE(None, C.c_int, C.c_char_p, C.c_void_p)(lambda level, text, user: None)
lib.llama_log_set.argtypes = [C.c_void_p, C.c_void_p]
lib.llama_log_set(C.cast(quiet, C.c_void_p), None)
lib.llama_backend_init()
p = lib.llama_model_quantize_default_params()
p.threads, p.ftype = int(sys.argv[4]), int(sys.argv[3])
sys.exit(1 if lib.llama_model_quantize(os.fsencode(sys.argv[1]), os.fsencode(sys.argv[2]), C.byref(p)) else 0)
