"""A real headless Chromium for tests of pages, driven over a pipe (the DevTools protocol): nothing but the browser is
needed. What a page tried is kept: dialogs, requests, refusals by its policy, errors of its scripts.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
SWITCHES = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions"),
    *("--no-default-browser-check", "--disable-dev-shm-usage", "--mute-audio", "--force-color-profile=srgb"),
)
TIMEOUT_S = 100.0
KEY_CODES = {"Escape": 27, "Tab": 9, "Enter": 13}  # keys that the browser itself acts on


def browser_path() -> str | None:
    """The browser of this machine, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class BrowserError(Exception):
    """The browser refused a command, ended, or did not answer in time."""


class Browser:
    """One browser process. `command` sends a command and waits for its answer; events pile up in `events`."""

    def __init__(self, executable: str, profile: str) -> None:
        to_browser, self._out = os.pipe()
        self._in, from_browser = os.pipe()

        def places() -> None:  # in the child: the protocol is spoken on descriptors 3 and 4
            low = os.dup(to_browser), os.dup(from_browser)
            os.dup2(low[0], 3)
            os.dup2(low[1], 4)

        self._process = subprocess.Popen(
            [executable, *SWITCHES, f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"],
            preexec_fn=places,
            pass_fds=(3, 4, to_browser, from_browser),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._buffer = b""
        self._last = 0
        self.events: list[dict[str, Any]] = []

    def command(self, method: str, session: str | None = None, **parameters: object) -> dict[str, Any]:
        """The result of one command. Raises BrowserError."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            answer = self._read(deadline)
            if answer.get("id") == message["id"]:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']['message']}")
                return dict(answer["result"])

    def wait_for(self, method: str, session: str, timeout_s: float = TIMEOUT_S) -> None:
        """Wait until the event has come. Raises BrowserError."""
        deadline = time.monotonic() + timeout_s
        while not any(event["method"] == method and event.get("sessionId") == session for event in self.events):
            self._read(deadline)

    def close(self) -> None:
        """End the process."""
        with suppress(BrowserError, OSError):
            self.command("Browser.close")
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._in)
        os.close(self._out)

    def _read(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._in], [], [], max(deadline - time.monotonic(), 0))
            if not ready:
                raise BrowserError("the browser did not answer in time")
            data = os.read(self._in, 1 << 20)
            if not data:
                raise BrowserError("the browser ended")
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        if "method" in message:
            self.events.append(message)
            if message["method"] == "Page.javascriptDialogOpening":  # else the page would stand still
                self._last += 1
                close = {"id": self._last, "method": "Page.handleJavaScriptDialog", "params": {"accept": False}}
                os.write(self._out, json.dumps({**close, "sessionId": message["sessionId"]}).encode() + b"\0")
        return message


@dataclass
class Tab:
    """One page in the browser."""

    browser: Browser
    session: str
    target: str
    requests_before: int = field(default=0)

    def open(self, address: str) -> None:
        """Go to `address` and wait until it is loaded."""
        self.browser.events.clear()
        failed = self.browser.command("Page.navigate", self.session, url=address).get("errorText")
        if failed:
            raise BrowserError(f"{address}: {failed}")
        self.browser.wait_for("Page.loadEventFired", self.session)

    def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page, promises awaited. Raises BrowserError where it throws."""
        answer = self.browser.command(
            "Runtime.evaluate", self.session, expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise BrowserError(json.dumps(answer["exceptionDetails"])[:800])
        return answer["result"].get("value")

    def settle(self) -> None:
        """Let timers and drawing of the page run for a moment."""
        self.evaluate("new Promise((done) => setTimeout(() => requestAnimationFrame(() => done(1)), 200))")

    def press(self, key: str) -> None:
        """One key, down and up."""
        details: dict[str, object] = {"key": key, "windowsVirtualKeyCode": KEY_CODES.get(key, 0)}
        if len(key) == 1:
            details["text"] = key
        for kind in ("keyDown", "keyUp"):
            self.browser.command("Input.dispatchKeyEvent", self.session, type=kind, **details)

    def screenshot(
        self, path: Path, *, width: int = 1280, height: int = 900, dark: bool = False, full: bool = True
    ) -> None:
        """A PNG of the page, all of it or what a window of that size shows."""
        self.resize(width, height)
        self.browser.command(
            "Emulation.setEmulatedMedia",
            self.session,
            features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}],
        )
        self.settle()
        picture = self.browser.command("Page.captureScreenshot", self.session, captureBeyondViewport=full)
        path.write_bytes(base64.b64decode(picture["data"]))

    def resize(self, width: int, height: int = 900) -> None:
        """Give the window a size in CSS pixels."""
        self.browser.command(
            "Emulation.setDeviceMetricsOverride",
            self.session,
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def events(self, method: str) -> list[dict[str, Any]]:
        """Parameters of the events of that name since the page was opened."""
        return [
            event["params"]
            for event in self.browser.events
            if event["method"] == method and event.get("sessionId") == self.session
        ]

    @property
    def dialogs(self) -> list[str]:
        """What alerts and the like have said."""
        return [event["message"] for event in self.events("Page.javascriptDialogOpening")]

    @property
    def requests(self) -> list[str]:
        """Addresses that were asked for, other than data inside the page."""
        asked = [event["request"]["url"] for event in self.events("Network.requestWillBeSent")]
        return [address for address in asked if not address.startswith("data:")]

    @property
    def complaints(self) -> list[str]:
        """What the browser or a script complained of: refusals by the policy, exceptions, errors on the console."""
        logged = [event["entry"]["text"] for event in self.events("Log.entryAdded")]
        thrown = [json.dumps(event["exceptionDetails"])[:500] for event in self.events("Runtime.exceptionThrown")]
        return logged + thrown


@contextmanager
def browsing(executable: str) -> Iterator[Tab]:
    """A tab in a fresh browser with a profile of its own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="rfteval-browser-", ignore_cleanup_errors=True) as profile:
        browser = Browser(executable, profile)
        try:
            target = browser.command("Target.createTarget", url="about:blank")["targetId"]
            session = browser.command("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Network", "Log"):
                browser.command(f"{domain}.enable", session)
            yield Tab(browser=browser, session=session, target=target)
        finally:
            browser.close()
