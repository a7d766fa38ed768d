"""The figures of a run on disk, and how they differ from those of the last run that was committed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from comparison.growth import Curve
from comparison.table import Row
from spread import Spread

COMMITTED = Path(__file__).parents[1] / "results"
#: Figures of another kind lie there, too: instructions.json.
_RUNS = "[0-9]*.json"


def written(about: dict[str, Any], rows: list[Row], curves: list[Curve]) -> dict[str, Any]:
    return {
        "machine": about,
        "rows": {row.key: row.written() for row in rows},
        "curves": {curve.key: curve.written() for curve in curves},
    }


def last_committed() -> tuple[str, dict[str, Any]] | None:
    """Return the name and the figures of the newest run, whose names begin with the date."""
    runs = sorted(COMMITTED.glob(_RUNS))
    return (runs[-1].name, json.loads(runs[-1].read_text())) if runs else None


def _better(now: Spread, before: Spread, is_least: bool) -> bool | None:
    """Return None where either median lies within the noise of the other run."""
    if now.least <= before.median <= now.most or before.least <= now.median <= before.most:
        return None
    return (now.median > before.median) == is_least


def compared(rows: list[Row], name: str, before: dict[str, Any]) -> list[str]:
    """Return in words which ratios got better or worse."""
    lines = []
    for row in rows:
        if row.key in before["rows"]:
            old, now = Row.read(row.key, before["rows"][row.key]).compared.ratio, row.compared.ratio
            better = _better(now, old, row.figure.is_least)
            if better is not None:
                word = "better" if better else "WORSE"
                lines.append(f"{word}: {row.figure.title}: {old.median:.2f}× then, {now.median:.2f}× now")
    return [f"Beside {name}, beyond the noise:", *(lines or ["nothing got better or worse"])]
