#!/usr/bin/env python3
"""What the safetensors package reads from files, against what tare-inspect (in PATH) says of them; and what its writer makes of the same
tensors, which must be our bytes.

    safetensors_read.py FILE.safetensors ...     exit 0: all agree, 1: a difference, 2: trouble

A tensor of a type that safetensors does not have is stored as U8: bytes and size are compared, its shape is the note's affair.
"""
import ctypes, hashlib, json, struct, subprocess, sys
from safetensors import TensorSpec, deserialize, safe_open, serialize

DTYPES = dict(bool="BOOL", f4="F4", f6_e2m3="F6_E2M3", f6_e3m2="F6_E3M2", u8="U8", i8="I8", f8_e5m2="F8_E5M2", f8_e4m3="F8_E4M3",
              f8_e8m0="F8_E8M0", f8_e4m3fnuz="F8_E4M3FNUZ", f8_e5m2fnuz="F8_E5M2FNUZ", i16="I16", u16="U16", f16="F16", bf16="BF16", i32="I32",
              u32="U32", f32="F32", c64="C64", f64="F64", i64="I64", u64="U64")


class Differs(Exception):
    pass


def expect(same, what):
    if not same:
        raise Differs(what)


def same_tensors(data, ours):
    theirs = dict(deserialize(data))
    expect(set(theirs) == {stored_name(t["name"]) for t in ours}, "names of tensors")
    for t in ours:
        name = stored_name(t["name"])
        r = theirs[name]
        expect(len(r["data"]) == t["nbytes"], f"{name}: size")
        expect(hashlib.sha256(r["data"]).hexdigest() == t["sha256"], f"{name}: bytes")
        expect(r["dtype"] == DTYPES.get(t["type"], "U8"), f"{name}: {r['dtype']} against {t['type']}")
        expect(t["type"] not in DTYPES or r["shape"] == t["shape"], f"{name}: shape {r['shape']} against {t['shape']}")
    return theirs


def stored_name(name):
    return "hex:" + name["hex"] if isinstance(name, dict) else name


def split(data):
    n = struct.unpack("<Q", data[:8])[0]
    return json.loads(data[8:8 + n]), data[8 + n:]


def same_metadata(path, header, ours):
    with safe_open(path, "np") as f:
        theirs = f.metadata() or {}
    expect(theirs == header.get("__metadata__", {}), "metadata as the package reads it")
    mine = {m["key"]: m["value"] for m in ours["metadata"] if m["type"] == "str" and m["key"] != "tare" and not isinstance(m["value"], dict)}
    expect(mine == {k: v for k, v in theirs.items() if k != "tare"}, "metadata that is text")


def names_in_dtype(d):
    """serialize() takes torch's and numpy's names."""
    return {"F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2", "F8_E8M0": "float8_e8m0fnu", "F8_E4M3FNUZ": "float8_e4m3fnuz",
            "F8_E5M2FNUZ": "float8_e5m2fnuz", "BOOL": "bool", "BF16": "bfloat16", "C64": "complex64"}.get(
                d, {"F": "float", "I": "int", "U": "uint"}.get(d[0], "") + d[1:])


def same_as_written(data, header, theirs):
    """Their writer, given what they read. The order of several metadata keys is random with them, so headers are compared as values."""
    if any(r["dtype"] in ("F4", "F6_E2M3", "F6_E3M2") for r in theirs.values()):
        return "not written again (a type of fewer than 8 bits)"
    kept, specs = [], {}
    for name, r in theirs.items():
        kept.append((ctypes.c_char * max(1, len(r["data"]))).from_buffer_copy(bytes(r["data"]) or b"\0"))
        specs[name] = TensorSpec(dtype=names_in_dtype(r["dtype"]), shape=r["shape"], data_ptr=ctypes.addressof(kept[-1]),
                                 data_len=len(r["data"]))
    again = bytes(serialize(specs, header.get("__metadata__")))
    other, payload = split(again)
    expect(list(other) == list(header) and other == header, "header as their writer has it")
    expect(payload == split(data)[1] and len(again) == len(data), "payload as their writer has it")
    expect(len(header.get("__metadata__", {})) > 1 or again == data, "bytes as their writer has them")
    return "written again: the same"


def check(path):
    ours = json.loads(subprocess.run(["tare-inspect", "--single", "--json", "--hash", path], check=True, capture_output=True).stdout)
    with open(path, "rb") as f:
        data = f.read()
    header = split(data)[0]
    theirs = same_tensors(data, ours["tensors"])
    same_metadata(path, header, ours)
    return f"{len(theirs)} tensors agree; {same_as_written(data, header, theirs)}"


def main(paths):
    status = 0
    for path in paths:
        try:
            print(f"{path}: {check(path)}")
        except Differs as e:
            print(f"{path}: {e}")
            status = max(status, 1)
        except Exception as e:  # noqa: BLE001: whatever the package raises is trouble
            print(f"{path}: {type(e).__name__}: {e}", file=sys.stderr)
            status = 2
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
