"""Tests of the decoder: the vectors of docs/envelope.md, and envelopes built here."""

from __future__ import annotations

import json
import math
import random
import re
import struct
import unittest
from datetime import datetime, timedelta
from pathlib import Path

import envelope_decoder as decoder
from envelope_decoder import EnvelopeError, Value, decode

PAGE = Path(__file__).parent / ".." / ".." / "docs" / "envelope.md"
LZ4, DICTIONARY, RESIDUAL, CLASSES, EXTENSION = 1, 2, 4, 8, 16
USUAL = (1, 2, 2, 2, 1, 1, 2)
# Arguments of decode() after the envelope, but for the dictionaries.
PLACE = (3, 0, 0o421, (-1.0, 0.0, 10.0), (2.0, 3.0, 0.1))


# A tiny encoder, independent of the decoder's code.

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


# The page's vectors.

def read_vectors():
    """The array in the json block of the page's last section, or a reason as a str."""
    section = PAGE.read_text(encoding="utf-8").rpartition("\n## Test vectors\n")[2]
    blocks = re.findall(r"^```json\n(.*?)^```$", section, re.M | re.S)
    if len(blocks) != 1:
        return "docs/envelope.md, Test vectors: %d json blocks, not one" % len(blocks)
    return json.loads(blocks[0]) or "docs/envelope.md, Test vectors: the array is empty"


def page_value(value):
    """A Value as the page shows it."""
    if value.value is None:
        return {"kind": value.kind}
    if value.kind == 1:
        shown = str(value.value)
    elif value.kind == 2:
        shown = "%016x" % value.value
    else:
        shown = value.value.hex()
    return {"kind": value.kind, "value": shown}


def page_row(row):
    """A Row as the page shows it."""
    names = "id x y z level material density created metadata".split()
    shown = {name: page_value(getattr(row, name)) for name in names}
    shown["coordinates"] = ["%016x" % bits for bits in row.coordinates]
    shown["columnSet"] = row.column_set
    shown["extras"] = [page_value(value) for value in row.extras]
    return shown


class EnvelopeTest(unittest.TestCase):
    """Assertions about one envelope."""

    def assert_tied(self, envelope, place, dictionaries):
        """Damaged or misplaced, the envelope gives an error or the identical row."""
        row = decode(envelope, *place, dictionaries)
        for bit in range(8 * len(envelope)):
            damaged = bytearray(envelope)
            damaged[bit // 8] ^= 1 << bit % 8
            try:
                other = decode(bytes(damaged), *place, dictionaries)
            except EnvelopeError:
                continue
            self.assertEqual(other, row, "bit %d flipped" % bit)
        for size in range(len(envelope)):
            self.assert_refused(envelope[:size], place, dictionaries)
        self.assert_refused(envelope + b"\0", place, dictionaries)

        level, tile, cell, low, extent = place
        self.assert_refused(envelope, (level, tile, cell ^ 1, low, extent), dictionaries)
        self.assert_refused(envelope, (level, tile ^ 1, cell, low, extent), dictionaries)
        for other in {level - 1, level + 1}:
            self.assert_refused(envelope, (other, tile, cell, low, extent), dictionaries)
        for number in range(6):
            frame = [*low, *extent]
            frame[number] = math.nextafter(frame[number], math.inf)
            other = (level, tile, cell, frame[:3], frame[3:])
            self.assert_refused(envelope, other, dictionaries)
        if envelope[1] & DICTIONARY:
            self.assert_refused(envelope, place, {})

    def assert_refused(self, envelope, place=PLACE, dictionaries=None, reason=""):
        """The envelope is refused, for this reason."""
        with self.assertRaisesRegex(EnvelopeError, reason):
            decode(envelope, *place, dictionaries or {})


class PageTest(EnvelopeTest):
    """The vectors of the page."""

    def setUp(self):
        self.vectors = read_vectors()
        if isinstance(self.vectors, str):
            self.fail(self.vectors)

    def arguments(self, vector):
        """The arguments of decode() for a vector."""
        frame = [tuple(map(float, vector["frame"][key])) for key in ("min", "size")]
        place = (vector["level"], int(vector["tile"]), vector["cell"], *frame)
        shared = vector["dictionary"]
        dictionaries = {shared["number"]: bytes.fromhex(shared["hex"])} if shared else {}
        return bytes.fromhex(vector["envelope"]), place, dictionaries

    def test_rows(self):
        """Each vector's envelope gives its row."""
        self.maxDiff = None
        for vector in self.vectors:
            with self.subTest(vector["name"]):
                envelope, place, dictionaries = self.arguments(vector)
                row = decode(envelope, *place, dictionaries)
                self.assertEqual(page_row(row), vector["row"])

    def test_tied(self):
        """Each vector's envelope is good for its own key and frame only."""
        for vector in self.vectors:
            with self.subTest(vector["name"]):
                self.assert_tied(*self.arguments(vector))


class BuiltTest(EnvelopeTest):
    """Envelopes built here."""

    def decode(self, *args, dictionaries=None, **kwargs):
        """Seal and decode at PLACE; the envelope must be tied to it."""
        envelope = seal(*args, **kwargs)
        self.assert_tied(envelope, PLACE, dictionaries or {})
        return decode(envelope, *PLACE, dictionaries or {})

    def test_crc32c(self):
        """The check value of the page."""
        self.assertEqual(decoder.crc32c(b"123456789"), 0xE3069283)
        self.assertEqual(crc32c(b"123456789"), 0xE3069283)

    def test_smallest(self):
        """Eight bytes: id 0, density 0.0, the cell's centre, nothing else."""
        row = self.decode(content())
        # 0o421: x has bit 0, y bit 1, z bit 2.
        centre = (-1.0 + 2.0 * (3 / 16), 0.0 + 3.0 * (5 / 16), 10.0 + 0.1 * (9 / 16))
        self.assertEqual(len(seal(content())), 8)
        self.assertEqual(page_row(row), {
            "id": {"kind": 1, "value": "0"},
            "x": {"kind": 2}, "y": {"kind": 2}, "z": {"kind": 2},
            "level": {"kind": 1}, "material": {"kind": 1},
            "density": {"kind": 2, "value": "0" * 16},
            "created": {"kind": 0}, "metadata": {"kind": 0},
            "coordinates": [struct.pack(">d", number).hex() for number in centre],
            "columnSet": 0, "extras": []})

    def test_deepest(self):
        """The last cell of level 26 has a tile of 63 bits; the next one is no key."""
        bits = decoder.centre(26, (1 << 78) - 1, (0.0,) * 3, (2.0 ** 27,) * 3)
        self.assertEqual(bits, [decoder.double_bits(2.0 ** 27 - 1)] * 3)
        for place in ((26, 1 << 63, 0), (27, 0, 0), (4, 0, 1 << 12), (26, 0, 1 << 15),
                      (-1, 0, 0), (3, -1, 0)):
            self.assert_refused(seal(content()), (*place, *PLACE[3:]), reason="range")

    def test_id_density(self):
        """Both ends of the integers; the high bytes of a double."""
        for number in (1, -1, 2 ** 63 - 1, -2 ** 63):
            row = self.decode(content(row_id=low_bytes(zigzag(number))))
            self.assertEqual(row.id, Value(1, number))
        row = self.decode(content(density=b"\xe0\x3f"))
        self.assertEqual(row.density, Value(2, 0x3FE0 << 48))
        for bits in (1, 1 << 63, 0x7FF0000000000001):
            row = self.decode(content(density=high_bytes(bits)))
            self.assertEqual(row.density, Value(2, bits))

    def test_wasteful(self):
        """What could be written shorter is accepted."""
        padded = content(row_id=b"\2\0\0", density=b"\0\xe0\x3f", classes=halves(*USUAL),
                         residuals=[b"", b"\0", b""])
        row = self.decode(padded, flags=RESIDUAL | CLASSES)
        self.assertEqual(row, self.decode(content(row_id=b"\2", density=b"\xe0\x3f")))

    def test_residuals(self):
        """Residuals are XORed with the centre's bits."""
        plain = self.decode(content()).coordinates
        masks = (1, 1 << 63, 0)
        row = self.decode(content(residuals=[low_bytes(mask) for mask in masks]),
                          flags=RESIDUAL)
        self.assertEqual(row.coordinates, tuple(a ^ b for a, b in zip(plain, masks)))

    def test_classes(self):
        """Unusual classes, with their values in order."""
        kinds = (2, 3, 0, 1, 4, 3, 1)
        values = struct.pack("<d", 1.5) + text(b"0.1") + text(b"\3") + text(b"") + integer(-7)
        row = self.decode(content(classes=halves(*kinds), class_values=values), flags=CLASSES)
        self.assertEqual(
            [row.id, row.x, row.y, row.z, row.level, row.material, row.density],
            [Value(2, 0x3FF8 << 48), Value(3, b"0.1"), Value(0), Value(1), Value(4, b"\3"),
             Value(3, b""), Value(1, -7)])

    def test_values(self):
        """Every plain kind as created and as an extra; as metadata too."""
        samples = [(0, b"", None), (1, integer(-2 ** 63), -2 ** 63), (5, b"", None),
                   (2, struct.pack("<d", -0.0), 1 << 63), (3, text(b"a\xff"), b"a\xff"),
                   (4, text(b""), b"")]
        extension = (varint(2 ** 32 - 1) + varint(6) + halves(*(s[0] for s in samples))
                     + b"".join(s[1] for s in samples))
        for kind, stored, value in samples:
            row = self.decode(content(kind, kind, stored, extension=extension),
                              stored[1:] if kind in (3, 4) else stored, flags=EXTENSION)
            self.assertEqual((row.created, row.metadata), (Value(kind, value),) * 2)
            self.assertEqual(row.column_set, 2 ** 32 - 1)
            self.assertEqual(row.extras, tuple(Value(k, v) for k, _, v in samples))

    def test_timestamps(self):
        """The six shapes, both ends of the years, and nothing beyond them."""
        last = 253402300799
        for kind, count, shown in (
                (6, 1714566896, "2024-05-01 12:34:56"),
                (7, -1, "1969-12-31T23:59:59"),
                (8, -62167219200, "0000-01-01T00:00:00Z"),
                (8, -62162035201, "0000-02-29T23:59:59Z"),
                (9, 1714566896789, "2024-05-01T12:34:56.789Z"),
                (10, last * 10 ** 6 + 999999, "9999-12-31T23:59:59.999999Z"),
                (11, -1, "1969-12-31 23:59:59.999999")):
            row = self.decode(content(created=kind, created_value=integer(count)))
            self.assertEqual(row.created, Value(3, shown.encode()))
        for kind, scale in ((6, 1), (9, 1000), (11, 10 ** 6)):
            for count in (-62167219200 * scale - 1, (last + 1) * scale):
                self.assert_refused(
                    seal(content(created=kind, created_value=integer(count))),
                    reason="timestamp")
        for seconds in range(-62135596800, last, 86400 * 9973 + 4321):
            moment = datetime(1970, 1, 1) + timedelta(seconds=seconds)
            self.assertEqual(decoder.timestamp(7, seconds).decode(), moment.isoformat())

    def test_lz4(self):
        """Literals only, short and long; overlapping matches."""
        for size in (1, 14, 15, 269, 270, 300):
            data = bytes(range(97, 122)) * 12
            row = self.decode(content(3), data[:size], flags=LZ4)
            self.assertEqual(row.metadata, Value(3, data[:size]))
        block = b"\x1fa\1\0\1" + b"\x23bc\2\0" + b"\x50final"
        data = b"a" + b"a" * 20 + b"bc" + b"bcbcbcb" + b"final"
        row = self.decode(content(4), data, flags=LZ4, stored=block)
        self.assertEqual(row.metadata, Value(4, data))

    def test_dictionary(self):
        """A match within the dictionary, and one from it into its own output."""
        shared = {300: b"hello world", 7: b"other"}
        block = b"\1\x0b\0" + b"\x1f-\7\0\3" + b"\x10!"
        data = b"hello-" + (b"d" + b"hello-") * 3 + b"d!"
        self.assertEqual(len(data), 5 + 1 + 22 + 1)
        row = self.decode(content(3), data, flags=LZ4 | DICTIONARY, stored=block,
                          number=300, dictionaries=shared)
        self.assertEqual(row.metadata, Value(3, data))

    def test_bad_lz4(self):
        """Blocks that are no LZ4 of this length, or reach too far."""
        for reason, block, size in (
                ("offset", b"\x10a\0\0\0", 5), ("offset", b"\x10a\2\0\0", 5),
                ("offset", b"\0\1\0\0", 4),
                ("truncated", b"", 1), ("truncated", b"\x20a", 2),
                ("truncated", b"\xf0\xff", 100), ("truncated", b"\x10a\1", 5),
                ("truncated", b"\x10a\1\0", 5), ("truncated", b"\x1fa\1\0", 50),
                ("too long", b"\x20ab", 1), ("too long", b"\x10a\1\0\0", 4),
                ("too short", b"\x20ab", 3), ("too short", b"\x10a\1\0\0", 6)):
            with self.subTest(block), self.assertRaisesRegex(EnvelopeError, reason):
                decoder.lz4_block(block, size)
        with self.assertRaisesRegex(EnvelopeError, "offset"):
            decoder.lz4_block(b"\0\4\0\0", 4, b"abc")

    def test_refusals(self):
        """Malformed envelopes, all with a good checksum."""
        def classes(*kinds):
            return seal(content(classes=halves(*kinds)), flags=CLASSES)

        def extension(*parts):
            return seal(content(extension=b"".join(parts)), flags=EXTENSION)

        big = varint((16 << 20) + 1)
        for reason, envelope in (
                ("too short", b""), ("truncated", b"\1\0" + bytes(4)),
                ("version", seal(content(), version=0)),
                ("version", seal(content(), version=2)),
                ("flags", seal(content(), flags=32)), ("flags", seal(content(), flags=128)),
                ("without LZ4", seal(content(), flags=DICTIONARY, number=1)),
                ("neither", seal(content(1), integer(3), flags=LZ4)),
                ("neither", seal(content(5), flags=LZ4, size=1)),
                ("metadata length", seal(content(3), flags=LZ4)),
                ("metadata length", seal(content(3), b"a", flags=LZ4, size=16777217)),
                ("metadata length", seal(content(3), b"a", flags=LZ4, size=511)),
                ("too short", seal(content(3), b"a", flags=LZ4, size=510)),
                ("unknown dictionary", seal(content(3), b"a", flags=3, number=1)),
                ("dictionary number", seal(content(3), b"a", flags=3, number=0)),
                ("dictionary number", seal(content(3), b"a", flags=3, number=1 << 32)),
                ("kind", seal(b"\x0c\0")), ("kind", seal(b"\x60\0")),
                ("width", seal(b"\0\x09" + bytes(9))), ("width", seal(b"\0\x90" + bytes(9))),
                ("width", seal(b"\0\0\x09\0" + bytes(9), flags=RESIDUAL)),
                ("width of", seal(content(row_id=b"\2", classes=halves(5, *USUAL[1:])),
                                  flags=CLASSES)),
                ("width of", seal(content(density=b"\2", classes=halves(*USUAL[:6], 5)),
                                  flags=CLASSES)),
                ("padding", classes(*USUAL, 1)),
                ("padding", seal(b"\0\0\0\x10", flags=RESIDUAL)),
                ("class", classes(6, *USUAL[1:])), ("class", classes(*USUAL[:6], 6)),
                ("class", classes(1, 5, 2, 2, 1, 1, 2)), ("class", classes(1, 2, 2, 2, 2, 1, 2)),
                ("class", classes(1, 2, 2, 2, 5, 1, 2)), ("class", classes(1, 2, 2, 2, 1, 5, 2)),
                ("column set", extension(b"\0\1\0")),
                ("column set", extension(varint(1 << 32), b"\1\0")),
                ("columns", extension(b"\1\0")), ("columns", extension(b"\1", varint(2001))),
                ("padding", extension(b"\1\1\x10")), ("kind", extension(b"\1\1\6")),
                ("64 bits", seal(content(1), b"\x80" * 9 + b"\2")),
                ("varint too long", seal(content(1), b"\x80" * 10 + b"\0")),
                ("truncated", seal(content(1), b"\x80")),
                ("truncated", seal(content(created=3, created_value=b"\1"))),
                ("truncated", seal(content(2), bytes(7))),
                ("value too long", seal(content(created=4, created_value=big))),
                ("left over", seal(content(2), bytes(9))), ("left over", seal(content(), b"\0")),
                ("checksum", seal(content())[:-1] + b"\0")):
            with self.subTest(reason, envelope=envelope.hex()):
                self.assert_refused(envelope, reason=reason)

    def test_noise(self):
        """Any bytes give a row or an EnvelopeError."""
        source = random.Random(1)
        rows = 0
        for _ in range(3000):
            body = bytes(source.choice((0, 1, 2, 3, 0x11, 255, source.randrange(256)))
                         for _ in range(source.randrange(24)))
            try:
                decode(seal(body, flags=source.choice((0, 4, 8, 16, 28))), *PLACE, {})
                rows += 1
            except EnvelopeError:
                pass
        self.assertGreater(rows, 0)


if __name__ == "__main__":
    unittest.main()
