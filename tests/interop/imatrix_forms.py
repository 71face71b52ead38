#!/usr/bin/env python3
"""Importance matrices made here at random, by the gguf package and byte by byte, put into both forms and added up by tare-convert, against
the rules of llama-imatrix worked out with numpy in single precision. The gguf package reads what was written.

    imatrix_forms.py      tare-convert is found by PATH
"""
import os, struct, subprocess, sys, tempfile
import numpy as np
import gguf

F = np.float32
CHUNK = 512


def write_gguf(path, entries, dataset, chunks):
    w = gguf.GGUFWriter(path, "x")
    w.kv_data[0].clear()  # no architecture
    w.add_type("imatrix")
    w.add_array("imatrix.datasets", [dataset])
    w.add_uint32("imatrix.chunk_count", chunks)
    w.add_uint32("imatrix.chunk_size", CHUNK)
    for name, (sums, counts) in entries.items():
        w.add_tensor(name + ".in_sum2", sums.reshape(len(counts), -1))
        w.add_tensor(name + ".counts", counts.reshape(-1, 1))
    w.write_header_to_file(); w.write_kv_data_to_file(); w.write_tensors_to_file(); w.close()


def write_dat(path, entries, dataset, chunks):
    with open(path, "wb") as f:
        f.write(struct.pack("<i", len(entries)))
        for name, (values, calls) in entries.items():
            f.write(struct.pack("<i", len(name)) + name.encode() + struct.pack("<ii", calls, values.size) + values.tobytes())
        f.write(struct.pack("<ii", chunks, len(dataset)) + dataset.encode())


def read_gguf(path):
    r = gguf.GGUFReader(path)
    keys = [k for k in r.fields if not k.startswith("GGUF.")]
    assert keys == ["general.type", "imatrix.datasets", "imatrix.chunk_count", "imatrix.chunk_size"], keys
    names = [t.name for t in r.tensors]
    weights = sorted({n.rsplit(".", 1)[0] for n in names})
    assert names == [w + s for w in weights for s in (".in_sum2", ".counts")], "order of tensors"
    t = {x.name: np.array(x.data, dtype=F).reshape(-1) for x in r.tensors}
    return ({w: (t[w + ".in_sum2"], t[w + ".counts"]) for w in weights}, r.fields["imatrix.datasets"].contents(),
            r.fields["imatrix.chunk_count"].contents(), r.fields["imatrix.chunk_size"].contents())


def read_dat(path):
    b, at, out = open(path, "rb").read(), 4, {}
    for _ in range(struct.unpack_from("<i", b)[0]):
        n = struct.unpack_from("<i", b, at)[0]; name = b[at + 4:at + 4 + n].decode(); at += 4 + n
        calls, n = struct.unpack_from("<ii", b, at); at += 8
        out[name] = (np.frombuffer(b, F, n, at), calls); at += 4 * n
    chunks, n = struct.unpack_from("<ii", b, at)
    assert at + 8 + n == len(b), "bytes behind the end"
    return out, b[at + 8:].decode(), chunks


def add_up(parts):
    """llama-imatrix --in-file A --in-file B: sums and counts as it keeps them."""
    total = {}
    for kind, entries in parts:
        for name, (a, c) in entries.items():
            if kind == "dat":
                sums, counts = a * F(CHUNK), np.array([c * CHUNK], np.int64)
            else:
                sums, counts = a, np.floor(c.astype(np.float64) + 0.5).astype(np.int64)
            s, n = total.get(name, (np.zeros(sums.size, F), np.zeros(counts.size, np.int64)))
            if n.size == 1 and counts.size > 1: n = np.repeat(n, counts.size)
            total[name] = (s + sums, n + counts)
    return total


def to_dat(total):
    out = {}
    for name, (s, n) in total.items():
        if not n.any(): continue
        calls = int((n.max() + CHUNK - 1) // CHUNK)
        count = np.repeat(n, s.size // n.size).astype(F)
        value = np.where(count == 0, F(1), s).astype(F)
        out[name] = ((value / np.where(count == 0, F(1), count)).astype(F) * F(calls), calls)
    return out


def check(paths, parts, datasets, tmp):
    want = add_up(parts)
    chunks = max(int(n.max()) for _, n in want.values()) // CHUNK
    g, d = os.path.join(tmp, "o.gguf"), os.path.join(tmp, "o.dat")
    subprocess.run(["tare-convert", "-qf", *paths, "-o", g, "--chunk-size", str(CHUNK)], check=True)
    got, sets, n, size = read_gguf(g)
    assert (sets, n, size) == (datasets, chunks, CHUNK), (sets, n, size)
    assert list(got) == sorted(want)
    for name, (s, c) in want.items():
        assert got[name][0].tobytes() == s.tobytes() and got[name][1].tobytes() == c.astype(F).tobytes(), name
    subprocess.run(["tare-convert", "-qf", *paths, "-o", d, "--chunk-size", str(CHUNK)], check=True)
    old, dataset, n = read_dat(d)
    means = to_dat(want)
    assert (dataset, n, list(old)) == (datasets[-1], chunks, sorted(means))
    for name, (v, calls) in means.items():
        assert old[name][1] == calls and old[name][0].tobytes() == v.tobytes(), name
    return len(want) + len(means)


def main():
    rng, compared = np.random.default_rng(11), 0
    with tempfile.TemporaryDirectory() as tmp:
        for turn in range(6):
            def some(n): return np.abs(rng.standard_normal(n, dtype=F) * F(300)) ** F(1.5)
            tokens = lambda n: rng.integers(1, 9000, n).astype(F)
            seldom = rng.integers(0, 3, 8).astype(F) * F(700.5)
            a = {"blk.1.ffn_up_exps.weight": (some(8 * 96), seldom), "blk.0.attn_q.weight": (some(5000), tokens(1)),
                 "never": (np.zeros(64, F), np.zeros(1, F))}
            b = {"blk.0.attn_q.weight": (some(5000), tokens(1)), "output.weight": (some(33), tokens(1))}
            c = {"blk.0.attn_q.weight": (some(5000), int(rng.integers(1, 40))), "blk.1.ffn_up_exps.weight": (some(8 * 96), 3)}
            pa, pb, pc = (os.path.join(tmp, n) for n in ("a.gguf", "b.gguf", "c.dat"))
            write_gguf(pa, a, "a.txt", 5); write_gguf(pb, b, "b.txt", 6); write_dat(pc, c, "c.txt", 7)
            A, B, C = (pa, ("gguf", a), "a.txt"), (pb, ("gguf", b), "b.txt"), (pc, ("dat", c), "c.txt")
            for use in ([A], [B], [C], [A, B], [C, A], [A, C, B], [B, B, C, C, A]):
                compared += check([u[0] for u in use], [u[1] for u in use], [u[2] for u in use], tmp)
    print(f"{compared} entries agree")


if __name__ == "__main__":
    sys.exit(main())
