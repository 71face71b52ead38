#!/usr/bin/env python3
"""Whole files by llama-quantize and by tare-requantize, each with the same options: one TAP line a row.

    llama_options.py [MODEL.gguf MATRIX.gguf]     default: a small llama of random weights and a matrix for it, which every mix is tried on
    llama_options.py --mixes MIX,... MODEL...     the models of one folder in these mixes
Rows that begin with ! are refused by both, those with ? perhaps. keep-split works on MODEL in several files.

llama-quantize renames the layers above those that are pruned and then reads by the new name: a layer gets the weights of whichever had its
new number before, or the program reads what it unmapped. So where layers move, it is given a model whose weights were moved beforehand.
"""
import filecmp, glob, os, shutil, subprocess, sys, tempfile
import gguf
import numpy as np
from llama_quantize import FTYPES

HERE = os.path.dirname(os.path.abspath(__file__))
ROWS = """
Q4_K_M
15
copy
Q4_K_S --leave-output-tensor
Q5_K_M --output-tensor-type q8_0
Q4_K_M --output-tensor-type f16 --token-embedding-type q8_0
Q6_K --token-embedding-type f32
F16 --output-tensor-type q8_0
Q4_K_M --pure
Q3_K_L --pure --leave-output-tensor
Q5_0 --pure --token-embedding-type q6_K
Q4_K_M --tensor-type attn_(v|qkv)=q8_0
Q4_K_M --tensor-type BLK\\.0\\.ffn_down=q5_1 --tensor-type blk\\.[01]\\.ffn_down=q8_0
Q4_K_M --tensor-type blk\\.1\\.attn_(v|qkv)=q5_0 --tensor-type ffn_(up|gate)=iq4_nl
Q4_K_M --tensor-type-file types.txt
Q2_K --tensor-type attn=q4_0 --pure
Q4_K_M --tensor-type token_embd=q8_0 --tensor-type output=q5_0
Q8_0 --tensor-type ffn_up=q8_0
Q4_K_M --prune-layers {last}
Q4_K_M --prune-layers {first}
Q8_0 --prune-layers {first} --tensor-type blk\\.1\\.ffn_down=q5_0
copy --prune-layers {first}
Q4_K_M --override-kv a.b=int:7 --override-kv a.c=float:0.1 --override-kv a.d=bool:true --override-kv a.e=str:hello
Q4_K_M --override-kv general.name=str:other --override-kv general.file_type=int:3
copy --override-kv general.name=str:other
Q4_K_M --override-kv {arch}.context_length=int:77
Q4_K_M --imatrix {matrix}
IQ2_XS --imatrix {matrix}
IQ3_M --imatrix {matrix} --override-kv a.b=int:7
Q4_K_M --imatrix {matrix} --include-weights ffn_down
Q4_K_M --imatrix {matrix} --exclude-weights ffn --exclude-weights attn_output
Q4_0 --imatrix {matrix} --pure
IQ4_XS --imatrix {matrix} --prune-layers {first}
Q3_K_M --imatrix {matrix} --tensor-type ffn_up=iq3_s --output-tensor-type q5_K --token-embedding-type q3_K
!IQ2_XS
!IQ1_S --tensor-type attn=q4_0
Q4_K_M --keep-split
IQ4_NL --keep-split --override-kv a.b=int:7 --leave-output-tensor
Q5_K_S --keep-split --prune-layers {last}
copy --keep-split
"""
REQUANTIZE = """
!Q4_K_M
Q4_K_M --allow-requantize
Q8_0 --allow-requantize --pure
"""


def mixes():
    names = [n for n in FTYPES if n not in ("F32",)]
    return [f"?{n}" for n in names] + [f"{n} --imatrix {{matrix}}" for n in names]


def run(argv, log):
    with open(log, "w") as f:
        return subprocess.run(argv, stdout=f, stderr=subprocess.STDOUT).returncode


def same(a, b):
    mine, theirs = (sorted(os.listdir(d)) for d in (a, b))
    if mine != theirs:
        return f"files {mine}, llama-quantize: {theirs}"
    bad = [n for n in mine if not filecmp.cmp(os.path.join(a, n), os.path.join(b, n), shallow=False)]
    return f"{bad[0]} differs" if bad else None


def llama(path, rng, layers=4, d=256, ff=512, vocab=512):
    w = gguf.GGUFWriter(path, "llama")
    w.add_name("small")
    w.add_block_count(layers); w.add_context_length(64); w.add_embedding_length(d); w.add_feed_forward_length(ff)
    w.add_head_count(4); w.add_head_count_kv(4); w.add_layer_norm_rms_eps(1e-5)
    w.add_file_type(1)
    w.add_tokenizer_model("none")
    shapes = {"token_embd.weight": (vocab, d), "output_norm.weight": (d,), "output.weight": (vocab, d)}
    for i in range(layers):
        shapes |= {f"blk.{i}.{n}.weight": s for n, s in dict(attn_norm=(d,), attn_q=(d, d), attn_k=(d, d), attn_v=(d, d), attn_output=(d, d),
                                                             ffn_norm=(d,), ffn_gate=(ff, d), ffn_up=(ff, d), ffn_down=(d, ff)).items()}
    for name, shape in shapes.items():
        x = rng.standard_normal(shape, dtype=np.float32)
        w.add_tensor(name, x.astype(np.float16) if len(shape) > 1 else x)
    w.write_header_to_file(); w.write_kv_data_to_file(); w.write_tensors_to_file(); w.close()
    return {n: s[-1] for n, s in shapes.items() if n.startswith("blk.") and len(s) > 1}


def matrix_for(path, rng, cols):
    w = gguf.GGUFWriter(path, "none")
    w.add_type("imatrix")
    w.add_array("imatrix.datasets", ["text.txt"])
    w.add_uint32("imatrix.chunk_count", 3); w.add_uint32("imatrix.chunk_size", 512)
    for name, n in cols.items():
        w.add_tensor(name + ".in_sum2", np.exp(rng.standard_normal((1, n))).astype(np.float32) * 1536)
        w.add_tensor(name + ".counts", np.full((1, 1), 1536, np.float32))
    w.write_header_to_file(); w.write_kv_data_to_file(); w.write_tensors_to_file(); w.close()


def moved(model, n_layers, n_pruned):
    """A copy in which the weights of layer n_pruned stand in layer 0, and so on."""
    shutil.copyfile(model, "moved.gguf")
    os.chmod("moved.gguf", 0o644)
    tensors = {t.name: t.data for t in gguf.GGUFReader("moved.gguf", "r+").tensors}
    for name, data in tensors.items():
        for i in range(n_pruned, n_layers):
            if name.startswith(f"blk.{i}."):
                tensors[name.replace(f"blk.{i}.", f"blk.{i - n_pruned}.", 1)][:] = data


def try_row(source, row, tmp, theirs_of=None):
    refused, perhaps, words = row[0] == "!", row[0] == "?", row.lstrip("!?").split()
    kind, options = words[0], words[1:]
    ours, theirs = tempfile.mkdtemp(dir=tmp), tempfile.mkdtemp(dir=tmp)
    name = "out" if "--keep-split" in options else "out.gguf"
    fallback = ["--fallback", "adjust"] if "-type" in row else []  # llama-quantize adjusts types that it is told, too
    a = run(["tare-requantize", "-q", "-t", kind] + fallback + options + [source, "-o", ours + "/out.gguf"], "ours.log")
    b = run([sys.executable, HERE + "/llama_quantize.py"] + options + [theirs_of or source, f"{theirs}/{name}", kind], "theirs.log")
    if refused or (perhaps and a and b):
        return None if a and b and not os.listdir(ours) else f"ended with {a}, llama-quantize's with {b}"
    if a or b:
        return "ended with {}, llama-quantize's with {}: {}".format(a, b, open("ours.log" if a else "theirs.log").read()[-500:])
    return same(ours, theirs)


def first_word_of(key, model):
    return subprocess.run(["tare-inspect", "--get", key, model], capture_output=True, text=True).stdout.split()[0]


def tell(row, why):
    print(f"{'not ok' if why else 'ok'} - llama-quantize: {row}" + (f"\n# {why}" if why else ""))
    sys.stdout.flush()
    return why is not None


def families(names, models):
    models = [os.path.abspath(m) for m in models]
    with tempfile.TemporaryDirectory() as tmp:
        os.chdir(tmp)
        return sum([tell(f"{n} of {os.path.basename(m)}", try_row(m, "?" + n, tmp)) for m in models for n in names])


def main(model=None, matrix=None):
    model, matrix = model and os.path.abspath(model), matrix and os.path.abspath(matrix)
    bad = 0
    with tempfile.TemporaryDirectory() as tmp:
        os.chdir(tmp)
        if matrix:
            os.symlink(matrix, "matrix.gguf")
        else:
            rng, model = np.random.default_rng(4), "model.gguf"
            matrix_for("matrix.gguf", rng, llama(model, rng))
        subprocess.run(["tare-requantize", "-q", "-t", "Q8_0", model, "-o", "quantized.gguf"], check=True)
        with open("types.txt", "w") as f:
            f.write("attn_output=q5_K\nffn_down=q6_K ffn_up=q3_K\n")
        subprocess.run(["tare-convert", "-q", "--split-count", "7", model, "-o", "split.gguf"], check=True)
        arch = first_word_of("general.architecture", model)
        layers = int(first_word_of(arch + ".block_count", model))
        half = (layers + 1) // 2
        moved(model, layers, half)
        words = {"{arch}": arch, "{matrix}": "matrix.gguf", "{last}": str(layers - 1), "{first}": ",".join(map(str, range(half)))}
        own = mixes() if model == "model.gguf" else []
        rows = [(r, model) for r in ROWS.split("\n") + own] + [(r, "quantized.gguf") for r in REQUANTIZE.split("\n")]
        for row, of in rows:
            if not row:
                continue
            theirs_of = "moved.gguf" if "{first}" in row else None
            for k, v in words.items():
                row = row.replace(k, v)
            if "--keep-split" in row:
                of = sorted(glob.glob("split-*.gguf"))[0]
            why = try_row(of, row, tmp, theirs_of)
            bad += tell(row, why)
    return bad > 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--mixes"]:
        sys.exit(families(sys.argv[2].split(","), sys.argv[3:]) > 0)
    sys.exit(main(*sys.argv[1:]))
