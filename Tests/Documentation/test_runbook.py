"""The runbook has every alert and every warning and error that the daemon can log, and quotes what it really says."""

import re

import pytest
from blocks import CATALOGUE, ROOT, prose_of

RUNBOOK = prose_of(CATALOGUE / "Runbook.md")
ALERTS = re.findall(r"^ +- alert: (\w+)$", (ROOT / "Examples/http/alerts.yaml").read_text(), re.MULTILINE)
SOURCES = {path: path.read_text() for path in sorted((ROOT / "Sources").rglob("*.swift"))}
CODE = re.findall(r"`([^`]+)`", RUNBOOK)
#: What the daemon says, with `…` where it puts in a value, so that quotations can be looked up.
SAID = "\n".join(re.sub(r"\\\((?:[^()]|\([^()]*\))*\)", "…", re.sub(r"\\\n\s*", "", text)) for text in SOURCES.values())
QUOTED = [
    (row, words)
    for row in re.findall(r"^\| (.+?) \|", RUNBOOK, re.MULTILINE)
    for words in re.findall(r"`([^`]+)`", row)
    if not words.startswith("Sessiond")
]


def calls() -> list[str]:
    """Return the texts of all calls that log a warning or an error, as they stand in the code."""
    found: list[str] = []
    for path, text in SOURCES.items():
        begin = r"logger\.(?:warning|error|log)\(" + (r"|\btell\(" if path.name.endswith("Log.swift") else "")
        for match in re.finditer(begin, text):
            call = text[match.start() : match.start() + 700]
            literal = re.search(r'"""\n(.*?)"""|"((?:[^"\\]|\\\((?:[^()]|\([^()]*\))*\)|\\.)*)"', call, re.DOTALL)
            if literal is not None:
                found.append(re.sub(r"\\\n\s*", "", literal[1] or literal[2]).strip())
    return [text for text in found if len(re.sub(r"\\\(.*?\)+", "", text)) > 15]


def failures() -> list[str]:
    """Return what the daemon says of Redis and of its journal."""
    texts: list[str] = []
    for name in ("RedisTransport/RedisFailure.swift", "AuditJournal/JournalFailure.swift"):
        source = re.sub(r"\\\n\s*", "", SOURCES[ROOT / "Sources" / name].split("CustomStringConvertible", 1)[1])
        texts += [a or b for a, b in re.findall(r'"""\n\s*(.*?)\n\s*"""|"([^"\n]{20,})"', source, re.DOTALL)]
    # A file that a command would write, the end of the daemon, and parts of other texts.
    others = ("there is a file", "sessiond is stopping", "a value is of another type", "no message of")
    return [text for text in texts if not text.startswith(others)]


def is_explained(text: str) -> bool:
    """Whether the runbook quotes a piece of a text."""
    pieces = re.split(r"\\\((?:[^()]|\([^()]*\))*\)", text)
    return any(words in piece for piece in pieces for words in CODE if len(words) > 7)


def test_the_texts_are_found():
    assert len(calls()) > 20
    assert len(failures()) > 25
    assert len(ALERTS) > 10
    assert len(QUOTED) > 60


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_has_its_row(alert):
    assert f"| `{alert}` |" in RUNBOOK


@pytest.mark.parametrize("text", sorted(set(calls())), ids=lambda text: text[:60])
def test_every_warning_and_error_is_explained(text):
    assert is_explained(text)


@pytest.mark.parametrize("text", sorted(set(failures())), ids=lambda text: text[:60])
def test_every_reason_is_explained(text):
    assert is_explained(text)


@pytest.mark.parametrize("words", sorted({words for _, words in QUOTED}))
def test_what_is_quoted_is_said(words):
    assert words.removesuffix("…").strip() in SAID or words in RUNBOOK.split("## Alerts")[0], words


def test_what_is_not_explained_is_found_out():
    assert not is_explained("the moon is in the way of Redis, wait for the tide")
