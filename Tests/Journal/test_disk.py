"""A daemon whose disk fails it: identities are answered, the audit says that it is interrupted, and catches up."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import sessiond
from audit import Audit
from processes import DEADLINE_SECONDS, Daemon, PrivateRedis, wait_for
from stored import fingerprint, logged_in, session_value

SECRET_KEY = "the disk's secret"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a small disk and gives folders away")


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="sd-") as name:
        yield Path(name)


@pytest.fixture
def redis(folder) -> Iterator[PrivateRedis]:
    server = PrivateRedis(folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def daemon(folder, redis) -> Iterator[Daemon]:
    binary = os.environ.get("SESSIOND_BINARY")
    if not binary:
        pytest.skip("SESSIOND_BINARY names no built sessiond")
    (folder / "secret_key").write_text(SECRET_KEY + "\n")
    process = Daemon(binary, folder, redis.url, folder / "secret_key")
    yield process
    assert process.stop() == 0


@pytest.fixture
def disk(folder) -> Iterator[Path]:
    path = folder / "state"
    path.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=700k,mode=0700", "tmpfs", path], check=True)
    yield path
    subprocess.run(["umount", "--lazy", path], check=True)


def write(redis: PrivateRedis, name: str, user: int) -> None:
    redis.command("SETEX", f"django_sessions:{name}", 600, session_value(SECRET_KEY, logged_in(user)))


def states(path: Path) -> list[str]:
    return [event["data"]["state"] for _, event in Audit(path).events if event["type"] == "dev.sessiond.link"]


def test_a_full_disk_interrupts_the_audit_and_nothing_else(folder, redis, disk, daemon):
    daemon.start()
    with sessiond.Client(str(daemon.path), timeout=DEADLINE_SECONDS) as client:
        for number in range(1500):
            write(redis, f"{number:032x}", number)

        def cause() -> str:
            interruption = client.status()["journal"]["interrupted"]
            return interruption["cause"] if interruption else ""

        wait_for(lambda: "full" in cause(), "the disk to be full")
        write(redis, "during", 1)
        wait_for(lambda: client.identity("during"), "a login meanwhile")
        redis.command("DEL", "django_sessions:during")
        wait_for(lambda: not client.identity("during"), "a logout meanwhile")
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        wait_for(lambda: not cause(), "the audit to go on")
        path = disk / "journal.sqlite"
        wait_for(lambda: len(Audit(path).logged_in) == 1500, "all logins")
        wait_for(lambda: states(path) == ["journal_lost", "journal_live"], "the interruption in the journal")
        # The queue held everything: what came and went meanwhile is there as it was.
        about = [event["data"] for _, event in Audit(path).events if event.get("subject") == fingerprint("during")]
        assert [item.get("cause") or item.get("reason") for item in about] == ["created", "deleted"]


def test_a_folder_of_somebody_else_is_not_used_until_it_is_given_back(folder, redis, daemon):
    path = folder / "state"
    path.mkdir(mode=0o700)
    os.chown(path, 65534, 65534)
    write(redis, "before", 1)
    daemon.start()
    with sessiond.Client(str(daemon.path), timeout=DEADLINE_SECONDS) as client:
        assert client.identity("before").user_id == "1"
        assert "uid 65534" in client.status()["journal"]["interrupted"]["cause"]
        assert list(path.iterdir()) == []
        os.chown(path, 0, 0)
        wait_for(lambda: not client.status()["journal"]["interrupted"], "the audit to begin")
        wait_for(lambda: fingerprint("before") in Audit(path / "journal.sqlite").logged_in, "the login")
        assert states(path / "journal.sqlite")[:2] == ["journal_lost", "journal_live"]
