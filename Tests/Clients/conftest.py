"""A driver in every language, a Redis, and a daemon or a scripted one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from drivers import LANGUAGES, Driver, build
from processes import Daemon, PrivateRedis
from scripted import Peer, ScriptedServer

pytest_plugins = ["daemon_fixtures"]

SECRET_KEY = "a secret of these tests"


@pytest.fixture(scope="session", params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    """Name the language of the client that is tested."""
    return request.param


@pytest.fixture(scope="session")
def command(language: str) -> Iterator[list[str]]:
    """Build the driver of the language."""
    with TemporaryDirectory(prefix="sd-") as name:
        Path(name).chmod(0o711)
        yield build(language, Path(name))


@pytest.fixture
def drive(command: list[str]) -> Iterator[Callable[..., Driver]]:
    """Start drivers for the daemon at a path; none of them may fail."""
    drivers: list[Driver] = []

    def start(path: object, **options: int) -> Driver:
        drivers.append(Driver(command, str(path), **options))
        return drivers[-1]

    yield start
    for driver in drivers:
        driver.hang_up()


@pytest.fixture
def daemon(binary: str, folder: Path, redis: PrivateRedis) -> Iterator[Daemon]:
    """Run a daemon for one test."""
    (folder / "secret_key").write_text(SECRET_KEY + "\n")
    process = Daemon(binary, folder, redis.url, folder / "secret_key")
    process.start()
    yield process
    assert process.stop() == 0


@pytest.fixture
def serve(folder: Path) -> Iterator[Callable[..., ScriptedServer]]:
    """Start a scripted daemon; a script that failed fails the test."""
    servers: list[ScriptedServer] = []

    def start(script: Callable[[ScriptedServer, Peer], None]) -> ScriptedServer:
        server = ScriptedServer(folder / "sessiond.sock", lambda peer: script(server, peer))
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.close()
    for server in servers:
        assert server.failures == []
