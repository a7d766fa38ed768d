"""Times sessiond's decoder beside Django's own, for the commonest shapes of stored sessions.

Django writes the values in this run; each is read once by both and must say the same. Then both are timed in turn, in
batches of some milliseconds: ours, Django's, Django's, ours. Such a round gives one ratio, from which a steady drift of
the machine falls out, and beside it the ratio of our two batches to one another, which a quiet machine makes 1: it says
how far the machine alone moves a figure. Medians are over the rounds; what is in brackets is the least and the most.

Nothing is asserted about time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from machine import machine
from sessions import SECRET_KEY
from spread import Spread

HERE = Path(__file__).parent


class Shape(NamedTuple):
    name: str
    peer: str
    title: str


SHAPES = [
    Shape("login", "django", "login, JSON, zlib"),
    Shape("login-plain", "django", "login, JSON, uncompressed"),
    Shape("shop", "django", "login, basket, JSON, zlib"),
    Shape("nobody", "django", "nobody, empty, JSON"),
    Shape("login-legacy", "django32", "login, JSON, legacy"),
    Shape("login-legacy-pickle2", "django32", "login, pickle 2, legacy"),
    Shape("login-pickle", "django32", "login, pickle 5, zlib"),
    Shape("login-cache", "django", "login, RedisCache (pickle 5)"),
    Shape("shop-cache", "django", "login, basket, RedisCache (pickle 5)"),
    Shape("shop-pickle-zlib", "django", "login, basket, django-redis pickle, zlib"),
    Shape("login-json", "django", "login, django-redis JSON"),
    Shape("login-msgpack", "django", "login, django-redis msgpack"),
    Shape("50kB", "django", "50 kB, JSON, zlib"),
    Shape("200kB-cache", "django", "200 kB, RedisCache (pickle 5)"),
]


class Process:
    """One of the programs that are timed."""

    def __init__(self, *command: str) -> None:
        self._process = subprocess.Popen(
            [*command, SECRET_KEY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, *request: object) -> str:
        assert self._process.stdin is not None and self._process.stdout is not None
        print(*request, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            sys.exit(f"{self._process.args} ended")
        return answer.rstrip("\n")

    def timer(self, shape: str, batch_milliseconds: float) -> Callable[[], float]:
        """Return what times one batch, and gives microseconds for one value."""
        count, wanted = 1, batch_milliseconds * 1e6
        while (took := int(self.ask("time", shape, count))) < wanted / 4:
            count *= 2
        count = max(1, round(count * wanted / took))
        return lambda: int(self.ask("time", shape, count)) / count / 1000

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def measure(shape: Shape, ours: Process, django: Process, rounds: int, batch_milliseconds: float) -> dict[str, Any]:
    written = json.loads(django.ask("write", shape.name))
    answer = ours.ask("read", shape.name, written["encoding"], written["value"])
    try:
        same = json.loads(answer) == written["session"]
    except ValueError:
        same = False
    if not same:
        sys.exit(f"{shape.name}: Django reads {written['session']}, sessiond {answer}")

    our_batch, django_batch = (side.timer(shape.name, batch_milliseconds) for side in (ours, django))
    turns = [(our_batch(), django_batch(), django_batch(), our_batch()) for _ in range(rounds)]
    return {
        "shape": shape.name,
        "title": shape.title,
        "peer": shape.peer,
        "bytes": len(written["value"]) // 2,
        "ours_us": Spread.of([(first + last) / 2 for first, _, _, last in turns])._asdict(),
        "django_us": Spread.of([(first + last) / 2 for _, first, last, _ in turns])._asdict(),
        "ratio": Spread.of([(d1 + d2) / (o1 + o2) for o1, d1, d2, o2 in turns])._asdict(),
        "ours_to_itself": Spread.of([o1 / o2 for o1, _, _, o2 in turns])._asdict(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", required=True, help="the built DecoderBenchmark")
    parser.add_argument("--django", required=True, help="a Python with the current Django and django-redis")
    parser.add_argument("--django32", required=True, help="a Python with Django 3.2")
    parser.add_argument("--rounds", type=int, default=15, help="at least 5")
    parser.add_argument("--batch-ms", type=float, default=20)
    parser.add_argument("--shape", action="append", choices=[shape.name for shape in SHAPES], help="only this one")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args()
    if options.rounds < 5:
        parser.error("fewer than 5 rounds say nothing")

    about = machine()
    load = " ".join(f"{average:.2f}" for average in about["load_before"])
    print(f"{about['processor']}, {about['cores']} cores, load {load}, Python {about['python']}")
    print(f"{options.rounds} rounds, batches of {options.batch_ms:g} ms; medians in µs, in brackets least and most\n")
    print(f"{'shape':42}{'bytes':>7}{'ours':>9}{'Django':>9}   {'Django / ours':24}{'ours / ours':24}")

    peer = str(HERE / "peer.py")
    sides = {
        "ours": Process(options.ours),
        "django": Process(options.django, peer),
        "django32": Process(options.django32, peer),
    }
    figures = []
    for shape in SHAPES:
        if options.shape and shape.name not in options.shape:
            continue
        figure = measure(shape, sides["ours"], sides[shape.peer], options.rounds, options.batch_ms)
        figures.append(figure)
        print(
            f"{shape.title:42}{figure['bytes']:7}{figure['ours_us']['median']:9.2f}{figure['django_us']['median']:9.2f}"
            f"   {Spread(**figure['ratio']).text():24}{Spread(**figure['ours_to_itself']).text():24}",
            flush=True,
        )
    for side in sides.values():
        side.stop()
    about["load_after"] = os.getloadavg()
    print("\nload afterwards", *(f"{average:.2f}" for average in about["load_after"]))
    if options.json:
        options.json.write_text(json.dumps({"machine": about, "figures": figures}, indent=1) + "\n")


if __name__ == "__main__":
    main()
