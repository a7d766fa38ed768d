"""A journal that a real daemon has written, and goes on writing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from audit import Audit
from processes import Daemon, PrivateRedis, wait_for
from stored import fingerprint, logged_in, session_value

SECRET_KEY = "the auditor's secret"

pytest_plugins = ["daemon_fixtures"]


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="sd-") as name:
        yield Path(name)


@pytest.fixture(scope="session")
def journal(binary: str, folder: Path) -> Iterator[Path]:
    """A journal in which user 42 came and went, user 7 stays, and user 9 expired; and a bad value."""
    redis = PrivateRedis(folder)
    redis.start()
    key = folder / "secret_key"
    key.write_text(SECRET_KEY + "\n")
    daemon = Daemon(binary, folder, redis.url, key)
    daemon.start()
    path = folder / "state" / "journal.sqlite"

    def write(name: str, user: int, seconds: int = 600) -> None:
        redis.command("SETEX", f"django_sessions:{name}", seconds, session_value(SECRET_KEY, logged_in(user)))
        wait_for(lambda: fingerprint(name) in Audit(path).logged_in, f"the login of {name}")

    redis.command("SETEX", "django_sessions:bad", 600, "no session at all")
    write("stays", 7)
    write("goes", 42)
    write("expires", 9, 1)
    redis.command("DEL", "django_sessions:goes")
    wait_for(lambda: set(Audit(path).logged_in) == {fingerprint("stays")}, "the others to be gone")
    yield path
    assert daemon.stop() == 0
    redis.stop()
