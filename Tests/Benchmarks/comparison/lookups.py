"""Lookups a second, how long the slowest take, and what they cost in time of a core."""

from __future__ import annotations

from typing import Any

from comparison.pairs import Compared, pairs
from comparison.servers import Peer, Sessiond
from comparison.stage import Stage
from comparison.table import Row

#: Connections, and questions in flight on each.
SHAPES = [(16, 1), (16, 16), (64, 64), (1, 1)]
P99_SHAPES = [(16, 1), (16, 16)]
Sample = dict[str, Any]


def load(stage: Stage, protocol: str, path: object, connections: int, in_flight: int, invented: int = 0) -> Sample:
    """Look up random sessions, all answers checked, and return the generator's figures."""
    words = (stage.dataset.sessions, 0, stage.dataset.count, connections, in_flight, stage.options.seconds, 0, invented)
    return stage.programs.run("load", protocol, path, *words)


def redis_load(stage: Stage, connections: int, in_flight: int, invented: int = 0) -> Sample:
    """The same of the Redis that nobody follows, by GET."""
    with stage.serving(stage.bare) as redis:
        return load(stage, "redis", redis.path, connections, in_flight, invented)


def beside_redis(stage: Stage, connections: int, in_flight: int) -> list[tuple[Sample, Sample]]:
    return pairs(
        stage.options.pairs,
        lambda: load(stage, "identity", stage.sessiond.path, connections, in_flight),
        lambda: redis_load(stage, connections, in_flight),
    )


def of(samples: list[tuple[Sample, Sample]], name: str) -> Compared:
    """Return one figure of samples."""
    return Compared.of([(ours[name], peer[name]) for ours, peer in samples])


def lookups(stage: Stage) -> list[Row]:
    rows = []
    for connections, in_flight in SHAPES:
        name, taken = f"{connections}x{in_flight}", beside_redis(stage, connections, in_flight)
        rows.append(Row(f"lookups.{name}", of(taken, "per_second")))
        if (connections, in_flight) in P99_SHAPES:
            rows.append(Row(f"p99.{name}", of(taken, "p99_us")))
    return rows


def cpu(stage: Stage) -> list[Row]:
    connections, in_flight = 16, 16

    def microseconds(server: Sessiond | Peer, protocol: str) -> float:
        before = server.cpu_nanoseconds()
        sample = load(stage, protocol, server.path, connections, in_flight)
        return float(server.cpu_nanoseconds() - before) / 1000 / float(sample["lookups"])

    taken = pairs(
        stage.options.pairs,
        lambda: microseconds(stage.sessiond, "identity"),
        lambda: microseconds(stage.fixed_server, "fixed"),
    )
    return [Row(f"cpu.{connections}x{in_flight}", Compared.of(taken))]
