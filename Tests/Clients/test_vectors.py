"""The published vectors through each client: whatever a client can ask is answered as the daemon answers it."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import prepare_redis
import pytest
import redis as redis_py
from protocols import ROOT, parse
from run_vectors import OTHER_UID, Run, load

from drivers import Driver
from processes import DEADLINE_SECONDS, Daemon, PrivateRedis

#: Every method for which the clients have a function.
METHODS = {
    *("session.identity", "session.get", "session.list", "user.sessions", "session.revoke", "user.revoke"),
    *("events.subscribe", "events.query", "server.status", "server.info"),
}
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
    return any(0xD800 <= ord(letter) <= 0xDFFF for letter in json.dumps(
        [requests(step) for step in vector["steps"]], ensure_ascii=False
    ))


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
    """A vector on a driver in the place of a connection."""

    def __init__(self, driver: Driver) -> None:
        self.conversation = driver
        self.timeout = DEADLINE_SECONDS
        self.saved = {}
        self.unread = b""
        self.candidates = {}
        self.session_keys = set()


@pytest.fixture(scope="module")
def used(command: list[str]) -> set[str]:
    """The methods that a client was asked for by their own functions."""
    return set()


@pytest.mark.parametrize("vector", expressible())
def test_is_answered_through_the_client(language, command, fixture_daemon, used, vector):
    is_other = vector.get("as") == "other"
    if is_other and os.geteuid() != 0:
        pytest.skip("needs root, to be another user")
    if has_half_a_pair(vector) and language == "go":
        pytest.skip("no text of Go's can say it")
    driver = Driver(command, str(fixture_daemon.path), uid=OTHER_UID if is_other else None)
    run = ClientRun(driver)
    run.vector(vector)
    used.update(line.removeprefix("method ").strip() for line in driver.errors.splitlines() if line.startswith("method "))
    for key in run.session_keys:
        assert key not in driver.errors, "an error holds a session key"


def test_every_function_of_the_client_was_used(command, used):
    assert used == METHODS


def test_most_vectors_are_expressible():
    assert len(expressible()) > 40
