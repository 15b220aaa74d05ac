"""What the tests of the decoder have in common."""

from __future__ import annotations

import math
import unittest

import envelope_decoder as decoder
from envelope_decoder import EnvelopeError, decode
from envelope_encoder import DICTIONARY, PLACE, low_bytes


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

    def residuals(self, **coordinates):
        """The residuals at PLACE that make these coordinates; of the others, none."""
        level, tile, cell, low, extent = PLACE
        bits = decoder.centre(level, tile << 15 | cell, low, extent)
        return [low_bytes(bits[axis] ^ decoder.double_bits(coordinates[name]))
                if name in coordinates else b"" for axis, name in enumerate("xyz")]

    def assert_refused(self, envelope, place=PLACE, dictionaries=None, reason=""):
        """The envelope is refused, for this reason."""
        with self.assertRaisesRegex(EnvelopeError, reason):
            decode(envelope, *place, dictionaries or {})
