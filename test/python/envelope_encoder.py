"""A tiny encoder of envelopes, sound ones and others; independent of the decoder's code."""

from __future__ import annotations

import struct

LZ4, DICTIONARY, RESIDUAL, CLASSES, EXTENSION = 1, 2, 4, 8, 16
USUAL = (1, 2, 2, 2, 1, 1, 2)
# Arguments of decode() after the envelope, but for the dictionaries.
PLACE = (3, 0, 0o421, (-1.0, 0.0, 10.0), (2.0, 3.0, 0.1))


def crc32c(data):
    """CRC-32C, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 * (crc & 1))
    return crc ^ 0xFFFFFFFF


def varint(value):
    """Unsigned LEB128."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


def zigzag(value):
    """A signed integer as an unsigned one."""
    return 2 * value if value >= 0 else -2 * value - 1


def integer(value):
    """An INTEGER as a value."""
    return varint(zigzag(value))


def text(value):
    """A TEXT or BLOB as a value."""
    return varint(len(value)) + value


def halves(*numbers):
    """Half bytes, low half first."""
    pairs = zip(numbers[::2], (numbers + (0,))[1::2])
    return bytes(low | high << 4 for low, high in pairs)


def low_bytes(value):
    """The low bytes of a u64, without the zeros above."""
    return struct.pack("<Q", value).rstrip(b"\0")


def high_bytes(value):
    """The high bytes of a u64, without the zeros below."""
    return struct.pack("<Q", value).lstrip(b"\0")


def literals(data):
    """An LZ4 block of literals only."""
    if len(data) < 15:
        return bytes([len(data) << 4]) + data
    return b"\xf0" + b"\xff" * ((len(data) - 15) // 255) + bytes(
        [(len(data) - 15) % 255]) + data


def content(metadata=0, created=0, created_value=b"", row_id=b"", density=b"",
            classes=b"", residuals=None, class_values=b"", extension=b""):
    """Everything from the kinds up to the metadata."""
    out = halves(created, metadata) + halves(len(row_id), len(density)) + classes
    if residuals is not None:
        out += halves(*map(len, residuals))
    return (out + row_id + density + b"".join(residuals or ()) + class_values
            + created_value + extension)


def seal(body, metadata=b"", flags=0, stored=None, number=0, size=None, version=1):
    """The envelope of a content and a metadata, at PLACE; `stored` is an LZ4 block."""
    level, tile, cell, low, extent = PLACE
    head = bytes([version, flags])
    if flags & DICTIONARY:
        head += varint(number)
    if flags & LZ4:
        head += varint(len(metadata) if size is None else size)
        stored = literals(metadata) if stored is None else stored
    checksum = crc32c(
        struct.pack("<BBI", version, flags, number & 0xFFFFFFFF) + body + metadata
        + struct.pack("<6d", *low, *extent) + struct.pack("<BQH", level, tile, cell))
    return head + body + (metadata if stored is None else stored) + struct.pack(
        "<I", checksum)
