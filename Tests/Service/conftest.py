"""An installed sessiond, a Redis that it can reach, and a stand-in for the service manager."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from manager import Listener, ServiceManager
from processes import PrivateRedis
from units import Unit

ROOT = Path(__file__).resolve().parents[2]
SECRET_KEY = "the service's secret"

pytest_plugins = ["daemon_fixtures"]


def make(target: str, **variables: object) -> None:
    """Run one of the Makefile's targets."""
    words = [f"{name}={value}" for name, value in variables.items()]
    command = ["make", "--no-print-directory", "-C", str(ROOT), target, *words]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert result.returncode == 0, result.stderr


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="sd-") as name:
        # The service's user has to get through.
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="session")
def installed(binary: str, folder: Path) -> Path:
    """Where `make install` has put everything."""
    prefix = folder / "usr"
    make("install-files", SESSIOND=binary, PREFIX=prefix, SYSCONFDIR=folder / "etc", DESTDIR="")
    # So that what the units name is there.
    (folder / "etc/sessiond/secret-key").write_text(SECRET_KEY + "\n")
    return prefix


@pytest.fixture(scope="session")
def service(installed: Path) -> Unit:
    return Unit(installed / "lib/systemd/system/sessiond.service")


@pytest.fixture(scope="session")
def socket_unit(installed: Path) -> Unit:
    return Unit(installed / "lib/systemd/system/sessiond.socket")


@pytest.fixture(scope="session")
def redis(folder: Path) -> Iterator[PrivateRedis]:
    server = PrivateRedis(folder)
    server.start()
    server.path.chmod(0o777)
    yield server
    server.stop()


@pytest.fixture
def manager(folder: Path) -> Iterator[ServiceManager]:
    manager = ServiceManager(folder)
    yield manager
    manager.close()


@pytest.fixture
def listener(manager: ServiceManager) -> Iterator[Listener]:
    with Listener(manager.folder / "sessiond.sock") as listener:
        yield listener


@pytest.fixture
def secrets(redis: PrivateRedis) -> dict[str, str]:
    """The credentials that the unit loads."""
    return {"secret-key": SECRET_KEY + "\n", "redis-url": redis.url + "\n"}
