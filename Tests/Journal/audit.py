"""Checks a whole journal, knowing nothing but what Protocols/journal.md says.

    audit.py JOURNAL

Names the first fault, or says how many events hold.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

Event = dict[str, Any]


class Fault(AssertionError):
    """The journal is not what it promises."""


def require(condition: object, problem: str) -> None:
    if not condition:
        raise Fault(problem)


class Audit:
    """What a journal's events say, checked as they are read."""

    def __init__(self, path: Path) -> None:
        #: (id, body) of every event, oldest first.
        self.events: list[tuple[str, Event]] = []
        #: Whose each open session is, by fingerprint, and the id of its login.
        self.open: dict[str, tuple[str, str]] = {}
        self._online: set[str] = set()
        self._sessions: Counter[str] = Counter()
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            connection.execute("BEGIN")
            self._read(connection)
            self._compare_logins(connection)
        finally:
            connection.close()

    def _read(self, connection: sqlite3.Connection) -> None:
        uuid, pruned, anchor = connection.execute("SELECT uuid, pruned_place, pruned_hash FROM journal").fetchone()
        self.is_whole = pruned == 0
        link = anchor or hashlib.sha256(f"urn:uuid:{uuid}".encode()).hexdigest()
        columns = "place, time, type, lower(hex(session)), user_id, body"
        for place, time, kind, session, user, body in connection.execute(f"SELECT {columns} FROM event ORDER BY place"):
            event = json.loads(body)
            name = event["id"]
            require(event["previoushash"] == link, f"{name} does not carry the hash of the event before")
            require(not self.events or name > self.events[-1][0], f"{name} is not later than the one before")
            require(event["source"] == f"urn:uuid:{uuid}", f"{name} is of another journal")
            require(event["type"] == f"dev.sessiond.{kind}", f"{name} is filed under another type")
            require(event.get("subject", "") == (session or ""), f"{name} is filed under another session")
            require(event["data"].get("user_id") == user, f"{name} is filed under another user")
            require(round(datetime.fromisoformat(event["time"]).timestamp() * 1000) == time, f"{name} has another time")
            require(place & (1 << 40) - 1 == int(name[17:], 16), f"{name} lies at another place")
            link = hashlib.sha256(body.encode()).hexdigest() if kind != "erased" else event["erasedhash"]
            self._follow(name, event)
            self.events.append((name, event))

    def _follow(self, name: str, event: Event) -> None:
        session, data = event.get("subject"), event["data"]
        user = data.get("user_id")
        match event["type"].removeprefix("dev.sessiond."):
            case "login":
                require(session not in self.open, f"{name}: a second login of a session")
                self.open[session] = (user, name)
                self._sessions[user] += 1
            case "logout":
                held = self.open.pop(session, None)
                if held is None and not self.is_whole:
                    return
                require(held == (user, data["login_id"]), f"{name}: the logout of another login than {held}")
                self._sessions[user] -= 1
            case "user.online":
                require(user not in self._online or not self.is_whole, f"{name}: online twice")
                require(self._sessions[user] == 1 or not self.is_whole, f"{name}: online without a first login")
                self._online.add(user)
            case "user.offline":
                require(user in self._online or not self.is_whole, f"{name}: offline twice")
                require(self._sessions[user] == 0 or not self.is_whole, f"{name}: offline with a session")
                self._online.discard(user)

    def _compare_logins(self, connection: sqlite3.Connection) -> None:
        rows = connection.execute("SELECT lower(hex(session)), user_id FROM login WHERE logout_place IS NULL")
        held = dict(rows)
        if self.is_whole:
            said = {session: user for session, (user, _) in self.open.items()}
            require(held == said, "the table of logins does not hold what the events leave open")
            require(self._online == set(held.values()), "other users are online than have a session")

    @property
    def logged_in(self) -> dict[str, str]:
        """Whose each open session is, by fingerprint."""
        return {session: user for session, (user, _) in self.open.items()}


if __name__ == "__main__":
    try:
        audit = Audit(Path(sys.argv[1]))
    except Fault as fault:
        sys.exit(f"broken: {fault}")
    print(f"{len(audit.events)} events hold, {len(audit.open)} sessions are logged in")
