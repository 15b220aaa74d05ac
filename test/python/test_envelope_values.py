"""The decoder against sound envelopes, built here."""

from __future__ import annotations

import struct
import unittest
from datetime import datetime, timedelta

import envelope_decoder as decoder
import envelope_primitives as primitives
from envelope_case import EnvelopeTest
from envelope_decoder import Value, decode
from envelope_encoder import (
    CLASSES, DICTIONARY, EXTENSION, LZ4, PLACE, RESIDUAL, USUAL, content, crc32c, halves,
    high_bytes, integer, low_bytes, seal, text, varint, zigzag)


class ValuesTest(EnvelopeTest):
    """Every field and kind."""

    def decode(self, *args, dictionaries=None, **kwargs):
        """Seal and decode at PLACE; the envelope must be tied to it."""
        envelope = seal(*args, **kwargs)
        self.assert_tied(envelope, PLACE, dictionaries or {})
        return decode(envelope, *PLACE, dictionaries or {})

    def test_crc32c(self):
        """The check value of the page."""
        self.assertEqual(primitives.crc32c(b"123456789"), 0xE3069283)
        self.assertEqual(crc32c(b"123456789"), 0xE3069283)

    def test_smallest(self):
        """Eight bytes: id 0, density 0.0, the cell's centre, nothing else."""
        row = self.decode(content())
        # 0o421: x has bit 0, y bit 1, z bit 2.
        centre = (-1.0 + 2.0 * (3 / 16), 0.0 + 3.0 * (5 / 16), 10.0 + 0.1 * (9 / 16))
        self.assertEqual(len(seal(content())), 8)
        self.assertEqual(row, decoder.Row(
            id=Value(1, 0), x=Value(2), y=Value(2), z=Value(2), level=Value(1),
            material=Value(1), density=Value(2, 0), created=Value(0), metadata=Value(0),
            coordinates=tuple(map(decoder.double_bits, centre)), column_set=0, extras=()))

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
        row = self.decode(content(classes=halves(*kinds), residuals=self.residuals(z=10.0),
                                  class_values=values), flags=CLASSES | RESIDUAL)
        self.assertEqual(
            [row.id, row.x, row.y, row.z, row.level, row.material, row.density],
            [Value(2, 0x3FF8 << 48), Value(3, b"0.1"), Value(0), Value(1), Value(4, b"\3"),
             Value(3, b""), Value(1, -7)])

    def test_integer_coordinates(self):
        """All the doubles of the 64-bit integers, at both ends too."""
        for number in (0.0, 1.0, -7.0, 2.0 ** 53, -2.0 ** 63, 2.0 ** 63 - 1024):
            body = content(classes=halves(1, 1, 2, 2, 1, 1, 2),
                           residuals=self.residuals(x=number))
            row = self.decode(body, flags=CLASSES | RESIDUAL)
            self.assertEqual(row.x, Value(1))
            self.assertEqual(row.coordinates[0], decoder.double_bits(number))

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
            self.assertEqual(primitives.timestamp(7, seconds).decode(), moment.isoformat())

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


if __name__ == "__main__":
    unittest.main()
