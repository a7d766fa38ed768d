"""Counts the machine instructions of a lookup, which do not depend on what else the machine does.

    make bench-instructions                  beside the figures that are committed; status 1 where one grew by over 3 %
    make bench-instructions BENCH=--write    keeps the figures, to be committed

The whole daemon runs under callgrind, twice for each figure: the runs are alike but for some thousand lookups, and the
figure is the difference of their instructions for each of these. All answers are checked. What the daemon does by the
clock is done as seldom as it can be, since the clock runs on while callgrind is slow.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from comparison.cores import SERVING
from comparison.dataset import Dataset
from comparison.programs import SOURCES, Programs
from comparison.servers import Redis, Sessiond
from machine import machine
from sessions import SECRET_KEY

COMMITTED = Path(__file__).parent / "results" / "instructions.json"
SESSIONS = 1_000
#: Connections, and questions in flight on each.
SHAPES = [(16, 1), (16, 16)]
#: Lookups of the shorter run, which warm up what is made once.
FEWER = 2_000
GROWTH_MAX = 0.03
#: What is done by the clock, as seldom as it can be.
QUIET = ("--max-staleness", "600", "--ping-interval", "60", "--link-timeout", "600", "--compare-interval", "0")


class Counter:
    """Runs of one daemon under callgrind, on a Redis with sessions that Django wrote."""

    def __init__(self, options: argparse.Namespace, stack: ExitStack) -> None:
        self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sd-")))
        (self._folder / "secret_key").write_text(SECRET_KEY + "\n")
        self._programs = Programs(options.cache / "programs")
        self._dataset = Dataset.made(options.cache, options.sessions)
        self._redis = stack.enter_context(Redis(self._folder, None, self._dataset.dump))
        self._output = self._folder / "callgrind.out"
        # Valgrind 3.19 gives up on the DWARF 5 of Swift's debug information.
        self._binary, preloaded = self._folder / "sessiond", self._folder / "sigsuspend.so"
        subprocess.run(["strip", "--strip-debug", "-o", self._binary, options.sessiond], check=True)
        source = SOURCES / "preloaded" / "sigsuspend.c"
        command = ["clang", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", preloaded, source]
        subprocess.run(command, check=True)
        self._wrapper = (
            *("env", f"LD_PRELOAD={preloaded}", "valgrind", "--tool=callgrind", "--quiet"),
            f"--callgrind-out-file={self._output}",
        )

    def total(self, connections: int, in_flight: int, count: int) -> int:
        """Return the instructions of a whole run with so many lookups."""
        state = Path(tempfile.mkdtemp(dir=self._folder))
        words = (str(self._binary), self._folder, self._redis.url(), state, SERVING, *QUIET)
        with Sessiond(*words, wrapper=self._wrapper) as daemon:
            daemon.settle()
            words = (daemon.path, self._dataset.sessions, 0, self._dataset.count, connections, in_flight, 0, count)
            self._programs.run("load", "identity", *words)
        totals = [line for line in self._output.read_text().splitlines() if line.startswith("totals:")]
        return int(totals[-1].split()[1])

    def per_lookup(self, connections: int, in_flight: int, lookups: int) -> float:
        fewer = self.total(connections, in_flight, FEWER)
        return (self.total(connections, in_flight, FEWER + lookups) - fewer) / lookups


def grown(figures: dict[str, float], committed: dict[str, Any]) -> list[str]:
    """Return in words what grew too much."""
    return [
        f"a lookup at {shape} takes {figure:.0f} instructions, {figure / before - 1:.1%} more than the committed "
        f"{before:.0f}: make it cheaper, or commit the new figure (BENCH=--write) and say why it had to grow"
        for shape, figure in figures.items()
        if (before := committed["instructions"].get(shape)) and figure > before * (1 + GROWTH_MAX)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessiond", required=True, help="a sessiond that was built for release")
    parser.add_argument("--cache", type=Path, required=True, help="where sessions and programs are kept")
    parser.add_argument("--sessions", type=int, default=SESSIONS)
    parser.add_argument("--lookups", type=int, default=10_000, help="by how many the runs differ (10000)")
    parser.add_argument("--write", action="store_true", help="keep the figures as those to compare with")
    options = parser.parse_args()

    figures = {}
    with ExitStack() as stack:
        counter = Counter(options, stack)
        for connections, in_flight in SHAPES:
            shape = f"{connections}x{in_flight}"
            figures[shape] = counter.per_lookup(connections, in_flight, options.lookups)
            print(f"{shape}: {figures[shape]:.0f} instructions a lookup", flush=True)
    about = machine()
    if options.write:
        kept = {name: about[name] for name in ("processor", "kernel", "date")}
        COMMITTED.parent.mkdir(exist_ok=True)
        COMMITTED.write_text(json.dumps({"machine": kept, "instructions": figures}, indent=1) + "\n")
        print(f"written to {COMMITTED.name}")
    elif not COMMITTED.exists():
        print("there are no committed figures to compare with: BENCH=--write makes them")
    else:
        committed = json.loads(COMMITTED.read_text())
        if committed["machine"]["processor"] != about["processor"]:
            # The C library chooses other routines for other processors.
            print(f"the committed figures were counted on another processor: {committed['machine']['processor']}")
        if sentences := grown(figures, committed):
            sys.exit("\n".join(sentences))
        print("no more than what is committed, within 3 %")


if __name__ == "__main__":
    main()
