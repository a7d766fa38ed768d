"""What the site takes from environment variables."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest
from running import ROOT

from tutorial.environment import Environment, EnvironmentProblem


def run_site(**environ):
    return subprocess.run(
        [sys.executable, "-m", "tutorial", "--port", environ.pop("port", "0")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environ},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("content", [None, "", "\n", "\nsecond line\n", "\r\n"])
def test_without_a_first_line_in_the_key_file_there_is_no_site(folder, content):
    path = folder / "keys"
    if content is not None:
        path.write_text(content)
    with pytest.raises(EnvironmentProblem, match="EXAMPLE_SECRET_KEY_FILE"):
        Environment.load({"EXAMPLE_SECRET_KEY_FILE": str(path)})


def test_the_site_says_which_variable_is_missing_and_how_to_make_a_key():
    result = run_site(EXAMPLE_SECRET_KEY_FILE="")
    assert result.returncode == 2
    assert "secrets.token_urlsafe" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_port_that_is_taken_is_an_error_in_words(folder):
    (folder / "keys").write_text("secret\n")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run_site(
            port=str(taken.getsockname()[1]),
            EXAMPLE_SECRET_KEY_FILE=str(folder / "keys"),
            EXAMPLE_DATABASE=str(folder / "db"),
        )
    assert result.returncode == 1
    assert "cannot serve on" in result.stderr
    assert "Traceback" not in result.stderr


def test_further_lines_of_the_key_file_are_fallbacks_and_empty_ones_are_no_keys(folder):
    (folder / "keys").write_bytes("first é\r\n\nsecond \n\nthird".encode())
    environment = Environment.load({"EXAMPLE_SECRET_KEY_FILE": str(folder / "keys")})
    assert environment.secret_keys == ("first é", "second ", "third")
    assert "first" not in repr(environment)
