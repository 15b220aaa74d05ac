"""docs/digest.md as a program: canonical bytes of a row, its digest, sets and ranges.

Written from the page alone; shares nothing with octoload's own code.
"""

from __future__ import annotations

import hashlib
import struct

ABSENT, INTEGER, REAL, TEXT, BLOB, NULL = range(6)
RANGE_LEVEL = 4
COLUMNS = "Id X Y Z Level MaterialId Density Metadata Created".split()


def varint(number):
    """Unsigned LEB128."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def put_value(kind, content=None):
    """Class, length and bytes; content: an int (of REAL the bits), bytes, or None."""
    if kind == INTEGER:
        data = struct.pack("<q", content)
    elif kind == REAL:
        data = struct.pack("<Q", content)
    elif kind in (TEXT, BLOB):
        data = content
    else:
        data = b""
    return bytes([kind]) + varint(len(data)) + data


def canonical(row):
    """The canonical bytes of a row as the page's vectors show it."""
    out = bytes([1, row["level"]]) + int(row["code"]).to_bytes(10, "little")
    for name in COLUMNS:
        kind, content = shown(row["values"][name])
        out += put_value(kind, content)
        if kind in (ABSENT, TEXT, BLOB):
            out += what_was_read(row, name)
    extras = sorted((name.encode("utf-8"), shown(value)) for name, value in row["extras"].items()
                    if value["kind"] != ABSENT)
    out += varint(len(extras))
    for name, value in extras:
        out += varint(len(name)) + name + put_value(*value)
    return out + bytes([row["childrenMask"]]) + struct.pack("<I", int(row["homogeneity"], 16))


def what_was_read(row, name):
    """What stands behind a column whose value is not itself the number."""
    if name in ("X", "Y", "Z"):
        return put_value(REAL, int(row["coordinates"]["XYZ".index(name)], 16))
    if name == "MaterialId":
        material = row["materialId"]
        return put_value(NULL) if material is None else put_value(INTEGER, material)
    return b""


def shown(value):
    """Kind and content of a value as the page shows it."""
    kind, text = value["kind"], value.get("value")
    if kind == INTEGER:
        return kind, int(text)
    if kind == REAL:
        return kind, int(text, 16)
    return kind, None if text is None else bytes.fromhex(text)


def digest(row):
    """A row's digest, hexadecimal."""
    return hashlib.sha256(canonical(row)).hexdigest()


def range_of(row):
    """The number of the range that the row is in."""
    code, deeper = int(row["code"]), 3 * (row["level"] - RANGE_LEVEL)
    return code >> deeper if deeper >= 0 else code << -deeper


def set_of(rows):
    """The digests of a set of rows: as the page's own."""
    ranges = {}
    for row in rows:
        count, total = ranges.get(range_of(row), (0, 0))
        ranges[range_of(row)] = count + 1, (total + int(digest(row), 16)) % 2 ** 256
    root = sum(total for _, total in ranges.values()) % 2 ** 256
    return {
        "rangeLevel": RANGE_LEVEL,
        "rows": len(rows),
        "root": "%064x" % root,
        "ranges": [{"range": number, "rows": count, "sum": "%064x" % total}
                   for number, (count, total) in sorted(ranges.items())],
    }
