"""What a check found, as a table and as JSON."""

from __future__ import annotations

import json

from octree_cells import cell_of
from row_check import COLUMNS
from source_table import quoted
from target_table import TABLES


class Report:
    """The verdict over a whole target."""

    def __init__(self, source_rows, task, facts, result, seconds):
        self.source_rows = source_rows
        self.place, self.frame, self.expected = task.place, task.frame, task.expected
        self.facts, self.result, self.seconds = facts, result, seconds
        # A row that came twice would hide a missing one.
        seen = set(result.seen)
        self.missing = [number for at, number in enumerate(self.expected.numbers)
                        if at not in seen]
        self.extra = result.extra + len(result.seen) - len(seen)
        self.found = len(seen)
        self.faults = [*self._meta_faults(), *self._write_time_faults()]

    @property
    def agrees(self):
        """Whether the target is what the source says."""
        return not (self.missing or self.extra or self.result.differing or self.faults)

    def _meta_faults(self):
        """What the target says of itself, and should not."""
        meta = self.facts.meta
        low, extent = self.frame
        frame = json.loads(meta.get("frame", "{}"))
        if (frame.get("min"), frame.get("size")) != (list(low), list(extent)):
            yield "octoload_meta has another frame: %s" % frame
        for key, wanted in (("layout", self.place.layout), ("envelope_version", "1")):
            if meta.get(key) != wanted:
                yield "octoload_meta has %s %s, not %s" % (key, meta.get(key), wanted)

    def _write_time_faults(self):
        """A run has one write time, and octoload_state has the last run's."""
        times = self.result.write_times
        if len(times) > 1:
            yield "%d write times: %s" % (len(times), dict(times.most_common(5)))
        elif times and self.facts.last_run_us not in (None, *times):
            yield "write time %s, not the last run's %d" % (*times, self.facts.last_run_us)

    def examples(self):
        """A line for each of some rows that are not as they should be."""
        for number in self.missing[:10]:
            yield "level %d code %d: missing" % cell_of(number)
        for number in self.result.extra_keys:
            yield "level %d code %d: not in the source" % cell_of(number)
        for one in self.result.findings:
            yield "level %d code %d: %s is %s, not %s" % (
                one.level, one.code, one.column, one.found, one.expected)

    def as_json(self):
        """The report as an object."""
        return {
            "agrees": self.agrees, "layout": self.place.layout, "keyspace": self.place.keyspace,
            "sourceRows": self.source_rows, "rejected": dict(self.expected.rejected),
            "expected": len(self.expected), "found": self.found, "missing": len(self.missing),
            "extra": self.extra, "envelopesChecked": self.result.envelopes,
            "differing": {name: self.result.differing[name] for name in COLUMNS},
            "writeTimes": [str(time) for time in self.result.write_times][:10],
            "faults": self.faults, "examples": list(self.examples()),
            "query": self.query(), "seconds": self.seconds,
        }

    def query(self):
        """CQL that shows an expected row from the midst of all, for a person to look at."""
        if not self.expected.numbers:
            return None
        level, code = cell_of(self.expected.numbers[len(self.expected) // 2])
        where = ("morton_code = %d AND level = %d" % (code, level) if self.place.layout == "node"
                 else "level = %d AND tile = %d AND cell = %d" % (level, code >> 15, code & 0x7FFF))
        return "SELECT * FROM %s.%s WHERE %s" % (
            quoted(self.place.keyspace), TABLES[self.place.layout], where)

    def as_text(self):
        """The report as a table."""
        counts = [("rows in the source", self.source_rows)]
        counts += [("  rejected: " + why, n) for why, n in sorted(self.expected.rejected.items())]
        counts += [("expected keys", len(self.expected)), ("found", self.found),
                   ("missing", len(self.missing)), ("extra", self.extra),
                   ("envelopes opened", self.result.envelopes)]
        counts += [("differing: " + name, self.result.differing[name]) for name in COLUMNS]
        counts.append(("write times", len(self.result.write_times)))
        lines = ["%s, layout %s" % (self.place.keyspace, self.place.layout)]
        lines += ["  %-28s %12s" % (name, format(count, ",")) for name, count in counts]
        lines += ["  " + line for line in [*self.faults, *self.examples()]]
        times = ", ".join("%s %.0f s" % pair for pair in self.seconds.items())
        verdict = "all agree" if self.agrees else "NOT AS IT SHOULD BE"
        lines.append("  %s (%s)" % (verdict, times))
        return "\n".join([*lines, "  one of them: %s" % self.query()])
