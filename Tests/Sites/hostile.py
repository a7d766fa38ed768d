"""Pickles of sessions that create a file in whoever unpickles them, each in a way of its own.

All are whole sessions of a user who is logged in, so that only the hostile part can be why one is refused.
"""

from __future__ import annotations

import builtins
import os
import pickle
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stored import logged_in


class _Call:
    """Pickles as a call."""

    def __init__(self, function: Callable[..., Any], *arguments: object) -> None:
        self._recipe = (function, arguments)

    def __reduce__(self) -> tuple[object, ...]:
        return self._recipe


def _session(value: object, protocol: int = pickle.DEFAULT_PROTOCOL) -> bytes:
    return pickle.dumps(logged_in(1, basket=value), protocol)


def _by_hand(made: bytes) -> bytes:
    """Return a session in protocol 0 in which `made` leaves a member's value."""
    items = "".join(f"V{name}\nV{value}\ns" for name, value in logged_in(1).items())
    return b"(d" + items.encode() + b"Vbasket\n" + made + b"s."


def _touch(path: Path) -> bytes:
    return b"Vtouch '%s'\n" % os.fsencode(path)


#: By name: a function from the path to create to the pickle.
HOSTILE: dict[str, Callable[[Path], bytes]] = {
    "reduce": lambda path: _session(_Call(os.system, f"touch '{path}'")),
    "reduce-protocol-0": lambda path: _session(_Call(os.system, f"touch '{path}'"), 0),
    "reduce-protocol-2": lambda path: _session(_Call(os.system, f"touch '{path}'"), 2),
    "reduce-protocol-5": lambda path: _session(_Call(os.system, f"touch '{path}'"), 5),
    "eval": lambda path: _session(_Call(builtins.eval, f"open({str(path)!r}, 'w').close()")),
    "exec": lambda path: _session(_Call(builtins.exec, f"open({str(path)!r}, 'w').close()")),
    "dotted-name": lambda path: _session(_Call(Path.touch, path)),
    "popen": lambda path: _session(_Call(subprocess.check_call, ["touch", str(path)])),
    "in-a-set": lambda path: _session({"items": [({_Call(os.system, f"touch '{path}'")},)]}),
    "inst": lambda path: _by_hand(b"(" + _touch(path) + b"ios\nsystem\n"),
    "obj": lambda path: _by_hand(b"(cos\nsystem\n" + _touch(path) + b"o"),
    "stack-global": lambda path: _by_hand(b"Vos\nVsystem\n\x93" + _touch(path) + b"\x85R"),
    "instead-of-the-session": lambda path: pickle.dumps(_Call(os.system, f"touch '{path}'")),
    # A function by a way through an application's modules, and one that Python calls when the value is shown.
    "dotted-path": lambda path: (
        b"\x80\x04" + _by_hand(b"Vdjango.core.management\nVos.system\n\x93" + _touch(path) + b"\x85R")
    ),
    "lazy": lambda path: _by_hand(
        b"cdjango.utils.functional\n_lazy_proxy_unpickle\n(cos\nsystem\n("
        + _touch(path)
        + b"t}c__builtin__\nunicode\ntR"
    ),
    # A call whose result is thrown away: what is left is a harmless session.
    "popped": lambda path: b"cos\nsystem\n(" + _touch(path) + b"tR0" + pickle.dumps(logged_in(1), 0),
    "memoized": lambda path: b"cos\nsystem\np9\n0(" + _touch(path) + b"tp8\n0" + _by_hand(b"g9\ng8\nR"),
}
