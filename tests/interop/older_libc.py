#!/usr/bin/env python3
"""Lets shared libraries that were linked with glibc 2.38 or newer load with an older one: older_libc.py FILE...

All that such a library wants from 2.38 are often C23's names of strtol() and its like, __isoc23_strtol, which differ from the plain ones
only in reading "0b1". Where that is so, the plain names and their version are put in. A file that wants more of 2.38 is left as it is.
"""
import struct, sys

NEW, OLD, PREFIX = b"GLIBC_2.38", b"GLIBC_2.2.5", b"__isoc23_"


def elf_hash(name):
    h = 0
    for c in name:
        h = (h << 4) + c
        h = (h ^ (h & 0xf0000000) >> 24) & 0x0fffffff
    return h


def sections(f):
    at, size, n = struct.unpack_from("<Q", f, 40)[0], *struct.unpack_from("<HH", f, 58)
    fields = [struct.unpack_from("<IIQQQQIIQQ", f, at + i * size) for i in range(n)]
    return {s[1]: (s[4], s[5], s[6]) for s in fields if s[1] in (11, 0x6ffffffe, 0x6fffffff)}, [s[4] for s in fields]


def text(f, at):
    return bytes(f[at:f.index(0, at)])


def needs(f, at, strings):
    """(place, name) of each version that is needed of libc."""
    while True:
        _, n, file, first, step = struct.unpack_from("<HHIII", f, at)
        aux = at + first
        for _ in range(n if text(f, strings + file) == b"libc.so.6" else 0):
            yield aux, text(f, strings + struct.unpack_from("<I", f, aux + 8)[0])
            aux += struct.unpack_from("<I", f, aux + 12)[0]
        if not step:
            return
        at += step


def patch(path):
    f = bytearray(open(path, "rb").read())
    if f[:6] != b"\x7fELF\x02\x01":
        return
    found, offsets = sections(f)
    (symbols, size, link), (need, _, _), (versions, _, _) = found[11], found[0x6ffffffe], found[0x6fffffff]
    strings = offsets[link]
    have = {name: aux for aux, name in needs(f, need, strings)}
    if NEW not in have or OLD not in have:
        return
    index = struct.unpack_from("<H", f, have[NEW] + 6)[0]
    wanted = [symbols + i * 24 for i in range(size // 24) if struct.unpack_from("<H", f, versions + 2 * i)[0] == index]
    if not all(text(f, strings + struct.unpack_from("<I", f, s)[0]).startswith(PREFIX) for s in wanted):
        return
    for s in wanted:
        struct.pack_into("<I", f, s, struct.unpack_from("<I", f, s)[0] + len(PREFIX))
    struct.pack_into("<I", f, have[NEW], elf_hash(OLD))
    struct.pack_into("<I", f, have[NEW] + 8, struct.unpack_from("<I", f, have[OLD] + 8)[0])
    open(path, "wb").write(f)


for path in sys.argv[1:]:
    patch(path)
