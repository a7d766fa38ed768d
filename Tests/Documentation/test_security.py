"""Whatever the page on security says is shown by a test, there is such a test."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "Sources/Daemon/Documentation.docc"
PAGE = (FOLDER / "Security.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.split("## What stops what")[1].split("\n## ")[0].splitlines()
    if line.startswith("| ") and not line.startswith(("| ---", "| threat"))
]
SOURCES = [path.read_text() for path in (ROOT / "Tests").glob("*/**/*.swift")]


def is_there(name: str) -> bool:
    """Whether a file or folder of this path, a suite of this name or a program in a folder of this name is there."""
    if "/" in name:
        return (ROOT / name).exists() or (ROOT / f"{name}.swift").exists()
    return (ROOT / "Tests" / name).is_dir() or any(f"struct {name} " in source for source in SOURCES)


def test_the_table_is_found():
    assert len(ROWS) > 20
    assert all(len(row) == 3 for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_every_threat_names_what_is_there(row):
    names = re.findall(r"`([^`]+)`", row[2])
    pages = re.findall(r"<doc:(\w+)>", " ".join(row))
    assert names or "<doc:" in row[2]
    for name in names:
        assert is_there(name), name
    for page in pages:
        assert (FOLDER / f"{page}.md").exists(), page


def test_what_is_not_there_is_found_out():
    assert not is_there("NoSuchTests")
    assert not is_there("Tests/Access/test_nothing.py")
