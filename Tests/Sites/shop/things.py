"""What a site may keep in its sessions, by the serializer that can store it, and how sessiond says it in JSON."""

import random
from collections import deque
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.safestring import mark_safe


class Thing(NamedTuple):
    """A value by its name in the session."""

    name: str
    #: What Django is given.
    value: Any
    #: The JSON of `session.get`.
    json: Any


def py(kind: str, value: Any) -> dict[str, Any]:
    """Return a tagged object as Protocols/values.md has it."""
    return {"$py": kind, "v": value}


def of(name: str, state: Any) -> dict[str, Any]:
    """Return the tagged object of a class that sessiond only knows by its name."""
    return {"$py": "object", "cls": name, "attrs": state}


_LONG = random.Random(1).randbytes(100_000).hex()

_ANYWHERE = [
    Thing("nothing", None, None),
    Thing("yes", True, True),
    Thing("number", -42, -42),
    Thing("fraction", 0.1, 0.1),
    Thing("whole_float", 1.0, py("float", "1.0")),
    Thing("infinite", float("-inf"), py("float", "-inf")),
    Thing("long_number", 2**63, py("int", "9223372036854775808")),
    Thing("text", "Grüße, 世界 \U0001f600 \"'\\\0", "Grüße, 世界 \U0001f600 \"'\\\0"),
    Thing("nested", {"list": [1, [], {}, {"a": [None]}], "": ""}, {"list": [1, [], {}, {"a": [None]}], "": ""}),
    # As in Python, a member of that name is no tag.
    Thing("tag_like", {"$py": "int", "v": "1"}, py("dict", [["$py", "int"], ["v", "1"]])),
    # More than a byte of length, and than a block of LZ4 or Zstandard.
    Thing("long_text", _LONG, _LONG),
    Thing("repetitive_text", "ab " * 100_000, "ab " * 100_000),
    Thing("long_list", list(range(300)), list(range(300))),
]

# With protocol 0 Python pickles no text of this class: it recurses until it gives up.
_SAFE_TEXT = Thing("notice", mark_safe("<b>Hello</b>"), of("django.utils.safestring.SafeString", "'<b>Hello</b>'"))

THINGS: dict[str, list[Thing]] = {
    "pickle": [
        *_ANYWHERE,
        Thing(
            "moment",
            datetime(2026, 2, 3, 4, 5, 6, 789, tzinfo=UTC),
            py("datetime", "2026-02-03T04:05:06.000789+00:00"),
        ),
        Thing(
            "elsewhere",
            datetime(2026, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=-3, minutes=-30))),
            py("datetime", "2026-02-03T04:05:06-03:30"),
        ),
        Thing("naive", datetime(2026, 2, 3, 4, 5), py("datetime", "2026-02-03T04:05:00")),
        Thing("day", date(2026, 2, 3), py("date", "2026-02-03")),
        Thing("hour", time(23, 59), py("time", "23:59:00")),
        Thing(
            "while",
            timedelta(hours=36, microseconds=5),
            {"$py": "timedelta", "days": 1, "seconds": 43200, "microseconds": 5},
        ),
        Thing("price", Decimal("19.90"), py("Decimal", "19.90")),
        Thing("order", UUID(int=2**100), py("UUID", str(UUID(int=2**100)))),
        Thing("place", (52.5, ("Berlin",)), py("tuple", [52.5, py("tuple", ["Berlin"])])),
        Thing("colours", {"green"}, py("set", ["green"])),
        Thing("sizes", frozenset({7}), py("frozenset", [7])),
        Thing("bytes", b"\0\xff", {"$py": "bytes", "b64": "AP8="}),
        Thing("by_number", {1: "one"}, py("dict", [[1, "one"]])),
        Thing("huge_number", -(10**40), py("int", str(-(10**40)))),
        Thing("half_emoji", "\ud83d", {"$py": "str", "utf16": [0xD83D]}),
        _SAFE_TEXT,
        Thing("recent", deque([3, 5]), of("collections.deque", "deque([3, 5])")),
        Thing("share", Fraction(1, 3), of("fractions.Fraction", "Fraction(1, 3)")),
    ],
    # Through Django's encoder, which makes texts of what JSON has no word for.
    "json": [
        *_ANYWHERE,
        Thing("moment", datetime(2026, 2, 3, 4, 5, 6, 789000, tzinfo=UTC), "2026-02-03T04:05:06.789Z"),
        Thing("price", Decimal("19.90"), "19.90"),
        Thing("place", (52.5, "Berlin"), [52.5, "Berlin"]),
        Thing("huge_number", -(10**40), py("int", str(-(10**40)))),
        Thing("half_emoji", "\ud83d", {"$py": "str", "utf16": [0xD83D]}),
    ],
    "msgpack": [
        *_ANYWHERE,
        Thing("place", (52.5, "Berlin"), [52.5, "Berlin"]),
        Thing("bytes", b"\0\xff", {"$py": "bytes", "b64": "AP8="}),
        Thing("longest_number", 2**64 - 1, py("int", str(2**64 - 1))),
        Thing("lowest_number", -(2**63), py("int", str(-(2**63)))),
    ],
}
THINGS["pickle-0"] = [thing for thing in THINGS["pickle"] if thing is not _SAFE_TEXT]
