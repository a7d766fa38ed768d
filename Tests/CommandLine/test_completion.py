"""Completions in real shells, and the manual page, both out of what `--help` says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(binary: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `make install` puts what shells look for."""
    prefix = tmp_path_factory.mktemp("installed")
    variables = [f"SESSIOND={binary}", f"PREFIX={prefix}", f"SYSCONFDIR={prefix}/etc", "DESTDIR="]
    subprocess.run(["make", "-C", str(ROOT), "install-files", *variables], check=True, capture_output=True)
    return prefix


def run(*command: str, **variables: str) -> str:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "TERM": "dumb", **variables}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=120)
    assert done.stderr == ""
    return done.stdout


#: What is typed, and what is offered then.
TYPED = [
    ("sessiond st", ["status"], ["serve"]),
    ("sessiond watch --format ", ["text", "json", "ecs", "ocsf"], ["yaml"]),
    ("sessiond events --type user.", ["user.online", "user.offline"], ["login"]),
    ("sessiond status --col", ["--color"], ["--socket"]),
    ("sessiond serve --journal-sync ", ["normal", "full"], ["memory"]),
]


@pytest.mark.parametrize(("line", "offered", "withheld"), TYPED, ids=[line for line, _, _ in TYPED])
def test_bash(installed: Path, line: str, offered: list[str], withheld: list[str]) -> None:
    words = line.split(" ")
    script = f"""
        . {installed}/share/bash-completion/completions/sessiond
        COMP_WORDS=({" ".join(repr(word) for word in words)}); COMP_CWORD={len(words) - 1}
        COMP_LINE={line!r}; COMP_POINT={len(line)}
        $(complete -p sessiond | sed 's/.*-F \\([^ ]*\\).*/\\1/') sessiond {words[-1]!r} {words[-2]!r}
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    found = run("bash", "--norc", "-c", script).split()
    assert set(offered) <= set(found)
    assert not set(withheld) & set(found)


@pytest.mark.parametrize(("line", "offered", "withheld"), TYPED, ids=[line for line, _, _ in TYPED])
def test_fish(installed: Path, line: str, offered: list[str], withheld: list[str], tmp_path: Path) -> None:
    script = f"source {installed}/share/fish/vendor_completions.d/sessiond.fish; complete -C {line!r}"
    output = run("fish", "--no-config", "-c", script, HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path))
    found = [one.split("\t")[0] for one in output.splitlines()]
    assert set(offered) <= set(found)
    assert not set(withheld) & set(found)


def test_zsh(installed: Path, tmp_path: Path) -> None:
    file = installed / "share/zsh/site-functions/_sessiond"
    assert file.read_text().startswith("#compdef sessiond\n")
    run("zsh", "-n", str(file))
    script = (
        f"fpath=({file.parent} $fpath); autoload -Uz compinit; compinit -u -d {tmp_path}/dump; print $_comps[sessiond]"
    )
    assert run("zsh", "-f", "-c", script) == "_sessiond\n"


def test_the_manual_page_is_clean_and_has_every_command(installed: Path, binary: str) -> None:
    page = installed / "share/man/man1/sessiond.1"
    assert run("mandoc", "-Tlint", str(page)) == ""
    text = run("mandoc", "-Tutf8", "-Owidth=200", str(page))
    told = subprocess.run([binary, "--experimental-dump-help"], capture_output=True, check=True).stdout
    commands = {command["commandName"] for command in json.loads(told)["command"]["subcommands"]} - {"help"}
    assert {"serve", "watch", "status", "top"} <= commands
    # Bold is a letter, a step back, and the letter once more.
    plain = re.sub(".\b", "", text)
    for command in commands:
        assert f"sessiond {command}" in plain
