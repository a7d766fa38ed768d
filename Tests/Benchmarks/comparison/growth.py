"""Curves: how figures grow with the number of sessions, connections, subscribers and so on."""

from __future__ import annotations

from typing import Any, NamedTuple

from comparison.pairs import Compared
from spread import worth


class Point(NamedTuple):
    label: str
    compared: Compared


class Curve(NamedTuple):
    """A figure at several sizes of one thing; the ratio is sessiond's to its peer's."""

    key: str
    title: str
    peer: str
    unit: str
    points: list[Point]

    def written(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "peer": self.peer,
            "unit": self.unit,
            "points": [
                {"label": label, **{name: spread._asdict() for name, spread in compared._asdict().items()}}
                for label, compared in self.points
            ],
        }


def markdown(curve: Curve) -> str:
    """Return a table with a line for each point."""
    lines = [
        f"**{curve.title}**, {curve.unit}, beside {curve.peer}",
        "",
        "| | sessiond | beside it | ratio | least to most |",
        "| --- | --- | --- | --- | --- |",
    ]
    for label, (ours, peer, ratio) in curve.points:
        noise = f"{ratio.least:.2f} to {ratio.most:.2f}"
        lines.append(f"| {label} | {worth(ours.median)} | {worth(peer.median)} | {ratio.median:.2f}× | {noise} |")
    return "\n".join(lines)
