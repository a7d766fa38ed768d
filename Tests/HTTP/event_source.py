"""A reader of server-sent events that does what the HTML standard says a browser does."""

from __future__ import annotations

import json
from dataclasses import dataclass

from door import Wire


@dataclass
class Message:
    """What a browser's EventSource makes of one block: `data` is None where it dispatches nothing."""

    event: str
    data: str | None
    last_id: str


class Stream:
    """Reads a stream as the HTML standard says a browser does."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        answer = wire.answer(has_body=False)
        self.status, self.headers = answer.status, answer.headers
        self.last_id = ""
        self.retry = 0
        self.comments: list[str] = []
        self._body = b""
        self.has_ended = False

    def message(self) -> Message:
        """Return the next block."""
        event, data = "", []
        while (line := self._line()) != "":
            if line.startswith(":"):
                self.comments.append(line[1:].strip())
                continue
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            match name:
                case "id":
                    self.last_id = value
                case "event":
                    event = value
                case "data":
                    data.append(value)
                case "retry":
                    self.retry = int(value)
                case _:
                    raise AssertionError(line)
        return Message(event, "\n".join(data) if data else None, self.last_id)

    def event(self) -> dict:
        """Return the next event."""
        while (message := self.message()).data is None:
            pass
        event = json.loads(message.data)
        assert (message.event, message.last_id) == (event["type"], event["id"])
        return event

    def _line(self) -> str:
        while b"\n" not in self._body:
            self._body += self._chunk()
        line, _, self._body = self._body.partition(b"\n")
        return line.decode()

    def _chunk(self) -> bytes:
        wire = self._wire
        while b"\r\n" not in wire.unread:
            assert wire._read(), "the stream ended without an end"
        size, _, wire.unread = wire.unread.partition(b"\r\n")
        length = int(size, 16)
        while len(wire.unread) < length + 2:
            assert wire._read()
        chunk, wire.unread = wire.unread[:length], wire.unread[length + 2 :]
        if not length:
            self.has_ended = True
            raise EOFError
        return chunk
