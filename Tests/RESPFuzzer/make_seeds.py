"""Writes replies as Redis gives them, and some that it never gives, as seeds for the fuzzer of replies.

Usage: make_seeds.py VECTORS_DIRECTORY SEEDS_DIRECTORY

The two bytes in front of each seed are those that ReplyChecks.swift describes.
"""

import hashlib
import pathlib
import sys

REPLIES = [
    b"+OK\r\n+PONG\r\n",
    b"-NOAUTH Authentication required.\r\n",
    b":1\r\n:-2\r\n:9223372036854775807\r\n",
    b"$5\r\nhello\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n",
    b"*3\r\n$6\r\nmaster\r\n:3129659\r\n*0\r\n",
    b"*2\r\n$22\r\nnotify-keyspace-events\r\n$4\r\nKExg\r\n",
    b"*2\r\n$1\r\n0\r\n*2\r\n$17\r\ndjango_sessions:a\r\n$17\r\ndjango_sessions:b\r\n",
    b"*2\r\n$3\r\nabc\r\n$-1\r\n:1000\r\n:-2\r\n",
    b"*4\r\n$8\r\npmessage\r\n$3\r\na:*\r\n$3\r\na:b\r\n$3\r\nset\r\n",
    b"*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*1\r\n$17\r\ndjango_sessions:a\r\n",
    b"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n",
    b"*1000000000\r\n",
    b"$536870912\r\nxxxx",
    b"*1\r\n" * 9,
    b">2\r\n+a\r\n+b\r\n",
    b"%1\r\n+a\r\n:1\r\n",
    b"$70\r\n" + b"x" * 70 + b"\r\n",
    b"*3\r\n" + (b"$60\r\n" + b"x" * 60 + b"\r\n") * 3,
]


def main() -> None:
    """Writes each seed with wide and with small bounds, under the hash of its bytes."""
    target = pathlib.Path(sys.argv[2])
    target.mkdir(parents=True, exist_ok=True)
    for reply in REPLIES:
        for bounds in (b"\x00", b"\x80"):
            seed = b"\x05" + bounds + reply
            (target / hashlib.sha256(seed).hexdigest()[:32]).write_bytes(seed)


if __name__ == "__main__":
    main()
