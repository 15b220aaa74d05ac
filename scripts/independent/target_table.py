"""Reads a whole Cassandra table by token ranges with the Python driver."""

from __future__ import annotations

import json
from typing import NamedTuple

from cassandra import ConsistencyLevel
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
from cassandra.policies import DCAwareRoundRobinPolicy
from cassandra.query import SimpleStatement, tuple_factory

FETCH_ROWS = 5000
RANGES = 128
FIRST_TOKEN = -2 ** 63

TABLES = {"node": "octree_nodes", "tile": "octree_tiles"}
PARTITION_KEYS = {"node": "morton_code", "tile": "level, tile"}
KEYS = {"node": "morton_code, level", "tile": "level, tile, cell"}


class Row(NamedTuple):
    """A row of either layout."""

    level: int
    code: int
    material_id: int | None
    homogeneity: float
    children_mask: int
    compressed_data: bytes
    last_modified: int
    write_time: int


class Place(NamedTuple):
    """Where a target is."""

    host: str
    port: int
    dc: str
    keyspace: str
    layout: str


class TargetTable:
    """The rows of one keyspace, and what it records of itself."""

    def __init__(self, place):
        self.place = place
        profile = ExecutionProfile(
            load_balancing_policy=DCAwareRoundRobinPolicy(local_dc=place.dc),
            consistency_level=ConsistencyLevel.LOCAL_QUORUM, request_timeout=60,
            row_factory=tuple_factory)
        self.cluster = Cluster([place.host], port=place.port,
                               execution_profiles={EXEC_PROFILE_DEFAULT: profile})
        self.session = self.cluster.connect()

    def close(self):
        """Ends the session."""
        self.cluster.shutdown()

    def _name(self, table):
        return '"%s".%s' % (self.place.keyspace.replace('"', '""'), table)

    def meta(self):
        """What the target records of itself: text by key."""
        return dict(self.session.execute("SELECT key, value FROM %s" % self._name("octoload_meta")))

    def column_sets(self):
        """Names of unmapped columns, by the number that envelopes have."""
        sets = [json.loads(value) for key, value in self.meta().items()
                if key.startswith("column_set:")]
        return {int(one["number"]): [column["name"] for column in one["columns"]] for one in sets}

    def last_run_us(self):
        """The write time of the last run."""
        query = ("SELECT value FROM %s WHERE scope = 'write-times' AND key = 'last-run-us'"
                 % self._name("octoload_state"))
        row = self.session.execute(query).one()
        return None if row is None else int(row[0])

    def rows(self, part):
        """The rows whose tokens lie in part 0..RANGES-1 of the ring."""
        layout = self.place.layout
        width = 2 ** 64 // RANGES
        first = FIRST_TOKEN + part * width
        token = "token(%s)" % PARTITION_KEYS[layout]
        query = ("SELECT %s, material_id, homogeneity, children_mask, compressed_data,"
                 " last_modified, WRITETIME(compressed_data) FROM %s WHERE %s >= %d AND %s <= %d"
                 % (KEYS[layout], self._name(TABLES[layout]), token, first, token,
                    first + width - 1))
        statement = SimpleStatement(query, fetch_size=FETCH_ROWS)
        for row in self.session.execute(statement):
            if layout == "node":
                code, level, *columns = row
            else:
                level, tile, cell, *columns = row
                code = tile << 15 | cell
            yield Row(level, code, *columns)
