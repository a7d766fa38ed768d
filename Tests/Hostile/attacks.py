"""What hostile clients send. Each attack is a function of a random generator and of the conversations to begin with."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from pathlib import Path

from make_seeds import sent

VECTORS = Path(__file__).resolve().parents[2] / "Protocols" / "vectors" / "socket"
METHODS = sorted(set(re.findall(r'"(\w+\.\w+)"', (VECTORS.parents[1] / "openrpc.json").read_text())))

Corpus = list[bytes]
Attack = Callable[[random.Random, Corpus], bytes]


def corpus() -> Corpus:
    """Return what the vectors send, a connection each."""
    found = []
    for file in sorted(VECTORS.glob("*.json")):
        for vector in json.loads(file.read_text())["vectors"]:
            found.append(b"".join(sent(step) for step in vector["steps"]))
    # Erasing is no harm that a client could not do with a plain request.
    return [stream for stream in found if stream and b"journal.forget" not in stream]


def noise(rng: random.Random, _: Corpus) -> bytes:
    return rng.randbytes(rng.randrange(1, 5000))


def vector(rng: random.Random, streams: Corpus) -> bytes:
    return rng.choice(streams)


def mutated(rng: random.Random, streams: Corpus) -> bytes:
    """Flip, drop, repeat and splice parts of conversations."""
    stream = bytearray(b"".join(rng.choice(streams) for _ in range(rng.randrange(1, 4))))
    for _ in range(rng.randrange(1, 12)):
        at = rng.randrange(len(stream) + 1)
        end = min(len(stream), at + rng.choice([1, 1, 2, 8, 40]))
        change = rng.randrange(5)
        if change == 0 and at < len(stream):
            stream[at] = rng.randrange(256)
        elif change == 1:
            del stream[at:end]
        elif change == 2:
            stream[at:at] = stream[at:end] * rng.randrange(1, 5)
        elif change == 3:
            stream[at:at] = rng.choice(
                [b"\0", b"\n", b"\r\n", b'"', b"{", b"]", b",", b"\xff", b"\xed\xa0\x80", b"\\u0000"]
            )
        else:
            other = rng.choice(streams)
            start = rng.randrange(len(other))
            stream[at:end] = other[start : start + rng.choice([1, 8, 40, 200])]
    return bytes(stream[:200_000])


def huge_ids(rng: random.Random, _: Corpus) -> bytes:
    size = rng.choice([100, 4_000, 60_000])
    identifier = rng.choice(
        ['"' + "i" * size + '"', "9" * size, "-0." + "3" * size, "1e" + "7" * size, '"' + "\\u0000" * (size // 6) + '"']
    )
    return request(rng.choice(METHODS), raw_id=identifier) * rng.randrange(1, 6)


def deep(rng: random.Random, _: Corpus) -> bytes:
    levels = rng.choice([31, 32, 33, 100, 5_000, 30_000])
    opening, closing = rng.choice([("[", "]"), ('{"a":', "}")])
    levels = min(levels, 60_000 // (len(opening) + len(closing)))
    nested = opening * levels + ("1" if opening != "[" else "") + closing * rng.choice([levels, levels, 0, levels - 1])
    inside = request("session.get", f'{{"session_key":{nested}}}')
    return rng.choice([nested.encode() + b"\n", inside])


def repeated(rng: random.Random, _: Corpus) -> bytes:
    """Members that stand twice, plain and by escapes."""
    names = ["id", "\\u0069d", "method", "params", "jsonrpc", "x"]
    members = ['"jsonrpc":"2.0"', '"id":1', '"method":"server.info"']
    members += [
        f'"{rng.choice(names)}":{rng.choice(["1", "null", "{}", "[]"])}' for _ in range(rng.choice([1, 2, 3000]))
    ]
    rng.shuffle(members)
    params = '{"session_key":"a","session_key":"b"}'
    return f"{{{','.join(members)}}}\n".encode()[:65_000] + b"\n" + request("session.identity", params)


def texts(rng: random.Random, _: Corpus) -> bytes:
    """Session keys and other texts that are none: NUL, invalid UTF-8, half of a surrogate pair, too long."""
    bad = [
        b"\\u0000",
        b"\0",
        b"\xff\xfe",
        b"\xc0\x80",
        b"\xed\xa0\x80",
        b"\\ud800",
        b"\\udc00\\ud800",
        b"k" * 513,
        b"",
        b"\xf4\x90\x80\x80",
    ]
    lines = []
    for _ in range(rng.randrange(1, 30)):
        key = rng.choice(bad) + rng.randbytes(rng.randrange(3))
        lines.append(
            b'{"jsonrpc":"2.0","id":1,"method":"%s","params":{"session_key":"%s"}}\n'
            % (rng.choice(METHODS).encode(), key)
        )
    return b"".join(lines)


def long_line(rng: random.Random, streams: Corpus) -> bytes:
    return (
        rng.choice(streams)
        + b"x" * rng.choice([65_535, 65_536, 65_537, 65_538, 500_000])
        + rng.choice([b"", b"\n", b"\r\n", b"\r"])
    )


def batches(rng: random.Random, _: Corpus) -> bytes:
    kinds = [
        lambda: "1",
        lambda: "{}",
        lambda: request("server.info").decode().strip(),
        lambda: request("session.identity", json.dumps({"session_key": f"{rng.random()}"})).decode().strip(),
        lambda: request("session.list", '{"limit":1000}').decode().strip(),
        lambda: '{"jsonrpc":"2.0","method":"server.info"}',
    ]
    kind = rng.choice(kinds)
    parts = [rng.choice([kind, rng.choice(kinds)])() for _ in range(rng.choice([0, 1, 10, 1_000, 30_000]))]
    return (f"[{','.join(parts)}"[:65_000].rsplit(",", 1)[0] + "]\n").encode()


def invented_keys(rng: random.Random, _: Corpus) -> bytes:
    """Cookies that nobody was given."""
    lines = (
        request(
            rng.choice(["session.identity", "session.get"]), json.dumps({"session_key": f"{rng.getrandbits(128):032x}"})
        )
        for _ in range(rng.choice([1, 100, 3_000]))
    )
    return b"".join(lines)


def many(rng: random.Random, streams: Corpus) -> bytes:
    """One small request very often, or one whose answer is long."""
    # Longer answers are fewer: a gigabyte of them takes its readers a minute.
    line, counts = rng.choice(
        [
            (request("session.list", '{"limit":1000}'), [10, 100, 300]),
            *((line, [10, 300, 5_000]) for line in [request("server.status"), request("server.info"), b"\n", b"x\n"]),
        ]
    )
    return line * rng.choice(counts)


def request(method: str, params: str = "{}", raw_id: str = "1") -> bytes:
    return f'{{"jsonrpc":"2.0","id":{raw_id},"method":"{method}","params":{params}}}\n'.encode()


ATTACKS: list[Attack] = [
    noise,
    vector,
    mutated,
    mutated,
    huge_ids,
    deep,
    repeated,
    texts,
    long_line,
    batches,
    invented_keys,
    many,
]
