"""Events in a Redis Stream: each once, whoever dies, and from whichever of two daemons."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time
from collections import defaultdict
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import redis as redis_py

import sessiond
from audit import Audit
from processes import PrivateRedis, wait_for
from visitors import SECRET_KEY, Visitors

STREAM = "audit:events"
# Another daemon's journal.
OTHER = "urn:uuid:00000000-0000-0000-0000-000000000000"


class Host:
    """A daemon with a journal of its own, that dies and comes back."""

    def __init__(self, binary: str, folder: Path, redis: PrivateRedis) -> None:
        folder.mkdir()
        self._folder = folder
        (folder / "secret_key").write_text(SECRET_KEY + "\n")
        self.journal = folder / "state" / "journal.sqlite"
        self._command = [
            *(binary, "serve", "--redis-url", redis.url, "--secret-key-file", str(folder / "secret_key")),
            *("--socket", str(folder / "s.sock"), "--state-directory", str(folder / "state")),
            *("--publish-stream", STREAM),
        ]

    def start(self) -> None:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("SESSIOND_")}
        with open(self._folder / "log", "ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, env=environ)

    def send(self, number: int) -> None:
        self._process.send_signal(number)

    def end(self, number: int = signal.SIGKILL) -> None:
        self._process.send_signal(number)
        self._process.wait()

    def status(self) -> dict:
        try:
            with sessiond.Client(str(self._folder / "s.sock"), timeout=5) as client:
                return client.status()
        except sessiond.SessiondError:
            return {"link": {"state": "away"}, "journal": {}, "stream": {"state": "away"}}

    def log(self) -> str:
        return (self._folder / "log").read_text()

    def is_quiet(self) -> bool:
        status = self.status()
        return status["link"]["state"] == "live" and status["journal"]["backlog"] == 0


@pytest.fixture
def folder():
    with TemporaryDirectory(prefix="sd-") as name:
        yield Path(name)


@pytest.fixture
def redis(folder):
    server = PrivateRedis(folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def host(binary, folder, redis):
    """Makes daemons, which end with the test."""
    hosts = []

    def make(name: str) -> Host:
        hosts.append(Host(binary, folder / name, redis))
        return hosts[-1]

    yield make
    for host in hosts:
        host.end(signal.SIGKILL)


@pytest.fixture
def visitors(redis):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    visitors = Visitors(redis, seed)
    visitors.start()
    yield visitors
    visitors.stop()


def sqlite(path: Path, sql: str) -> str:
    with closing(sqlite3.connect(path)) as connection:
        [value] = connection.execute(sql).fetchone()
    return value


def entries(redis: PrivateRedis) -> list[tuple[str, dict]]:
    """Id and event of every entry, oldest first."""
    with redis_py.Redis(unix_socket_path=str(redis.path)) as client:
        found = client.xrange(STREAM)
    for _, fields in found:
        event = json.loads(fields[b"event"])
        assert (event["id"], event["type"]) == (fields[b"id"].decode(), fields[b"type"].decode())
    return [(fields[b"id"].decode(), json.loads(fields[b"event"])) for _, fields in found]


def test_every_event_once_in_order_wherever_the_daemon_is_killed(host, redis, visitors):
    daemon = host("a")
    daemon.start()
    chance = random.Random()
    for _ in range(12):
        visitors.proceed()
        time.sleep(chance.random() * 0.4)
        daemon.end()
        daemon.start()
    visitors.pause()
    wait_for(daemon.is_quiet, "the daemon to be quiet")

    def is_published() -> bool:
        return [name for name, _ in entries(redis)] == [name for name, _ in Audit(daemon.journal).events]

    wait_for(is_published, "every event in the stream")


def alternation(events: list[dict]) -> dict[str, list[str]]:
    """What happened to each session, in order; fails where that is impossible."""
    by_session = defaultdict(list)
    for event in events:
        kind = event["type"].removeprefix("dev.sessiond.")
        if kind in ("login", "logout"):
            expected = "logout" if by_session[event["subject"]][-1:] == ["login"] else "login"
            assert kind == expected, f"{event['subject']}: {by_session[event['subject']]}, then {kind}"
            by_session[event["subject"]].append(kind)
    return by_session


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_two_daemons_publish_each_event_once(host, redis, visitors, number):
    first, second = host("a"), host("b")
    first.start()
    wait_for(lambda: first.status()["stream"]["state"] == "publishing", "the first to publish")
    visitors.proceed()
    time.sleep(1)
    second.start()
    wait_for(lambda: second.status()["stream"]["state"] == "standby", "the second to wait")
    time.sleep(1)
    # It dies, or only seems to: then it must not publish when it wakes up.
    first.send(number)
    time.sleep(1)
    wait_for(lambda: second.status()["stream"]["state"] == "publishing", "the second to go on")
    time.sleep(1)
    changed = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    time.sleep(0.1)
    first.send(signal.SIGCONT)
    time.sleep(1)
    visitors.pause()
    wait_for(second.is_quiet, "the second to be quiet")

    def is_whole() -> bool:
        sessions = alternation([event for _, event in entries(redis)])
        return {name for name, kinds in sessions.items() if kinds[-1] == "login"} == set(visitors.truth())

    wait_for(is_whole, "the stream to say what Redis holds")
    # What came after the change of publishers is told under the ids of the second, all of it, once and in order.
    expected = [name for name, event in Audit(second.journal).events if event["time"] > changed]
    wait_for(lambda: expected[-1] in [name for name, _ in entries(redis)], "the last event in the stream")
    names = [name for name, _ in entries(redis)]
    assert len(set(names)) == len(names)
    assert [name for name in names if name in set(expected)] == expected
    if number == signal.SIGSTOP:
        wait_for(lambda: first.status()["stream"]["state"] == "standby", "the first to wait")


def test_a_daemon_that_ends_lets_another_one_go_on_at_once(host, redis):
    first, second = host("a"), host("b")
    first.start()
    wait_for(lambda: first.status()["stream"]["state"] == "publishing", "the first to publish")
    second.start()
    wait_for(lambda: second.status()["stream"]["state"] == "standby", "the second to wait")
    first.end(signal.SIGTERM)
    assert redis.command("EXISTS", f"{STREAM}:lease") == b"0" or second.status()["stream"]["state"] == "publishing"
    wait_for(lambda: second.status()["stream"]["state"] == "publishing", "the second to go on")


def test_whoever_follows_one_that_died_at_its_first_start_publishes_all(host, redis, visitors):
    """The other one had the lease and added a few, and never came to the end of what it found."""
    daemon = host("a")
    redis.command("HSET", f"{STREAM}:published", OTHER, f"{1:016x}-{1:016x}", "publisher", OTHER)
    visitors.proceed()
    wait_for(lambda: len(visitors.truth()) > 20, "some logins")
    visitors.pause()
    daemon.start()
    wait_for(daemon.is_quiet, "the daemon to be quiet")

    def is_published() -> bool:
        expected = [name for name, event in Audit(daemon.journal).events if not event["type"].endswith(".link")]
        return bool(expected) and [name for name, _ in entries(redis)] == expected

    wait_for(is_published, "what it found to be published")
    assert daemon.status()["stream"]["state"] == "publishing"


def test_a_takeover_that_fails_leaves_the_lease_and_is_tried_again(host, redis):
    daemon = host("a")
    redis.command("HSET", f"{STREAM}:published", OTHER, f"{1:016x}-{1:016x}", "publisher", OTHER)
    redis.command("SET", STREAM, "no stream")
    daemon.start()
    wait_for(lambda: "WRONGTYPE" in daemon.log(), "the failure to be told")
    wait_for(lambda: redis.command("EXISTS", f"{STREAM}:lease") == b"0", "the lease to be free")
    redis.command("DEL", STREAM)
    wait_for(lambda: daemon.status()["stream"]["state"] == "publishing", "the daemon to publish")


@pytest.mark.parametrize("is_restored", [False, True], ids=["its end is lost", "an old copy was restored"])
def test_a_journal_that_ends_before_what_it_published_doubles_nothing(host, redis, visitors, is_restored, tmp_path):
    daemon = host("a")

    def live() -> None:
        """Publish what visitors do for a while."""
        daemon.start()
        wait_for(lambda: daemon.status()["stream"]["state"] == "publishing", "the daemon to publish")
        count = len(entries(redis))
        visitors.proceed()
        wait_for(lambda: len(entries(redis)) > count + 50, "events in the stream")
        visitors.pause()
        wait_for(daemon.is_quiet, "the daemon to be quiet")
        wait_for(
            lambda: (
                [name for name, _ in entries(redis)][-1:] == [name for name, _ in Audit(daemon.journal).events][-1:]
            ),
            "all to be published",
        )
        daemon.end(signal.SIGTERM)

    live()
    copy = tmp_path / "copy.sqlite"
    if is_restored:
        # As `sessiond journal backup` does: a part of the journal may still lie in its log of writes.
        with closing(sqlite3.connect(daemon.journal)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        live()
        shutil.copy(copy, daemon.journal)
        for suffix in ("-wal", "-shm"):
            daemon.journal.with_name(daemon.journal.name + suffix).unlink(missing_ok=True)
    else:
        # As after a power cut: the last ones were published, and are not in the file.
        source = f"urn:uuid:{sqlite(daemon.journal, 'SELECT uuid FROM journal')}"
        published = redis.command("HGET", f"{STREAM}:published", source).decode()
        beyond = f"{published[:17]}{int(published[17:], 16) + 50:016x}"
        redis.command("HSET", f"{STREAM}:published", source, beyond)
    before = [name for name, _ in entries(redis)]
    newest = max(before) if is_restored else beyond
    daemon.start()
    visitors.proceed()
    wait_for(lambda: len(entries(redis)) > len(before) + 50, "new events in the stream")
    visitors.pause()
    wait_for(daemon.is_quiet, "the daemon to be quiet")

    def is_published() -> bool:
        expected = [name for name, _ in Audit(daemon.journal).events if name > newest]
        return bool(expected) and [name for name, _ in entries(redis)] == before + expected

    wait_for(is_published, "the new events, and no other")


def test_a_stream_under_the_pattern_of_the_sessions_is_refused(binary, folder):
    command = [binary, "serve", "--no-verify", "--publish-stream", "django_sessions:x", "--socket", str(folder / "s")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert run.returncode == 64
    assert "publish-stream" in run.stderr
