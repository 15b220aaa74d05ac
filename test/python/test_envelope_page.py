"""The decoder against the vectors of docs/envelope.md."""

from __future__ import annotations

import json
import re
import unittest
from pathlib import Path

from envelope_case import EnvelopeTest
from envelope_decoder import decode

PAGE = Path(__file__).parent / ".." / ".." / "docs" / "envelope.md"


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

    def test_example(self):
        """The bytes that the page takes apart are those of the vector it names."""
        section = PAGE.read_text(encoding="utf-8").partition("\n## An example\n")[2]
        name = re.search(r'"([^"]+)"', section).group(1)
        lines = re.search(r"^```text\n(.*?)^```$", section, re.M | re.S).group(1)
        shown = "".join(re.findall(r"^(?:[0-9a-f]{2} )+", lines, re.M)).replace(" ", "")
        self.assertIn((name, shown), [(v["name"], v["envelope"]) for v in self.vectors])

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


if __name__ == "__main__":
    unittest.main()
