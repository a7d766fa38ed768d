"""The commands."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def sessiond(binary: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "SESSIOND_SOCKET": str(folder / "sessiond.sock")}
    environ["SESSIOND_STATE_DIRECTORY"] = str(folder / "state")
    return subprocess.run([binary, *words], capture_output=True, text=True, env=environ, timeout=60, cwd=folder)
