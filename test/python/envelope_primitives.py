"""What the fields of an envelope are made of: integers, typed values, timestamps, LZ4, CRC-32C."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple, Optional, Union

ABSENT, INTEGER, REAL, TEXT, BLOB, NULL = range(6)
MAX_VALUE = 16 << 20

# Kinds 6-11: separator of date and time, digits after the second, suffix.
TIMESTAMPS = {6: (" ", 0, ""), 7: ("T", 0, ""), 8: ("T", 0, "Z"),
              9: ("T", 3, "Z"), 10: ("T", 6, "Z"), 11: (" ", 6, "")}


class EnvelopeError(Exception):
    """The envelope is refused; the message is the reason."""


class Value(NamedTuple):
    """A typed value: an int (INTEGER), a double's bits (REAL), bytes (TEXT, BLOB) or None."""

    kind: int
    value: Optional[Union[int, bytes]] = None


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
