#!/usr/bin/python3
"""Prints a manual page of sessiond, from what its `--help` says.

manual.py BINARY > sessiond.1
"""

import json
import subprocess
import sys

HEAD = """.\\" Made by Examples/service/manual.py from `sessiond --help`.
.TH SESSIOND 1 "" "sessiond {version}" "User Commands"
.SH NAME
sessiond \\- who is logged in to Django? Keeps its sessions at hand and tells of logins and logouts
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
    """Text as roff takes it: no line begins with a control character, and hyphens are those of options."""
    lines = (
        text.replace("\\", "\\e")
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
        f".B sessiond {escaped(child['commandName'])}\n[\\fIoptions\\fR]"
        for child in commands
    )
    body = [
        "\n".join([".SH DESCRIPTION", paragraphs(root.get("discussion", ""))]),
        ".SH COMMANDS",
    ]
    for child in commands:
        body += described(child, f"sessiond {child['commandName']}")
    print(
        HEAD.format(version=told("--version").strip())
        + synopsis
        + "\n"
        + "\n".join(body)
        + "\n"
        + TAIL,
        end="",
    )


if __name__ == "__main__":
    main()
