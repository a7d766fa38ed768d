"""A user id that would take over a terminal, were it sent there as it is."""

from __future__ import annotations

import re

#: Clears the screen, sets the title, goes back in the line, begins another, turns the direction of text; a C1 control.
HOSTILE_USER = "7\x1b[2J\x1b]0;owned\x07\r\x1b[Hroot\n\u202egnp\u2028x\u200b\x9b31m"

#: What the commands themselves send: colours, the parts of a line, the whole screen.
OURS = re.compile(rb"\x1b\[(?:[0-9]{0,2}m|K|J|H|\?1049[hl]|\?25[hl]|\?7[hl])")


def assert_harmless(sent: bytes) -> None:
    """Fail where anything was sent that steers a terminal and is not the commands' own."""
    rest = OURS.sub(b"", sent).replace(b"\x1b]end\x07", b"")
    text = rest.decode()
    # A terminal turns a line's end into CR LF; a line is begun anew by CR.
    steering = [c for c in text if c not in "\r\n" and (ord(c) < 32 or 0x7F <= ord(c) < 0xA0)]
    assert steering == []
    assert not set(text) & set("\u202e\u2028\u200b")
    assert b"\x1b[2J" not in sent
    # Whatever is shown of the user after "7" is shown as an escape, not done.
    assert re.search(rb"\rroot|\nroot|\x1b\[Hroot", sent) is None
