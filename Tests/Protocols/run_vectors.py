#!/usr/bin/env python3
"""Sends the vectors of Protocols/vectors/socket to a live daemon and validates every line that it answers.

The Redis behind the daemon must hold what prepare_redis.py puts there, and the daemon must have been started since.
"""

import argparse
import base64
import json
import os
import sys
import time
from pathlib import Path

from conversation import CLOSED, Conversation
from matching import mismatch, substitute
from protocols import ROOT, LineError, check_bytes, check_message, parse

OTHER_UID = 65534
SECRET_CHARACTERS_MIN = 8


class VectorError(Exception):
    """What went otherwise than the vector says."""


class Run:
    """One vector on a connection of its own."""

    def __init__(self, path, uid, timeout):
        self.conversation = Conversation(path, uid)
        self.timeout = timeout
        self.saved = {}
        self.unread = b""
        self.candidates = {}
        self.session_keys = set()

    def vector(self, vector):
        try:
            for number, step in enumerate(vector["steps"], 1):
                try:
                    self.step(step)
                except VectorError as failure:
                    raise VectorError(f"step {number}: {failure}") from None
            self.end()
        finally:
            self.conversation.hang_up()

    def step(self, step):
        data = self.bytes_of(step)
        if data:
            self.note_requests(data)
            self.conversation.send(data)
        if step.get("close_write"):
            self.conversation.close_write()
        expected = [place for item in step.get("expect", []) for place in self.places(item)]
        while expected:
            line = self.line()
            if line is CLOSED:
                raise VectorError(f"the daemon closed the connection before {describe(expected)}")
            if line is None:
                raise VectorError(f"nothing came in {self.timeout} s; missing: {describe(expected)}")
            self.take(line, expected, step.get("ordered", False))
        if step.get("closed"):
            self.expect_end("did not close the connection")

    def end(self):
        """Half-closes: complete lines are answered, so whatever is too much comes now."""
        if not self.conversation.closed:
            self.conversation.close_write()
            self.expect_end("did not close after the half-close")

    def expect_end(self, otherwise):
        line = self.line()
        if line is None:
            raise VectorError(f"the daemon {otherwise} in {self.timeout} s")
        if line is not CLOSED:
            raise VectorError(f"a line that was not expected: {show(line)}")

    def line(self):
        """The next line but for heartbeats, which may come at any time; every line is validated."""
        deadline = time.monotonic() + self.timeout
        while True:
            line = self.conversation.next_line(max(0, deadline - time.monotonic()))
            if line is CLOSED or line is None:
                return line
            message = self.validated(line)
            if not (isinstance(message, dict) and message.get("method") == "events.heartbeat"):
                return line

    def validated(self, line):
        try:
            message = check_bytes(line)
            answers = message if isinstance(message, list) else [message]
            for answer in answers:
                identifier = answer.get("id") if isinstance(answer, dict) else None
                check_message(answer, self.candidates.get(json.dumps(identifier), []))
        except LineError as problem:
            raise VectorError(f"against the schemas: {problem}\n    line: {show(line)}") from None
        text = line.decode()
        if any(key in text for key in self.session_keys):
            raise VectorError("the line gives a session key away")
        return message

    def take(self, line, expected, ordered):
        problems = []
        for place in expected[:1] if ordered else expected:
            problem = self.difference(place, line)
            if problem is None:
                expected.remove(place)
                return
            problems.append(f"{describe([place])}\n      {problem}")
        shown = "\n    expected: ".join(problems)
        raise VectorError(f"got:      {show(line)}\n    expected: {shown}")

    def difference(self, place, line):
        if "text" in place:
            text = line.decode().removesuffix("\n")
            return None if text == place["text"] else "the text differs"
        saved = dict(self.saved)
        problem = mismatch(place["json"], parse(line.decode()), saved, place.get("n"))
        if problem is None:
            self.saved = saved
        return problem

    def bytes_of(self, step):
        if "send" in step:
            return step["send"].encode()
        if "send_json" in step:
            message = substitute(step["send_json"], self.saved)
            return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        if "send_b64" in step:
            return base64.b64decode(step["send_b64"], validate=True)
        if "send_repeat" in step:
            text, count = step["send_repeat"]["text"], step["send_repeat"]["count"]
            return "".join(text.replace("{n}", str(n)) for n in range(count)).encode()
        return b""

    def places(self, item):
        if "repeat" not in item:
            return [item]
        return [{"json": item["repeat"]["json"], "n": n} for n in range(item["repeat"]["count"])]

    def note_requests(self, data):
        """Remembers which id belongs to which method, as far as what is sent can be read at all."""
        *lines, self.unread = (self.unread + data).split(b"\n")
        for line in lines:
            try:
                message = json.loads(line)
            except (ValueError, RecursionError):
                continue
            for request in message if isinstance(message, list) else [message]:
                self.note_request(request)

    def note_request(self, request):
        if not (isinstance(request, dict) and isinstance(request.get("method"), str)):
            return
        self.candidates.setdefault(json.dumps(request.get("id")), []).append(request["method"])
        params = request.get("params")
        session_key = params.get("session_key") if isinstance(params, dict) else None
        if isinstance(session_key, str) and len(session_key) >= SECRET_CHARACTERS_MIN:
            self.session_keys.add(session_key)


def show(line):
    text = line.decode(errors="backslashreplace").rstrip("\n")
    return text if len(text) <= 600 else f"{text[:600]}… ({len(text)} characters)"


def describe(places):
    shown = [
        place["text"] if "text" in place else json.dumps(place["json"], ensure_ascii=False) for place in places[:3]
    ]
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    return ", ".join(text if len(text) <= 600 else f"{text[:600]}…" for text in shown) + more


def load(folder):
    """Pairs of file name and vector."""
    files = sorted(folder.glob("*.json"))
    return [(file.name, vector) for file in files for vector in parse(file.read_text())["vectors"]]


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--socket", required=True, type=Path, help="the daemon's socket")
    parser.add_argument("--as-other", action="store_true", help="run only what a peer with nothing but identify sees")
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="only vectors whose file or description has this text"
    )
    parser.add_argument("--timeout", type=float, default=20.0, metavar="SECONDS", help="how long to wait for a line")
    parser.add_argument("--vectors", type=Path, default=ROOT / "vectors" / "socket", help="the folder of the vectors")
    options = parser.parse_args(arguments)

    passed, failed, skipped = 0, 0, 0
    for file, vector in load(options.vectors):
        name = f"{file}: {vector['description']}"
        is_other = vector.get("as") == "other"
        if options.only not in name or (options.as_other and not is_other):
            continue
        if is_other and not options.as_other and os.geteuid() != 0:
            skipped += 1
            continue
        uid = OTHER_UID if is_other and not options.as_other else None
        try:
            Run(options.socket, uid, options.timeout).vector(vector)
            passed += 1
        except (VectorError, OSError) as failure:
            failed += 1
            print(f"FAILED {name}\n    {failure}", flush=True)
    note = f", {skipped} skipped (they need root, or --as-other as a peer with nothing but identify)" if skipped else ""
    print(f"{passed} vectors passed, {failed} failed{note}")
    if passed + failed == 0:
        print("no vector was run", file=sys.stderr)
        return 2
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
