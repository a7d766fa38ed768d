"""Which lines of a client get an answer, by a reading of the protocol that shares no code with the daemon."""

from __future__ import annotations

import json
import sys
from typing import Any

LINE_BYTES_MAX = 64 * 1024
DEPTH_MAX = 32
BATCH_COUNT_MAX = 1000

# Python refuses integers of more digits than this by itself.
sys.set_int_max_str_digits(0)


class Members(list):
    """An object's members as they stand, those that stand twice too."""

    def get(self, name: str) -> Any:
        return next((value for member, value in self if member == name), None)


def answer_count(stream: bytes) -> tuple[int, bool]:
    """Return how many lines answer to all that a client sent, and whether the daemon must hang up by itself."""
    count = 0
    *lines, rest = stream.split(b"\n")
    for line in lines:
        if len(line.removesuffix(b"\r")) > LINE_BYTES_MAX:
            return count + 1, True
        count += is_answered(line.removesuffix(b"\r"))
    too_long = len(rest.removesuffix(b"\r")) > LINE_BYTES_MAX
    return count + too_long, too_long


def is_answered(line: bytes) -> bool:
    try:
        value = json.loads(line.decode(), object_pairs_hook=Members, parse_constant=_refuse, parse_float=str)
    except (ValueError, RecursionError):
        return True
    if _depth(value) > DEPTH_MAX:
        return True
    if isinstance(value, list) and not isinstance(value, Members):
        return not 0 < len(value) <= BATCH_COUNT_MAX or any(_wants_answer(message) for message in value)
    return _wants_answer(value)


def _wants_answer(message: Any) -> bool:
    """Everything but a valid request without an id."""
    if not isinstance(message, Members):
        return True
    names = [name for name, _ in message]
    return (
        "id" in names
        or len(set(names)) < len(names)
        or message.get("jsonrpc") != "2.0"
        or not isinstance(message.get("method"), str)
        or ("params" in names and not isinstance(message.get("params"), list))
    )


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level := [element for element in level if isinstance(element, list)]:
        depth += 1
        level = [part[1] if isinstance(element, Members) else part for element in level for part in element]
    return depth
