"""The fenced blocks of the documentation, and what kinds of them there may be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "Sources/Daemon/Documentation.docc"
PAGES = [
    ROOT / "README.md",
    ROOT / "SECURITY.md",
    ROOT / "CHANGELOG.md",
    *sorted(CATALOGUE.glob("*.md")),
    *sorted((ROOT / "Protocols").rglob("*.md")),
    *sorted((ROOT / "Clients").glob("*/README.md")),
    *sorted((ROOT / "Examples").glob("*/README.md")),
]

#: Blocks of commands, each of which is run, or listed in `not_run.py`.
COMMANDS = {"sh", "console"}

#: Every other kind, and what tries blocks of it.
KINDS = {
    "yaml": "test_configurations.py: a daemon starts with it",
    "nginx": "test_configurations.py: nginx -t",
    "caddy": "test_configurations.py: caddy validate",
    "ini": "Tests/Service/test_units.py: systemd-analyze verify",
    "redis": "test_readme.py: a daemon's user is made so; test_configurations.py: redis-server takes it",
    "sql": "test_commands.py: sqlite3 on a daemon's journal",
    "json": "test_blocks.py: it is JSON",
    "python": "test_blocks.py: it compiles; what runs it is listed there",
    "js": "test_blocks.py: node --check; Tests/Clients runs the client's",
    "go": "Tests/Clients/test_examples.py",
    "swift": "test_blocks.py: the same lines stand in what `swift build --build-tests` compiles",
    "text": "nothing: drawings, output and what passes on a wire; no commands, test_blocks.py sees to that",
}


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    page: Path
    language: str
    text: str
    #: The number of the line on which it begins.
    line: int

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}: {self.text.splitlines()[0][:60]}"


def blocks_of(page: Path) -> list[Block]:
    """Return all blocks of a page; a fence that is never closed is an error."""
    found: list[Block] = []
    begin, language, lines = 0, "", []
    for number, line in enumerate(page.read_text().splitlines(), 1):
        fence = re.match(r" *```(.*)$", line)
        if fence and not begin:
            begin, language, lines = number, fence[1].strip(), []
        elif fence:
            found.append(Block(page, language, "\n".join(lines) + "\n", begin))
            begin = 0
        elif begin:
            lines.append(line)
    assert not begin, f"{page}:{begin}: the block has no end"
    return found


def blocks(*languages: str) -> list[Block]:
    """Return the blocks of all pages, or of some languages."""
    return [block for page in PAGES for block in blocks_of(page) if not languages or block.language in languages]


def prose_of(page: Path) -> str:
    """Return a page without its blocks."""
    return re.sub(r"^ *```.*?^ *```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
