#!/usr/bin/python3
"""Prints a manual page of sessiond, from what its `--help` says.

manual.py BINARY > sessiond.1
"""

import json
import os
import subprocess
import sys
import textwrap
from datetime import UTC, datetime

HEAD = """.\\" Made by Examples/service/manual.py from `sessiond --help`.
.TH SESSIOND 1 "{date}" "sessiond {version}" "User Commands"
.SH NAME
sessiond \\- who is logged in to Django? Keeps its sessions at hand
.SH SYNOPSIS
"""
TAIL = """.SH FILES
.TP
.I /etc/sessiond/sessiond.yaml
The options of the service.
.TP
.I /etc/sessiond/secret\\-key
Django's SECRET_KEY, and SECRET_KEY_FALLBACKS on further lines; for root alone.
.TP
.I /etc/sessiond/redis\\-url
The URL of Redis, where it holds a password; for root alone.
.TP
.I /run/sessiond/sessiond.sock
The socket, open to the group
.BR sessiond .
.TP
.I /var/lib/sessiond
The journal.
.SH SEE ALSO
.BR redis\\-server (1),
.BR sqlite3 (1),
.BR systemd.exec (5)
"""


def escaped(text: str) -> str:
    """Text as roff takes it: no line is long or begins with a control character, and hyphens are those of options."""
    wrapped = (
        # An indented line is shown as it stands.
        [line]
        if line.startswith(" ")
        else textwrap.wrap(line, 72, break_long_words=False, break_on_hyphens=False)
        for line in text.splitlines()
    )
    lines = (
        "\n".join(line for lines in wrapped for line in lines)
        .replace("\\", "\\e")
        .replace("-", "\\-")
        .replace("~", "\\(ti")
        .replace("^", "\\(ha")
        .splitlines()
    )
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in lines)


def paragraphs(text: str) -> str:
    """Prose; a line that is indented is shown as it stands."""
    parts = []
    for line in text.splitlines():
        if line.startswith("  "):
            parts.append(f".nf\n{escaped(line)}\n.fi")
        elif line:
            parts.append(escaped(line))
        else:
            parts.append(".PP")
    return "\n".join(parts)


def names(argument: dict) -> str:
    if argument["kind"] == "positional":
        return f"\\fI{escaped(argument['valueName'])}\\fR"
    spelled = [
        ("--" if name["kind"] == "long" else "-") + name["name"]
        for name in argument.get("names", [])
    ]
    value = (
        f" \\fI{escaped(argument['valueName'])}\\fR"
        if argument["kind"] == "option"
        else ""
    )
    return ", ".join(f"\\fB{escaped(name)}\\fR{value}" for name in spelled)


def operands(command: dict) -> str:
    """What a command is about, as its synopsis names it."""
    texts = []
    for argument in command.get("arguments", []):
        if argument["kind"] == "positional":
            text = names(argument) + (" ..." if argument.get("isRepeating") else "")
            texts.append(f" [{text}]" if argument.get("isOptional") else f" {text}")
    return "".join(texts)


def described(command: dict, path: str) -> list[str]:
    text = [f".SS {escaped(path)}", paragraphs(command.get("abstract", ""))]
    if command.get("discussion"):
        text += [".PP", paragraphs(command["discussion"])]
    for argument in command.get("arguments", []):
        if (
            argument.get("shouldDisplay", True)
            and names(argument)
            and argument.get("valueName") != "help"
        ):
            text += [".TP", names(argument), paragraphs(argument.get("abstract", ""))]
            if argument.get("discussion"):
                text += [".IP", escaped(argument["discussion"])]
    for child in command.get("subcommands", []):
        if child["commandName"] != "help":
            text += described(child, f"{path} {child['commandName']}")
    return text


def date() -> str:
    """The day of the page: of the source, where the build says it, so that the same source gives the same page."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    day = datetime.fromtimestamp(int(seconds), UTC) if seconds else datetime.now(UTC)
    return day.strftime("%Y-%m-%d")


def main() -> None:
    binary = sys.argv[1]

    def told(*words: str) -> str:
        return subprocess.run(
            [binary, *words], check=True, capture_output=True, text=True
        ).stdout

    root = json.loads(told("--experimental-dump-help"))["command"]
    commands = [
        child for child in root["subcommands"] if child["commandName"] != "help"
    ]
    synopsis = "\n.br\n".join(
        f".B sessiond {escaped(child['commandName'])}\n[\\fIoptions\\fR]{operands(child)}"
        for child in commands
    )
    body = [
        "\n".join([".SH DESCRIPTION", paragraphs(root.get("discussion", ""))]),
        ".SH COMMANDS",
    ]
    for child in commands:
        body += described(child, f"sessiond {child['commandName']}")
    print(
        HEAD.format(version=told("--version").strip(), date=date())
        + synopsis
        + "\n"
        + "\n".join(body)
        + "\n"
        + TAIL,
        end="",
    )


if __name__ == "__main__":
    main()
