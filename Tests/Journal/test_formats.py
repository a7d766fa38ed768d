"""Events as audit tools take them: what the schemas require, and the words that they allow.

Sources: https://www.elastic.co/guide/en/ecs/8.11/ecs-category-field-values-reference.html,
https://schema.ocsf.io/1.3.0/classes/authentication and https://schema.ocsf.io/1.3.0/classes/base_event
"""

from __future__ import annotations

import json

import pytest

from commands import sessiond
from stored import fingerprint

ECS_KINDS = {"alert", "asset", "enrichment", "event", "metric", "state", "pipeline_error", "signal"}
ECS_TYPES = {"authentication": {"start", "end", "info"}, "session": {"start", "end", "info"}}
OCSF_REQUIRED = {"activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time", "type_uid"}
OCSF_ACTIVITIES = {3002: {0, 1, 2, 3, 4, 5, 6, 7, 99}, 0: {0, 99}}


@pytest.fixture(scope="module")
def printed(binary, folder, journal):
    def run(*words: str) -> list[dict]:
        done = sessiond(binary, folder, "events", *words)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run


def test_ecs_has_what_the_schema_wants(printed):
    events, documents = printed("--json"), printed("--format", "ecs")
    assert len(events) == len(documents)
    for event, document in zip(events, documents, strict=True):
        assert document["@timestamp"] == event["time"]
        assert document["ecs"] == {"version": "8.11.0"}
        about = document["event"]
        assert about["kind"] in ECS_KINDS
        assert (about["id"], about["action"]) == (event["id"], event["type"].removeprefix("dev.sessiond."))
        for category in about.get("category", []):
            assert set(about["type"]) <= ECS_TYPES[category]
        assert about.get("outcome", "success") in {"success", "failure", "unknown"}
        assert document.get("user", {}).get("id") == event["data"].get("user_id")
        assert document["sessiond"].get("session") == event.get("subject")


def test_ocsf_has_what_the_schema_requires(printed):
    events, documents = printed("--json"), printed("--format", "ocsf")
    for event, document in zip(events, documents, strict=True):
        assert document.keys() >= OCSF_REQUIRED
        assert document["activity_id"] in OCSF_ACTIVITIES[document["class_uid"]]
        assert document["type_uid"] == document["class_uid"] * 100 + document["activity_id"]
        assert document["category_uid"] == document["class_uid"] // 1000
        assert document["severity_id"] in {0, 1, 2, 3, 4, 5, 6, 99}
        assert document["metadata"]["version"] == "1.3.0"
        assert document["metadata"]["product"]["vendor_name"]
        assert document["metadata"]["uid"] == event["id"]
        if document["class_uid"] == 3002:
            assert document["user"] == {"uid": event["data"]["user_id"]}
            assert document["service"]["name"]
        else:
            assert "user_id" not in event["data"]


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


def test_what_no_user_is_named_by_is_a_base_event(printed):
    [rejected] = printed("--format", "ocsf", "--type", "rejected")
    assert (rejected["class_uid"], rejected["severity_id"], rejected["status_id"]) == (0, 3, 2)
