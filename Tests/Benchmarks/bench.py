"""Measures sessiond beside Redis and beside programs in C: every figure is a ratio of pairs of one run.

    make bench                                  the table
    make bench BENCH=full                       the table, and how figures grow
    make bench BENCH="--only lookups --only cpu"
    make bench BENCH="full --only growth.sessions --pairs 9 --sessions 100000"

Sessions are written by Django, once, and kept in the cache with Redis's dump of them. sessiond and its peers take turns
on one core, the load runs on another one. Every answer is checked, and a wrong one ends the run. Nothing is asserted
about time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "Clients/python/tests/support"))

from comparison import growth, growth_of_clients, growth_of_lookups, results, table  # noqa: E402
from comparison.changes import changes  # noqa: E402
from comparison.cores import LOADING, SERVING  # noqa: E402
from comparison.flood import flood  # noqa: E402
from comparison.lookups import cpu, lookups  # noqa: E402
from comparison.shop_day import day  # noqa: E402
from comparison.stage import Options, Stage  # noqa: E402
from comparison.warm_start import warm_start  # noqa: E402
from machine import machine  # noqa: E402

#: In the order in which they are taken: starts come before the daemon that all others ask.
ROWS: dict[str, Callable[[Stage], list[table.Row]]] = {
    "warm_start": warm_start,
    "lookups": lookups,
    "cpu": cpu,
    "changes": changes,
    "flood": flood,
}
CURVES: dict[str, Callable[[Stage], list[growth.Curve]]] = {
    "growth.connections": growth_of_lookups.connections,
    "growth.day": day,
    "growth.mix": growth_of_lookups.mix,
    "growth.loops": growth_of_lookups.loops,
    "growth.sessions": growth_of_lookups.sessions,
    "growth.get": growth_of_lookups.get,
    "growth.subscribers": growth_of_clients.subscribers,
    "growth.idle": growth_of_clients.idle,
}
PAIRS_MIN = 5
#: With what the demanded ratios have to be reached.
DEMANDED = {"sessions": 1_000_000, "rate": 10_000}
SHORT_SECONDS, FULL_SECONDS = 0.6, 2.0


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("form", nargs="?", choices=["short", "full"], default="short", help="full: curves, too")
    parser.add_argument("--sessiond", required=True, help="a sessiond that was built for release")
    parser.add_argument("--cache", type=Path, required=True, help="where sessions and programs are kept")
    parser.add_argument("--plotter", help="a Python with matplotlib; without it nothing is drawn")
    parser.add_argument("--only", action="append", choices=[*ROWS, *CURVES], help="only this part; may be repeated")
    parser.add_argument("--sessions", type=int, default=DEMANDED["sessions"], help="how many sessions (1000000)")
    parser.add_argument("--pairs", type=int, default=PAIRS_MIN, help=f"fewer than {PAIRS_MIN} say nothing")
    parser.add_argument("--seconds", type=float, help=f"of a sample ({SHORT_SECONDS}; full: {FULL_SECONDS})")
    parser.add_argument("--changes", type=int, default=600, help="logins and logouts of a sample (600)")
    parser.add_argument("--rate", type=int, default=DEMANDED["rate"], help="writes a second meanwhile (10000)")
    parser.add_argument("--flood", type=int, default=200_000, help="writes of a sample of the flood (200000)")
    options = parser.parse_args()
    if options.seconds is None:
        options.seconds = FULL_SECONDS if options.form == "full" else SHORT_SECONDS
    return options


def chosen(options: argparse.Namespace) -> list[str]:
    if options.only:
        return list(options.only)
    return [*ROWS, *CURVES] if options.form == "full" else [*ROWS]


def measured(options: argparse.Namespace, stage: Stage) -> tuple[list[table.Row], list[growth.Curve]]:
    """Take the chosen parts; rows come in the order of the table."""
    parts, rows, curves = chosen(options), [], []
    for name in [*ROWS, *CURVES]:
        if name in parts:
            began = monotonic()
            print(f"{name} …", flush=True)
            if name in ROWS:
                taken = ROWS[name](stage)
                rows += taken
                # At once: should a later part find something wrong, these are known.
                for row in taken:
                    print(f"  {row.figure.title}: {row.compared.ratio.text()} {row.figure.demand}")
            else:
                curves += CURVES[name](stage)
            print(f"  {monotonic() - began:.0f} s", flush=True)
    order = list(table.FIGURES)
    return sorted(rows, key=lambda row: order.index(row.key)), curves


def write(options: argparse.Namespace, figures: dict[str, object]) -> Path:
    """Write the figures, and draw them, in a folder of this run."""
    folder = options.cache / datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S")
    folder.mkdir(parents=True)
    (folder / "results.json").write_text(json.dumps(figures, indent=1) + "\n")
    if options.plotter:
        command = [options.plotter, HERE / "comparison/plot.py", folder / "results.json", folder / "plot.svg"]
        subprocess.run(command, check=True)
    return folder


def main() -> None:
    options = parsed()
    about = machine()
    if LOADING is not None:
        os.sched_setaffinity(0, {LOADING})
    with ExitStack() as stack:
        stage = Stage(Options(*(getattr(options, name) for name in Options._fields)), stack)
        about["redis"] = stage.bare.info("redis_version")
        about |= {name: getattr(options, name) for name in ("sessions", "pairs", "seconds", "rate", "changes", "flood")}
        load = " ".join(f"{average:.2f}" for average in about["load_before"])
        print(f"{about['processor']}, {about['cores']} cores, Linux {about['kernel']}, load {load}")
        print(f"Redis {about['redis']}, {options.sessions:,} sessions, {options.pairs} pairs of {options.seconds:g} s")
        cores = "everything shares one core" if SERVING is None else f"servers on core {SERVING}, load on {LOADING}"
        print(cores + "\n", flush=True)
        rows, curves = measured(options, stage)
    about["load_after"] = os.getloadavg()
    if rows:
        print("\n" + table.markdown(rows))
    print()
    for curve in curves:
        print(growth.markdown(curve) + "\n")
    different = [
        f"--{name} {getattr(options, name):,} instead of {demanded:,}"
        for name, demanded in DEMANDED.items()
        if getattr(options, name) != demanded
    ]
    if different:
        print(f"taken with {', '.join(different)}: what is demanded is not of these sizes")
    if options.pairs < PAIRS_MIN:
        print(f"fewer than {PAIRS_MIN} pairs: these figures say nothing")
    if rows and (last := results.last_committed()):
        print("\n".join(results.compared(rows, *last)))
    print("load afterwards", *(f"{average:.2f}" for average in about["load_after"]))
    print(f"written to {write(options, results.written(about, rows, curves))}")


if __name__ == "__main__":
    main()
