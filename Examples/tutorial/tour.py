"""Walk through the site as a person would: register, log in, look at Flask's page, log out.

Prints a line for each step and ends with 1 where something is not as it should be. Standard library only.
"""

from __future__ import annotations

import argparse
import http.client
import http.cookiejar
import json
import secrets
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser

TIMEOUT_SECONDS = 20


class Surprise(Exception):
    """Something is not as it should be."""


class Form(HTMLParser):
    """The fields of a page's form that carry a value, and the texts that complain."""

    def __init__(self, page: str) -> None:
        """Read a page."""
        super().__init__()
        self.fields: dict[str, str] = {}
        self.errors = ""
        self._depth = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Take a hidden field; enter a list of errors."""
        values = dict(attributes)
        if tag == "input" and values.get("type") == "hidden" and values.get("name"):
            self.fields[str(values["name"])] = values.get("value") or ""
        if tag == "ul" and "errorlist" in (values.get("class") or ""):
            self._depth += 1

    def handle_endtag(self, tag: str) -> None:
        """Leave a list of errors."""
        if tag == "ul" and self._depth:
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        """Keep what an error says."""
        if self._depth:
            self.errors += data.strip() + " "


class Browser:
    """Keeps cookies, follows redirects, fills in forms."""

    def __init__(self, site: str) -> None:
        """Begin without cookies at the site's address."""
        self.site = site.rstrip("/")
        self.cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, path: str) -> tuple[str, str]:
        """Return the path that the redirects lead to, with its query, and the page."""
        return self._open(urllib.request.Request(self.site + path))  # noqa: S310

    def post(self, path: str, page: str | None = None, **fields: object) -> tuple[str, str]:
        """Fill in the form on a page, by default at the path that it is sent to, and send it."""
        _, shown = self.get(page or path)
        data = {**Form(shown).fields, **{name: str(value) for name, value in fields.items()}}
        body = urllib.parse.urlencode(data).encode()
        return self._open(urllib.request.Request(self.site + path, data=body, headers={"Referer": self.site + path}))  # noqa: S310

    def _open(self, request: urllib.request.Request) -> tuple[str, str]:
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as response:
                where = urllib.parse.urlsplit(response.geturl())
                path = where.path + (f"?{where.query}" if where.query else "")
                return path, response.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            with error:
                hint = " (sessiond cannot tell: see its log)" if error.code == 503 else ""
                raise Surprise(f"{request.selector} answered {error.code} {error.reason}{hint}") from None
        except (OSError, http.client.HTTPException) as error:
            raise Surprise(f"{request.selector}: no answer from {self.site}: {error}") from None


def tour(site: str, name: str, pause: float) -> None:
    """Take every step, or raise Surprise."""
    browser, password = Browser(site), secrets.token_urlsafe(16)

    where, _ = browser.get("/backend/")
    expect(where.startswith("/accounts/login/?next=/backend/"), f"Flask let a stranger in: landed on {where}")
    say("not logged in: Flask sends a stranger to Django's login page")

    name = register(browser, name, password)
    say(f"registered {name} with Django")
    time.sleep(pause)

    where, page = browser.post("/accounts/login/?next=/backend/", username=name, password=password)
    expect(where == "/backend/", f"the login led to {where}: {Form(page).errors or 'no error shown'}")
    user_id = json.loads(browser.get("/backend/api/whoami")[1]).get("user_id")
    expect(isinstance(user_id, str) and user_id != "", "Flask's JSON names no user")
    expect(f"Hello, user {user_id}<" in page, "Flask's page does not greet the user whom its JSON names")
    say(f"logged in as {name}: Flask greets user {user_id}")
    time.sleep(pause)

    browser.post("/accounts/logout/")
    where, _ = browser.get("/backend/")
    expect(where.startswith("/accounts/login/"), f"Flask still lets {name} in after the logout: landed on {where}")
    say(f"logged out: Flask no longer knows {name}")


def register(browser: Browser, name: str, password: str) -> str:
    """Register under a name, or one like it where it is taken, and return the name."""
    for candidate in (name, f"{name}-{secrets.token_hex(4)}"):
        where, page = browser.post("/accounts/register/", username=candidate, password1=password, password2=password)
        if where.startswith("/accounts/login/"):
            return candidate
    raise Surprise(f"cannot register: {Form(page).errors or 'no error shown'}")


def expect(condition: bool, otherwise: str) -> None:
    """Raise Surprise where a condition does not hold."""
    if not condition:
        raise Surprise(otherwise)


def say(text: str) -> None:
    """Print a step at once, since other programs may print in between."""
    print(text, flush=True)


def main() -> int:
    """Read the arguments and take the tour."""
    parser = argparse.ArgumentParser(description="Walk through the tutorial's site as a person would.")
    parser.add_argument("site", nargs="?", default="http://127.0.0.1:8080/", help="default: %(default)s")
    parser.add_argument("--name", default="ada", help="the user to register (default: %(default)s)")
    parser.add_argument("--pause", type=float, default=0.0, metavar="SECONDS", help="time to look between the steps")
    options = parser.parse_args()
    try:
        tour(options.site, options.name, options.pause)
    except Surprise as surprise:
        print(f"not as it should be: {surprise}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
