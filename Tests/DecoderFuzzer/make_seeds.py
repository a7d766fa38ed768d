"""Writes the values under Protocols/vectors as seeds for the fuzzer: as they are, and unwrapped to their payloads.

Usage: make_seeds.py VECTORS_DIRECTORY SEEDS_DIRECTORY

The two bytes in front of each seed are those that FuzzedInput.swift describes.
"""

import base64
import contextlib
import gzip
import hashlib
import json
import lzma
import pathlib
import sys
import zlib

FORMS = [
    "signed",
    "legacy json",
    "legacy pickle",
    "signing payload",
    "cache",
    "cache json",
    "cache pickle",
    "cache msgpack",
    "cache zlib",
    "cache gzip",
    "cache lzma",
    "cache lz4",
    "cache zstd",
]
INFLATE = {"zlib": zlib.decompress, "gzip": gzip.decompress, "lzma": lzma.decompress}


def signed_payload(value: bytes) -> bytes:
    """The serialized session in a signed value of either layout."""
    if b":" not in value:
        return base64.b64decode(value).partition(b":")[2]
    body = value.split(b":")[0]
    is_compressed = body.startswith(b".")
    body = body.lstrip(b".")
    payload = base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4))
    return zlib.decompress(payload) if is_compressed else payload


def seeds(vector: dict) -> list[tuple[str, bytes]]:
    """The forms in which a vector is tried, each with its bytes."""
    value = base64.b64decode(vector["value"])
    serializer = vector.get("serializer", "json")
    if vector.get("encoding") != "cache":
        forms = [("signed", value)]
        with contextlib.suppress(ValueError, zlib.error):  # A refused value: there may be nothing in it.
            forms.append((f"legacy {serializer}", signed_payload(value)))
        return forms
    forms = [("cache", value), (f"cache {serializer}", value)]
    compressor = vector.get("compressor", "none")
    if compressor != "none":
        forms.append((f"cache {compressor}", value))
    if compressor in INFLATE:
        with contextlib.suppress(ValueError, OSError, EOFError, zlib.error, lzma.LZMAError):
            forms.append((f"cache {serializer}", INFLATE[compressor](value)))
    return forms


def main() -> None:
    """Writes each seed once, under the hash of its bytes."""
    vectors, target = map(pathlib.Path, sys.argv[1:])
    target.mkdir(parents=True, exist_ok=True)
    for file in sorted((vectors / "values").glob("*.ndjson")):
        for line in file.read_text().splitlines():
            for form, value in seeds(json.loads(line)):
                seed = bytes([FORMS.index(form), 0]) + value
                (target / hashlib.sha256(seed).hexdigest()[:32]).write_bytes(seed)


if __name__ == "__main__":
    main()
