"""The site as a process, people who use it, and somebody who listens."""

from __future__ import annotations

import json
import os
import queue
import secrets
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import sessiond
from processes import DEADLINE_SECONDS
from stored import fingerprint
from tour import Browser

ROOT = Path(__file__).resolve().parent.parent


class Site:
    """`python -m tutorial` on a free port."""

    def __init__(self, folder: Path, redis_url: str, secret_key_file: Path, socket_path: Path) -> None:
        self.url = ""
        self.log = folder / "site.log"
        self._environ = {
            **os.environ,
            "EXAMPLE_REDIS_URL": redis_url,
            "EXAMPLE_SECRET_KEY_FILE": str(secret_key_file),
            "EXAMPLE_DATABASE": str(folder / "site.sqlite3"),
            "SESSIOND_SOCKET": str(socket_path),
            "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
        }
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tutorial", "--port", "0"],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=self._environ,
                cwd=ROOT,
            )
        lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._first_line, args=(self._process, lines), daemon=True).start()
        try:
            line = lines.get(timeout=DEADLINE_SECONDS)
        except queue.Empty:
            line = ""
        if not line.startswith("serving http://"):
            self.stop()
            raise AssertionError(f"the site did not start:\n{self.log.read_text()}")
        self.url = line.removeprefix("serving ").strip()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        try:
            return process.wait(DEADLINE_SECONDS)
        finally:
            process.kill()
            process.wait()

    @staticmethod
    def _first_line(process: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
        if process.stdout is not None:
            with process.stdout:
                lines.put(process.stdout.readline())


class Person(Browser):
    """Somebody with a browser, and an account once they are registered."""

    def __init__(self, site: Site, name: str | None = None) -> None:
        super().__init__(site.url)
        self.name = name or f"person-{secrets.token_hex(4)}"
        self.password = secrets.token_urlsafe(16)

    def register(self) -> Person:
        where, _ = self.post(
            "/accounts/register/", username=self.name, password1=self.password, password2=self.password
        )
        assert where == "/accounts/login/?registered=1"
        return self

    def log_in(self, **more: object) -> Person:
        where, _ = self.post("/accounts/login/", username=self.name, password=self.password, **more)
        assert where == "/"
        return self

    def choose_colour(self, colour: str) -> None:
        """Write to the session, whether anybody is logged in or not."""
        where, page = self.post("/colour/", page="/", colour=colour)
        assert (where, f"colour-{colour}" in page) == ("/", True)

    def log_out(self) -> None:
        assert self.post("/accounts/logout/")[0] == "/"

    def change_password(self) -> None:
        changed = secrets.token_urlsafe(16)
        where, _ = self.post(
            "/accounts/password/", old_password=self.password, new_password1=changed, new_password2=changed
        )
        assert where == "/?changed=1"
        self.password = changed

    @property
    def session_key(self) -> str | None:
        return next((cookie.value for cookie in self.cookies if cookie.name == "sessionid"), None)

    @property
    def session(self) -> str:
        """The fingerprint of this person's session."""
        assert self.session_key is not None
        return fingerprint(self.session_key)

    @property
    def user_id(self) -> str | None:
        """Whom Flask takes this person for; None where it sends them to the login page."""
        where, page = self.get("/backend/api/whoami")
        return None if where.startswith("/accounts/login/") else json.loads(page)["user_id"]


class Stream:
    """The server-sent events of the page that shows who is online."""

    def __init__(self, person: Person) -> None:
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in person.cookies)
        request = urllib.request.Request(person.site + "/backend/online/events", headers={"Cookie": cookies})
        self.response = urllib.request.urlopen(request, timeout=DEADLINE_SECONDS)

    def messages(self) -> Iterator[tuple[str, str]]:
        """Yield names and data until the server ends the stream."""
        name = ""
        for raw in self.response:
            line = raw.decode().rstrip("\n")
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield name, line.removeprefix("data: ")

    def until(self, wanted: Callable[[str, str], bool]) -> list[tuple[str, str]]:
        """Return the messages up to the first that is wanted."""
        heard = []
        for name, data in self.messages():
            heard.append((name, data))
            if wanted(name, data):
                return heard
        raise AssertionError(f"the stream ended after {[name for name, _ in heard]}")

    def close(self) -> None:
        self.response.close()


class Witness:
    """Listens to sessiond's events and keeps them."""

    def __init__(self, stream: sessiond.EventStream) -> None:
        self.stream = stream
        self.heard: list[sessiond.Event] = []

    def wait(self, condition: Callable[[sessiond.Event], bool]) -> sessiond.Event:
        """Return the next event that fulfils a condition."""
        while True:
            event = self.stream.poll(DEADLINE_SECONDS)
            assert event is not None, f"waited in vain after {[event.type for event in self.heard]}"
            self.heard.append(event)
            if condition(event):
                return event
