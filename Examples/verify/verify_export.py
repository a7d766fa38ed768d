"""Verify a signed export of sessiond's journal, as Protocols/journal.md describes it.

verify_export.py events.ndjson audit-key.pub   (needs cryptography: python3-cryptography)
"""

import base64
import json
import sys
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_public_key

*events, summary, seal = Path(sys.argv[1]).read_bytes().splitlines(keepends=True)
key = load_pem_public_key(Path(sys.argv[2]).read_bytes())
key.verify(base64.b64decode(json.loads(seal)["signature"]), summary.rstrip(b"\n"))
summary = json.loads(summary)
if sha256(b"".join(events)).hexdigest() != summary["lines_hash"]:
    sys.exit("broken: these are not the events that were signed")
link = summary["previoushash"]
for number, line in enumerate(events, 1):
    event = json.loads(line)
    if event["previoushash"] != link:
        sys.exit(f"broken at line {number}: {event['id']} does not fit the one before")
    is_erased = event["type"] == "dev.sessiond.erased"
    link = event["erasedhash"] if is_erased else sha256(line.rstrip(b"\n")).hexdigest()
print(f"{len(events)} events hold, signed at {summary['time']}")
