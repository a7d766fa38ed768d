"""The published vectors through each client: whatever a client can ask is answered as the daemon answers it."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import redis as redis_py

import prepare_redis
from drivers import Driver
from processes import DEADLINE_SECONDS, Daemon, PrivateRedis
from protocols import ROOT, parse
from run_vectors import OTHER_UID, Run, load

#: Every method for which the clients have a function.
METHODS = {
    *("session.identity", "session.get", "session.list", "user.sessions", "session.revoke", "user.revoke"),
    *("events.subscribe", "events.query", "server.status", "server.info"),
}
#: Asked at the end of a vector: whatever is too much has come before its answer.
END = {"jsonrpc": "2.0", "id": "the end of a vector", "method": "server.info"}
ENVELOPE = {"jsonrpc", "id", "method", "params"}


def requests(step: dict[str, Any]) -> list[dict[str, Any]] | None:
    """What a step asks for, or None where no client says it like this."""
    if "send_b64" in step or step.get("close_write") or step.get("closed"):
        return None
    if any("text" in item for item in step.get("expect", [])):
        return None  # A client has ids of its own.
    try:
        text = Run.bytes_of(_Sent(), step).decode()
        messages = [parse(line) for line in text.splitlines(keepends=True) if line.endswith("\n") or 1 / 0]
    except (ValueError, RecursionError, ZeroDivisionError):
        return None
    return messages if all(is_request(message) for message in messages) else None


class _Sent:
    """Stands in for a run whose answers are not known yet."""

    class _Any(dict):  # type: ignore[type-arg]
        def __missing__(self, name: str) -> str:
            return name

    saved = _Any()


def is_request(message: Any) -> bool:
    return (
        isinstance(message, dict)
        and message.keys() <= ENVELOPE
        and message.get("jsonrpc") == "2.0"
        and isinstance(message.get("method"), str)
        and message.get("id") is not None
        and isinstance(message.get("params", {}), (dict, list))
        and "1.0" not in json.dumps(message.get("params"))
    )


def has_half_a_pair(vector: dict[str, Any]) -> bool:
    """Whether a session key has half of a surrogate pair, which JavaScript's strings can hold and Go's cannot."""
    return any(
        0xD800 <= ord(letter) <= 0xDFFF
        for letter in json.dumps([requests(step) for step in vector["steps"]], ensure_ascii=False)
    )


def expressible() -> list[Any]:
    """The vectors, with their lines in any order: a client matches answers by their ids."""
    chosen = []
    for file, vector in load(ROOT / "vectors" / "socket"):
        if all(requests(step) is not None for step in vector["steps"]):
            vector = copy.deepcopy(vector)
            for step in vector["steps"]:
                step.pop("ordered", None)
            chosen.append(pytest.param(vector, id=f"{file}: {vector['description']}"))
    return chosen


@pytest.fixture(scope="module")
def fixture_daemon() -> Iterator[Daemon]:
    """Run a daemon on what the vectors need, as their README says."""
    binary = os.environ.get("SESSIOND_BINARY")
    if not binary:
        pytest.skip("SESSIOND_BINARY names no built sessiond")
    fixture = parse((ROOT / "vectors" / "fixture.json").read_text())
    with TemporaryDirectory(prefix="sd-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        server = PrivateRedis(folder)
        server.start()
        with redis_py.Redis(unix_socket_path=str(server.path)) as client:
            prepare_redis.load(client, fixture)
        prepare_redis.write_secret_keys(folder / "keys", fixture["secret_keys"])
        daemon = Daemon(binary, folder, server.url, folder / "keys", "--key-pattern", fixture["key_pattern"])
        daemon.start()
        yield daemon
        assert daemon.stop() == 0
        server.stop()


class ClientRun(Run):
    """A vector on a driver in the place of a connection. The driver is used for the next one, too."""

    def __init__(self, driver: Driver) -> None:
        self.conversation = driver
        self.timeout = DEADLINE_SECONDS
        self.saved = {}
        self.unread = b""
        self.candidates = {}
        self.session_keys = set()

    def vector(self, vector: dict[str, Any]) -> None:
        for step in vector["steps"]:
            self.step(step)
        self.step({"send_json": END, "expect": [{"json": {"id": END["id"], "$more": True}}]})


@pytest.fixture(scope="module")
def drivers(command: list[str], fixture_daemon: Daemon) -> Iterator[dict[int | None, Driver]]:
    """Start a driver with every right, and where that is possible one of another user's."""
    uids = [None, OTHER_UID] if os.geteuid() == 0 else [None]
    started = {uid: Driver(command, str(fixture_daemon.path), uid=uid) for uid in uids}
    yield started
    for driver in started.values():
        driver.hang_up()


@pytest.mark.parametrize("vector", expressible())
def test_is_answered_through_the_client(language, drivers, vector):
    uid = OTHER_UID if vector.get("as") == "other" else None
    if uid not in drivers:
        pytest.skip("needs root, to be another user")
    if has_half_a_pair(vector) and language == "go":
        pytest.skip("no text of Go's can say it")
    run = ClientRun(drivers[uid])
    run.vector(vector)
    for key in run.session_keys:
        assert key not in drivers[uid].errors, "an error holds a session key"


def test_every_function_of_the_client_was_used(drivers):
    lines = drivers[None].errors.splitlines()
    assert {line.removeprefix("method ") for line in lines if line.startswith("method ")} == METHODS


def test_most_vectors_are_expressible():
    assert len(expressible()) > 40
