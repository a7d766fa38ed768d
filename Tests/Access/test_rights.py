"""Who may do what: by the kernel's word on who connects, and by the configuration's table."""

from __future__ import annotations

import subprocess

import pytest

from peers import ANNA, AUDIT, BEN, CLARA, MAY_UNSHARE, OVERFLOW, STAFF, as_root

ALL = ["identify", "read", "list", "observe", "revoke", "erase"]
TABLE = f"""
rights:
  - user: {ANNA}
    may: [identify, read]
  - group: {STAFF}
    may: [list]
  - group: {AUDIT}
    may: observe
"""


@as_root
def test_without_a_table_root_may_all_and_others_identify(serve):
    site = serve()
    assert site.rights() == ALL
    assert site.rights(ANNA) == ["identify"]
    site.log_in("somebodyssession", 42)
    assert site.ask("session.identity", ANNA, session_key="somebodyssession")["result"]["user_id"] == "42"


@as_root
def test_a_table_gives_rights_by_user_and_by_every_group(serve):
    site = serve(TABLE)
    assert site.rights() == ALL
    assert site.rights(ANNA) == ["identify", "read"]
    assert site.rights(BEN, gid=STAFF) == ["list"]
    assert site.rights(BEN, groups=(1, STAFF, 7)) == ["list"]
    assert site.rights(BEN, groups=(STAFF, AUDIT)) == ["list", "observe"]
    assert site.rights(ANNA, groups=(AUDIT,)) == ["identify", "read", "observe"]
    # More groups than one question to the kernel has room for.
    assert site.rights(BEN, groups=(*range(1000, 1200), STAFF)) == ["list"]
    assert site.rights(CLARA) == ["identify"]


@as_root
def test_a_refusal_names_the_right_that_is_missing_and_is_counted(serve):
    site = serve(TABLE)
    methods = {
        "session.get": ({"session_key": "k"}, "read"),
        "session.list": ({}, "list"),
        "user.sessions": ({"user_id": "1"}, "list"),
        "events.subscribe": ({}, "observe"),
        "events.query": ({}, "observe"),
        "session.revoke": ({"session_key": "k"}, "revoke"),
        "user.revoke": ({"user_id": "1"}, "revoke"),
        "journal.forget": ({"user_id": "1"}, "erase"),
    }
    for method, (params, right) in methods.items():
        error = site.ask(method, CLARA, **params)["error"]
        assert (error["code"], error["data"]) == (-32002, {"right": right}), method
    assert site.ask("server.status")["result"]["clients"]["refused"] == len(methods)


@as_root
def test_what_others_may_can_be_nothing_or_more(serve):
    site = serve("socket-rights: [identify, list]\n")
    assert site.rights(CLARA) == ["identify", "list"]
    site.configure("socket-rights: []\n")
    site.daemon.reload()
    assert site.rights(CLARA) == []
    assert site.ask("session.identity", CLARA, session_key="k")["error"]["data"] == {"right": "identify"}


@as_root
@pytest.mark.skipif(not MAY_UNSHARE, reason="needs a user namespace")
def test_in_a_user_namespace_a_number_that_can_be_anybodys_gives_no_rights(serve, binary, folder):
    """Whoever has no number there is shown as 65534, and a daemon that is 65534 must not take them for its own user."""
    program = folder / "confined"
    program.write_text(
        f'#!/bin/sh\nexec unshare --user --map-user={OVERFLOW} --map-group={OVERFLOW} -- {binary} "$@"\n'
    )
    program.chmod(0o755)
    rules = f"rights: [{{user: {OVERFLOW}, may: [list]}}, {{group: {OVERFLOW}, may: [revoke]}}]\n"
    site = serve(rules, binary=str(program))
    seen = site.ask("server.info", ANNA, STAFF, groups=(AUDIT,))["result"]
    assert (seen["peer"]["uid"], seen["rights"]) == (OVERFLOW, ["identify"])
    warnings = [line for line in site.daemon.lines if "in this user namespace" in line]
    assert [word for line in warnings for word in ("runs as uid", "for uid", "for gid") if word in line] == [
        "runs as uid",
        "for uid",
        "for gid",
    ]


@as_root
def test_every_socket_has_its_own_rights_and_its_own_view(serve, folder):
    site = serve(
        f"""
expose: tenant
sockets:
  - path: {folder}/audit.sock
    mode: "0666"
    may: [observe]
  - path: {folder}/shop.sock
    mode: "0660"
    group: {STAFF}
    may: [read]
    expose: [basket, locale]
    rights:
      - user: {ANNA}
        may: [read]
        expose: [tenant, _messages]
"""
    )
    audit, shop = str(folder / "audit.sock"), str(folder / "shop.sock")
    assert site.rights(CLARA) == ["identify"]
    assert site.rights(CLARA, socket=audit) == ["observe"]
    assert site.rights(CLARA, gid=STAFF, socket=shop) == ["read"]
    with pytest.raises(subprocess.CalledProcessError):
        site.rights(CLARA, socket=shop)
    site.log_in("somebodyssession", 42, tenant="t", basket=[1], locale="de", _messages="m", _csrftoken="c")

    def seen(uid, socket):
        result = site.ask("session.get", uid, STAFF, socket=socket, session_key="somebodyssession")["result"]
        return set(result["data"]), result["omitted"]

    assert seen(0, "") == ({"tenant"}, 7)
    assert seen(BEN, shop) == ({"basket", "locale"}, 6)
    assert seen(ANNA, shop) == ({"tenant", "_messages"}, 6)


@as_root
def test_by_default_no_credential_and_no_message_is_shown(serve):
    site = serve()
    site.log_in("somebodyssession", 42, tenant="t", _messages="m", _csrftoken="c")
    result = site.ask("session.get", session_key="somebodyssession")["result"]
    assert set(result["data"]) == {"_auth_user_id", "_auth_user_backend", "tenant"}
    assert result["omitted"] == 3


@pytest.mark.parametrize(
    ("configuration", "problem"),
    [
        ("rights: {user: 1}", "rights is no list"),
        ("rights: [1]", "rights[0] is no mapping"),
        ("rights: [{may: [read]}]", "rights[0]: it names a user or a group"),
        ("rights: [{user: 1, group: 1, may: [read]}]", "rights[0]: it names a user or a group"),
        ("rights: [{user: nobody-of-this-name, may: [read]}]", "no user nobody-of-this-name"),
        ("rights: [{user: 1, expose: [tenant]}]", "rights[0]: it does not say what it may"),
        ("rights: [{user: 1, may: [reed]}]", "rights[0]: there is no right reed"),
        ("rights: [{user: 1, mai: [read]}]", "rights[0]: there is no mai: it takes user, group, may, expose"),
        ("rights: [{user: 1, may: [read], expose: [_auth_user_hash]}]", "rights[0]: _auth_user_hash is a credential"),
        ("socket-rights: everything", "--socket-rights: there is no right everything"),
        ("expose: _csrftoken", "--expose: _csrftoken is a credential"),
        ("sockets: [{mode: '0660'}]", "sockets[0]: it takes a path, or the name"),
        ("sockets: [{path: /tmp/s, mode: '999'}]", "sockets[0]: mode: expected octal"),
        ("sockets: [{path: /tmp/s, may: [x]}]", "sockets[0]: may: there is no right x"),
        ("sockets: [{path: /tmp/s, expose: [_csrftoken]}]", "sockets[0]: expose: _csrftoken is a credential"),
        ("sockets: [{name: web}]", "sockets[0]: the service manager has passed no socket of the name web"),
        ("sockets: [{path: /tmp/s, rights: [{user: 1, may: [x]}]}]", "sockets[0].rights[0]: there is no right x"),
        ("right: []", "there is no option right"),
    ],
)
def test_a_bad_table_is_refused_with_its_place(binary, folder, configuration, problem):
    (folder / "sessiond.yaml").write_text(configuration + "\n")
    command = [binary, "serve", "--no-verify", "--config", str(folder / "sessiond.yaml"), "--socket", f"{folder}/s"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 64
    assert problem in done.stderr
