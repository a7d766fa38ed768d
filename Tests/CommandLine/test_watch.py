"""`sessiond watch` on a terminal and in a pipe."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Callable

import pytest

from hostile import HOSTILE_USER, assert_harmless
from processes import wait_for
from site_with_daemon import Site
from stored import fingerprint
from terminals import COLOR, Terminal

KEY = "a" * 32
EVENT = re.compile(r" *\d\d:\d\d:\d\d  [-+*o!~] ")


def watch(site: Site, terminal: Callable[..., Terminal], *words: str, **options: object) -> Terminal:
    """Watch from now on."""
    view = terminal("watch", "--socket", site.socket, *words, **options)
    view.wait("watching: ")
    return view


def piped(site: Site, binary: str, environment: dict[str, str] | None = None, *words: str) -> str:
    """What all events held are in a pipe."""
    command = [binary, "watch", "--after", "", "--socket", site.socket, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(4)]
        process.kill()
    return b"".join(lines).decode()


@pytest.fixture
def history(site: Site) -> Site:
    """A site that one user came to and left."""
    site.log_in(KEY, 42)
    wait_for(lambda: site.daemon_knows(KEY), "the login")
    site.log_out(KEY)
    return site


def test_events_come_with_colours_signs_and_a_line_that_sums_up(site: Site, terminal: Callable[..., Terminal]) -> None:
    view = watch(site, terminal)
    view.wait("0 online")
    site.log_in(KEY, 42)
    view.wait("1 online")
    login = next(line for line in view.lines if "+ login" in line)
    assert EVENT.match(login)
    assert f"42                created       {fingerprint(KEY)[:8]}  for 9 min 59 s" in login or "10 min" in login
    site.log_out(KEY)
    view.wait("- logout")
    view.wait("0 online")
    assert COLOR in view.sent
    assert re.fullmatch(
        r"live.* · 0 online · \+ 1 login · - 1 logout · 2 in the last minute · last event .*", view.last_line
    )
    # One line for each event, one that greets, one that sums up.
    assert sum(bool(EVENT.match(line)) for line in view.lines) == 4
    assert sum(bool(line) for line in view.lines) == 6
    assert KEY.encode() not in view.sent


@pytest.mark.parametrize("way", ["Ctrl-C", "SIGINT", "SIGTERM"])
def test_it_ends_cleanly_and_says_what_was_seen(site: Site, terminal: Callable[..., Terminal], way: str) -> None:
    view = watch(site, terminal)
    site.log_in(KEY, 42)
    view.wait("1 online")
    if way == "Ctrl-C":
        view.type("\x03")
        assert view.end() == 0
    else:
        assert view.end(signal.Signals[way]) == {"SIGINT": 0, "SIGTERM": 143}[way]
    assert re.fullmatch(r"watched for \d+ s, 1 login, 0 logouts, 1 user online", view.last_line)
    assert "in the last minute" not in view.text
    assert view.is_restored


@pytest.mark.parametrize(
    ("words", "environment"), [((), {"NO_COLOR": "1"}), (("--color", "never"), {})], ids=["NO_COLOR", "never"]
)
def test_without_colours_the_line_that_sums_up_stays(
    site: Site, terminal: Callable[..., Terminal], words: tuple[str, ...], environment: dict[str, str]
) -> None:
    view = watch(site, terminal, *words, environment=environment)
    site.log_in(KEY, 42)
    view.wait("1 online")
    assert b"\x1b[K" in view.sent
    assert re.search(rb"\x1b\[[0-9;]*m", view.sent) is None


def test_a_dumb_terminal_gets_plain_lines(history: Site, binary: str, terminal: Callable[..., Terminal]) -> None:
    view = watch(history, terminal, "--after", "", environment={"TERM": "dumb"}, columns=150)
    view.wait("user.offline  user 42")
    assert b"\x1b" not in view.sent
    assert piped(history, binary).splitlines() == [line for line in view.lines if line and "watching" not in line]


def test_a_pipe_gets_plain_lines(history: Site, binary: str) -> None:
    session = fingerprint(KEY)
    moment = r"2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    expected = [
        rf"{moment}  login         user 42, created, session {session}, expires {moment[:-8]}Z",
        rf"{moment}  user\.online   user 42",
        rf"{moment}  logout        user 42, deleted, session {session}",
        rf"{moment}  user\.offline  user 42",
    ]
    # Whatever the terminal is that the other end of the pipe may lead to.
    lines = piped(history, binary, {"TERM": "xterm-256color", "LANG": "C.UTF-8"}).splitlines()
    assert len(lines) == len(expected)
    for line, pattern in zip(lines, expected, strict=True):
        assert re.fullmatch(pattern, line), line


def test_colours_can_be_had_in_a_pipe(history: Site, binary: str) -> None:
    assert "\x1b[3" in piped(history, binary, None, "--color", "always")
    assert "\x1b" not in piped(history, binary, None, "--color", "always", "--json")


@pytest.mark.parametrize("columns", [80, 40, 20])
def test_no_line_goes_on_in_the_next(history: Site, terminal: Callable[..., Terminal], columns: int) -> None:
    view = watch(history, terminal, "--after", "", columns=columns)
    wait_for(lambda: sum(bool(EVENT.match(line)) for line in view.lines) == 4, "four events, each in a row of its own")
    wait_for(lambda: view.last_line.startswith("live"), "the line that sums up")
    row = next(index for index, line in enumerate(view.lines) if EVENT.match(line))
    assert [bool(EVENT.match(line)) for line in view.lines[row : row + 5]] == [True] * 4 + [False]


def test_the_window_may_change_its_size(history: Site, terminal: Callable[..., Terminal]) -> None:
    view = watch(history, terminal)
    view.wait("0 online")
    view.resize(30, 10)
    view.wait("…")
    history.log_in("b" * 32, 43)
    wait_for(lambda: any("* user.online" in line for line in view.lines), "the event")
    assert all(len(line) <= 30 for line in view.lines)


def test_what_a_user_id_holds_never_steers_the_terminal(
    site: Site, binary: str, terminal: Callable[..., Terminal]
) -> None:
    view = watch(site, terminal)
    view.wait("0 online")
    site.log_in(KEY, HOSTILE_USER)
    view.wait("1 online")
    site.log_out(KEY)
    view.wait("0 online")
    assert r"\u{1b}[2J" in view.text
    assert_harmless(view.sent)
    lines = piped(site, binary)
    assert_harmless(lines.encode())
    assert len(lines.splitlines()) == 4
    assert_harmless(piped(site, binary, None, "--color", "always").encode())


def test_it_goes_on_after_a_restart_of_the_daemon(site: Site, terminal: Callable[..., Terminal]) -> None:
    view = watch(site, terminal, columns=140)
    view.wait("0 online")
    site.daemon.stop()
    view.wait("the daemon is away")
    view.wait("sessiond: the connection to the daemon is lost; trying until it is back")
    site.log_in(KEY, 42)
    site.daemon.start()
    view.wait("connected again")
    view.wait("1 online")
    view.wait("+ login")
    assert "the daemon is away" not in view.text


def test_without_a_daemon_it_says_so(terminal: Callable[..., Terminal]) -> None:
    view = terminal("watch", "--socket", "/nonexistent/sessiond.sock")
    assert view.end() == 2
    assert "no socket at /nonexistent/sessiond.sock" in view.text
    assert "asking" not in view.text
