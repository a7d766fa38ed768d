"""Events as audit tools take them, from a live journal. What each type becomes is in `Protocols/vectors`."""

from __future__ import annotations

import json

import pytest

from audit_formats import ecs_problems, ocsf_problems
from commands import sessiond
from stored import fingerprint


@pytest.fixture(scope="module")
def printed(binary, folder, journal):
    def run(*words: str) -> list[dict]:
        done = sessiond(binary, folder, "events", *words)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run


def test_each_event_is_a_document_that_the_schemas_allow(printed):
    events, ecs, ocsf = printed("--json"), printed("--format", "ecs"), printed("--format", "ocsf")
    assert [line["event"]["id"] for line in ecs] == [line["metadata"]["uid"] for line in ocsf]
    for event, elastic, open_framework in zip(events, ecs, ocsf, strict=True):
        assert elastic["event"]["id"] == event["id"]
        assert ecs_problems(elastic) == []
        assert ocsf_problems(open_framework) == []


def test_a_login_and_a_logout_are_what_they_are(printed):
    ecs = printed("--format", "ecs", "--user", "42", "--type", "login", "--type", "logout")
    assert [(line["event"]["category"], line["event"]["type"]) for line in ecs] == [
        (["authentication", "session"], ["start"]),
        (["authentication", "session"], ["end"]),
    ]
    ocsf = printed("--format", "ocsf", "--user", "42", "--type", "login", "--type", "logout")
    assert [(line["activity_name"], line["type_uid"], line["status_detail"]) for line in ocsf] == [
        ("Logon", 300201, "created"),
        ("Logoff", 300202, "deleted"),
    ]
    assert ocsf[0]["session"]["uid"] == fingerprint("goes")
