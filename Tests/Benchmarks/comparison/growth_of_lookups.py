"""How lookups grow: with sessions, connections, event loops, misses, writes, and the size of what is asked for."""

from __future__ import annotations

import subprocess
from contextlib import ExitStack

from comparison.changes import writing
from comparison.cores import LOADING, SERVING
from comparison.dataset import Dataset
from comparison.growth import Curve, Point
from comparison.lookups import Sample, beside_redis, load, of, redis_load
from comparison.pairs import Compared, pairs
from comparison.servers import Redis, Sessiond
from comparison.stage import Stage
from comparison.warm_start import scanned, started

#: To the number of sessions of the run, a million.
SESSIONS = [0.01, 1, 5]
CONNECTIONS = [1, 10, 100, 1000]
IN_FLIGHT = [1, 16]
LOOPS = [1, 2]
#: Bytes of what a session holds.
DATA_BYTES = {"1 kB": 1_000, "50 kB": 50_000}
DATA_SESSIONS = 2_000
#: Writes to a hundred lookups.
WRITE_PERCENT = 1
UNLIMITED_MISSES = ("--max-misses", "0", "--max-misses-per-uid", "0")


def sessions(stage: Stage) -> list[Curve]:
    """Sessions: lookups/s, memory of each, and the warm start."""
    stage.stop_sessiond()
    lookup_points, memory_points, start_points = [], [], []
    for factor in SESSIONS:
        count = int(stage.options.sessions * factor)
        with ExitStack() as stack:
            smaller = Stage(stage.options._replace(sessions=count), stack)
            taken = pairs(stage.options.pairs, lambda s=smaller: started(s, "identities"), lambda s=smaller: scanned(s))
            label = f"{count:,}"
            memory = [(ours.bytes_per_session, peer.bytes_per_session) for ours, peer in taken]
            memory_points.append(Point(label, Compared.of(memory)))
            start_points.append(Point(label, Compared.of([(ours.per_second, peer.per_second) for ours, peer in taken])))
            lookup_points.append(Point(label, of(beside_redis(smaller, 16, 16), "per_second")))
    return [
        Curve("sessions.lookups", "Lookups at 16×16, by sessions", "Redis GET", "/s", lookup_points),
        Curve("sessions.memory", "Memory of a session, by sessions", "Redis used_memory", "B", memory_points),
        Curve("sessions.start", "Warm start, by sessions", "SCAN, MGET, PTTL in C", "sessions/s", start_points),
    ]


def connections(stage: Stage) -> list[Curve]:
    """Connections: lookups/s and p99."""
    curves = []
    for in_flight in IN_FLIGHT:
        taken = {f"{count:,}": beside_redis(stage, count, in_flight) for count in CONNECTIONS}
        for name, title, unit in (("per_second", "Lookups", "/s"), ("p99_us", "p99 of a lookup", "µs")):
            points = [Point(label, of(samples, name)) for label, samples in taken.items()]
            title = f"{title} with {in_flight} in flight on each connection, by connections"
            curves.append(Curve(f"connections.{in_flight}.{name}", title, "Redis GET", unit, points))
    return curves


def loops(stage: Stage) -> list[Curve]:
    """Event loops: lookups/s. More than one share all cores with the load."""
    help_text = subprocess.run([stage.options.sessiond, "serve", "--help"], stdout=subprocess.PIPE, text=True).stdout
    if "--event-loops" not in help_text:
        print("  skipped: this sessiond has no option --event-loops")
        return []
    points = []
    for count in LOOPS:
        core = SERVING if count == 1 else None
        with stage.another_sessiond("--event-loops", str(count), core=core) as daemon:
            taken = pairs(
                stage.options.pairs,
                lambda path=daemon.path: load(stage, "identity", path, 64, 16),
                lambda: redis_load(stage, 64, 16),
            )
        points.append(Point(str(count), of(taken, "per_second")))
    return [Curve("loops", "Lookups at 64×16, by event loops", "Redis GET", "/s", points)]


def mix(stage: Stage) -> list[Curve]:
    """Hits, misses (which Redis answers, by contract), and hits beside 1 % writes."""
    with stage.another_sessiond(*UNLIMITED_MISSES) as daemon:

        def mixed(invented: int, write_rates: tuple[float, float] = (0, 0)) -> Compared:
            """Compare lookups of which so many of a hundred are invented, while so many writes a second are made."""

            def ours() -> Sample:
                with writing(stage, stage.followed, write_rates[0]):
                    return load(stage, "identity", daemon.path, 16, 16, invented)

            def peer() -> Sample:
                with writing(stage, stage.bare, write_rates[1]):
                    return redis_load(stage, 16, 16, invented)

            return of(pairs(stage.options.pairs, ours, peer), "per_second")

        hits = mixed(0)
        rates = (hits.ours.median * WRITE_PERCENT / 100, hits.peer.median * WRITE_PERCENT / 100)
        points = [
            Point("hits", hits),
            Point("10 % misses", mixed(10)),
            Point("misses", mixed(100)),
            Point("1 % writes", mixed(0, rates)),
        ]
    return [Curve("mix", "Lookups at 16×16, by what they meet", "Redis GET", "/s", points)]


def get(stage: Stage) -> list[Curve]:
    """`session.get` of sessions that hold much, beside GET of their stored value."""
    points = []
    for label, data_bytes in DATA_BYTES.items():
        dataset = Dataset.made(stage.options.cache, DATA_SESSIONS, data_bytes)
        folder = stage.folder(f"get-{data_bytes}")
        words = (dataset.sessions, 0, dataset.count, 16, 1, stage.options.seconds, 0)
        with (
            Redis(folder, LOADING, dataset.dump) as redis,
            Sessiond(stage.options.sessiond, folder, redis.url(), folder / "state", SERVING) as daemon,
        ):
            daemon.settle()

            def peer(redis: Redis = redis, words: tuple[object, ...] = words) -> Sample:
                with stage.serving(redis):
                    return stage.programs.run("load", "redis", redis.path, *words)

            taken = pairs(
                stage.options.pairs,
                lambda path=daemon.path, words=words: stage.programs.run("load", "get", path, *words),
                peer,
            )
        points.append(Point(label, of(taken, "per_second")))
    return [Curve("get", "session.get at 16×1, by what a session holds", "Redis GET", "/s", points)]
