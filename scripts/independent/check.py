"""Whether a Cassandra target holds what a GeoPackage says it has to hold.

An independent check: Python's sqlite3 reads the source, the Python driver reads the target, and
nothing of octoload's own code is used.  Needs the package cassandra-driver (cqlsh brings it).

    python3 scripts/independent/check.py earth.gpkg --host 127.0.0.1 --keyspace bluemarble

Exits 0 when all agrees, 6 when something differs, 3 when it cannot begin, 5 when it fails.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from pathlib import Path

# The decoder that the envelope's page is tested with; it is written from that page alone.
sys.path.insert(1, str(Path(__file__).resolve().parents[2] / "test" / "python"))

from expected_rows import LAYOUT_LEVELS, ExpectedRows
from octree_cells import FRAMES
from source_table import SourceError, SourceTable

AGREES, CANNOT_BEGIN, FAILED, DIFFERS = 0, 3, 5, 6


def read_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.error = lambda message: parser.exit(CANNOT_BEGIN, "%s\n" % message)
    parser.add_argument("source")
    parser.add_argument("--table", help="of the source, where several fit")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9042)
    parser.add_argument("--dc", default="datacenter1")
    parser.add_argument("--keyspace", default="bluemarble")
    parser.add_argument("--layout", choices=[*LAYOUT_LEVELS], default="node")
    parser.add_argument("--frame", choices=[*FRAMES], default="centred")
    parser.add_argument("--envelopes", type=int, help="open so many, sampled; by default all")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--processes", type=int, default=min(4, os.cpu_count() or 1))
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def sample(count, wanted, seed):
    """1 for each of `wanted` of `count` rows, 0 for the others; by default all."""
    if wanted is None or wanted >= count:
        return b"\1" * count
    chosen = bytearray(count)
    for at in random.Random(seed).sample(range(count), wanted):
        chosen[at] = 1
    return bytes(chosen)


def tell(text):
    """Progress, for a person who waits."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K%s" % text)
        sys.stderr.flush()


def check(arguments):
    """The report over a target."""
    from check_report import Report
    from part_check import Task, check_target
    from target_table import Place

    started = time.monotonic()
    tell("reading %s" % arguments.source)
    source = SourceTable(arguments.source, arguments.table)
    frame = FRAMES[arguments.frame]
    expected = ExpectedRows(source.key_rows(), frame, arguments.layout)
    place = Place(arguments.host, arguments.port, arguments.dc, arguments.keyspace,
                  arguments.layout)
    sampled = sample(len(expected), arguments.envelopes, arguments.seed)
    task = Task(arguments.source, source.name, place, frame, expected, sampled)
    computed = time.monotonic()
    facts, result = check_target(task, arguments.processes, lambda rows: tell("%d rows" % rows))
    seconds = {"expecting": computed - started, "checking": time.monotonic() - computed}
    tell("")
    return Report(source.count(), task, facts, result, seconds)


def main():
    """The program's exit code."""
    arguments = read_arguments()
    try:
        import cassandra.cluster  # noqa: F401
    except ImportError as error:
        print("the Python package cassandra-driver is missing: %s" % error, file=sys.stderr)
        return CANNOT_BEGIN
    try:
        report = check(arguments)
    except SourceError as error:
        print(error, file=sys.stderr)
        return CANNOT_BEGIN
    except Exception as error:  # whatever the driver or SQLite has
        print("%s: %s" % (type(error).__name__, error), file=sys.stderr)
        return FAILED
    print(json.dumps(report.as_json()) if arguments.json else report.as_text())
    return AGREES if report.agrees else DIFFERS


if __name__ == "__main__":
    sys.exit(main())
