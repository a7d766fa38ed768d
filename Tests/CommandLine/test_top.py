"""`sessiond top`: what it shows, and that it gives the terminal back whatever ends it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from hostile import HOSTILE_USER, assert_harmless
from processes import DEADLINE_SECONDS, PrivateRedis, wait_for
from site_with_daemon import Site
from terminals import Terminal

KEY = "a" * 32


def top(site: Site, terminal: Callable[..., Terminal], *words: str, **options: object) -> Terminal:
    view = terminal("top", "--socket", site.socket, "--interval", "0.2", *words, **options)
    view.wait("last events")
    return view


def test_figures_and_events_are_shown_and_kept_up_to_date(site: Site, terminal: Callable[..., Terminal]) -> None:
    view = top(site, terminal)
    view.wait("0 online")
    view.wait("none yet")
    assert re.match(r"sessiond \d+\.\d+\.\d+ · up .* · .*sessiond\.sock +q ends$", view.lines[0])
    site.log_in(KEY, 42)
    view.wait("1 online")
    assert re.search(r"(now|s ago)  \+ login +42 +created ", view.text)
    assert re.search(r"^sessions +logged in +█{20} +100 % +1$", view.text, re.MULTILINE)
    for _ in range(5):
        site.identify(KEY)
    wait_for(lambda: re.search(r"^lookups +\S+ a second .*[▂▃▄▅▆▇█]", view.text, re.MULTILINE), "a rate that was not 0")
    wait_for(lambda: re.search(r"[1-9]\d* s ago  \+ login", view.text), "the event to grow older")
    site.log_out(KEY)
    view.wait("- logout")
    # The newest first.
    assert view.text.index("- logout") < view.text.index("+ login")
    assert KEY.encode() not in view.sent


@pytest.mark.parametrize("way", ["q", "Ctrl-C", "SIGINT", "SIGTERM", "SIGHUP"])
def test_the_terminal_is_given_back(site: Site, terminal: Callable[..., Terminal], way: str) -> None:
    view = top(site, terminal)
    assert not view.is_restored
    if way in ("q", "Ctrl-C"):
        view.type({"q": "q", "Ctrl-C": "\x03"}[way])
        assert view.end() == 0
    else:
        number = signal.Signals[way]
        assert view.end(number) == (0 if way == "SIGINT" else 128 + number)
    assert view.is_restored


def test_it_ends_when_the_terminal_goes(site: Site, terminal: Callable[..., Terminal]) -> None:
    view = top(site, terminal)
    view.hang_up()
    assert view.process.wait(DEADLINE_SECONDS) == 128 + signal.SIGHUP


def test_other_keys_do_nothing(site: Site, terminal: Callable[..., Terminal]) -> None:
    view = top(site, terminal)
    view.type("x\x1b[A\x1a\x1c \r\n")
    site.log_in(KEY, 42)
    view.wait("1 online")
    assert view.process.poll() is None


def test_it_goes_on_when_the_daemon_is_started_again(site: Site, terminal: Callable[..., Terminal]) -> None:
    view = top(site, terminal)
    view.wait("0 online")
    site.daemon.stop()
    view.wait("the daemon is away: ")
    # What it said last stands there still.
    assert "0 online" in view.text
    site.log_in(KEY, 42)
    site.daemon.start()
    view.wait("1 online")
    view.wait("+ login")
    assert "the daemon is away" not in view.text
    site.daemon.stop()
    view.wait("the daemon is away: ")
    view.type("q")
    assert view.end() == 0
    assert view.is_restored


def test_it_fits_into_any_window(site: Site, terminal: Callable[..., Terminal]) -> None:
    site.log_in(KEY, 42)
    view = top(site, terminal)
    for columns, rows in [(60, 20), (30, 10), (200, 50)]:
        view.resize(columns, rows)
        wait_for(lambda rows=rows: view.lines[0].startswith("sessiond") and "last events" in view.text, "all of it")
        wait_for(lambda: view.lines[1].startswith("live"), "the second line in its place")
    for columns, rows in [(1, 1), (3, 2)]:
        view.resize(columns, rows)
    view.resize(80, 24)
    view.wait("q ends")
    assert view.process.poll() is None


def test_what_a_user_id_holds_never_steers_the_terminal(site: Site, terminal: Callable[..., Terminal]) -> None:
    view = top(site, terminal)
    view.wait("0 online")
    site.log_in(KEY, HOSTILE_USER)
    view.wait("1 online")
    view.wait(r"7\u{1b}[2J")
    assert_harmless(view.sent)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be several users")
def test_without_the_right_events_are_missing_and_that_is_said(
    binary: str, folder: Path, redis: PrivateRedis, terminal: Callable[..., Terminal]
) -> None:
    site = Site(binary, folder, redis, "--socket-mode", "0666")
    site.daemon.start()
    view = top(site, terminal, user=60_001)
    view.wait("not shown: you lack the right `observe`")
    view.wait("0 online")
    assert site.daemon.stop() == 0


def test_without_a_terminal_it_names_what_there_is_for_programs(site: Site, binary: str) -> None:
    done = subprocess.run(
        [binary, "top", "--socket", site.socket],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "top needs a terminal" in done.stderr
    assert "`sessiond status --json`" in done.stderr


def test_a_dumb_terminal_is_none(site: Site, terminal: Callable[..., Terminal]) -> None:
    view = terminal("top", "--socket", site.socket, environment={"TERM": "dumb"})
    assert view.end() == 2
    assert "top needs a terminal" in view.text


def test_without_a_daemon_it_says_so_in_a_line_that_stays(terminal: Callable[..., Terminal]) -> None:
    view = terminal("top", "--socket", "/nonexistent/sessiond.sock")
    assert view.end() == 2
    assert "no socket at /nonexistent/sessiond.sock" in view.text
    assert b"\x1b[?1049h" not in view.sent
