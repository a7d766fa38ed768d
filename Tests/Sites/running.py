"""The site as a process, people who use it, and what sessiond tells about them."""

from __future__ import annotations

import http.client
import json
import os
import queue
import secrets
import subprocess
import sys
import threading
import urllib.parse
from pathlib import Path
from typing import Any

import sessiond
from processes import DEADLINE_SECONDS
from stored import fingerprint

SECRET_KEY = "a secret of these tests, and of nothing else"
LOGIN, LOGOUT = "dev.sessiond.login", "dev.sessiond.logout"
CHANGED, REJECTED = "dev.sessiond.changed", "dev.sessiond.rejected"


class Site:
    """`python -m shop` with its users in a database in `folder`."""

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self.address = ""
        self.log = folder / "site.log"
        database = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "site.sqlite3")}
        settings = {"SECRET_KEY": SECRET_KEY, "DATABASES": {"default": database}, **settings}
        self._environ = {
            **os.environ,
            "SHOP_SETTINGS": json.dumps(settings),
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "shop"],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=self._environ,
                cwd=Path(__file__).parent,
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
        self.address = line.removeprefix("serving http://").strip()

    def stop(self) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.terminate()
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


class Visitor:
    """Somebody with a browser, and with an account of their own unless they are given one."""

    def __init__(self, site: Site, account: Visitor | None = None) -> None:
        self._site = site
        #: The session's cookie, None before the first write and after a logout.
        self.session_key: str | None = None
        if account is None:
            self.name, self.password = f"visitor-{secrets.token_hex(4)}", secrets.token_urlsafe(8)
            self.user_id = self.post("/register", name=self.name, password=self.password)["user_id"]
        else:
            self.name, self.password, self.user_id = account.name, account.password, account.user_id

    def who(self) -> str | None:
        """Return the user's id as Django has it, or None where it knows nobody."""
        return self._request("GET", "/")["user_id"]

    def post(self, path: str, **fields: object) -> Any:
        """Send a form and return the answer's JSON."""
        return self._request("POST", path, urllib.parse.urlencode(fields))

    def log_in(self, **more: object) -> Visitor:
        assert self.post("/login", name=self.name, password=self.password, **more) == {"user_id": self.user_id}
        return self

    def keep(self, **values: object) -> Visitor:
        """Write to the session, whether anybody is logged in or not."""
        self.post("/keep", **{name: json.dumps(value) for name, value in values.items()})
        return self

    @property
    def session(self) -> str:
        """The fingerprint of this visitor's session."""
        assert self.session_key is not None
        return fingerprint(self.session_key)

    def _request(self, method: str, path: str, body: str | None = None) -> Any:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if self.session_key is not None:
            headers["Cookie"] = f"sessionid={self.session_key}"
        connection = http.client.HTTPConnection(self._site.address, timeout=DEADLINE_SECONDS)
        try:
            connection.request(method, path, body, headers)
            with connection.getresponse() as answer:
                text = answer.read()
                assert answer.status == 200, f"{path} answered {answer.status}:\n{self._site.log.read_text()}"
                self._take_cookie(answer.headers.get("Set-Cookie"))
                return json.loads(text)
        finally:
            connection.close()

    def _take_cookie(self, header: str | None) -> None:
        if header is not None and header.startswith("sessionid="):
            # A cookie that is taken back comes as "".
            self.session_key = header.removeprefix("sessionid=").split(";")[0].strip('"') or None


class Witness:
    """Listens to sessiond's events and keeps them."""

    def __init__(self, stream: sessiond.EventStream) -> None:
        self.stream = stream
        self.heard: list[sessiond.Event] = []

    def wait(self, kind: str, session: str) -> sessiond.Event:
        """Return the first event of a kind about a session, also where it was heard before."""
        for event in self.heard:
            if (event.type, event.subject) == (kind, session):
                return event
        while True:
            event = self.stream.poll(DEADLINE_SECONDS)
            assert event is not None, f"waited in vain for {kind} after {[event.type for event in self.heard]}"
            self.heard.append(event)
            if (event.type, event.subject) == (kind, session):
                return event

    def about(self, *sessions: str) -> list[str]:
        """Return the types of what was heard about sessions, without the common prefix."""
        return [event.type.removeprefix("dev.sessiond.") for event in self.heard if event.subject in sessions]
