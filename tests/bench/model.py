#!/usr/bin/env python3
"""A phi3-shaped F16 model of random weights, for timing: model.py OUT.gguf [LAYERS] (two layers: 424 M weights, 848 MB)."""
import sys
import numpy as np
import gguf

layers = int(sys.argv[2]) if len(sys.argv) > 2 else 2
D, FF, VOCAB, HEADS = 3072, 8192, 32064, 32
rng = np.random.default_rng(0)
w = gguf.GGUFWriter(sys.argv[1], "phi3")
w.add_block_count(layers); w.add_context_length(4096); w.add_embedding_length(D); w.add_feed_forward_length(FF)
w.add_head_count(HEADS); w.add_head_count_kv(HEADS); w.add_layer_norm_rms_eps(1e-5); w.add_rope_dimension_count(96)
w.add_file_type(1)
shapes = {"token_embd.weight": (VOCAB, D), "output.weight": (VOCAB, D), "output_norm.weight": (D,)}
for i in range(layers):
    shapes |= {f"blk.{i}.attn_norm.weight": (D,), f"blk.{i}.attn_qkv.weight": (3 * D, D), f"blk.{i}.attn_output.weight": (D, D),
               f"blk.{i}.ffn_norm.weight": (D,), f"blk.{i}.ffn_up.weight": (2 * FF, D), f"blk.{i}.ffn_down.weight": (D, FF)}
for name, shape in shapes.items():
    x = rng.standard_normal(shape, dtype=np.float32) * np.float32(0.02)
    w.add_tensor(name, x.astype(np.float16) if len(shape) > 1 else x + 1)
w.write_header_to_file(); w.write_kv_data_to_file(); w.write_tensors_to_file(); w.close()
