"""Unit files, as far as the tests have to understand them."""

from __future__ import annotations

import shlex
import socket
import subprocess
from pathlib import Path


class Unit:
    """The lines of a unit file. A setting that occurs several times has several values."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._values: dict[str, list[str]] = {}
        for line in path.read_text().splitlines():
            if line and line[0] not in "#[":
                name, _, value = line.partition("=")
                self._values.setdefault(name, []).append(value)

    def all(self, name: str) -> list[str]:
        return self._values.get(name, [])

    def one(self, name: str) -> str:
        (value,) = self.all(name)
        return value

    def is_on(self, name: str) -> bool:
        return self.one(name) == "yes"

    @property
    def command(self) -> list[str]:
        return shlex.split(self.one("ExecStart"))

    @property
    def families(self) -> list[int]:
        return [int(getattr(socket, name)) for name in self.one("RestrictAddressFamilies").split()]

    @property
    def system_calls(self) -> list[str]:
        """What `SystemCallFilter=` comes to, as this machine's systemd understands it."""
        # What every program needs is always in it.
        allowed = expanded("@default")
        for value in self.all("SystemCallFilter"):
            # A name without ~ adds to the list, one with ~ takes from it, in the order of the lines.
            named = {call for word in value.removeprefix("~").split() for call in expanded(word)}
            allowed = allowed - named if value.startswith("~") else allowed | named
        return sorted(allowed)


def expanded(word: str) -> set[str]:
    """The system calls of a group such as `@system-service`."""
    if not word.startswith("@"):
        return {word}
    shown = subprocess.run(
        ["systemd-analyze", "--no-pager", "syscall-filter", word], check=True, capture_output=True, text=True
    ).stdout
    calls: set[str] = set()
    for line in shown.splitlines():
        name = line.strip()
        if line.startswith(" ") and name and not name.startswith("#"):
            calls |= expanded(name)
    return calls
