"""Try many spoiled files: `python -m tests.fuzz scenario npz --count 100000 --seed 7`."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.fuzz.judging import Judged, bounds, judged, smaller
from tests.fuzz.reader import Reader
from tests.fuzz.readers import READERS


class Finding(NamedTuple):
    """A file that a reader neither read nor refused as it should."""

    number: int
    fault: str
    details: str
    content: bytes


class Tally(NamedTuple):
    """What came of many files: how many were read, and the first finding of each kind with how often it came."""

    read: int
    findings: dict[str, Finding]
    times: Counter[str]


def fuzz(reader: Reader, seed: int, count: int, first: int = 0) -> Tally:
    """Give a reader the spoiled files of these numbers."""
    read, findings, times = 0, {}, Counter[str]()
    with bounds():
        for number in range(first, first + count):
            content = reader.spoiled(seed, number)
            found = judged(reader.read, content)
            read += found.is_read
            if found.fault:
                times[found.fault] += 1
                if found.fault not in findings:
                    findings[found.fault] = _finding(reader, number, content, found)
    return Tally(read, findings, times)


def _finding(reader: Reader, number: int, content: bytes, found: Judged) -> Finding:
    shorter = smaller(content, lambda tried: judged(reader.read, tried).fault == found.fault)
    return Finding(number, found.fault, found.details, shorter)


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.fuzz", description=__doc__)
    parser.add_argument(
        "readers", nargs="*", metavar="READER", help=f"of {', '.join(READERS)}; all unless some are named"
    )
    parser.add_argument("--count", type=int, default=10_000, help="files for each reader")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="the number of the first file")
    parser.add_argument("--keep", type=Path, help="a folder for the files that are findings")
    given = parser.parse_args()
    unknown = [name for name in given.readers if name not in READERS]
    if unknown:
        parser.error(f"there is no reader {', '.join(unknown)}; there are {', '.join(READERS)}")
    return given


PIECE = 10_000
"""So many files between two lines about how far it has come."""


def _told(name: str, given: argparse.Namespace) -> Iterator[str]:
    """Lines about one reader, as it goes on."""
    known: set[str] = set()
    read, begun = 0, time.perf_counter()
    for done in range(0, given.count, PIECE):
        piece = min(PIECE, given.count - done)
        tally = fuzz(READERS[name](), given.seed, piece, given.first + done)
        read += tally.read
        for fault, finding in tally.findings.items():
            if fault not in known:
                known.add(fault)
                yield f"{name} {finding.number}: {fault}\n{finding.content[:300]!r}\n{finding.details}"
                _keep(given.keep, name, finding)
        seconds = time.perf_counter() - begun
        done += piece
        yield f"{name}: {done:,} files, {read:,} read, {len(known)} findings, {done / seconds:,.0f} a second"


def _keep(folder: Path | None, name: str, finding: Finding) -> None:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}-{finding.number}").write_bytes(finding.content)


def main() -> int:
    """Fuzz what was asked for; the status is 1 where there was a finding."""
    given = _parsed()
    lines = ""
    found_any = False
    for name in given.readers or READERS:
        for lines in _told(name, given):
            print(lines, flush=True)
            found_any = found_any or lines.startswith(f"{name} ")
    return int(found_any)


if __name__ == "__main__":
    sys.exit(main())
