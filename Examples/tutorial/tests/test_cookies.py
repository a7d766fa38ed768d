"""Flask must look at the same session as Django, whatever a browser sends."""

from __future__ import annotations

import flask
import pytest
from django.http import parse_cookie

from sessiond.flask import _session_key


@pytest.mark.parametrize(
    "header",
    [
        "sessionid=one",
        "sessionid=one; sessionid=two",
        "sessionid=one; other=x; sessionid=two; sessionid=three",
        'sessionid="quoted"',
        "a=b;sessionid=tight;c=d",
        "sessionid=with=equals",
        "sessionid=one; sessionid=",
        "sessionid= spaced ; a=b",
    ],
)
def test_django_and_flask_take_the_same_cookie_for_the_session(header):
    with flask.Flask(__name__).test_request_context(headers={"Cookie": header}):
        assert (_session_key() or "") == parse_cookie(header).get("sessionid", "")
