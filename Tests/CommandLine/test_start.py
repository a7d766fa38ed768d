"""What is said of a start that takes long, and that nothing is said of one that does not."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from held_redis import HeldRedis
from processes import DEADLINE_SECONDS, PrivateRedis, wait_for
from protocols import check_message
from site_with_daemon import Site
from terminals import Terminal

KEY_COUNT = 10_000


@pytest.fixture
def held(folder: Path, redis: PrivateRedis) -> Iterator[HeldRedis]:
    """Redis as it looks where its answers stop after the first few thousand sessions."""
    held = HeldRedis(folder, redis.path, byte_count=1_000_000)
    yield held
    held.close()


@pytest.fixture
def slow_site(binary: str, folder: Path, redis: PrivateRedis, held: HeldRedis) -> Site:
    site = Site(binary, folder, redis, "--link-timeout", "300", url=held.url)
    site.log_in_many(KEY_COUNT)
    return site


def serving(site: Site, *options: str) -> list[str]:
    """Return the words of the daemon's command but for the program."""
    return [*site.daemon.command[1:], *options]


def test_on_a_terminal_one_line_tells_how_far_it_has_come(
    slow_site: Site, held: HeldRedis, terminal: Callable[..., Terminal]
) -> None:
    daemon = terminal(*serving(slow_site))
    daemon.wait("reading all sessions: ")
    wait_for(lambda: "about" in daemon.last_line, "an estimate")
    line = re.fullmatch(r"reading all sessions: (\d+) keys, \d+ a second, about \d+ s left", daemon.last_line)
    assert line is not None, daemon.last_line
    assert 0 < int(line[1]) < KEY_COUNT
    assert daemon.text.count("reading all sessions") == 1

    held.release()
    daemon.wait("ready: ")
    wait_for(lambda: "reading all sessions" not in daemon.text, "the line to go")
    # It was never anything but the last line, begun anew.
    assert re.search(rb"(?<!\r\x1b\[K)reading all sessions", daemon.sent) is None
    assert daemon.end(signal.SIGTERM) == 0
    assert "stopped" in daemon.last_line


def test_a_stop_on_the_way_leaves_nothing_of_the_line(slow_site: Site, terminal: Callable[..., Terminal]) -> None:
    daemon = terminal(*serving(slow_site))
    daemon.wait("reading all sessions: ")
    assert daemon.end(signal.SIGTERM) == 0
    assert "reading all sessions" not in daemon.text
    assert "stopped" in daemon.last_line


def test_in_a_log_a_line_comes_now_and_then_and_the_service_manager_hears_it(
    slow_site: Site, held: HeldRedis, folder: Path
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(folder / "notify.sock"))
        manager.settimeout(DEADLINE_SECONDS)
        environment = {"NOTIFY_SOCKET": str(folder / "notify.sock")}
        starting = threading.Thread(target=slow_site.daemon.start, args=(environment,))
        starting.start()
        told = ""
        while "reading" not in told:
            told = manager.recv(4096).decode()
        assert re.fullmatch(r"STATUS=reading all sessions: \d+ keys, \d+ a second, about \d+ s left", told)
        held.release()
        starting.join()
    lines = [line for line in slow_site.daemon.lines if "reading all sessions" in line]
    assert lines[0].endswith(" info: " + told.removeprefix("STATUS="))
    assert not any("\x1b" in line or "\r" in line for line in slow_site.daemon.lines)
    assert slow_site.daemon.stop() == 0


def test_status_and_top_show_it(
    binary: str, slow_site: Site, held: HeldRedis, terminal: Callable[..., Terminal]
) -> None:
    starting = threading.Thread(target=slow_site.daemon.start)
    starting.start()

    def ask(*words: str) -> str:
        command = [binary, "status", "--socket", slow_site.socket, *words]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    def link() -> dict:
        return json.loads(ask("--json") or '{"link":{}}')["link"]

    wait_for(lambda: (link().get("progress") or {"keys_read": 0})["keys_read"] > 1000, "progress")
    status = json.loads(ask("--json"))
    check_message({"jsonrpc": "2.0", "id": 1, "result": status}, ["server.status"])
    progress = status["link"]["progress"]
    assert status["link"]["state"] == "scanning"
    assert 1000 < progress["keys_read"] < KEY_COUNT
    # It is an estimate, but a near one: keys are spread evenly.
    assert progress["keys_read"] / KEY_COUNT == pytest.approx(progress["share"], rel=0.2)
    assert re.search(r"^ +reading all sessions: [0-9,]+ keys", ask(), re.MULTILINE)

    report = terminal("status", "--socket", slow_site.socket)
    report.wait("read ")
    assert re.search(r"read +█+", report.text)
    top = terminal("top", "--socket", slow_site.socket)
    top.wait("scanning, ")
    assert re.search(r"reading +read +█", top.text)

    held.release()
    starting.join()
    assert link()["progress"] is None
    top.wait("live")
    wait_for(lambda: "reading" not in top.text, "the bar to go")
    assert slow_site.daemon.stop() == 0


def test_of_a_short_start_nothing_is_said(site: Site, terminal: Callable[..., Terminal]) -> None:
    site.daemon.stop()
    site.log_in_many(10)
    daemon = terminal(*serving(site))
    daemon.wait("ready: 10 sessions")
    assert daemon.end(signal.SIGTERM) == 0
    assert b"reading all sessions" not in daemon.sent
