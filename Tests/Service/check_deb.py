"""The life of the Debian package: built, looked at by lintian, installed into a fresh Debian, run, removed, purged.

    check_deb.py PACKAGE [--root FOLDER]

To be run as root, by `make check-deb`: debootstrap makes a Debian in a temporary folder. Where it cannot, `--root`
names one that is there already, which is changed and left. No systemd runs in it.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "Clients/python" / folder) for folder in ("src", "tests/support")]

import sessiond  # noqa: E402
from manager import SERVICE_ID, Listener, ServiceManager, inside  # noqa: E402
from processes import PrivateRedis  # noqa: E402
from stored import logged_in, session_value  # noqa: E402
from units import Unit  # noqa: E402

SUITE = "bookworm"
SECRET_KEY = "the package's secret"


class Debian:
    """A Debian in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(self, *command: str, succeeds: bool = True) -> str:
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "DEBIAN_FRONTEND": "noninteractive",
            "LC_ALL": "C.UTF-8",
        }
        result = subprocess.run(
            inside(self.root, *command), capture_output=True, text=True, check=False, env=environment
        )
        if succeeds:
            assert result.returncode == 0, f"{' '.join(command)}:\n{result.stdout}{result.stderr}"
        else:
            assert result.returncode != 0, " ".join(command)
        return result.stdout

    def path(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def is_enabled(self, unit: str, target: str) -> bool:
        return self.path(f"/etc/systemd/system/{target}.wants/{unit}").is_symlink()


def lint(package: Path) -> None:
    subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", str(package)], check=True)


def install(debian: Debian, package: Path) -> None:
    shutil.copy(package, debian.path("/tmp"))
    # As everybody without systemd sees it; with it, deb-systemd-invoke would be asked.
    said = debian.run("apt-get", "install", "-y", "--no-install-recommends", f"/tmp/{package.name}")
    assert "sessiond starts when Django's SECRET_KEY is in /etc/sessiond/secret-key" in said
    assert debian.run("getent", "group", "sessiond").startswith("sessiond:x:")
    debian.run("getent", "passwd", "sessiond", succeeds=False)
    debian.run("getent", "passwd", "_sessiond", succeeds=False)
    assert debian.is_enabled("sessiond.service", "multi-user.target")
    assert debian.is_enabled("sessiond.socket", "sockets.target")
    assert "not found" not in debian.run("ldd", "/usr/bin/sessiond")
    assert debian.run("sessiond", "--version").strip() in package.name
    assert debian.run("dpkg", "--verify", "sessiond") == ""
    assert debian.run("dpkg-query", "-W", "-f", "${Conffiles}", "sessiond").split()[0] == "/etc/sessiond/sessiond.yaml"


def serve(debian: Debian) -> None:
    """The command of the installed unit, as its user, on the configuration that the package brings."""
    folder = debian.path("/run/check")
    folder.mkdir(mode=0o755)
    redis = PrivateRedis(folder)
    redis.start()
    redis.path.chmod(0o777)
    redis.command("SETEX", "django_sessions:visitor", 600, session_value(SECRET_KEY, logged_in(7)))
    manager = ServiceManager(folder, debian.root)
    unit = Unit(debian.path("/lib/systemd/system/sessiond.service"))
    (debian.path("/run/sessiond")).mkdir()
    path = Unit(debian.path("/lib/systemd/system/sessiond.socket")).one("ListenStream")
    group = int(debian.run("getent", "group", "sessiond").split(":")[2])
    try:
        with Listener(debian.path(path), group=group) as listener:
            pid = manager.start(
                unit.command,
                listeners=[listener.socket],
                credentials={"secret-key": SECRET_KEY, "redis-url": f"unix://{manager.seen(redis.path)}?db=0"},
                as_user=True,
            )
            manager.wait_for_state("READY=1")
            assert f"Uid:\t{SERVICE_ID}\t" in Path(f"/proc/{pid}/status").read_text()
            with sessiond.Client(str(listener.path)) as client:
                assert client.identity("visitor").user_id == "7"
            # The commands find the socket by themselves, and who is in its group may use it.
            user = ["setpriv", "--reuid=61998", "--regid=61998", f"--groups={group}", "--"]
            assert '"authenticated":true' in debian.run(*user, "sessiond", "identity", "--json", "visitor")
            assert '"state":"live"' in debian.run(*user, "sessiond", "status", "--json")
            assert manager.stop() == 0, manager.log
    finally:
        manager.close()
        redis.stop()


def keep_changes(debian: Debian, package: Path) -> None:
    configuration = debian.path("/etc/sessiond/sessiond.yaml")
    configuration.write_text("log-level: debug\n")
    debian.path("/etc/sessiond/secret-key").write_text(SECRET_KEY)
    said = debian.run("apt-get", "install", "-y", "--reinstall", f"/tmp/{package.name}")
    assert "sessiond starts when" not in said
    assert configuration.read_text() == "log-level: debug\n"


def remove(debian: Debian) -> None:
    state = debian.path("/var/lib/private/sessiond")
    state.mkdir(parents=True)
    (state / "journal.sqlite").touch()
    debian.path("/var/lib/sessiond").symlink_to("private/sessiond")
    debian.run("apt-get", "remove", "-y", "sessiond")
    assert not debian.path("/usr/bin/sessiond").exists()
    assert debian.path("/etc/sessiond/secret-key").exists()
    assert (state / "journal.sqlite").exists()


def install_again(debian: Debian, package: Path) -> None:
    """What `remove` has masked is not masked any more."""
    debian.run("apt-get", "install", "-y", f"/tmp/{package.name}")
    assert debian.is_enabled("sessiond.service", "multi-user.target")
    assert not os.path.lexists(debian.path("/etc/systemd/system/sessiond.service"))


def purge(debian: Debian) -> None:
    debian.run("apt-get", "purge", "-y", "sessiond")
    for path in ["/etc/sessiond", "/var/lib/sessiond", "/var/lib/private/sessiond", "/usr/share/doc/sessiond"]:
        assert not os.path.lexists(debian.path(path)), path
    left = list(debian.path("/etc/systemd").rglob("sessiond*"))
    left += debian.path("/var/lib/systemd").rglob("sessiond*")
    assert left == []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("package", type=Path)
    parser.add_argument("--root", type=Path, help="a Debian that is there already")
    arguments = parser.parse_args()
    package = arguments.package.resolve()

    def step(name: str, action: Callable[[], None]) -> None:
        print(f"{name} …", flush=True)
        action()

    step("lintian", lambda: lint(package))
    with TemporaryDirectory(prefix="sd-debian-") as name:
        Path(name).chmod(0o755)
        root = (arguments.root or Path(name)).resolve()
        debian = Debian(root)
        if not arguments.root:
            # Without a mirror's address debootstrap knows one.
            mirror = [address] if (address := os.environ.get("DEBIAN_MIRROR")) else []
            command = ["debootstrap", "--variant=minbase", SUITE, str(root), *mirror]
            step("debootstrap", lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL) and None)
        step("apt-get install", lambda: install(debian, package))
        step("the service's command as its user", lambda: serve(debian))
        step("apt-get install --reinstall", lambda: keep_changes(debian, package))
        step("apt-get remove", lambda: remove(debian))
        step("apt-get install, once more", lambda: install_again(debian, package))
        step("apt-get purge", lambda: purge(debian))
        assert not any(f" {root}" in line for line in Path("/proc/mounts").read_text().splitlines()), "a mount is left"
    print(f"the package holds, on Debian {SUITE} ({platform.machine()})")


if __name__ == "__main__":
    main()
