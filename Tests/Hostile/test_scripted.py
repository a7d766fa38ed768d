"""A Redis that sends what no Redis sends: the daemon neither ends nor grows, and works again as soon as Redis does."""

from __future__ import annotations

import itertools
import json
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from processes import Daemon, wait_for
from scripted_redis import Misdeed, ScriptedRedis, array, string
from stored import logged_in, session_value
from watching import Watch

SECRET_KEY = "the secret of the scripted"
#: How much the daemon may grow, whatever Redis sends.
GROWTH_MIB_MAX = 128

ENDLESS = b"x" * (1 << 20)


def endless(head: bytes, piece: bytes = ENDLESS, count: int = 100) -> Misdeed:
    """Send `head` and then more than any daemon should keep."""
    return lambda _: itertools.chain([head], itertools.repeat(piece, count))


def reply(data: bytes) -> Misdeed:
    return lambda _: [data]


#: A hundred strings of a length that always finds room.
SHORT_STRINGS = string(b"x" * 4090) * 100
REPLIES: dict[str, Misdeed] = {
    "a string of a terabyte": endless(b"$999999999999\r\n"),
    "a string of half a gigabyte": endless(b"$536870912\r\n"),
    "a string of a negative length": reply(b"$-2\r\n"),
    "a string of a length beyond all integers": reply(b"$99999999999999999999999\r\n"),
    "an array of a billion": endless(b"*1000000000\r\n", b":1\r\n" * 100_000, 100),
    "arrays of a million in arrays of a million": reply(b"*1000000\r\n" * 3),
    "an array of a negative length": reply(b"*-7\r\n"),
    "deep arrays": reply(b"*1\r\n" * 100_000),
    "a line without an end": endless(b"+"),
    "a number without an end": endless(b":", b"1" * (1 << 20)),
    "a push": reply(b">2\r\n+invalidate\r\n*0\r\n"),
    "a map": reply(b"%1\r\n+a\r\n:1\r\n"),
    "a web page": reply(b"HTTP/1.1 200 OK\r\n\r\n<html>"),
    "nothing but zeros": endless(b"", bytes(1 << 16), 100),
    "a null": reply(b"$-1\r\n"),
    "a null array": reply(b"*-1\r\n"),
    "an integer": reply(b":42\r\n"),
    "a status": reply(b"+FINE\r\n"),
    "an empty array": reply(b"*0\r\n"),
    "an array of nulls": reply(b"*2\r\n*-1\r\n$-1\r\n"),
    "as many strings as there is room for": endless(b"*12200\r\n", SHORT_STRINGS, 122),
    "more strings than there is room for": endless(b"*32000\r\n", SHORT_STRINGS, 320),
    "as many elements as there may be": reply(b"*131072\r\n" + string(b"x") * 131_072),
    "arrays for strings": reply(b"*3\r\n*1\r\n:1\r\n*0\r\n*1\r\n*1\r\n:1\r\n"),
    "an error with secrets and control characters": reply(b"-ERR \x1b[31m" + b"\x07" * 9000 + b"\r\n"),
    "another reply too many": reply(b"+OK\r\n:1\r\n"),
    "a message of a subscription": reply(b"*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*-1\r\n"),
}
COMMANDS = [b"PING", b"ROLE", b"CONFIG", b"CLIENT", b"PSUBSCRIBE", b"SUBSCRIBE", b"SCAN", b"GETRANGE", b"PTTL", b"GET"]


class Scene:
    """A scripted Redis and a daemon that follows it."""

    def __init__(self, binary: str, folder: Path, link_timeout_seconds: int = 1) -> None:
        self.redis = ScriptedRedis(folder)
        self.redis.values[b"django_sessions:steady"] = session_value(SECRET_KEY, logged_in(1)).encode()
        key = folder / "secret_key"
        key.write_text(SECRET_KEY + "\n")
        options = ["--journal", "memory", "--link-timeout", str(link_timeout_seconds), "--ping-interval", "0.1"]
        self.daemon = Daemon(binary, folder, self.redis.url, key, *options)
        self.daemon.start()
        self.watch = Watch(self.daemon.pid)

    def ask(self, method: str, **params: object) -> dict:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(30)
            connection.connect(str(self.daemon.path))
            request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile("rb") as lines:
                return json.loads(lines.readline())

    def works(self) -> bool:
        """Whether the daemon follows Redis and answers from it."""
        answer = self.ask("session.identity", session_key="steady", confirm=True)
        live = self.ask("server.status")["result"]["link"]["state"] == "live"
        return live and answer.get("result", {}).get("user_id") == "1"

    def end(self) -> None:
        assert self.daemon.stop() == 0, self.daemon.lines[-20:]
        self.redis.close()


@pytest.fixture
def scene(binary: str, folder: Path) -> Iterator[Scene]:
    scene = Scene(binary, folder)
    try:
        yield scene
        scene.end()
    finally:
        scene.daemon.kill()
        scene.redis.close()


def check_log(lines: list[str]) -> None:
    """The log is for people, whatever Redis says."""
    assert all(len(line) < 2000 for line in lines), max(lines, key=len)[:300]
    assert all(character.isprintable() for line in lines for character in line)
    assert len(lines) < 2000, lines[-10:]


@pytest.mark.parametrize("name", REPLIES)
def test_no_reply_hurts_the_daemon(binary: str, folder: Path, name: str) -> None:
    """Each command is answered so, to a daemon of its own, all at the same time."""
    with ThreadPoolExecutor(len(COMMANDS)) as pool:
        for finished in [pool.submit(misanswer, binary, folder, name, command) for command in COMMANDS]:
            finished.result()


def misanswer(binary: str, folder: Path, name: str, command: bytes) -> None:
    folder = folder / command.decode()
    folder.mkdir()
    scene = Scene(binary, folder)
    try:
        before = scene.watch.memory_mib
        scene.redis.misdeeds = {command: REPLIES[name]}
        # GET is asked where GETRANGE is not clear.
        if command == b"GET":
            scene.redis.misdeeds[b"GETRANGE"] = lambda _: [b"$0\r\n\r\n"]
        scene.redis.hang_up()
        # A confirmed lookup asks Redis, if there is one: it is answered, either way.
        while command not in scene.redis.misdone:
            scene.ask("session.identity", session_key="steady", confirm=True)
        scene.redis.misdeeds = {}
        wait_for(scene.works, f"the daemon to work again after {name} for {command.decode()}")
        assert scene.watch.peak_mib < before + GROWTH_MIB_MAX
        check_log(scene.daemon.lines)
        scene.end()
    finally:
        scene.daemon.kill()
        scene.redis.close()


@pytest.mark.parametrize(
    "data",
    [
        b"+OK\r\n",
        b">2\r\n+invalidate\r\n*0\r\n",
        b"*4\r\n$8\r\npmessage\r\n*0\r\n:1\r\n$-1\r\n",
        b"*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*3\r\n:1\r\n*0\r\n$-1\r\n",
        b"*1\r\n$7\r\nmessage\r\n",
        b"*4\r\n$8\r\npmessage\r\n$1\r\nx\r\n" + b"$17\r\n__keyspace@0__:\xff\xfe\r\n" + b"$3\r\ndel\r\n",
        b"*4\r\n$8\r\npmessage\r\n$1\r\nx\r\n$39\r\n__keyspace@0__:django_sessions:\xff\xff\xff\xff\xff\xff\xff\xff\r\n$3\r\ndel\r\n",
    ],
    ids=["reply", "push", "pmessage of other types", "keys of other types", "short message", "channel", "key"],
)
def test_what_nobody_asked_for_hurts_nobody(scene: Scene, data: bytes) -> None:
    for _ in range(20):
        scene.redis.say(data)
    wait_for(scene.works, "the daemon to work")
    check_log(scene.daemon.lines)


def test_a_server_that_drips_is_a_silent_one(scene: Scene) -> None:
    """A reply that comes byte by byte keeps nobody waiting for longer than one that does not come."""

    def drip(_: list[bytes]) -> Iterable[bytes]:
        yield b"$1000000\r\n"
        for _ in range(3000):
            time.sleep(0.02)
            yield b"x"

    scene.redis.misdeeds = {b"PTTL": drip}
    answer = scene.ask("session.identity", session_key="nobody", confirm=True)
    assert answer["error"]["code"] == -32001
    scene.redis.misdeeds = {}
    wait_for(scene.works, "the daemon to work again")


def test_a_reply_that_comes_slowly_keeps_nobody_waiting_for_ever(scene: Scene) -> None:
    """As much of it comes as shows that the server lives; but who asks something else is told that Redis is late."""
    ended = threading.Event()

    def trickle(command: list[bytes]) -> Iterator[bytes]:
        yield b"$20000000\r\n"
        while not ended.wait(0.05):
            yield bytes(8192)

    scene.redis.misdeeds = {b"GETRANGE": trickle}
    answer = scene.ask("session.identity", session_key="slow", confirm=True)
    assert answer["error"]["code"] == -32001, answer
    answer = scene.ask("session.identity", session_key="another", confirm=True)
    assert answer["error"]["code"] == -32001, answer
    ended.set()
    scene.redis.misdeeds = {}
    scene.redis.hang_up()
    wait_for(scene.works, "the daemon to work again")


def test_keys_that_are_announced_and_never_answered_do_not_fill_the_memory(binary: str, folder: Path) -> None:
    """Ever new keys, and no answer to any question about them."""
    scene = Scene(binary, folder, link_timeout_seconds=120)
    try:
        flood_with_keys(scene, 300_000)
        scene.end()
    finally:
        scene.daemon.kill()
        scene.redis.close()


def flood_with_keys(scene: Scene, count: int) -> None:
    ended = threading.Event()

    def flood(command: list[bytes]) -> Iterator[bytes]:
        yield b"*3\r\n" + string(command[0].lower()) + string(command[1]) + b":1\r\n"
        for start in range(0, count, 1000):
            yield b"".join(
                b"*4\r\n$8\r\npmessage\r\n$1\r\nx\r\n"
                + string(b"__keyspace@0__:django_sessions:%0480d" % number)
                + b"$3\r\nset\r\n"
                for number in range(start, start + 1000)
            )
        ended.set()

    def silence(_: list[bytes]) -> Iterator[bytes]:
        ended.wait()
        return iter(())

    before = scene.watch.memory_mib
    scene.redis.misdeeds = {b"PSUBSCRIBE": flood, b"GETRANGE": silence}
    scene.redis.hang_up()
    assert ended.wait(300)
    # Each of them takes about 700 bytes, and 65,536 may wait.
    assert scene.watch.peak_mib < before + 80
    scene.redis.misdeeds = {}
    scene.redis.hang_up()
    wait_for(scene.works, "the daemon to work again")


def test_a_scan_that_never_ends_does_not_fill_the_memory(scene: Scene) -> None:
    """The same keys again and again, with cursors that lead nowhere."""
    keys = [b"django_sessions:%d" % number for number in range(100)]
    asked: list[bytes] = []

    def go_on(command: list[bytes]) -> Iterable[bytes]:
        asked.append(command[1])
        return [b"*2\r\n" + string(b"%d" % len(asked)) + array(keys)]

    scene.redis.misdeeds = {b"SCAN": go_on}
    scene.redis.hang_up()
    # Each page has the daemon ask for its keys, as fast as this Redis answers.
    wait_for(lambda: len(asked) > 200, "the scan", seconds=120)
    before = scene.watch.memory_mib
    wait_for(lambda: len(asked) > 1000, "the scan to go on", seconds=120)
    # Each page was asked for by the cursor of the one before, but for those that a lost link began anew.
    assert len(set(asked)) > 900
    assert scene.watch.memory_mib < before + 20
    scene.redis.misdeeds = {}
    wait_for(scene.works, "the daemon to work again")
