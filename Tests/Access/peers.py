"""Peers of other users and groups, as the kernel sees them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from processes import Daemon, PrivateRedis
from stored import logged_in, session_value

SECRET_KEY = "the secret of a site with several users"
#: Users and groups that own nothing.
ANNA, BEN, CLARA = 60_001, 60_002, 60_003
STAFF, AUDIT = 61_001, 61_002

#: As whom the kernel shows everybody who has no number in a user namespace.
OVERFLOW = 65_534

MAY_UNSHARE = subprocess.run(["unshare", "--user", "true"], check=False).returncode == 0
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be several users")

_ASK = """
import socket, sys
with socket.socket(socket.AF_UNIX) as connection:
    connection.settimeout(30)
    connection.connect(sys.argv[1])
    connection.sendall(sys.stdin.buffer.read())
    connection.shutdown(socket.SHUT_WR)
    with connection.makefile("rb") as answers:
        sys.stdout.buffer.write(answers.read())
"""


class Site:
    """A daemon, and what peers ask of it."""

    def __init__(self, binary: str, folder: Path, redis: PrivateRedis, configuration: str, *options: str) -> None:
        self._folder = folder
        self._redis = redis
        self._configuration = folder / "sessiond.yaml"
        self.configure(configuration)
        # The file's permissions let everybody in: what they may do is the matter here.
        options = ("--config", str(self._configuration), "--socket-mode", "0666", *options)
        self.daemon = Daemon(binary, folder, redis.url, folder / "secret_key", *options)
        self.daemon.start()

    def configure(self, text: str) -> None:
        self._configuration.write_text(text or "# nothing\n")

    def keys(self, *keys: str) -> None:
        """Put these into the key file."""
        (self._folder / "secret_key").write_text("\n".join(keys) + "\n")

    def log_in(self, key: str, user: int, secret_key: str = SECRET_KEY, **more: Any) -> None:
        self._redis.command("SETEX", f"django_sessions:{key}", 600, session_value(secret_key, logged_in(user, **more)))

    def ask(
        self, method: str, uid: int = 0, gid: int = 65534, groups: tuple[int, ...] = (), socket: str = "", **params: Any
    ) -> dict[str, Any]:
        """Ask once, as this user with these groups, and return the answer."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        done = subprocess.run(
            [sys.executable, "-c", _ASK, socket or str(self.daemon.path)],
            input=json.dumps(request).encode() + b"\n",
            capture_output=True,
            check=True,
            timeout=60,
            user=uid,
            group=gid,
            extra_groups=list(groups),
            cwd="/",
        )
        return json.loads(done.stdout)

    def rights(self, uid: int = 0, gid: int = 65534, groups: tuple[int, ...] = (), socket: str = "") -> list[str]:
        return self.ask("server.info", uid, gid, groups, socket)["result"]["rights"]
