"""The Flask decorator against scripted daemons."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest

flask = pytest.importorskip("flask")

import sessiond  # noqa: E402
from people import KEY, people  # noqa: E402
from sessiond.flask import Sessiond, current_user_id, login_required  # noqa: E402


@pytest.fixture
def make_app():
    apps = []

    def make(path, **config):
        apps.append(build_app(path, **config))
        return apps[-1]

    yield make
    for app in apps:
        if "sessiond" in app.extensions:
            app.extensions["sessiond"].close()


def build_app(path, **config):
    app = flask.Flask(__name__)
    app.config.update(SESSIOND_SOCKET=path, **config)

    @app.route("/", methods=["GET", "POST"])
    @login_required
    def index():
        return f"user {flask.g.user_id} {flask.g.identity.session}"

    @app.get("/page/<path:rest>")
    @login_required
    def page(rest):
        return rest

    @app.get("/open")
    def open_to_all():
        return json.dumps([current_user_id(), current_user_id(), flask.g.user_id])

    return app


def get(app, path, cookie=None, **more):
    headers = {} if cookie is None else {"Cookie": cookie}
    return app.test_client(use_cookies=False).get(path, headers=headers, **more)


def test_without_a_daemon_nobody_is_let_in_and_nobody_is_sent_to_the_login_page(make_app, folder, caplog):
    response = get(make_app(str(folder / "none.sock")), "/", f"sessionid={KEY}")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "1"
    assert "is sessiond running" in caplog.text
    assert KEY not in caplog.text + response.text


def test_the_daemons_own_time_to_wait_is_passed_on(make_app, serve):
    server = serve(lambda server, peer: peer.refuse(server.read(peer), -32001, {"retry_after_ms": 2_100}))
    response = get(make_app(server.path), "/", f"sessionid={KEY}")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "3")


@pytest.mark.parametrize(
    "cookie",
    [None, "", "sessionid=", 'sessionid=""', f"other={KEY}", "sessionid=" + "x" * 513, "sessionid=" + "é" * 257],
)
def test_no_cookie_an_empty_one_or_one_too_long_is_nobody_without_asking(make_app, serve, cookie):
    server = serve(people)
    response = get(make_app(server.path), "/", cookie)
    assert response.status_code == 302
    assert response.headers["Location"] == "/accounts/login/?next=/"
    assert server.connection_count == 0


def test_an_unknown_session_is_redirected_to_the_login_page_and_the_answer_varies_by_cookie(make_app, serve):
    response = get(make_app(serve(people).path), "/", "sessionid=unknown")
    assert response.status_code == 302
    assert "Cookie" in response.headers["Vary"]


def test_a_session_is_greeted(make_app, serve):
    response = get(make_app(serve(people).path), "/", f"a=b; sessionid={KEY}; c=d")
    assert (response.status_code, response.text) == (200, f"user 42 {'f' * 32}")
    assert "Cookie" in response.headers["Vary"]


def test_of_two_cookies_of_one_name_the_last_counts_as_in_django(make_app, serve):
    app = make_app(serve(people).path)
    assert get(app, "/", f"sessionid=unknown; sessionid={KEY}").status_code == 200
    assert get(app, "/", f"sessionid={KEY}; sessionid=unknown").status_code == 302


def test_an_identity_does_not_outlive_its_request(make_app, serve):
    app = make_app(serve(people).path)
    with app.app_context():
        assert json.loads(get(app, "/open", f"sessionid={KEY}").text) == ["42", "42", "42"]
        stranger = get(app, "/open")
        assert json.loads(stranger.text) == [None, None, None]
        assert "Cookie" in stranger.headers["Vary"]
        assert get(app, "/").status_code == 302


def test_one_request_asks_once(make_app, serve):
    server = serve(people)
    get(make_app(server.path), "/open", f"sessionid={KEY}")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("script_name", "path", "expected"),
    [
        ("/backend", "/", "/backend/"),
        ("/backend", "/page/a?b=c&d=e", "/backend/page/a?b=c&d=e"),
        ("/backend/", "/page/a", "/backend/page/a"),
        ("", "/page/ä b", "/page/%C3%A4%20b"),
        ("", "/page/a?next=http://evil.example/", "/page/a?next=http://evil.example/"),
        ("", "/page/a?" + "x" * 3_000, "/page/a"),
        ("", "/page/" + "x" * 3_000, "/"),
        ("//evil.example", "/page/a", "/evil.example/page/a"),
        ("/\\evil.example", "/page/a", "/%5Cevil.example/page/a"),
        ("", "/page/a\rSet-Cookie: x", "/page/a%0DSet-Cookie:%20x"),
    ],
)
def test_the_way_back_is_a_local_path(make_app, serve, script_name, path, expected):
    app = make_app(serve(people).path, SESSIOND_LOGIN_URL="/login/?from=flask")
    route, _, query = path.partition("?")
    environ = {"SCRIPT_NAME": script_name, "PATH_INFO": route.encode().decode("latin-1")}
    response = get(app, "/", query_string=query, environ_overrides=environ)
    assert response.status_code == 302
    location = urlsplit(response.headers["Location"])
    assert (location.netloc, location.path) == ("", "/login/")
    assert parse_qs(location.query) == {"from": ["flask"], "next": [expected]}


def test_the_cookies_name_and_the_login_page_can_be_set(make_app, serve):
    app = make_app(serve(people).path, SESSIOND_COOKIE_NAME="sid", SESSIOND_LOGIN_URL="/in")
    assert get(app, "/", f"sid={KEY}").status_code == 200
    assert get(app, "/", f"sessionid={KEY}").headers["Location"] == "/in?next=/"


def test_the_extension_gives_an_application_its_client_and_answers_503_everywhere(make_app, folder, caplog):
    app = make_app(str(folder / "none.sock"), SESSIOND_COOKIE_NAME="sid")
    extension = Sessiond()
    extension.init_app(app)
    assert app.config["SESSIOND_LOGIN_URL"] == "/accounts/login/"
    # Without the extension a page that is open to all would end in a 500.
    response = get(app, "/open", f"sid={KEY}")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
    assert KEY not in caplog.text + response.text
    with app.app_context():
        assert extension.client is app.extensions["sessiond"]


def test_an_applications_own_error_page_is_shown_where_sessiond_cannot_tell(make_app, folder):
    app = make_app(str(folder / "none.sock"))
    Sessiond(app)
    app.register_error_handler(503, lambda error: ("come again", 503))
    assert get(app, "/open", f"sessionid={KEY}").text == "come again"


def test_one_extension_serves_several_applications_and_takes_a_client_of_ones_own(make_app, serve, folder):
    first, second = make_app(serve(people).path), make_app(str(folder / "none.sock"))
    extension = Sessiond()
    extension.init_app(first)
    extension.init_app(second)
    assert get(first, "/", f"sessionid={KEY}").status_code == 200
    assert get(second, "/", f"sessionid={KEY}").status_code == 503
    with sessiond.Client(serve(people, "other.sock").path) as client:
        third = make_app(None)
        Sessiond(third, client=client)
        assert get(third, "/", f"sessionid={KEY}").status_code == 200


def test_a_wrong_setting_is_found_when_the_application_is_made(make_app):
    with pytest.raises(ValueError, match="greater than 0"):
        Sessiond(make_app(None, SESSIOND_TIMEOUT=0))
