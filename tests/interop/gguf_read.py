#!/usr/bin/env python3
"""What the gguf package reads from a file, against what tare-inspect says of it: every key, value, tensor and byte.

    gguf_read.py FILE.gguf < output of: tare-inspect --json --hash FILE.gguf
"""
import hashlib, json, math, struct, sys
import gguf

KINDS = dict(u8="UINT8", i8="INT8", u16="UINT16", i16="INT16", u32="UINT32", i32="INT32", f32="FLOAT32", bool="BOOL", str="STRING",
             arr="ARRAY", u64="UINT64", i64="INT64", f64="FLOAT64")


def same(a, b):
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float):
        b = float(b)
        return (math.isnan(a) and math.isnan(b)) or struct.pack("<f", a) == struct.pack("<f", b) or a == b
    if isinstance(b, dict):
        return a.encode("utf-8", "surrogateescape") == bytes.fromhex(b["hex"]) if isinstance(a, str) else False
    return a == b


def main(path):
    ours = json.load(sys.stdin)
    reader = gguf.GGUFReader(path)
    fields = [f for f in reader.fields.values() if not f.name.startswith("GGUF.")]
    mine = ours["metadata"]
    assert [f.name for f in fields] == [m["key"] for m in mine], "keys or their order differ"
    for f, m in zip(fields, mine):
        kind = m["type"].split(":")[0].split("[")[0]
        assert f.types[0].name == KINDS[kind], f"{f.name}: {f.types[0].name} against {m['type']}"
        if len(f.data):
            assert same(f.contents(), m["value"]), f"{f.name}: values differ"
    theirs = reader.tensors
    assert len(theirs) == len(ours["tensors"]), "number of tensors"
    for t, o in zip(theirs, ours["tensors"]):
        assert t.name == o["name"], f"{t.name} against {o['name']}"
        assert [int(d) for d in t.shape][::-1] == o["shape"], f"{t.name}: shape {t.shape} against {o['shape']}"
        assert t.tensor_type.name.lower() == o["type"].lower(), f"{t.name}: type {t.tensor_type.name} against {o['type']}"
        assert int(t.n_bytes) == o["nbytes"] and int(t.data_offset) == o["offset"], f"{t.name}: place"
        assert hashlib.sha256(t.data.tobytes()).hexdigest() == o["sha256"], f"{t.name}: bytes differ"
    print(f"{len(fields)} keys and {len(theirs)} tensors agree")


if __name__ == "__main__":
    main(sys.argv[1])
