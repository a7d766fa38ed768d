"""`sessiond status` on a terminal and in a pipe."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable

import pytest

from processes import wait_for
from site_with_daemon import Site
from terminals import COLOR, Terminal


@pytest.fixture
def visited(site: Site) -> Site:
    """A site with three users."""
    for number in range(3):
        site.log_in(f"{number:032}", number)
    wait_for(lambda: all(site.daemon_knows(f"{number:032}") for number in range(3)), "the logins")
    return site


def test_on_a_terminal_shares_are_bars(visited: Site, terminal: Callable[..., Terminal]) -> None:
    view = terminal("status", "--socket", visited.socket, rows=40)
    assert view.end() == 0
    assert re.search(r"^sessions   logged in     █{20}  100 %  3$", view.text, re.MULTILINE)
    assert re.search(r"^memory     session data  ▏░{19} +0\.0 %  \d+\.\d MiB of 256\.0 MiB$", view.text, re.MULTILINE)
    assert re.search(r"^clients    connections   ▏░{19} +0\.0 %  1 of [0-9,]+$", view.text, re.MULTILINE)
    assert re.search(r"^journal    size          ▏░{19} ", view.text, re.MULTILINE)
    assert re.search(r"^cache      hit rate      ", view.text, re.MULTILINE)
    assert COLOR in view.sent


@pytest.mark.parametrize("columns", [60, 30])
def test_in_a_narrow_window_no_line_goes_on_in_the_next(
    visited: Site, terminal: Callable[..., Terminal], columns: int
) -> None:
    view = terminal("status", "--socket", visited.socket, columns=columns, rows=80)
    assert view.end() == 0
    # Each line begins with its subject, or is below one.
    subjects = "sessiond|link|sessions|keys|stored|signed|cache|journal|clients|memory"
    assert all(re.match(rf"(?:{subjects}) +\S|           \S", line) for line in view.lines if line), view.text
    assert re.search(r"of 256\.0 MiB|…", view.text)


def test_where_the_locale_is_not_utf8_bars_are_ascii(visited: Site, terminal: Callable[..., Terminal]) -> None:
    view = terminal("status", "--socket", visited.socket, environment={"LANG": "C"})
    assert view.end() == 0
    assert "[" not in view.text
    assert re.search(r"^sessions   logged in     #{20}  100 %  3$", view.text, re.MULTILINE)
    assert view.sent.isascii()


def test_without_colours(visited: Site, terminal: Callable[..., Terminal]) -> None:
    view = terminal("status", "--socket", visited.socket, environment={"NO_COLOR": "1"})
    assert view.end() == 0
    assert "█" in view.text
    assert b"\x1b" not in view.sent.replace(b"\x1b]end\x07", b"")


def test_a_pipe_gets_plain_lines_and_programs_json(visited: Site, binary: str) -> None:
    def ask(*words: str) -> str:
        command = [binary, "status", "--socket", visited.socket, *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    text = ask()
    assert text.isascii()
    assert "\x1b" not in text
    assert re.search(r"^sessions   3 logged in, of 3 users; 0 anonymous$", text, re.MULTILINE)
    assert "\x1b[3" in ask("--color", "always")
    assert json.loads(ask("--json"))["sessions"]["authenticated"] == 3
