"""A headless Chromium, driven by the DevTools protocol over a pipe: nothing else is needed for that."""

from __future__ import annotations

import base64
import itertools
import json
import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from processes import DEADLINE_SECONDS, wait_for

OPTIONS = [
    "--headless=new",
    # Root, who runs tests in containers, has no sandbox.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--remote-debugging-pipe",
]


class Browser:
    """A browser with a profile of its own in `folder`."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("chromium")
        if program is None:
            raise FileNotFoundError("chromium is not installed: apt-get install chromium")
        commands_out, self._commands = os.pipe()
        self._messages, messages_in = os.pipe()
        words = [program, *OPTIONS, f"--user-data-dir={folder}", "about:blank"]
        # It reads commands from 3 and writes messages to 4.
        script = f'exec "$@" 3<&{commands_out} 4>&{messages_in}'
        with open(folder.parent / "chromium.log", "ab") as log:
            self._process = subprocess.Popen(
                ["bash", "-c", script, "bash", *words],
                pass_fds=(commands_out, messages_in),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        os.close(commands_out)
        os.close(messages_in)
        self._numbers = itertools.count(1)
        self._answers: dict[int, queue.Queue[dict[str, Any]]] = {}
        self._listeners: dict[str, Callable[[str, dict[str, Any]], None]] = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def open(self, url: str, **options: Any) -> Page:
        """Open a page in a tab and a profile of its own."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, target, session, **options)
        page.go(url)
        return page

    def call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """Carry out one command and return its result."""
        number = next(self._numbers)
        answer: queue.Queue[dict[str, Any]] = queue.Queue()
        self._answers[number] = answer
        message = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        try:
            said = answer.get(timeout=DEADLINE_SECONDS)
        except queue.Empty:
            raise AssertionError(f"Chromium does not answer {method}") from None
        if "error" in said:
            raise AssertionError(f"{method}: {said['error']}")
        return said["result"]

    def listen(self, session: str, take: Callable[[str, dict[str, Any]], None]) -> None:
        """Have every event of a tab told to `take`, on the reader's thread."""
        self._listeners[session] = take

    def close(self) -> None:
        self.call("Browser.close")
        self._process.wait(DEADLINE_SECONDS)
        self._reader.join(DEADLINE_SECONDS)
        os.close(self._commands)
        os.close(self._messages)

    def _read(self) -> None:
        unread = b""
        while data := os.read(self._messages, 1 << 20):
            unread += data
            *messages, unread = unread.split(b"\0")
            for text in messages:
                message = json.loads(text)
                if "id" in message:
                    self._answers.pop(message["id"]).put(message)
                elif take := self._listeners.get(message.get("sessionId", "")):
                    take(message["method"], message["params"])


class Page:
    """A tab, and all that it complained of and asked for."""

    def __init__(
        self,
        browser: Browser,
        target: str,
        session: str,
        *,
        width: int = 1280,
        height: int = 900,
        dark: bool = False,
        is_phone: bool = False,
        scale: float = 1,
        has_motion: bool = True,
    ) -> None:
        self._browser, self._target, self._session = browser, target, session
        #: What was written to the console or violates the policy.
        self.complaints: list[str] = []
        #: Every address that was asked for.
        self.requests: list[str] = []
        browser.listen(session, self._take)
        for domain in ["Page", "Runtime", "Log", "Network", "Audits"]:
            self.call(f"{domain}.enable")
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=is_phone,
        )
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "no-preference" if has_motion else "reduce"},
        ]
        self.call("Emulation.setEmulatedMedia", features=features)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        return self._browser.call(method, self._session, **params)

    def go(self, url: str) -> None:
        self.call("Page.navigate", url=url)
        self.wait_for(f"location.href.startsWith({json.dumps(url)}) && document.readyState === 'complete'")

    def value(self, expression: str) -> Any:
        """Return what an expression of JavaScript is."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise AssertionError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait_for(self, expression: str, seconds: float = DEADLINE_SECONDS) -> Any:
        """Return the first true value of an expression."""
        try:
            return wait_for(lambda: self.value(expression), expression, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; the page says {self.text()!r} and {self.complaints}") from None

    def text(self, selector: str = "body") -> str:
        """Return the visible text of the first element that a selector finds."""
        return self.value(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")

    def press(self, *keys: str) -> None:
        """Press one key after the other."""
        for key in keys:
            text = {"Enter": "\r", "Space": " "}.get(key, key if len(key) == 1 else "")
            name = " " if key == "Space" else key
            codes = {"Tab": 9, "Enter": 13, "Space": 32}
            more = {"text": text} if text else {}
            self.call(
                "Input.dispatchKeyEvent", type="keyDown", key=name, windowsVirtualKeyCode=codes.get(key, 0), **more
            )
            self.call("Input.dispatchKeyEvent", type="keyUp", key=name, windowsVirtualKeyCode=codes.get(key, 0))

    def picture(self, *, is_whole: bool = True) -> bytes:
        """Return a PNG of what is seen, or of the whole page."""
        answer = self.call(
            "Page.captureScreenshot", format="png", captureBeyondViewport=is_whole, **self._clip(is_whole)
        )
        return base64.b64decode(answer["data"])

    def close(self) -> None:
        self._browser.call("Target.closeTarget", targetId=self._target)

    def _clip(self, is_whole: bool) -> dict[str, Any]:
        if not is_whole:
            return {}
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        return {"clip": {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}}

    def _take(self, method: str, params: dict[str, Any]) -> None:
        match method:
            case "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"])
            case "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(params["exceptionDetails"]))
            case "Runtime.consoleAPICalled":
                self.complaints.append(json.dumps(params["args"]))
            case "Log.entryAdded":
                self.complaints.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
            case "Audits.issueAdded" if params["issue"]["code"] == "ContentSecurityPolicyIssue":
                self.complaints.append(json.dumps(params["issue"]))
