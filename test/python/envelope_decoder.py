"""A decoder for the octoload envelope, version 1, written from docs/envelope.md alone."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Optional, Union

ABSENT, INTEGER, REAL, TEXT, BLOB, NULL = range(6)
LZ4, DICTIONARY, RESIDUAL, CLASSES, EXTENSION = 1, 2, 4, 8, 16
MAX_VALUE = 16 << 20
MAX_ENVELOPE = 64 << 20
MAX_LEVEL = 26
MAX_COLUMNS = 2000

# Kinds 6-11: separator of date and time, digits after the second, suffix.
TIMESTAMPS = {6: (" ", 0, ""), 7: ("T", 0, ""), 8: ("T", 0, "Z"),
              9: ("T", 3, "Z"), 10: ("T", 6, "Z"), 11: (" ", 6, "")}

FIELDS = ("id", "x", "y", "z", "level", "material", "density")
USUAL = (INTEGER, REAL, REAL, REAL, INTEGER, INTEGER, REAL)
ANY = range(6)
ALLOWED = (ANY, range(5), range(5), range(5), (0, 1, 3, 4), (0, 1, 3, 4), ANY)


class EnvelopeError(Exception):
    """The envelope is refused; the message is the reason."""


class Value(NamedTuple):
    """A typed value: an int (INTEGER), a double's bits (REAL), bytes (TEXT, BLOB) or None."""

    kind: int
    value: Optional[Union[int, bytes]] = None


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


def need(condition, reason):
    """Refuse the envelope unless the condition holds."""
    if not condition:
        raise EnvelopeError(reason)


def _crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_CRC = _crc_table()


def crc32c(data):
    """CRC-32C of some bytes."""
    crc, table = 0xFFFFFFFF, _CRC
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


class Reader:
    """Reads little-endian fields, never beyond the end of its bytes."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def left(self):
        """How many bytes are left."""
        return len(self.data) - self.at

    def take(self, count):
        """The next `count` bytes."""
        need(count <= self.left(), "truncated")
        self.at += count
        return self.data[self.at - count:self.at]

    def uint(self, size):
        """An unsigned integer of `size` bytes."""
        return int.from_bytes(self.take(size), "little")

    def varint(self):
        """An unsigned LEB128 of at most 64 bits."""
        value = 0
        for shift in range(0, 70, 7):
            byte = self.uint(1)
            value |= (byte & 127) << shift
            if byte < 128:
                need(value < 1 << 64, "varint above 64 bits")
                return value
        raise EnvelopeError("varint too long")

    def number(self, limit, what):
        """A varint from 1 to `limit`."""
        value = self.varint()
        need(1 <= value <= limit, what + " out of range")
        return value

    def nibbles(self, size):
        """The half bytes of the next `size` bytes, low half first."""
        return [half for byte in self.take(size) for half in (byte & 15, byte >> 4)]

    def value(self, kind):
        """A value of the table of kinds; a timestamp becomes TEXT."""
        if kind in (ABSENT, NULL):
            return Value(kind)
        if kind == INTEGER:
            return Value(kind, unzigzag(self.varint()))
        if kind == REAL:
            return Value(kind, self.uint(8))
        if kind in (TEXT, BLOB):
            size = self.varint()
            need(size <= MAX_VALUE, "value too long")
            return Value(kind, self.take(size))
        return Value(TEXT, timestamp(kind, unzigzag(self.varint())))


def unzigzag(value):
    """The signed integer of a zigzag."""
    return value >> 1 ^ -(value & 1)


def timestamp(kind, count):
    """The text of a count of seconds, milliseconds or microseconds since 1970."""
    separator, digits, suffix = TIMESTAMPS[kind]
    seconds, fraction = divmod(count, 10 ** digits)
    need(-62167219200 <= seconds <= 253402300799, "timestamp out of range")
    days, second = divmod(seconds, 86400)
    # Python's dates begin with year 1: reach year 0 by way of year 400.
    cycle = 1 if days < 0 else 0
    day = date.fromordinal(date(1970, 1, 1).toordinal() + days + cycle * 146097)
    text = "%04d-%02d-%02d%s%02d:%02d:%02d" % (
        day.year - cycle * 400, day.month, day.day, separator,
        second // 3600, second // 60 % 60, second % 60)
    if digits:
        text += ".%0*d" % (digits, fraction)
    return (text + suffix).encode("ascii")


def lz4_block(block, size, dictionary=b""):
    """Decompress one LZ4 block to exactly `size` bytes."""
    reader = Reader(block)
    out = bytearray(dictionary)
    end = len(dictionary) + size

    def length(start):
        total = start
        more = 255 if start == 15 else 0
        while more == 255:
            more = reader.uint(1)
            total += more
        return total

    while True:
        token = reader.uint(1)
        literals = length(token >> 4)
        need(literals <= end - len(out), "LZ4 output too long")
        out += reader.take(literals)
        if not reader.left():
            break
        offset = reader.uint(2)
        need(1 <= offset <= len(out), "LZ4 offset out of range")
        match = length(token & 15) + 4
        need(match <= end - len(out), "LZ4 output too long")
        start = len(out) - offset
        pattern = out[start:start + match]
        out += (pattern * (match // len(pattern) + 1))[:match]
    need(len(out) == end, "LZ4 output too short")
    return bytes(out[len(dictionary):])


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


def decode(envelope: bytes, level, tile, cell, frame_min, frame_size,
           dictionaries: dict[int, bytes]) -> Row:
    """Decode the envelope of the row with the key (level, tile, cell).

    Raises EnvelopeError when the envelope is malformed, or not of this key and frame.
    """
    need(0 <= level <= MAX_LEVEL, "level out of range")
    need(0 <= cell < 1 << 15 and 0 <= tile, "key out of range")
    code = tile << 15 | cell
    need(code >> 3 * level == 0, "key out of range")
    need(4 <= len(envelope) <= MAX_ENVELOPE, "envelope too short or too long")
    reader = Reader(bytes(envelope[:-4]))

    # The head, which is not content.
    need(reader.uint(1) == 1, "unknown version")
    flags = reader.uint(1)
    need(flags < 32, "unknown flags")
    need(flags & LZ4 or not flags & DICTIONARY, "dictionary without LZ4")
    number = reader.number(0xFFFFFFFF, "dictionary number") if flags & DICTIONARY else 0
    size = reader.number(MAX_VALUE, "metadata length") if flags & LZ4 else 0

    # Kinds, widths and classes.
    content = reader.at
    created_kind, metadata_kind = reader.nibbles(1)
    need(created_kind <= 11 and metadata_kind <= 5, "kind out of range")
    id_width, density_width = reader.nibbles(1)
    need(id_width <= 8 and density_width <= 8, "width out of range")
    kinds = list(USUAL)
    if flags & CLASSES:
        *kinds, padding = reader.nibbles(4)
        need(padding == 0, "nonzero padding")
        need(all(kind in allowed for kind, allowed in zip(kinds, ALLOWED)),
             "class out of range")
    need(kinds[0] == INTEGER or id_width == 0, "width of an unusual kind")
    need(kinds[6] == REAL or density_width == 0, "width of an unusual kind")
    widths = [0, 0, 0]
    if flags & RESIDUAL:
        *widths, padding = reader.nibbles(2)
        need(padding == 0, "nonzero padding")
        need(max(widths) <= 8, "width out of range")

    # The values.
    row_id = Value(INTEGER, unzigzag(reader.uint(id_width)))
    density = Value(REAL, reader.uint(density_width) << 8 * (8 - density_width))
    coordinates = tuple(bits ^ reader.uint(width) for bits, width in
                        zip(centre(level, code, frame_min, frame_size), widths))
    row = {"id": row_id, "density": density}
    for field, kind, usual in zip(FIELDS, kinds, USUAL):
        if field in row:
            if kind != usual:
                row[field] = reader.value(kind)
        else:
            row[field] = reader.value(kind) if kind in (TEXT, BLOB) else Value(kind)
    created = reader.value(created_kind)
    column_set, extras = 0, ()
    if flags & EXTENSION:
        column_set = reader.number(0xFFFFFFFF, "column set")
        count = reader.number(MAX_COLUMNS, "number of columns")
        halves = reader.nibbles((count + 1) // 2)
        need(not any(halves[count:]), "nonzero padding")
        need(max(halves) <= 5, "kind out of range")
        extras = tuple(reader.value(kind) for kind in halves[:count])

    # The metadata, and the checksum over everything.
    plain = reader.data[content:reader.at]
    rest = reader.data[reader.at:]
    if metadata_kind in (TEXT, BLOB):
        if flags & LZ4:
            need(size <= 255 * len(rest), "metadata length out of range")
            need(not number or number in dictionaries, "unknown dictionary")
            rest = lz4_block(rest, size, dictionaries[number] if number else b"")
        need(len(rest) <= MAX_VALUE, "value too long")
        metadata = Value(metadata_kind, rest)
    else:
        need(not flags & LZ4, "LZ4 of neither TEXT nor BLOB")
        metadata = reader.value(metadata_kind)
        need(not reader.left(), "bytes left over")
    checked = (struct.pack("<BBI", 1, flags, number) + plain + rest
               + struct.pack("<6d", *frame_min, *frame_size)
               + struct.pack("<BQH", level, tile, cell))
    need(crc32c(checked) == int.from_bytes(envelope[-4:], "little"), "wrong checksum")
    return Row(created=created, metadata=metadata, coordinates=coordinates,
               column_set=column_set, extras=extras, **row)
