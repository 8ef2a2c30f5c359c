"""The lock that keeps two builds from installing packages into the same folder at once."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from builder.node import service
from builder.store.lock import exclusive

HOLD = """
import sys, time
from pathlib import Path
from builder.store.lock import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_process_waits_and_a_killed_one_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "x.lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    got = threading.Event()

    def take() -> None:
        with exclusive(path):
            got.set()

    thread = threading.Thread(target=take)
    thread.start()
    assert not got.wait(0.3)
    holder.kill()
    holder.wait()
    holder.stdout.close()
    assert got.wait(10)
    thread.join()


def test_packages_that_another_build_installs_meanwhile_are_not_installed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = threading.Event()
    runs: list[Path] = []

    def npm_ci(folder: Path, log: object) -> None:
        runs.append(folder)
        time.sleep(0.1)
        installed.set()

    monkeypatch.setattr(service, "_is_installed", lambda folder: installed.is_set())
    monkeypatch.setattr(service, "_npm_ci", npm_ci)
    folder = tmp_path / "site_assets"
    threads = [
        threading.Thread(target=service.install_packages, args=(folder, print)) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(runs) == 1
