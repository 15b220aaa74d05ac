"""The decoder against malformed envelopes, built here; most have a good checksum."""

from __future__ import annotations

import math
import random
import unittest

import envelope_decoder as decoder
from envelope_case import EnvelopeTest
from envelope_decoder import EnvelopeError, decode
from envelope_encoder import (
    CLASSES, DICTIONARY, EXTENSION, LZ4, PLACE, RESIDUAL, USUAL, content, halves, integer, seal,
    varint)
from envelope_primitives import lz4_block


class RefusalsTest(EnvelopeTest):
    """What a decoder refuses."""

    def test_deepest(self):
        """The last cell of level 26 has a tile of 63 bits; the next one is no key."""
        bits = decoder.centre(26, (1 << 78) - 1, (0.0,) * 3, (2.0 ** 27,) * 3)
        self.assertEqual(bits, [decoder.double_bits(2.0 ** 27 - 1)] * 3)
        for place in ((26, 1 << 63, 0), (27, 0, 0), (4, 0, 1 << 12), (26, 0, 1 << 15),
                      (-1, 0, 0), (3, -1, 0)):
            self.assert_refused(seal(content()), (*place, *PLACE[3:]), reason="range")

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
                lz4_block(block, size)
        with self.assertRaisesRegex(EnvelopeError, "offset"):
            lz4_block(b"\0\4\0\0", 4, b"abc")

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

    def test_integer_coordinates(self):
        """An INTEGER coordinate that is no signed 64-bit integer; as a REAL it is a row."""
        for axis, name in enumerate("xyz"):
            for number in (0.5, -1e-300, -0.0, 2.0 ** 63, -2.0 ** 63 - 2048, math.inf, -math.inf,
                           math.nan):
                kinds = list(USUAL)
                residuals = self.residuals(**{name: number})
                real = seal(content(classes=halves(*kinds), residuals=residuals),
                            flags=CLASSES | RESIDUAL)
                coordinates = decode(real, *PLACE, {}).coordinates
                self.assertEqual(coordinates[axis], decoder.double_bits(number))
                kinds[1 + axis] = 1
                envelope = seal(content(classes=halves(*kinds), residuals=residuals),
                                flags=CLASSES | RESIDUAL)
                with self.subTest(name, number=number):
                    self.assert_refused(envelope, reason="INTEGER coordinate")

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
