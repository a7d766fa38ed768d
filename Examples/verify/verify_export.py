"""Verify a signed export of sessiond's journal, as Protocols/journal.md describes it.

verify_export.py events.ndjson audit-key.pub   (needs cryptography: python3-cryptography)
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_public_key

*events, summary, seal = Path(sys.argv[1]).read_bytes().splitlines()
key = load_pem_public_key(Path(sys.argv[2]).read_bytes())
key.verify(base64.b64decode(json.loads(seal)["signature"]), summary)  # or raises
summary = json.loads(summary)
link = summary["previoushash"]
for number, line in enumerate(events, 1):
    event = json.loads(line)
    if event["previoushash"] != link:
        sys.exit(f"broken at line {number}: {event['id']} does not fit the one before")
    is_erased = event["type"] == "dev.sessiond.erased"
    link = event["erasedhash"] if is_erased else hashlib.sha256(line).hexdigest()
lines = hashlib.sha256(b"".join(line + b"\n" for line in events)).hexdigest()
signed = (summary["hash"], summary["lines_hash"], summary["events"])
if (link, lines, len(events)) != signed:
    sys.exit("broken: these are not the events that were signed")
print(f"{len(events)} events hold, signed at {summary['time']}")
