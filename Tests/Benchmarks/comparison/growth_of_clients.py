"""What subscribers and idle connections cost."""

from __future__ import annotations

import resource
from argparse import Namespace
from contextlib import ExitStack

import connections as idle_connections
import events
from comparison.growth import Curve, Point
from comparison.pairs import Compared
from comparison.stage import Stage
from spread import percentile

SUBSCRIBERS = [1, 100, 1000]
#: Logouts of a sample, and how many a second: each goes to all subscribers.
LOGOUTS, RATE = 200, 50
IDLE = 10_000


def raise_open_files() -> int:
    """Raise the limit of open files as far as it goes, for what is started from here as well, and return it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def subscribers(stage: Stage) -> list[Curve]:
    """From a DEL to its event at the first of so many subscribers, beside a bare subscriber of Redis."""
    raise_open_files()
    programs = stage.programs
    options = Namespace(
        sessiond=stage.options.sessiond,
        listener=programs.path("listener"),
        subscriber=programs.path("subscriber"),
        folder=None,
        sync="normal",
        samples=LOGOUTS,
    )
    samples: dict[tuple[str, int], list[tuple[float, float]]] = {}
    with ExitStack() as stack:
        bench = events.Bench(options, stack)
        for _ in range(stage.options.pairs):
            for count in SUBSCRIBERS:
                lag = bench.lag(count, rate=RATE)
                for percent in (50, 99):
                    figures = (percentile(lag["event"], percent), percentile(lag["message"], percent))
                    samples.setdefault((f"{count:,}", percent), []).append(figures)
    return [
        Curve(
            f"subscribers.p{percent}",
            f"From a DEL to its event, p{percent}, {RATE} a second, by subscribers",
            "bare PSUBSCRIBE in C",
            "µs",
            [Point(label, Compared.of(taken)) for (label, of), taken in samples.items() if of == percent],
        )
        for percent in (50, 99)
    ]


def idle(stage: Stage) -> list[Curve]:
    """Memory of idle connections in KiB each: there is no peer, so that the ratio is to 1 KiB."""
    count = min(IDLE, raise_open_files() - 1000)
    options = Namespace(sessiond=stage.options.sessiond, count=count)
    points = []
    for name, act in idle_connections.LINES.items():
        figure = idle_connections.measure(options, act)["per_connection_kib"]
        points.append(Point(name, Compared.of([(figure, 1.0)])))
    return [Curve("idle", f"Memory of {count:,} idle connections that", "1 KiB", "KiB each", points)]
