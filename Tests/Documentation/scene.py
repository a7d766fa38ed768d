"""What the documentation's commands find when they are run: a Redis, a Django site, a daemon, somebody logged in.

The documentation's names stand for what a reader has; here they stand for what the test has:

- `redis://localhost:6379/0`, `/run/sessiond/`, `/var/lib/sessiond/`, `/etc/sessiond/`, `127.0.0.1:9180` and
  `http://127.0.0.1:8080/` for the scene's own Redis, socket, journal, secrets, HTTP door and site;
- `KEY`, `USER_ID` and `FINGERPRINT` for a session, `PID` for the daemon, `www-data` for a group that this user is in;
- `sudo` for nothing, since the daemon is this user's;
- `/tmp/sessiond.sock` for the scene's daemon, or in a block that starts one, `/tmp/` for a folder of its own.
"""

from __future__ import annotations

import grp
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from blocks import ROOT
from processes import DEADLINE_SECONDS, Daemon, PrivateRedis, wait_for
from running import Person, Site

SECRET_KEY = "a secret of these tests, and of nothing else"
STREAM = "audit:events"

MANAGE = """
import os
from django.core.management import execute_from_command_line

os.environ["DJANGO_SETTINGS_MODULE"] = "checked"
execute_from_command_line()
"""
CHECKED = """
from tutorial.frontend.settings import *

INSTALLED_APPS = [*INSTALLED_APPS, "sessiond.django"]
"""


class Scene:
    """Everything that a command needs; `folder` has to have a short path, since sockets lie in it."""

    def __init__(self, binary: str, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "h"
        self.home.mkdir()
        self.secrets = folder / "e"
        self.secrets.mkdir()
        self.key_file = self.secrets / "secret-key"
        self.key_file.write_text(SECRET_KEY + "\n")
        self.key_file.chmod(0o600)
        self.redis = PrivateRedis(self.home)
        self.daemon = Daemon(
            binary, self.home, self.redis.url, self.key_file, "--http", "127.0.0.1:0", "--publish-stream", STREAM
        )
        self.site = Site(self.home, self.redis.url, self.key_file, self.daemon.path)
        self.programs = folder / "b"
        self._make_programs(binary)
        self._door: subprocess.Popen[bytes] | None = None
        self._pages: dict[str, Path] = {}

    def start(self) -> None:
        self.redis.start()
        self.daemon.start()
        self.site.start()
        self.person = Person(self.site).register().log_in()
        # Commands that ask at the daemon's HTTP socket get to its port.
        self._door = subprocess.Popen(
            ["socat", f"UNIX-LISTEN:{self.home}/http.sock,fork", f"TCP:{self.http}"], stderr=subprocess.DEVNULL
        )
        wait_for((self.home / "http.sock").exists, "the door's socket")

    def stop(self) -> None:
        if self._door is not None:
            self._door.terminate()
            self._door.wait()
        self.site.stop()
        status = self.daemon.stop()
        self.redis.stop()
        assert status == 0
        assert self.person.session_key is None or self.person.session_key not in "\n".join(self.daemon.lines)

    @property
    def http(self) -> str:
        [line] = [line for line in self.daemon.lines if " http=" in line]
        return re.findall(r" http=(\S+)", line)[0]

    @property
    def environment(self) -> dict[str, str]:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("SESSIOND_")}
        return {
            **environ,
            "PATH": f"{self.programs}:{os.environ['PATH']}:/usr/sbin",
            "PYTHONPATH": f"{ROOT}/Examples/tutorial",
            "SESSIOND_SOCKET": str(self.daemon.path),
            "SESSIOND_STATE_DIRECTORY": str(self.home / "state"),
            "EXAMPLE_REDIS_URL": self.redis.url,
            "EXAMPLE_SECRET_KEY_FILE": str(self.key_file),
            "EXAMPLE_DATABASE": str(self.home / "site.sqlite3"),
            "LAST": "",
        }

    def somebody(self) -> Person:
        """Have the person logged in, in a new session, and known to the daemon."""
        self.person.log_out() if self.person.session_key else None
        self.person.log_in()
        wait_for(lambda: self.person.user_id, "the login to be known")
        return self.person

    def nobody(self) -> None:
        """Have the person logged out, and the logout told."""
        user, self._user = self.person.user_id, self.person.user_id
        self.person.log_out()
        wait_for(
            lambda: self.run(f"sessiond sessions {user} --json", self.home).stdout.count('"session":') == 0,
            "the logout",
        )

    def folder_of(self, page: Path) -> Path:
        """Return the folder in which a page's commands are run, one after the other."""
        name = str(page)
        if name not in self._pages:
            folder = self.folder / f"p{len(self._pages)}"
            folder.mkdir()
            shutil.copy(self.key_file, folder / "secret_key")
            (folder / "manage.py").write_text(MANAGE)
            (folder / "checked.py").write_text(CHECKED)
            self._pages[name] = folder
        return self._pages[name]

    def in_place(self, text: str, page: Path) -> str:
        """Put what this test has in the place of what a reader has."""
        own = self.folder_of(page)
        starts = "sessiond serve" in text
        person = self.person
        key = person.session_key or "nobodys"
        values = {
            "redis://localhost:6379/0": self.redis.url,
            "http://127.0.0.1:8080/": self.site.url,
            "127.0.0.1:9180": "127.0.0.1:0" if starts else self.http,
            "/run/sessiond/": f"{own if starts else self.home}/",
            "/var/lib/sessiond/": f"{self.home}/state/",
            "/etc/sessiond/": f"{self.secrets}/",
            "/tmp/sessiond.sock": f"{own}/sessiond.sock" if starts else str(self.daemon.path),
            "/tmp/": f"{own}/",
            "www-data": grp.getgrgid(os.getgid()).gr_name,
            "sudo ": "",
        }
        words = {
            "KEY": key,
            "USER_ID": self.user_id,
            "FINGERPRINT": person.session if person.session_key else "0" * 32,
            "PID": str(self.daemon.pid),
        }
        pattern = "|".join([*map(re.escape, values), *(rf"(?<![\w$-]){word}(?![\w=])" for word in words)])
        return re.sub(pattern, lambda match: values.get(match[0]) or words.get(match[0], ""), text)

    @property
    def user_id(self) -> str:
        return self.person.user_id or self._user or ""

    _user: str | None = None

    def run(self, script: str, folder: Path) -> subprocess.CompletedProcess[str]:
        """Run a script to its end."""
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=4 * DEADLINE_SECONDS,
            check=False,
        )

    def _make_programs(self, binary: str) -> None:
        """Put the programs into the path whose names stand for the scene's own."""
        self.programs.mkdir()
        (self.programs / "sessiond").symlink_to(binary)
        for name in ("python", "python3"):
            self._program(name, f'exec {sys.executable} "$@"')
        self._program("redis-cli", f'exec /usr/bin/redis-cli -s {self.redis.path} "$@"')
        self._program("your-forwarder", "exec cat")

    def _program(self, name: str, line: str) -> None:
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)
