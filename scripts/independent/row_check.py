"""Compares one row of a target with the source's row."""

from __future__ import annotations

from octree_cells import preorder
from source_table import ABSENT, INTEGER, MAPPED, double_bits, typed

from envelope_decoder import EnvelopeError, decode

PLAIN_COLUMNS = ("material_id", "homogeneity", "children_mask", "last_modified")
# compressed_data: an envelope that cannot be opened; the names after it: what is in one.
COLUMNS = (*PLAIN_COLUMNS, "compressed_data", *MAPPED, "other columns")
AXES = ("X", "Y", "Z")


class Finding:
    """A difference: in which column of which cell, what was expected, what was found."""

    def __init__(self, column, row, expected, found):
        self.column = column
        self.number = preorder(row.level, row.code)
        self.level, self.code = row.level, row.code
        self.expected, self.found = shown(expected), shown(found)


def shown(value):
    """A value for people, not too long."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 100 else text[:97] + "..."


def plain_findings(row, expected, at):
    """Differences in the columns that are not the envelope."""
    wanted = (expected.materials[at], expected.homogeneity[at], expected.masks[at],
              expected.last_modified[at])
    found = (row.material_id, row.homogeneity, row.children_mask, row.last_modified)
    if wanted == found:
        return []
    return [Finding(column, row, one, other)
            for column, one, other in zip(PLAIN_COLUMNS, wanted, found) if one != other]


class EnvelopeCheck:
    """Opens envelopes and compares all they hold, values and storage classes, bit for bit."""

    def __init__(self, source, frame, column_sets):
        self.read_row = source.row_reader()
        self.source = source
        self.frame = frame
        self.column_sets = column_sets

    def findings(self, row, rowid):
        """Differences between an envelope and the source's row."""
        if row.compressed_data is None:
            return [Finding("compressed_data", row, "an envelope", "NULL")]
        try:
            opened = decode(row.compressed_data, row.level, row.code >> 15, row.code & 0x7FFF,
                            *self.frame, {})
        except EnvelopeError as error:
            return [Finding("compressed_data", row, "an envelope of this cell", str(error))]
        values = self.read_row(rowid)
        pairs = [*self._mapped(opened, values), *self._others(opened, values)]
        return [Finding(name, row, one, other) for name, one, other in pairs if one != other]

    def _mapped(self, opened, values):
        """Name, expected and found of what the envelope has a place of its own for."""
        by_name = {name: typed(value) if own else (ABSENT, None)
                   for name, own, value in zip(MAPPED, self.source.mapped, values)}
        for name in ("Id", "Density", "Created", "Metadata"):
            yield name, by_name[name], tuple(getattr(opened, name.lower()))
        for axis, name in enumerate(AXES):
            kind = getattr(opened, name.lower()).kind
            bits = double_bits(float(values[MAPPED.index(name)]))
            yield name, (by_name[name][0], bits), (kind, opened.coordinates[axis])
        # Their values are columns of the table; the envelope has their storage classes.
        yield "Level", INTEGER, opened.level.kind
        material = ABSENT if by_name["MaterialId"][0] == ABSENT else INTEGER
        yield "MaterialId", material, opened.material.kind

    def _others(self, opened, values):
        """The same of the unmapped columns."""
        names = self.column_sets.get(opened.column_set, []) if opened.column_set else []
        yield "other columns", self.source.others, names[:len(opened.extras)]
        for value, found in zip(values[len(MAPPED):], opened.extras):
            yield "other columns", typed(value), tuple(found)
