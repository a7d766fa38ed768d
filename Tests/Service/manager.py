"""A stand-in for systemd: does what the units ask for, as far as it can be done without it."""

from __future__ import annotations

import grp
import json
import os
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import IO

from processes import DEADLINE_SECONDS, wait_for

LAUNCHER = (Path(__file__).parent / "confined.py").read_text()
#: A user and a group that nobody else has, out of those that systemd gives to dynamic users.
SERVICE_ID = 61_999
IS_ROOT = os.geteuid() == 0
#: A container may forbid it even to root.
MAY_UNSHARE = IS_ROOT and subprocess.run(["unshare", "--mount", "--user", "true"], check=False).returncode == 0


def as_service(groups: list[int]) -> list[str]:
    """What makes a command the service's user, in further groups, and takes all privileges from it."""
    member = f"--groups={','.join(map(str, groups))}" if groups else "--clear-groups"
    return [
        *("/usr/bin/setpriv", f"--reuid={SERVICE_ID}", f"--regid={SERVICE_ID}", member),
        *("--no-new-privs", "--inh-caps=-all", "--bounding-set=-all", "--"),
    ]


def inside(root: Path, *command: str) -> list[str]:
    """A command in another root folder, with a /proc, which Swift takes its arguments from."""
    return mounted('mount -t proc proc "$0/proc" && exec chroot "$0" "$@"', root, *command)


def protected(state: Path, *command: str) -> list[str]:
    """A command as `ProtectSystem=strict` and `ProcSubset=pid` leave it: it writes to its state alone."""
    steps = [
        'mount --bind "$0" "$0"',
        "mount -o remount,bind,ro /",
        "mount -t proc -o subset=pid,hidepid=invisible proc /proc",
        'exec "$@"',
    ]
    return mounted(" && ".join(steps), state, *command)


def mounted(script: str, path: Path, *command: str) -> list[str]:
    """A command behind a script of mounts, which are its own and go with it."""
    return ["/usr/bin/unshare", "--mount", "--propagation=private", "/bin/sh", "-c", script, str(path), *command]


class Listener:
    """A listening socket at a path, as a socket unit makes it. It stays when the service ends."""

    def __init__(self, path: Path, group: int | None = None, kind: int = socket.SOCK_STREAM) -> None:
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, kind)
        previous = os.umask(0o777 & ~0o660)
        try:
            self.socket.bind(str(path))
        finally:
            os.umask(previous)
        if group is not None:
            os.chown(path, 0, group)
        if kind == socket.SOCK_STREAM:
            self.socket.listen(64)

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


class ServiceManager:
    """Starts a program with `$NOTIFY_SOCKET`, and with sockets, credentials, a user and filters as told."""

    def __init__(self, folder: Path, root: Path | None = None) -> None:
        """Make a folder in `folder`; where a `root` is given, that is what the service takes for the root folder."""
        self.root = root
        self.folder = Path(tempfile.mkdtemp(dir=folder))
        self.folder.chmod(0o755)
        self._states: list[str] = []
        self._notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notified.bind(str(self.folder / "notify"))
        (self.folder / "notify").chmod(0o777)
        self._notified.setblocking(False)
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] = open(self.folder / "log", "wb")  # noqa: SIM115

    def start(
        self,
        command: list[str],
        *,
        listeners: list[socket.socket] | None = None,
        environment: dict[str, str] | None = None,
        credentials: dict[str, str] | None = None,
        confinement: dict[str, object] | None = None,
        as_user: bool = False,
        groups: list[int] | None = None,
        is_protected: bool = False,
        core: int = 0,
    ) -> int:
        """Start it and return its pid."""
        variables = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "NOTIFY_SOCKET": self.seen(self.folder / "notify")}
        state = self.folder / "state"
        state.mkdir(mode=0o700)
        variables["STATE_DIRECTORY"] = self.seen(state)
        if credentials is not None:
            variables["CREDENTIALS_DIRECTORY"] = self.seen(self._credentials(credentials, as_user))
        descriptors = [listener.fileno() for listener in listeners or []]
        orders = {
            "command": command,
            "environment": variables | (environment or {}),
            "descriptors": descriptors,
            "umask": 0o077,
            "core": core,
            "confinement": confinement,
        }
        user: list[str] = []
        if as_user and IS_ROOT:
            os.chown(state, SERVICE_ID, SERVICE_ID)
            user = as_service(groups or [])
        if self.root is not None:
            # Who is a user there is made so there: only root may change the root folder.
            orders["command"] = inside(self.root, *user, *command)
            user = []
        launcher = [*user, "/usr/bin/python3", "-IS", "-c", LAUNCHER, json.dumps(orders)]
        self._process = subprocess.Popen(
            protected(state, *launcher) if is_protected and MAY_UNSHARE else launcher,
            pass_fds=descriptors,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        return self._process.pid

    def seen(self, path: Path) -> str:
        """Return a path as the service sees it."""
        return str(path) if self.root is None else f"/{path.relative_to(self.root)}"

    def _credentials(self, credentials: dict[str, str], as_user: bool) -> Path:
        """A folder as systemd makes it: for the service's user alone, and only to be read."""
        folder = self.folder / "credentials"
        folder.mkdir(mode=0o700)
        for name, content in credentials.items():
            (folder / name).write_text(content)
            (folder / name).chmod(0o400)
        if as_user and IS_ROOT:
            for path in [*folder.iterdir(), folder]:
                os.chown(path, SERVICE_ID, SERVICE_ID)
        folder.chmod(0o500)
        return folder

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    @property
    def states(self) -> list[str]:
        """All lines that the service has told so far."""
        while True:
            try:
                self._states += self._notified.recv(65536).decode().splitlines()
            except BlockingIOError:
                return self._states

    def forget_states(self) -> None:
        assert self.states is not None
        self._states = []

    def wait_for_state(self, state: str) -> None:
        def told() -> bool:
            process = self._process
            assert process is not None
            # First whether it lives: what it told before it ended has then arrived.
            status = process.poll()
            if state in self.states:
                return True
            assert status is None, f"it ended with {status} before it told {state}:\n{self.log}"
            return False

        wait_for(told, f"{state}; it says:\n{self.log}")

    def wait(self) -> int:
        """Wait for its end and return its exit status, negative for a signal."""
        assert self._process is not None
        return self._process.wait(DEADLINE_SECONDS)

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def stop(self) -> int:
        self.signal(signal.SIGTERM)
        return self.wait()

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(DEADLINE_SECONDS)
        self._notified.close()
        self._log.close()


def unused_group() -> int:
    """The number of a group that no user is in."""
    taken = {group.gr_gid for group in grp.getgrall()}
    return next(number for number in range(SERVICE_ID - 1, 1000, -1) if number not in taken)
