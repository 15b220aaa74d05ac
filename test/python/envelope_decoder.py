"""A decoder for the octoload envelope, version 1, written from docs/envelope.md alone."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NamedTuple

from envelope_primitives import (
    BLOB, INTEGER, MAX_VALUE, REAL, TEXT, EnvelopeError, Reader, Value, crc32c, lz4_block, need,
    unzigzag)

LZ4, DICTIONARY, RESIDUAL, CLASSES, EXTENSION = 1, 2, 4, 8, 16
MAX_ENVELOPE = 64 << 20
MAX_LEVEL = 26
MAX_COLUMNS = 2000

FIELDS = ("id", "x", "y", "z", "level", "material", "density")
USUAL = (INTEGER, REAL, REAL, REAL, INTEGER, INTEGER, REAL)
ANY = range(6)
ALLOWED = (ANY, range(5), range(5), range(5), (0, 1, 3, 4), (0, 1, 3, 4), ANY)


@dataclass(frozen=True)
class Row:
    """What an envelope holds.

    x, y, z, level and material carry a value only as TEXT or BLOB; the coordinates are
    always there, as the doubles' bits.  A timestamp in `created` has become its TEXT.
    """

    id: Value
    x: Value
    y: Value
    z: Value
    level: Value
    material: Value
    density: Value
    created: Value
    metadata: Value
    coordinates: tuple
    column_set: int
    extras: tuple


def double_bits(number):
    """The bits of a double."""
    return struct.unpack("<Q", struct.pack("<d", number))[0]


def centre(level, code, frame_min, frame_size):
    """The bits of the three coordinates of a cell's centre."""
    bits = []
    for axis in range(3):
        index = sum((code >> 3 * k + axis & 1) << k for k in range(level))
        share = (2 * index + 1) / 2 ** (level + 1)
        bits.append(double_bits(frame_min[axis] + frame_size[axis] * share))
    return bits


class Head(NamedTuple):
    """What stands before the content."""

    flags: int
    dictionary: int  # its number, 0 without one
    metadata_size: int  # with LZ4


class Shape(NamedTuple):
    """The content's kinds and widths."""

    created: int
    metadata: int
    id_width: int
    density_width: int
    classes: tuple  # in the order of FIELDS
    residual_widths: tuple


def read_head(reader):
    """Version, flags, dictionary number and metadata length."""
    need(reader.uint(1) == 1, "unknown version")
    flags = reader.uint(1)
    need(flags < 32, "unknown flags")
    need(flags & LZ4 or not flags & DICTIONARY, "dictionary without LZ4")
    number = reader.number(0xFFFFFFFF, "dictionary number") if flags & DICTIONARY else 0
    size = reader.number(MAX_VALUE, "metadata length") if flags & LZ4 else 0
    return Head(flags, number, size)


def read_shape(reader, flags):
    """Kinds, widths, classes and residual widths."""
    created, metadata = reader.nibbles(1)
    need(created <= 11 and metadata <= 5, "kind out of range")
    id_width, density_width = reader.nibbles(1)
    need(id_width <= 8 and density_width <= 8, "width out of range")
    classes = read_classes(reader) if flags & CLASSES else USUAL
    need(classes[0] == INTEGER or id_width == 0, "width of an unusual kind")
    need(classes[6] == REAL or density_width == 0, "width of an unusual kind")
    widths = (0, 0, 0)
    if flags & RESIDUAL:
        *widths, padding = reader.nibbles(2)
        need(padding == 0, "nonzero padding")
        need(max(widths) <= 8, "width out of range")
    return Shape(created, metadata, id_width, density_width, classes, tuple(widths))


def read_classes(reader):
    """The seven storage classes."""
    *classes, padding = reader.nibbles(4)
    need(padding == 0, "nonzero padding")
    need(all(kind in allowed for kind, allowed in zip(classes, ALLOWED)), "class out of range")
    return tuple(classes)


def is_int64(bits):
    """Whether a double is exactly a signed 64-bit integer; -0 is not."""
    number = struct.unpack("<d", struct.pack("<Q", bits))[0]
    if not -2.0 ** 63 <= number < 2.0 ** 63:  # nor is NaN
        return False
    return double_bits(float(int(number))) == bits


def read_coordinates(reader, shape, centre_bits):
    """The bits of x, y and z: those of the centre XOR the residuals."""
    coordinates = tuple(bits ^ reader.uint(width)
                        for bits, width in zip(centre_bits, shape.residual_widths))
    for kind, bits in zip(shape.classes[1:4], coordinates):
        need(kind != INTEGER or is_int64(bits), "INTEGER coordinate is no integer")
    return coordinates


def read_fields(reader, shape, centre_bits):
    """The coordinates, and the values of FIELDS by name."""
    row_id = Value(INTEGER, unzigzag(reader.uint(shape.id_width)))
    density = Value(REAL, reader.uint(shape.density_width) << 8 * (8 - shape.density_width))
    fields = {"id": row_id, "density": density}
    coordinates = read_coordinates(reader, shape, centre_bits)
    for field, kind, usual in zip(FIELDS, shape.classes, USUAL):
        if field not in fields:
            fields[field] = reader.value(kind) if kind in (TEXT, BLOB) else Value(kind)
        elif kind != usual:
            fields[field] = reader.value(kind)
    return coordinates, fields


def read_extension(reader):
    """The number of the column set, and the unmapped columns' values."""
    column_set = reader.number(0xFFFFFFFF, "column set")
    count = reader.number(MAX_COLUMNS, "number of columns")
    kinds = reader.nibbles((count + 1) // 2)
    need(not any(kinds[count:]), "nonzero padding")
    need(max(kinds) <= 5, "kind out of range")
    return column_set, tuple(reader.value(kind) for kind in kinds[:count])


def read_metadata(reader, kind, head, dictionaries):
    """The metadata, and its bytes as the checksum covers them."""
    rest = reader.data[reader.at:]
    if kind not in (TEXT, BLOB):
        need(not head.flags & LZ4, "LZ4 of neither TEXT nor BLOB")
        value = reader.value(kind)
        need(not reader.left(), "bytes left over")
        return value, rest
    if head.flags & LZ4:
        number = head.dictionary
        need(head.metadata_size <= 255 * len(rest), "metadata length out of range")
        need(not number or number in dictionaries, "unknown dictionary")
        rest = lz4_block(rest, head.metadata_size, dictionaries[number] if number else b"")
    need(len(rest) <= MAX_VALUE, "value too long")
    return Value(kind, rest), rest


def key_code(level, tile, cell):
    """The Morton code of a key."""
    need(0 <= level <= MAX_LEVEL, "level out of range")
    need(0 <= cell < 1 << 15 and 0 <= tile, "key out of range")
    code = tile << 15 | cell
    need(code >> 3 * level == 0, "key out of range")
    return code


def decode(envelope: bytes, level, tile, cell, frame_min, frame_size,
           dictionaries: dict[int, bytes]) -> Row:
    """Decode the envelope of the row with the key (level, tile, cell).

    Raises EnvelopeError when the envelope is malformed, or not of this key and frame.
    """
    centre_bits = centre(level, key_code(level, tile, cell), frame_min, frame_size)
    need(4 <= len(envelope) <= MAX_ENVELOPE, "envelope too short or too long")
    reader = Reader(bytes(envelope[:-4]))
    head = read_head(reader)
    content = reader.at
    shape = read_shape(reader, head.flags)
    coordinates, fields = read_fields(reader, shape, centre_bits)
    created = reader.value(shape.created)
    column_set, extras = read_extension(reader) if head.flags & EXTENSION else (0, ())
    plain = reader.data[content:reader.at]
    metadata, metadata_bytes = read_metadata(reader, shape.metadata, head, dictionaries)
    checked = (struct.pack("<BBI", 1, head.flags, head.dictionary) + plain + metadata_bytes
               + struct.pack("<6d", *frame_min, *frame_size)
               + struct.pack("<BQH", level, tile, cell))
    need(crc32c(checked) == int.from_bytes(envelope[-4:], "little"), "wrong checksum")
    return Row(created=created, metadata=metadata, coordinates=coordinates,
               column_set=column_set, extras=extras, **fields)
