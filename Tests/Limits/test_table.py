"""The table of limits in the documentation is true: options, defaults, and the tests that it names."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "Sources/Daemon/Documentation.docc/Limits.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.split("## The table")[1].split("\n## ")[0].splitlines()
    if line.startswith("| ") and not line.startswith(("| ---", "| limit"))
]


def test_every_option_stands_in_it_with_its_default(binary):
    help_text = subprocess.run([binary, "serve", "--help"], capture_output=True, text=True, check=True).stdout
    group = " ".join(help_text.split("LIMITS:")[1].split("OPTIONS:")[0].split())
    options = {name: int(default) for name, default in re.findall(r"--([a-z-]+) <\w+> .*?\(default: (\d+)\)", group)}
    assert len(options) == 17, options
    told = {}
    for row in ROWS:
        for name, default in re.findall(r"`--([a-z-]+)` ([\d,]+)", row[1]):
            told[name] = int(default.replace(",", ""))
    assert {name: told.get(name) for name in options} == options


def defines(name: str) -> bool:
    """Whether a test is there: `Suite.function` in Swift, or `file.py: test_beginning…`."""
    if ".py: " in name:
        file, test = name.rstrip("…").split(": ")
        folders = ["Tests/Limits", "Tests/Hostile", "Clients/python/tests"]
        paths = [ROOT / folder / file for folder in folders]
        return any(f"def {test}" in path.read_text() for path in paths if path.exists())
    suite, function = name.split(".")
    sources = [path.read_text() for path in (ROOT / "Tests").glob(f"*/**/{suite}.swift")]
    return any(f"struct {suite} " in source and f"func {function}(" in source for source in sources)


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_every_limit_names_a_test_that_is_there(row):
    vectors = re.findall(r"vectors `([^`]+)`", row[4])
    tests = [name for name in re.findall(r"`([^`]+)`", row[4]) if name not in vectors]
    assert vectors or tests
    for name in vectors:
        assert (ROOT / f"Protocols/vectors/socket/{name}.json").exists(), name
    for name in tests:
        assert defines(name), name
