"""Draws the ratios of a run, and its curves where it has some.

    plot.py RESULTS.json PLOT.svg

Needs matplotlib, which nothing else does.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot

COLUMNS = 3
REACHED, MISSED, SHOWN = "#2a7f3f", "#b3321f", "#5b6b7b"


def draw_rows(axes: Any, rows: dict[str, Any]) -> None:
    """A bar for each ratio, from 1 on, with its noise; and a mark where it has to be."""
    for place, row in enumerate(reversed(rows.values())):
        ratio = row["ratio"]
        colour = {True: REACHED, False: MISSED, None: SHOWN}[row["reached"]]
        noise = [[ratio["median"] - ratio["least"]], [ratio["most"] - ratio["median"]]]
        axes.barh(place, ratio["median"] - 1, left=1, xerr=noise, color=colour, height=0.6, ecolor="#222222", capsize=3)
        if row["floor"] is not None:
            axes.plot([row["floor"]] * 2, [place - 0.42, place + 0.42], color="black", linewidth=2)
    axes.set_yticks(range(len(rows)), [row["title"] for row in reversed(rows.values())])
    axes.axvline(1, color="#999999", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_xlabel("sessiond / what is beside it; the black mark is what is demanded")


def draw_curve(axes: Any, curve: dict[str, Any]) -> None:
    """Both sides with their noise, by label."""
    labels = [point["label"] for point in curve["points"]]
    for side, colour, name in (("ours", REACHED, "sessiond"), ("peer", SHOWN, curve["peer"])):
        middle = [point[side]["median"] for point in curve["points"]]
        noise = [
            [point[side]["median"] - point[side]["least"] for point in curve["points"]],
            [point[side]["most"] - point[side]["median"] for point in curve["points"]],
        ]
        axes.errorbar(labels, middle, yerr=noise, color=colour, marker="o", capsize=3, label=name)
    axes.set_ylim(bottom=0)
    axes.set_title(curve["title"], fontsize=9)
    axes.set_ylabel(curve["unit"])
    axes.legend(fontsize=8)


def main() -> None:
    source, target = (Path(word) for word in sys.argv[1:])
    results = json.loads(source.read_text())
    rows, curves = results["rows"], list(results["curves"].values())
    lines = math.ceil(len(curves) / COLUMNS)
    heights = ([0.5 * len(rows) + 1] if rows else []) + [4.0] * lines
    figure = pyplot.figure(figsize=(14, sum(heights) + 1), layout="constrained")
    grid = figure.add_gridspec(len(heights), COLUMNS, height_ratios=heights)
    if rows:
        draw_rows(figure.add_subplot(grid[0, :]), rows)
    for place, curve in enumerate(curves):
        line = place // COLUMNS + bool(rows)
        draw_curve(figure.add_subplot(grid[line, place % COLUMNS]), curve)
    about = results["machine"]
    figure.suptitle(f"sessiond on {about['processor']}, {about['cores']} cores, {about['date'][:10]}")
    figure.savefig(target)


if __name__ == "__main__":
    main()
