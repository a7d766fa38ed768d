"""Who is online, for all who watch: one subscription to sessiond, however many browsers look.

sessiond ──session.list, then events after its position──▶ Presence ──▶ a bounded queue for each viewer
"""

from __future__ import annotations

import contextlib
import json
import queue
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from typing import Any

from sessiond import Client, Event, PositionLost, SessiondError

VIEWER_COUNT_MAX = 8
MESSAGE_COUNT_MAX = 200
EVENT_COUNT_MAX = 50
USER_COUNT_MAX = 500
PAGE_COUNT_MAX = 20
#: A silent browser is noticed when it is written to, so something is written this often.
HEARTBEAT_SECONDS = 10.0
#: After this a stream ends and the browser opens a new one, for which its login is looked at again.
STREAM_SECONDS_MAX = 600.0
RETRY_SECONDS = 1.0


class Viewer:
    """A browser that watches, and the session it watches under."""

    def __init__(self, session: str | None) -> None:
        """Begin with an empty queue; `session` is a fingerprint."""
        self.session = session
        self._messages: queue.Queue[str | None] = queue.Queue(MESSAGE_COUNT_MAX)
        self._ended = False

    def send(self, message: str) -> None:
        """Queue a message; a browser that does not keep up is sent away and comes again for the state as it is then."""
        if self._ended:
            return
        try:
            self._messages.put_nowait(message)
        except queue.Full:
            self.end()

    def end(self, farewell: str | None = None) -> None:
        """End the stream, after a last message if there is one."""
        if self._ended:
            return
        self._ended = True
        if farewell is not None:
            with contextlib.suppress(queue.Full):
                self._messages.put_nowait(farewell)
        while True:
            try:
                self._messages.put_nowait(None)
                return
            except queue.Full:
                with contextlib.suppress(queue.Empty):
                    self._messages.get_nowait()

    def messages(self) -> Iterator[str]:
        """Yield what is queued until the stream ends, and a comment where nothing happens."""
        ends_at = time.monotonic() + STREAM_SECONDS_MAX
        while time.monotonic() < ends_at:
            try:
                message = self._messages.get(timeout=HEARTBEAT_SECONDS)
            except queue.Empty:
                message = ": still here\n\n"
            if message is None:
                return
            yield message


class Presence:
    """Keeps the list of who is online and passes on what changes it, in a thread of its own."""

    def __init__(self, client: Client) -> None:
        """Prepare; `start` begins to ask."""
        self._client = client
        self._lock = threading.Lock()
        self._sessions: dict[str, str] = {}
        self._recent: deque[dict[str, Any]] = deque(maxlen=EVENT_COUNT_MAX)
        self._viewers: set[Viewer] = set()
        #: What keeps this process from sessiond, and sessiond from Redis.
        self._trouble: str | None = "Still asking sessiond who is online."
        self._link_lost = False
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="presence", daemon=True)

    def start(self) -> None:
        """Begin to follow sessiond, for as long as it takes it to come up."""
        self._thread.start()

    def close(self) -> None:
        """End the thread and every stream."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join()
        with self._lock:
            for viewer in self._viewers:
                viewer.end()

    def state(self) -> dict[str, Any]:
        """Return who is online, the most sessions first, and what is wrong, if anything."""
        with self._lock:
            return self._state()

    def join(self, session: str | None) -> Viewer | None:
        """Let a browser watch, or None where as many do as may."""
        with self._lock:
            if self._closed.is_set() or len(self._viewers) >= VIEWER_COUNT_MAX:
                return None
            viewer = Viewer(session)
            self._viewers.add(viewer)
            viewer.send(_message("hello", {}))
            viewer.send(_message("online", self._state()))
            for event in self._recent:
                viewer.send(_message("session", event))
            return viewer

    def leave(self, viewer: Viewer) -> None:
        """Make room for another."""
        with self._lock:
            self._viewers.discard(viewer)

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                self._follow()
            except PositionLost:
                # Events were missed (the daemon was started anew, say): the list is asked for again.
                self._closed.wait(RETRY_SECONDS / 10)
            except SessiondError as error:
                self._set_trouble(str(error))
                self._closed.wait(max(RETRY_SECONDS, error.retry_after or 0))

    def _follow(self) -> None:
        position = self._list()
        with self._client.events(after=position) as stream:
            while not self._closed.is_set():
                event = stream.poll(0.5)
                if event is not None:
                    self._accept(event)
                elif stream.connected:
                    self._set_trouble(None)
                else:
                    self._set_trouble("sessiond is away: this is what was known before.")

    def _list(self) -> str | None:
        """Take the list as it is, and return the position from which events continue it."""
        first = page = self._client.sessions(limit=1000)
        sessions = {item.session: item.user_id for item in page}
        for _ in range(PAGE_COUNT_MAX - 1):
            if page.next is None:
                break
            page = self._client.sessions(limit=1000, after=page.next)
            sessions.update((item.session, item.user_id) for item in page)
        with self._lock:
            self._sessions = sessions
            self._trouble, self._link_lost = None, False
            if page.next is None:
                for viewer in [viewer for viewer in self._viewers if viewer.session not in sessions]:
                    viewer.end(_message("bye", {}))
            self._publish("online", self._state())
        return first.position

    def _accept(self, event: Event) -> None:
        with self._lock:
            if event.type == "dev.sessiond.login" and event.subject is not None:
                self._sessions[event.subject] = str(event.data.get("user_id"))
                previous = event.data.get("previous_session")
                for viewer in self._viewers:
                    if previous is not None and viewer.session == previous:
                        viewer.session = event.subject
            elif event.type == "dev.sessiond.logout" and event.subject is not None:
                self._sessions.pop(event.subject, None)
            elif event.type == "dev.sessiond.link":
                self._link_lost = event.data.get("state") == "lost"
            self._recent.append(dict(event.raw))
            self._publish("session", event.raw)
            self._publish("online", self._state())
            if event.type == "dev.sessiond.logout":
                for viewer in self._viewers:
                    if viewer.session == event.subject:
                        viewer.end(_message("bye", {}))

    def _set_trouble(self, trouble: str | None) -> None:
        with self._lock:
            if trouble != self._trouble:
                self._trouble = trouble
                self._publish("online", self._state())

    def _state(self) -> dict[str, Any]:
        link = "sessiond has lost Redis: this is what was known before." if self._link_lost else None
        users = Counter(self._sessions.values()).most_common(USER_COUNT_MAX)
        return {
            "users": [{"user_id": user_id, "sessions": count} for user_id, count in users],
            "trouble": self._trouble or link,
        }

    def _publish(self, name: str, content: Any) -> None:
        message = _message(name, content)
        for viewer in self._viewers:
            viewer.send(message)


def _message(name: str, content: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(content, separators=(',', ':'))}\n\n"
