"""The vectors and the example of docs/digest.md, by a reading of the page alone."""

from __future__ import annotations

import json
import re
import unittest
from pathlib import Path

from canonical_row import canonical, digest, set_of

PAGE = Path(__file__).parent / ".." / ".." / "docs" / "digest.md"


def section(heading):
    """The text of a section of the page, up to the next one."""
    text = PAGE.read_text(encoding="utf-8")
    return re.search(r"^## %s\n(.*?)(?=^## |\Z)" % re.escape(heading), text, re.M | re.S).group(1)


class PageTest(unittest.TestCase):
    """What the page says about itself."""

    maxDiff = None

    def setUp(self):
        blocks = re.findall(r"^```json\n(.*?)^```$", section("Test vectors"), re.M | re.S)
        self.assertEqual(len(blocks), 1)
        self.vectors = json.loads(blocks[0])
        self.assertGreater(len(self.vectors["rows"]), 10)

    def test_example(self):
        """The bytes that the page takes apart are those of the vector it names."""
        text = section("An example")
        name = re.search(r'"([^"]+)"', text).group(1)
        lines = re.search(r"^```text\n(.*?)^```$", text, re.M | re.S).group(1)
        written = "".join(re.findall(r"^(?:[0-9a-f]{2}(?: |$))+", lines, re.M)).replace(" ", "")
        row = next(row for row in self.vectors["rows"] if row["name"] == name)
        self.assertEqual(written, canonical(row).hex())

    def test_rows(self):
        """Each vector's row has its digest."""
        for row in self.vectors["rows"]:
            with self.subTest(row["name"]):
                self.assertEqual(digest(row), row["digest"])

    def test_distinct(self):
        """No two vectors have the same digest, so the comparison means something."""
        self.assertEqual(len({row["digest"] for row in self.vectors["rows"]}),
                         len(self.vectors["rows"]))

    def test_set(self):
        """The set of all rows, in any order, is the page's."""
        self.assertEqual(set_of(self.vectors["rows"]), self.vectors["set"])
        self.assertEqual(set_of(self.vectors["rows"][::-1]), self.vectors["set"])


if __name__ == "__main__":
    unittest.main()
