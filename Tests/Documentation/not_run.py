"""The commands of the documentation that no test runs, each with the reason.

Whatever is not in this table is run by `test_commands.py`. What is in it is read by the shell without being run, and
its options and targets are looked up.
"""

from __future__ import annotations

from blocks import Block

ROOT_OF_A_MACHINE = (
    "changes the machine: packages, units and groups of the whole system; Tests/Service runs the units' command"
)
WEB = "needs the network and installs packages; `make run` calls Examples/run.sh, which test_commands.py runs"
BUILD = "compiles for minutes; `make test` does it before anything is run here"
LONG = "runs for minutes to hours"
OVERVIEW = (
    "an overview of commands that are run elsewhere: dots and words in capitals stand for what a reader puts there"
)
CONTAINER = "needs containers, which a test machine need not have; Tests/Service does the like with namespaces"
NETWORK_CLIENT = "installs packages, as `make test` does for all that is tested"
BUT_FOR_ONE_LINE = "installs packages in its first line; test_commands.py runs all the others"
BY_ANOTHER = "needs a Redis with TLS, and is run with one by test_readme.py"

#: A page, what one of its blocks contains, and the reason.
NOT_RUN: list[tuple[str, str, str]] = [
    ("README.md", "make run", WEB),
    ("GetStarted.md", "make run", WEB),
    ("GetStarted.md", "make release", BUILD),
    ("README.md", "sessiond serve …", OVERVIEW),
    ("README.md", "make test ", LONG),
    ("Hostile.md", "make fuzz", LONG),
    ("Freshness.md", "swift test --filter", LONG),
    ("Performance.md", "make bench", LONG),
    ("Service.md", "make deb", ROOT_OF_A_MACHINE),
    ("Service.md", "sudo systemctl daemon-reload", ROOT_OF_A_MACHINE),
    ("Service.md", "systemd-creds encrypt", ROOT_OF_A_MACHINE),
    ("Service.md", "addgroup --system", ROOT_OF_A_MACHINE),
    ("Check.md", "sudo sessiond check", ROOT_OF_A_MACHINE),
    ("TLS.md", "openssl", BY_ANOTHER),
    ("TLS.md", "sessiond serve", BY_ANOTHER),
    ("Containers.md", "docker run", CONTAINER),
    ("Clients/python/README.md", "pip install", NETWORK_CLIENT),
    ("Examples/tutorial/README.md", "python3 -m venv", BUT_FOR_ONE_LINE),
]


def reason(block: Block) -> str | None:
    """Return why a block is not run, None where it is."""
    found = [why for page, words, why in NOT_RUN if str(block.page).endswith(f"/{page}") and words in block.text]
    assert len(found) < 2, f"{block.place} is listed twice"
    return found[0] if found else None
