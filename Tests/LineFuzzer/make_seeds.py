"""Writes what the conversations of Protocols/vectors send as seeds for the fuzzer of lines.

Usage: make_seeds.py VECTORS_DIRECTORY SEEDS_DIRECTORY

The byte in front of each seed is the one that LineChecks.swift describes.
"""

import base64
import hashlib
import json
import pathlib
import sys

SEED_BYTES_MAX = 8000


def sent(step: dict) -> bytes:
    """The bytes that a step of a conversation sends."""
    if "send" in step:
        return step["send"].encode()
    if "send_json" in step:
        return json.dumps(step["send_json"], separators=(",", ":")).encode() + b"\n"
    if "send_b64" in step:
        return base64.b64decode(step["send_b64"])
    if "send_repeat" in step:
        text, count = step["send_repeat"]["text"], min(step["send_repeat"]["count"], 20)
        return "".join(text.replace("{n}", str(n)) for n in range(count)).encode()
    return b""


def main() -> None:
    """Writes each seed once, under the hash of its bytes."""
    vectors, target = map(pathlib.Path, sys.argv[1:])
    target.mkdir(parents=True, exist_ok=True)
    for file in sorted((vectors / "socket").glob("*.json")):
        for vector in json.loads(file.read_text())["vectors"]:
            for step in vector["steps"]:
                seed = b"\x05" + sent(step)[: SEED_BYTES_MAX - 1]
                (target / hashlib.sha256(seed).hexdigest()[:32]).write_bytes(seed)


if __name__ == "__main__":
    main()
