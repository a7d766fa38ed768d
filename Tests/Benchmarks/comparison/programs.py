"""The programs in C beside which sessiond is measured: built, run, and their line of JSON read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from comparison.cores import LOADING, pinned

SOURCES = Path(__file__).parents[1] / "programs"
LIBRARIES = {"scanner": ["-lhiredis"]}
_FLAGS = ["-O2", "-Wall", "-Wextra", "-Werror"]


class Programs:
    """Programs that were built into a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        newest = max(path.stat().st_mtime for path in SOURCES.iterdir())
        for source in SOURCES.glob("*.c"):
            program = folder / source.stem
            if not program.exists() or program.stat().st_mtime < newest:
                command = ["clang", *_FLAGS, "-o", str(program), str(source), *LIBRARIES.get(source.stem, [])]
                subprocess.run(command, check=True)

    def path(self, name: str) -> str:
        return str(self._folder / name)

    def command(self, name: str, *words: object, core: int | None = LOADING) -> list[str]:
        return pinned(core, [self.path(name), *(str(word) for word in words)])

    def run(self, name: str, *words: object, core: int | None = LOADING) -> dict[str, Any]:
        """Run a program to its end and return its figures; what it finds wrong ends the whole run."""
        done = subprocess.run(self.command(name, *words, core=core), stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.exit(f"{name} ended with status {done.returncode}: {' '.join(str(word) for word in words)}")
        return dict(json.loads(done.stdout))
