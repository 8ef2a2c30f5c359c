"""The machine's own Firefox, over WebDriver BiDi: no driver program stands between."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import websocket

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

PROGRAMS = ("firefox-esr", "firefox")
LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")

# As a reader's Firefox is, where the settings recommended for tests would differ: a page from
# file:// reads no other file. What Firefox does of its own accord on the network is off; so are its
# start page and the add-ons that come with it, which took a third of its start.
PREFERENCES: Mapping[str, bool | int | str] = {
    "security.fileuri.strict_origin_policy": True,
    "network.proxy.type": 1,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "extensions.systemAddon.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "browser.safebrowsing.update.enabled": False,
    "browser.region.update.enabled": False,
    "dom.push.connection.enabled": False,
    "browser.startup.page": 0,
    "browser.newtabpage.enabled": False,
    "browser.newtab.preload": False,
    "extensions.enabledScopes": 0,
}

# Noted, too, where a page is drawn while half of a fraction is still on its way; so it is the page
# that has arrived which is asked, when its problems are.
HALF_ARRIVED = "Invalid markup: Incorrect number of children for <m"
MISCOUNTED = """
() => Object.entries({ 2: "mfrac, mover, mroot, msub, msup, munder", 3: "msubsup, munderover" })
  .flatMap(([count, names]) =>
    [...document.querySelectorAll(names)].filter((node) => node.children.length !== Number(count)))
  .map((node) => `children miscounted: ${node.outerHTML}`)
"""


def system_firefox() -> Path | None:
    path = next(filter(None, map(shutil.which, PROGRAMS)), None)
    return Path(path) if path else None


class Firefox(Driver):
    def __init__(self, tripwire: Tripwire) -> None:
        self._profile = tempfile.TemporaryDirectory(prefix="firefox-", ignore_cleanup_errors=True)
        preferences = {
            **PREFERENCES,
            **{f"network.proxy.{kind}": "127.0.0.1" for kind in ("http", "ssl")},
            **{f"network.proxy.{kind}_port": tripwire.port for kind in ("http", "ssl")},
        }
        lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in preferences.items()]
        Path(self._profile.name, "user.js").write_text("\n".join(lines), "utf-8")
        self._process = subprocess.Popen(
            [str(system_firefox()), "--headless", "--no-remote", "--profile", self._profile.name,
             "--remote-debugging-port=0"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._socket = websocket.create_connection(
            self._endpoint() + "/session", suppress_origin=True, timeout=CALLS_TIMEOUT
        )
        self._sent = 0
        self._problems: list[str] = []
        session = self._call("session.new", capabilities={})
        self.version = f"Firefox {session['capabilities']['browserVersion']}"
        self._call("session.subscribe", events=["log.entryAdded"])
        self._context = self._call("browsingContext.getTree")["contexts"][0]["context"]
        viewport = {"width": WIDTH, "height": HEIGHT}
        self._call("browsingContext.setViewport", context=self._context, viewport=viewport)

    def open(self, url: str) -> None:
        self._call("browsingContext.navigate", context=self._context, url=url, wait="complete")

    def ask(self, function: str, *arguments: object) -> Any:
        answer = self._call(
            "script.callFunction",
            functionDeclaration=(
                f"async (text) => JSON.stringify([await ({function})(...JSON.parse(text))])"
            ),
            arguments=[{"type": "string", "value": json.dumps(arguments)}],
            target={"context": self._context},
            awaitPromise=True,
        )
        if answer["type"] == "exception":
            raise AssertionError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])[0]

    def drag(self, spots: Sequence[Spot]) -> None:
        self._call("input.performActions", context=self._context, actions=drag_actions(spots))

    def press(self, *keys: str) -> None:
        self._call("input.performActions", context=self._context, actions=key_actions(keys))

    def problems(self) -> list[str]:
        miscounted = self.ask(MISCOUNTED)  # events that came before are read on the way
        found, self._problems = [*self._problems, *miscounted], []
        return found

    def close(self) -> None:
        try:
            self._call("browser.close")
            self._process.wait(10)
        except (AssertionError, OSError, websocket.WebSocketException, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        self._profile.cleanup()

    def _endpoint(self) -> str:
        assert self._process.stderr
        told: list[str] = []
        for line in self._process.stderr:
            told.append(line)
            if found := LISTENING.search(line):
                return found[1]
        raise AssertionError(f"Firefox did not start: {''.join(told)}")

    def _call(self, method: str, **parameters: object) -> Any:
        self._sent += 1
        self._socket.send(json.dumps({"id": self._sent, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("method") == "log.entryAdded":
                self._note(message["params"])
            if message.get("id") != self._sent:
                continue
            if message["type"] == "error":
                raise AssertionError(f"{method}: {message['message']}")
            return message["result"]

    def _note(self, entry: Mapping[str, Any]) -> None:
        if entry["level"] == "error" and not entry["text"].startswith(HALF_ARRIVED):
            self._problems.append(f"{entry['type']}: {entry['text']}")
