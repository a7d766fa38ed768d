"""The figures of the table: what each is, beside what, and what must be reached."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

from comparison.pairs import Compared
from spread import Spread, worth


class Figure(NamedTuple):
    title: str
    peer: str
    unit: str
    #: The ratio that must be reached, by at least or by at most; None where it is only shown.
    floor: float | None
    is_least: bool

    @property
    def demand(self) -> str:
        return "" if self.floor is None else f"{'≥' if self.is_least else '≤'} {self.floor:g}"

    def is_reached(self, ratio: float) -> bool | None:
        if self.floor is None:
            return None
        return ratio >= self.floor if self.is_least else ratio <= self.floor


def _at_least(title: str, peer: str, unit: str, floor: float | None) -> Figure:
    return Figure(title, peer, unit, floor, is_least=True)


def _at_most(title: str, peer: str, unit: str, floor: float | None) -> Figure:
    return Figure(title, peer, unit, floor, is_least=False)


#: In the order in which they are shown.
FIGURES: dict[str, Figure] = {
    "lookups.16x1": _at_least("lookups/s, 16 connections, 1 in flight each", "Redis GET", "/s", 1.4),
    "lookups.16x16": _at_least("lookups/s, 16 connections, 16 in flight each", "Redis GET", "/s", 5),
    "lookups.64x64": _at_least("lookups/s, 64 connections, 64 in flight each", "Redis GET", "/s", 8),
    "lookups.1x1": _at_least("lookups/s, 1 connection, 1 in flight", "Redis GET", "/s", 0.95),
    "p99.16x1": _at_most("p99 of a lookup, 16 connections, 1 in flight each", "Redis GET", "µs", 1),
    "p99.16x16": _at_most("p99 of a lookup, 16 connections, 16 in flight each", "Redis GET", "µs", 0.25),
    "cpu.16x16": _at_most("CPU time of a lookup, 16 connections, 16 in flight each", "fixed answer in C", "µs", 2.6),
    "memory.identities": _at_most("memory of a session, identities only", "Redis used_memory", "B", 0.25),
    "memory.data": _at_most("memory of a session, all data kept", "Redis used_memory", "B", 1),
    "warm_start.identities": _at_least("warm start, sessions/s, identities only", "SCAN, MGET, PTTL in C", "/s", 0.9),
    "warm_start.data": _at_least("warm start, sessions/s, all data kept", "SCAN, MGET, PTTL in C", "/s", None),
    "del.p50": _at_most("a DEL applied under even writes, p50", "PSUBSCRIBE in C", "µs", 1.3),
    "del.p99": _at_most("a DEL applied under even writes, p99", "PSUBSCRIBE in C", "µs", 2),
    "set.p50": _at_most("a SET applied under even writes, p50", "PSUBSCRIBE, GET in C", "µs", 1.3),
    "set.p99": _at_most("a SET applied under even writes, p99", "PSUBSCRIBE, GET in C", "µs", 2),
    "flood.rate": _at_least("a flood of writes, kept up with and nothing lost", "PSUBSCRIBE, GET in C", "/s", 0.9),
    "flood.memory": _at_most("memory after further floods", "after the first flood", "MiB", 1.05),
}


class Row(NamedTuple):
    """A line of the table."""

    key: str
    compared: Compared

    @property
    def figure(self) -> Figure:
        return FIGURES[self.key]

    def written(self) -> dict[str, Any]:
        """Return what stands in the JSON."""
        ratio = self.compared.ratio
        return {
            **self.figure._asdict(),
            **{name: spread._asdict() for name, spread in self.compared._asdict().items()},
            "reached": self.figure.is_reached(ratio.median),
        }

    @classmethod
    def read(cls, key: str, written: dict[str, Any]) -> Self:
        return cls(key, Compared(*(Spread(**written[name]) for name in Compared._fields)))


def markdown(rows: list[Row]) -> str:
    """Return the table: medians over the pairs; of the ratio also the least and the most of a pair."""
    lines = [
        "| what | sessiond | beside it | | ratio | least to most | demanded | reached |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        figure, (ours, peer, ratio) = row.figure, row.compared
        reached = {True: "yes", False: "**no**", None: ""}[figure.is_reached(ratio.median)]
        cells = [
            *(figure.title, f"{worth(ours.median)} {figure.unit}", figure.peer, f"{worth(peer.median)} {figure.unit}"),
            *(f"{ratio.median:.2f}×", f"{ratio.least:.2f} to {ratio.most:.2f}", figure.demand, reached),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
