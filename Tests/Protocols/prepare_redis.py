#!/usr/bin/env python3
"""Loads Protocols/vectors/fixture.json into a Redis of its own; what was in the database before is deleted."""

import argparse
import base64
import json
import os
from pathlib import Path

import redis
from protocols import ROOT, parse


def load(client, fixture):
    """Replaces the content of the client's database by the entries."""
    client.flushdb()
    for entry in fixture["entries"]:
        key = base64.b64decode(entry["key_b64"]) if "key_b64" in entry else entry["key"].encode()
        if "list" in entry:
            client.rpush(key, *entry["list"])
        else:
            client.set(key, entry["value"].encode())
        if entry["ttl_seconds"] is not None:
            client.expire(key, entry["ttl_seconds"])


def write_secret_keys(path, secret_keys):
    """Writes the file for `--secret-key-file`: a key a line, readable by its owner alone."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.writelines(f"{key}\n" for key in secret_keys)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--redis-socket", required=True, type=Path, help="the Unix socket of a Redis that may be emptied"
    )
    parser.add_argument("--db", type=int, default=0, help="the number of the database (0)")
    parser.add_argument("--secret-key-file", type=Path, help="write the fixture's keys here, for the daemon")
    options = parser.parse_args()
    fixture = parse((ROOT / "vectors" / "fixture.json").read_text())
    client = redis.Redis(unix_socket_path=os.fspath(options.redis_socket), db=options.db)
    load(client, fixture)
    if options.secret_key_file:
        write_secret_keys(options.secret_key_file, fixture["secret_keys"])
    print(json.dumps({"keys": client.dbsize()}))


if __name__ == "__main__":
    main()
