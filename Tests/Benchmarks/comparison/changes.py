"""How soon a change in Redis is in sessiond's memory, while others write sessions at an even rate.

An observer in C logs sessions in and out in Redis, and asks the cache from then on until it shows it, from memory:
sessiond by `user.sessions`, which asks no Redis; the peer, a follower in C, by a line of its own. So the time of the
answer that shows it, some microseconds, is in both figures. Of the follower it is known as well when it heard.
"""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from comparison.cores import SERVING
from comparison.pairs import Compared, pairs
from comparison.servers import Peer, Redis
from comparison.stage import Stage
from comparison.table import Row

#: What less than this share of the rate reaches was measured at another rate.
REACHED_MIN = 0.9
Sample = dict[str, Any]


@contextmanager
def writing(stage: Stage, redis: Redis, rate: float) -> Iterator[None]:
    """Have random sessions written at an even rate meanwhile."""
    words = (redis.path, stage.dataset.sessions, stage.dataset.values, stage.dataset.rewritten, rate)
    with subprocess.Popen(stage.programs.command("writer", *words), stdout=subprocess.PIPE, text=True) as process:
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            output, _ = process.communicate()
    if process.returncode != 0:
        raise SystemExit("the writer failed")
    written = json.loads(output)
    if (reached := written["writes"] / written["seconds"]) < rate * REACHED_MIN:
        print(f"  only {reached:.0f} of {rate:.0f} writes/s were reached")


def changes(stage: Stage) -> list[Row]:
    dataset = stage.dataset
    steps = count(0, stage.options.changes)

    def observe(redis: Redis, kind: str, path: object) -> Sample:
        first = dataset.count + next(steps) % (dataset.reserve - stage.options.changes)
        with writing(stage, redis, stage.options.rate):
            words = (redis.path, kind, path, dataset.sessions, dataset.values, first, stage.options.changes)
            return stage.programs.run("observer", *words)

    def ours() -> Sample:
        sample = observe(stage.followed, "sessiond", stage.sessiond.path)
        stage.sessiond.check_link()
        return sample

    def follower(how: str) -> Sample:
        with Peer(stage.programs.path("follower"), stage.folder("follower"), SERVING, stage.bare.path, how) as peer:
            return observe(stage.bare, "follower", peer.path)

    rows = []
    for change, how in (("del", "hear"), ("set", "get")):
        taken = pairs(stage.options.pairs, ours, lambda how=how: follower(how))
        for name in ("p50", "p99"):
            compared = Compared.of([(one[change][f"{name}_us"], two[change][f"{name}_us"]) for one, two in taken])
            rows.append(Row(f"{change}.{name}", compared))
        _tell_what_is_in_it(change, taken)
    return rows


def _tell_what_is_in_it(change: str, taken: list[tuple[Sample, Sample]]) -> None:
    question = Compared.of([(ours["question"]["p50_us"], peer["question"]["p50_us"]) for ours, peer in taken])
    heard = Compared.of([(ours[change]["p50_us"], peer[f"{change}_heard"]["p50_us"]) for ours, peer in taken])
    print(
        f"  {change}, p50: a question takes sessiond {question.ours.median:.0f} µs, the follower"
        f" {question.peer.median:.0f} µs; the follower itself knew after {heard.peer.median:.0f} µs"
    )
