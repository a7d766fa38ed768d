"""Which core serves and which one loads, so that neither takes from the other what is measured."""

from __future__ import annotations

import os
from pathlib import Path

_CORES = sorted(os.sched_getaffinity(0))
#: None where there is but one core: then everything shares it.
SERVING, LOADING = (_CORES[0], _CORES[1]) if len(_CORES) > 1 else (None, None)


def pinned(core: int | None, command: list[str]) -> list[str]:
    """Return a command that runs on this core alone, under the same process id."""
    return command if core is None else ["taskset", "--cpu-list", str(core), *command]


def pin(pid: int, core: int | None) -> None:
    """Move all threads of a process to this core."""
    if core is not None:
        for task in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), {core})
