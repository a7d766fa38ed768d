"""What decoding a hostile value takes, against what `DecodeBounds` promises."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

# The defaults of DecodeBounds, in its own units.
EXPANDED_BYTES = RENDERED_BYTES = 16 << 20
ELEMENTS, OPCODES = 500_000, 2_000_000
PROMISED = 3 * EXPANDED_BYTES + 2 * RENDERED_BYTES + 320 * ELEMENTS + 64 * OPCODES


def _text(content: bytes) -> bytes:
    return b"X" + struct.pack("<I", len(content)) + content


def _session(before: bytes, value: bytes) -> bytes:
    """Return a pickle of a session of one member, with opcodes in front of it that fill the memo."""
    return b"\x80\x02" + before + b"}" + _text(b"k") + value + b"s."


def _compressed(block: bytes, count: int) -> bytes:
    compressor = zlib.compressobj()
    return b"".join(compressor.compress(block) for _ in range(count)) + compressor.flush()


def _number(number: int) -> bytes:
    return b"J" + struct.pack("<i", number)


_NAME_OF_A_MEGABYTE = _text(b"x" * 1_000_000)
_TABLE = b"}(" + b"".join(_number(number) + b"N" for number in range(900)) + b"u"

HOSTILE: dict[str, Callable[[], bytes]] = {
    "bomb": lambda: _compressed(b"(" * (1 << 20), 1024),
    "bomb-of-a-list": lambda: zlib.compress(_session(b"", b"(" + b"]" * 2_000_000 + b"l")),
    "long-names": lambda: zlib.compress(
        _session(
            b"cdjango.db.models.base\nmodel_unpickle\nq\0" + _NAME_OF_A_MEGABYTE + b"q\1h\1\x86\x85q\2",
            b"(" + b"h\0h\2R" * 3_000 + b"l",
        )
    ),
    "many-names": lambda: (
        b"\x80\x04"
        + _text(b"m" * 500)
        + b"q\0"
        + _text(b"n")
        + b"q\1}"
        + _text(b"k")
        + b"("
        + b"h\0h\1\x93" * 490_000
        + b"ls."
    ),
    "long-attribute": lambda: _session(
        b"cbuiltins\ngetattr\nq\0capp\nThing\n" + _NAME_OF_A_MEGABYTE + b"\x86q\1", b"(" + b"h\0h\1R" * 480_000 + b"l"
    ),
    "copied-tables": lambda: _session(
        b"ccopy_reg\n_reconstructor\nq\0capp\nD\nq\1c__builtin__\ndict\nq\2" + _TABLE + b"q\3h\1h\2h\3\x87q\4",
        b"(" + b"h\0h\4RNNs" * 3_500 + b"l",
    ),
    "objects": lambda: _session(b"capp\nL\nq\0", b"(" + b"h\0)\x81K\1a" * 160_000 + b"l"),
    "shared-text": lambda: _session(_NAME_OF_A_MEGABYTE + b"q\0", b"(" + b"h\0" * 400_000 + b"l"),
    "message-pack": lambda: (
        b"\x81\xa1k\xdf"
        + struct.pack(">I", 490_000)
        + b"".join(b"\xce" + struct.pack(">I", n) + b"\xc0" for n in range(490_000))
    ),
    "json": lambda: b'{"k":[' + b"{}," * 490_000 + b"1]}",
}


# Runs a command with a file as its input and prints its exit code and the most kilobytes that it held. In a small
# process of its own, since what a process held before it became another program counts, too.
_MEASURE = """
import os, subprocess, sys
with open(sys.argv[1], "rb") as value:
    process = subprocess.Popen(sys.argv[2:], stdin=value, stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)
"""


def _peak_bytes(binary: str, path: Path, value: bytes) -> int:
    """Return the largest resident set of a process that decodes the value, and has ended of its own accord."""
    path.write_bytes(value)
    command = [sys.executable, "-S", "-c", _MEASURE, str(path), binary, "decode", "--encoding", "cache"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    exit_code, kilobytes = map(int, result.stdout.split())
    assert exit_code in (0, 1), result.stderr
    return kilobytes * 1024


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_value_takes_no_more_memory_than_the_bounds_say(name, binary, tmp_path):
    value = HOSTILE[name]()
    idle = _peak_bytes(binary, tmp_path / "value", b"\x80\x02}.")
    # The process holds the value itself, too.
    assert _peak_bytes(binary, tmp_path / "value", value) - idle <= PROMISED + len(value)
