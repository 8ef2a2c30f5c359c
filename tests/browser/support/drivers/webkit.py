"""WebKitGTK's MiniBrowser on a screen of its own, by WebKitWebDriver (W3C WebDriver over HTTP)."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.browser.support.drivers.driver import (
    CALLS_TIMEOUT,
    HEIGHT,
    WIDTH,
    Driver,
    Spot,
    drag_actions,
    key_actions,
)
from tests.browser.support.drivers.tripwire import Tripwire
from tests.browser.support.server import free_port

DRIVER, SCREEN = "WebKitWebDriver", "xvfb-run"
PATIENCE = 20.0  # s until the driver listens
STARTS, START_TIMEOUT = 3, 45.0

LOCAL = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""The driver listens on this machine: no proxy that the environment names stands between."""

# Whoever starts the tests may say otherwise.
ENVIRONMENT = {
    "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",  # root has none
    # A virtual screen has no graphics card; emulating one takes as long as drawing the page.
    "WEBKIT_DISABLE_COMPOSITING_MODE": "1",
    # WebAssembly is compiled once, not once more for speed: a round is over before that pays, and
    # it would be a third of the round's work.
    "JSC_useOMGJIT": "0",
}

# WebDriver's classic protocol has no log: the page keeps one, from the moment it has loaded.
WATCH = """
() => {
  const told = (window.problemsTold = []);
  const note = (kind, text) => told.push(`${kind}: ${text}`);
  const { error } = console;
  console.error = (...words) => { note("console", words.join(" ")); error.apply(console, words); };
  addEventListener("error", (event) => {
    note("exception", event.message ?? `could not load ${event.target.src ?? event.target.href}`);
  }, true);
  addEventListener("unhandledrejection", (event) => note("exception", event.reason));
  document.addEventListener("securitypolicyviolation", (event) =>
    note("policy", `${event.violatedDirective} ${event.blockedURI}`));
}
"""
TAKE_PROBLEMS = "() => (window.problemsTold ?? []).splice(0)"

CALL = """
const done = arguments[arguments.length - 1];
(async (text) => JSON.stringify([await (%s)(...JSON.parse(text))]))(arguments[0])
  .then((found) => done(["", found]), (error) => done([String(error) || "failed", null]));
"""


def mini_browser() -> Path | None:
    return next(Path("/usr/lib").glob("*/webkit2gtk-*/MiniBrowser"), None)


def system_webkit() -> Path | None:
    """MiniBrowser, where the driver and a virtual screen for it are here, too."""
    return mini_browser() if shutil.which(DRIVER) and shutil.which(SCREEN) else None


class WebKit(Driver):
    def __init__(self, tripwire: Tripwire) -> None:
        self._problems: list[str] = []
        for attempt in range(1, STARTS + 1):
            try:
                self._start(tripwire)
                break
            except OSError:  # now and then MiniBrowser never says that it is there
                self._end()
                if attempt == STARTS:
                    raise
        self._post("/timeouts", {"script": int(1000 * CALLS_TIMEOUT)})
        self._post("/window/rect", {"width": WIDTH, "height": HEIGHT})

    def _start(self, tripwire: Tripwire) -> None:
        port = free_port()
        self._root = f"http://127.0.0.1:{port}"
        screen = f"-screen 0 {WIDTH + 200}x{HEIGHT + 300}x24"
        self._process = subprocess.Popen(
            [SCREEN, "--auto-servernum", "--server-args", screen, DRIVER, f"--port={port}"],
            env={**ENVIRONMENT, **os.environ},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self._session = ""
        self._wait()
        proxy = {
            "proxyType": "manual", "httpProxy": tripwire.address, "sslProxy": tripwire.address,
            "noProxy": ["127.0.0.1"],
        }  # fmt: skip
        options = {"binary": str(mini_browser()), "args": ["--automation"]}
        wanted = {"webkitgtk:browserOptions": options, "proxy": proxy}
        body = {"capabilities": {"alwaysMatch": wanted}}
        session = self._send("POST", "/session", body, timeout=START_TIMEOUT)
        self._session = f"/session/{session['sessionId']}"
        self.version = f"WebKitGTK {session['capabilities']['browserVersion']}"

    def open(self, url: str) -> None:
        self._problems += self._take()
        self._post("/url", {"url": url})
        if not self.ask("() => Boolean(window.problemsTold)"):
            self.ask(WATCH)

    def ask(self, function: str, *arguments: object) -> Any:
        script = {"script": CALL % function, "args": [json.dumps(arguments)]}
        trouble, found = self._post("/execute/async", script)
        assert not trouble, trouble
        return json.loads(found)[0]

    def drag(self, spots: Sequence[Spot]) -> None:
        self._post("/actions", {"actions": drag_actions(spots)})

    def press(self, *keys: str) -> None:
        self._post("/actions", {"actions": key_actions(keys)})

    def problems(self) -> list[str]:
        found, self._problems = [*self._problems, *self._take()], []
        return found

    def close(self) -> None:
        with contextlib.suppress(AssertionError, OSError):  # the browser has gone before
            self._send("DELETE", self._session)
        self._end()

    def _end(self) -> None:
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait()

    def _take(self) -> list[str]:
        taken: list[str] = self.ask(TAKE_PROBLEMS)
        return taken

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self._send("GET", "/status")
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def _post(self, path: str, body: object) -> Any:
        return self._send("POST", self._session + path, body)

    def _send(
        self, method: str, path: str, body: object = None, timeout: float = CALLS_TIMEOUT + 10
    ) -> Any:
        request = urllib.request.Request(
            self._root + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with LOCAL.open(request, timeout=timeout) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as refusal:
            value = json.load(refusal)["value"]
            raise AssertionError(f"{path}: {value['error']}: {value['message']}") from refusal
