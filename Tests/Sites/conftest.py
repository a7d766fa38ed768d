"""Fixtures: for every way to store sessions a private Redis, a site, and the real daemon beside it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import sessiond
from processes import DEADLINE_SECONDS, Daemon, PrivateRedis
from running import SECRET_KEY, Site, Visitor, Witness
from validated import validate_messages
from variants import CACHED, Variant

pytest_plugins = ["daemon_fixtures"]


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    # pytest's own folders have names too long for a socket's path.
    with tempfile.TemporaryDirectory(prefix="sd-") as name:
        (Path(name) / "secret_key").write_text(SECRET_KEY + "\n")
        yield Path(name)


@pytest.fixture(scope="session", params=CACHED, ids=str)
def variant(request: pytest.FixtureRequest) -> Variant:
    # For the whole session, since pytest then runs all tests of one site together.
    return request.param


@pytest.fixture(scope="session")
def redis(variant: Variant) -> Iterator[PrivateRedis]:
    with tempfile.TemporaryDirectory(prefix="sd-") as name:
        server = PrivateRedis(Path(name))
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="session")
def site(variant: Variant, redis: PrivateRedis) -> Iterator[Site]:
    process = Site(redis.folder, variant.settings(redis.url))
    process.start()
    yield process
    assert process.stop() == 0
    assert "Traceback" not in process.log.read_text()


@pytest.fixture(scope="session")
def daemon(binary: str, folder: Path, variant: Variant, redis: PrivateRedis) -> Iterator[Daemon]:
    process = Daemon(
        binary,
        redis.folder,
        redis.url,
        folder / "secret_key",
        *("--key-pattern", variant.key_pattern, *variant.decoder_options),
    )
    process.start()
    yield process
    assert process.stop() == 0


@pytest.fixture(scope="session")
def leaver(daemon: Daemon, site: Site) -> Visitor:
    """Somebody whose session ends by itself, begun early so that nobody waits for it."""
    return Visitor(site).log_in(expires_in=1)


@pytest.fixture
def client(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> Iterator[sessiond.Client]:
    validate_messages(monkeypatch)
    with sessiond.Client(str(daemon.path), timeout=DEADLINE_SECONDS) as client:
        yield client


@pytest.fixture
def witness(client: sessiond.Client) -> Iterator[Witness]:
    with client.events() as stream:
        yield Witness(stream)


@pytest.fixture
def visitor(site: Site) -> Visitor:
    return Visitor(site)
