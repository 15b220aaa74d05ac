"""The rows that a target has to hold, computed from the source."""

from __future__ import annotations

from array import array
from collections import Counter
from typing import NamedTuple

from created_times import created_us
from octree_cells import MAX_LEVEL, children_masks, homogeneities, morton_code, preorder
from source_table import sort_rank

MAX_METADATA = 16 << 20
LAYOUT_LEVELS = {"node": 21, "tile": 26}


class Claim(NamedTuple):
    """A source row's claim to a cell."""

    rowid: int
    id: object
    created: int | None  # microseconds
    material: object
    loadable: bool

    def rank(self):
        """Of several rows of a cell the highest stays."""
        newest = (self.created is not None, self.created or 0)
        return newest, sort_rank(self.id), self.rowid


class ExpectedRows:
    """One row a cell, in preorder.

    `rejected` counts the source rows that may not arrive, by reason.  The columns are as
    Cassandra's types hold them: mask a signed byte, homogeneity a float32.
    """

    def __init__(self, key_rows, frame, layout):
        self.rejected = Counter()
        claims = self._claims(key_rows, frame)
        order = sorted(claims)
        # What is derived counts a rejected row that has a cell, too; its material then is NULL.
        materials = [sound_material(claims[number].material) for number in order]
        masks = children_masks(order)
        shares = homogeneities(order, materials)
        self.numbers, self.place = [], {}
        self.rowids, self.last_modified = array("q"), array("q")
        self.masks, self.homogeneity, self.materials = array("b"), array("f"), []
        for at, number in enumerate(order):
            claim = claims[number]
            if not claim.loadable or number & 31 > LAYOUT_LEVELS[layout]:
                self.rejected["not loadable"] += 1
                continue
            self.place[number] = len(self.numbers)
            self.numbers.append(number)
            self.rowids.append(claim.rowid)
            self.materials.append(claim.material)
            self.masks.append(masks[at] - 256 if masks[at] > 127 else masks[at])
            self.homogeneity.append(shares[at])
            self.last_modified.append((claim.created or 0) // 1000)

    def __len__(self):
        return len(self.numbers)

    def _claims(self, key_rows, frame):
        """The winner of each cell, by preorder number."""
        claims = {}
        for rowid, row_id, x, y, z, level, material, created, size in key_rows:
            code, fault = cell_code((x, y, z), level, frame)
            if fault is not None:
                self.rejected[fault] += 1
                continue
            loadable = size is None or size <= MAX_METADATA
            loadable = loadable and sound_material(material) == material
            claim = Claim(rowid, row_id, created_us(created), material, loadable)
            number = preorder(level, code)
            other = claims.get(number)
            if other is not None:
                self.rejected["collision"] += 1
                if other.rank() > claim.rank():
                    continue
            claims[number] = claim
        return claims


def cell_code(point, level, frame):
    """The code of a row's cell, or None and why it has none."""
    if not isinstance(level, int) or not 0 <= level <= MAX_LEVEL:
        return None, "level"
    for value in point:
        if not isinstance(value, (int, float)) or int_is_inexact(value):
            return None, "coordinate"
    code = morton_code(tuple(map(float, point)), level, frame)
    return (None, "outside the frame") if code is None else (code, None)


def int_is_inexact(value):
    """Whether an integer is not exactly a double."""
    return isinstance(value, int) and int(float(value)) != value


def sound_material(material):
    """The material where it is a 32-bit integer, else None."""
    sound = isinstance(material, int) and -2 ** 31 <= material < 2 ** 31
    return material if sound else None
