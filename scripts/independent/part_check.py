"""Checks a target against the rows it has to hold, part by part of its ring, in processes."""

from __future__ import annotations

import multiprocessing
from array import array
from collections import Counter
from typing import NamedTuple

from expected_rows import ExpectedRows
from octree_cells import preorder
from row_check import EnvelopeCheck, plain_findings
from source_table import SourceTable
from target_table import RANGES, Place, TargetTable

EXAMPLES = 10


class Task(NamedTuple):
    """All that a process has to know."""

    source_path: str
    source_table: str
    place: Place
    frame: tuple
    expected: ExpectedRows
    sampled: bytes  # 1 for each expected row whose envelope is opened


class Result:
    """What was found, of a part or of all."""

    def __init__(self):
        self.seen = array("I")  # places of expected rows
        self.extra = 0
        self.extra_keys = []  # some of their preorder numbers
        self.differing = Counter()  # rows, by column
        self.findings = []  # some of them
        self.envelopes = 0
        self.write_times = Counter()

    def add(self, other):
        """Takes another part in."""
        self.seen.extend(other.seen)
        self.extra += other.extra
        self.extra_keys = sorted(self.extra_keys + other.extra_keys)[:EXAMPLES]
        self.differing.update(other.differing)
        self.findings += other.findings
        self.envelopes += other.envelopes
        self.write_times.update(other.write_times)
        self.trim()

    def trim(self):
        """Keeps the examples that come first in the octree."""
        self.findings = sorted(self.findings, key=lambda one: one.number)[:EXAMPLES]


class Facts(NamedTuple):
    """What a target records of itself."""

    meta: dict
    last_run_us: int | None


class _Worker:
    """A process's own connections: none of them survives a fork."""

    def __init__(self, task):
        self.expected, self.sampled = task.expected, task.sampled
        self.target = TargetTable(task.place)
        source = SourceTable(task.source_path, task.source_table)
        self.envelopes = EnvelopeCheck(source, task.frame, self.target.column_sets())

    def facts(self):
        """For the report."""
        return Facts(self.target.meta(), self.target.last_run_us())

    def check_part(self, part):
        """The rows of one part of the ring."""
        result = Result()
        for row in self.target.rows(part):
            self._check_row(row, result)
        result.trim()
        return result

    def _check_row(self, row, result):
        number = preorder(row.level, row.code)
        at = self.expected.place.get(number)
        if at is None:
            result.extra += 1
            if len(result.extra_keys) < EXAMPLES:
                result.extra_keys.append(number)
            return
        result.seen.append(at)
        if row.compressed_data is not None:
            result.write_times[row.write_time] += 1
        findings = plain_findings(row, self.expected, at)
        if self.sampled[at]:
            result.envelopes += 1
            findings += self.envelopes.findings(row, self.expected.rowids[at])
        if findings:
            result.differing.update({one.column for one in findings})
            result.findings += findings


# Of this process: what forked processes inherit, and what each makes of it.
_inherited: list[Task] = []
_own: list[_Worker] = []


def _worker():
    # Not as the pool's initializer: there a failure would be tried again for ever.
    if not _own:
        _own.append(_Worker(_inherited[-1]))
    return _own[0]


def _facts():
    return _worker().facts()


def _check_part(part):
    return _worker().check_part(part)


def check_target(task, processes, tell):
    """Facts and one Result of all parts.

    `tell` is called with the number of rows after each part.
    """
    _inherited.append(task)
    total = Result()
    # Forked, so that the expected rows are there without being copied.
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        facts = pool.apply(_facts)
        for result in pool.imap_unordered(_check_part, range(RANGES)):
            total.add(result)
            tell(len(total.seen) + total.extra)
    return facts, total
