"""What a real Redis can hold, and what browsers can ask for: neither may cost memory."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from besieged import SECRET_KEY, Besieged
from processes import wait_for
from stored import logged_in, session_value

#: `make fuzz-socket` has a million of them.
INVENTED_KEY_COUNT = int(os.environ.get("INVENTED_KEY_COUNT", "100000"))


@pytest.fixture
def scene(binary: str, folder: Path) -> Iterator[Besieged]:
    scene = Besieged(binary, folder)
    try:
        yield scene
        scene.end()
    finally:
        scene.kill()


def test_a_value_of_half_a_gigabyte_costs_no_memory_and_no_connection(scene: Besieged) -> None:
    scene.honest.round(2)
    before = scene.watch.memory_mib
    for number in range(3):
        # Each write is announced, and so the value is read.
        scene.redis.command("SETRANGE", "django_sessions:large", 536_870_911, "x")
        scene.honest.expect("steady", 1)
        answer = scene.honest.call("session.identity", session_key="large")
        assert answer == {"authenticated": False, "reason": "unreadable"}
        scene.honest.round(10 + number)
    assert scene.watch.peak_mib < before + 64
    assert scene.honest.call("server.status")["link"]["reconnects"] == 0
    told = [line for line in scene.daemon.lines if "--bigkeys" in line]
    assert len(told) == 1
    scene.redis.command("DEL", "django_sessions:large")
    wait_for(lambda: scene.honest.call("session.identity", session_key="large")["reason"] == "unknown", "its end")


def test_large_sessions_are_sessions(scene: Besieged) -> None:
    """Each is somebody's, also where many are read at once, as after a lost link."""
    users = range(100, 110)
    for user in users:
        value = session_value(SECRET_KEY, logged_in(user, filling="x" * 1_000_000))
        scene.redis.command("SETEX", f"django_sessions:large{user}", 3600, value)
    scene.redis.command("CLIENT", "KILL", "TYPE", "pubsub")
    # Decoding takes its time, in which nothing is proven.
    wait_for(
        lambda: scene.honest.call("server.status")["sessions"]["authenticated"] == len(users) + 1, "all to be read"
    )
    wait_for(lambda: scene.honest.call("server.status")["link"]["proven"], "the link")
    for user in users:
        scene.honest.expect(f"large{user}", user)


def test_sessions_that_expand_keep_nobody_waiting(scene: Besieged) -> None:
    """Some kilobytes each, and each takes the decoder its time: in which others are answered, not afterwards."""
    bombs = range(100, 112)
    many = [{"a": 1}] * 60_000
    commands = [
        (
            "SETEX",
            f"django_sessions:bomb{user}",
            3600,
            session_value(SECRET_KEY, logged_in(user, many=many), compress=True),
        )
        for user in bombs
    ]
    assert all(len(value) < 10_000 for *_, value in commands)
    for command in commands:
        scene.redis.command(*command)
    answers = {0: 0}
    known = 0
    while known < len(bombs):
        scene.honest.expect("steady", 1, confirm=True)
        scene.honest.round(sum(answers.values()) + 1000)
        known = scene.honest.call("server.status")["sessions"]["authenticated"] - 1
        answers[known] = answers.get(known, 0) + 1
    # Between two of them somebody else was answered several times, by way of Redis.
    assert len(answers) > len(bombs) // 2, answers
    scene.honest.expect("bomb100", 100)


def test_keys_that_cookies_invent_leave_nothing_behind(scene: Besieged) -> None:
    def ask(first: int, count: int) -> None:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(60)
            connection.connect(str(scene.daemon.path))
            with connection.makefile("rb") as lines:
                for start in range(first, first + count, 1000):
                    requests = (
                        json.dumps(
                            {
                                "jsonrpc": "2.0",
                                "id": number,
                                "method": "session.identity",
                                "params": {"session_key": f"invented{number}"},
                            }
                        )
                        for number in range(start, start + 1000)
                    )
                    connection.sendall(("\n".join(requests) + "\n").encode())
                    for _ in range(1000):
                        answer = json.loads(lines.readline())
                        assert answer["result"] == {"authenticated": False, "reason": "unknown"}

    ask(0, INVENTED_KEY_COUNT // 5)
    before = scene.watch.memory_mib
    ask(INVENTED_KEY_COUNT // 5, INVENTED_KEY_COUNT)
    assert scene.watch.memory_mib < before + 8
    sessions = scene.honest.call("server.status")["sessions"]
    assert (sessions["authenticated"], sessions["anonymous"], sessions["unreadable"]) == (1, 0, 0)
    scene.honest.round(2)
