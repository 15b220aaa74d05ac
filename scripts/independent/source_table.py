"""Reads a GeoPackage or SQLite table of octree rows with Python's own sqlite3."""

from __future__ import annotations

import sqlite3
import struct
from pathlib import Path

# In the order that rows come in; the names count in any case.
MAPPED = ("Id", "X", "Y", "Z", "Level", "MaterialId", "Density", "Metadata", "Created")
NEEDED = ("X", "Y", "Z", "Level")

# Storage classes, by the numbers that an envelope gives them.
ABSENT, INTEGER, REAL, TEXT, BLOB, NULL = range(6)


class SourceError(Exception):
    """The source is not what can be checked."""


class SourceTable:
    """The one table of a file that has X, Y, Z and Level."""

    def __init__(self, path, table=None):
        uri = Path(path).resolve().as_uri() + "?mode=ro"
        self.database = sqlite3.connect(uri, uri=True)
        # TEXT comes as str, bytes that are no UTF-8 as lone surrogates; BLOB comes as bytes.
        self.database.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        self.name = table or self._find()
        columns = self._columns(self.name)
        own = {name.lower(): name for name in columns}
        self.mapped = [own.get(name.lower()) for name in MAPPED]
        self.others = [name for name in columns if name not in self.mapped]
        self.rowid = next(name for name in ("rowid", "_rowid_", "oid") if name not in own)

    def _names(self):
        query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        return [name for (name,) in self.database.execute(query)]

    def _columns(self, table):
        return [name for (name,) in
                self.database.execute("SELECT name FROM pragma_table_info(?)", (table,))]

    def _find(self):
        fitting = [table for table in self._names()
                   if {name.lower() for name in NEEDED}
                   <= {name.lower() for name in self._columns(table)}]
        if len(fitting) != 1:
            raise SourceError("%d tables with %s; name one" % (len(fitting), ", ".join(NEEDED)))
        return fitting[0]

    def count(self):
        """How many rows there are."""
        return self.database.execute("SELECT count(*) FROM %s" % quoted(self.name)).fetchone()[0]

    def key_rows(self):
        """Of each row: its rowid, Id, X, Y, Z, Level, MaterialId, Created, bytes of Metadata."""
        parts = [quoted(name) if name else "NULL" for name in self.mapped]
        wanted = [*parts[:6], parts[8], "length(CAST(%s AS BLOB))" % parts[7]]
        return self.database.execute(
            "SELECT %s, %s FROM %s" % (self.rowid, ", ".join(wanted), quoted(self.name)))

    def row_reader(self):
        """A function of a rowid that gives its row: values of MAPPED, then of `others`."""
        names = [quoted(name) if name else "NULL" for name in self.mapped]
        names += map(quoted, self.others)
        query = "SELECT %s FROM %s WHERE %s = ?" % (
            ", ".join(names), quoted(self.name), self.rowid)
        execute = self.database.execute
        return lambda rowid: execute(query, (rowid,)).fetchone()


def quoted(name):
    """A name as SQL writes it."""
    return '"%s"' % name.replace('"', '""')


def typed(value):
    """Storage class and content of a value: an int, a double's bits, bytes or None."""
    if value is None:
        return NULL, None
    if isinstance(value, int):
        return INTEGER, value
    if isinstance(value, float):
        return REAL, double_bits(value)
    if isinstance(value, str):
        return TEXT, value.encode("utf-8", "surrogateescape")
    return BLOB, value


def double_bits(number):
    """The bits of a double."""
    return struct.unpack("<Q", struct.pack("<d", number))[0]


def sort_rank(value):
    """Orders values of all storage classes as SQLite does."""
    kind, content = typed(value)
    if kind == NULL:
        return (0,)
    return (1, value) if kind in (INTEGER, REAL) else (kind, content)
