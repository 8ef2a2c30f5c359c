"""The `book` command: where it finds the repository, and what it does about models."""

import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from builder import cli
from builder.cli import Session, find_root, parse_arguments
from builder.issues.issue import whole_file
from builder.pack.outcome import Outcome
from builder.store.effects import MemoryEffects, UnwritableError
from tests.unit.builder.fakes import FakeService, small_book

ENTRIES = [
    {"name": "fresh-one", "fingerprint": "1", "fresh": True},
    {"name": "stale-one", "fingerprint": "2", "fresh": False},
]


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setattr(cli, "inspect_models", lambda root, effects: ENTRIES)
    effects = MemoryEffects({})
    return Session(tmp_path, effects, FakeService(effects))


def test_the_root_is_found_from_inside(tmp_path: Path) -> None:
    for folder in ("content", "site_assets/figures/a"):
        (tmp_path / folder).mkdir(parents=True)
    assert find_root(tmp_path / "site_assets" / "figures" / "a") == tmp_path
    with pytest.raises(SystemExit, match="not inside the book's repository"):
        find_root(tmp_path.parent)


def test_only_stale_models_are_trained(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def train(root: Path, names: list[str]) -> int:
        asked.append(names)
        return 0

    monkeypatch.setattr(cli, "train", train)
    assert session.train_first(training=True) == []
    assert asked == [["stale-one"]]
    assert session.known_models == {"fresh-one", "stale-one"}


def test_no_train_trains_nothing(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "train", lambda root, names: pytest.fail("trained"))
    assert session.train_first(training=False) == []


def test_a_failed_training_is_an_issue(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "train", lambda root, names: 1)
    (failed,) = session.train_first(training=True)
    assert str(failed) == "training training: not every model could be trained"
    monkeypatch.setattr(cli, "inspect_models", lambda root, effects: None)
    (broken,) = session.train_first(training=False)
    assert str(broken) == "training training: the training step does not run"


def test_a_build_with_errors_fails_and_says_that_the_site_stays(session: Session) -> None:
    assert session.build_once(training=False) == 1
    assert isinstance(session.effects, MemoryEffects)
    assert session.effects.messages[-1] == "2 errors; build/site is as it was"


def test_the_report_names_phases_and_warnings(session: Session) -> None:
    warning = whole_file("rule", "a.md", "message")
    session.report(Outcome(phases={"parse": 0.5, "pack": 0.001}, pages={"a": "", "b": "", "c": ""}))
    assert isinstance(session.effects, MemoryEffects)
    assert session.effects.messages == [
        "parse 0.50 s",
        "build/site and build/book.zip: 3 pages",
    ]
    session.report(Outcome(issues=[warning]))
    assert session.effects.messages[-1] == "1 error; build/site is as it was"


class UntilSaid(MemoryEffects):
    """Interrupts, as Ctrl+C does, once the log says a text."""

    def __init__(self, files: Mapping[str, bytes], text: str) -> None:
        super().__init__(files)
        self.text = text

    def log(self, message: str) -> None:
        super().log(message)
        if self.text in message:
            raise KeyboardInterrupt


def test_the_preview_trains_what_is_missing_and_asks_about_what_is_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[str] = []

    def entries(root: Path, effects: object) -> list[dict[str, object]]:
        return [{"name": name, "fresh": name in trained} for name in ("there", "missing")]

    monkeypatch.setattr(cli, "inspect_models", entries)
    monkeypatch.setattr(cli, "train", lambda root, names: trained.extend(names))
    effects = UntilSaid({"build/models/there/card.json": b"{}"}, "(y and Enter")
    session = Session(tmp_path, effects, FakeService(effects))
    assert session.preview(0, training=True, at_once=False) == 0
    assert trained == ["missing"]
    assert "there" in effects.messages[-1]
    assert "missing" not in effects.messages[-1]


def test_a_preview_without_training_trains_and_asks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "inspect_models", lambda root, effects: ENTRIES)
    monkeypatch.setattr(cli, "train", lambda root, names: pytest.fail("trained"))
    effects = UntilSaid({}, "Reading at")
    session = Session(tmp_path, effects, FakeService(effects))
    assert session.preview(0, training=False, at_once=False) == 0
    assert not [message for message in effects.messages if "stale-one" in message]


def test_a_port_that_is_taken_is_named(session: Session) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert session.preview(port, training=False, at_once=False) == 1
    assert isinstance(session.effects, MemoryEffects)
    assert session.effects.messages[-1].startswith(f"book: port {port} cannot be used: ")


def test_a_build_that_cannot_read_a_file_is_no_matter_of_the_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(*_: object, **__: object) -> Outcome:
        raise PermissionError(13, "Permission denied", "content/01-a.md")

    effects = UntilSaid({}, "Reading at")
    session = Session(tmp_path, effects, FakeService(effects))
    monkeypatch.setattr(cli, "inspect_models", lambda root, effects: ENTRIES)
    monkeypatch.setattr(session.builder, "build", build)
    assert session.preview(0, training=False, at_once=False) == 0
    assert effects.messages[0] == "content/01-a.md: Permission denied"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (UnwritableError("build/site cannot be written: No space"), "build/site cannot be written"),
        (PermissionError(13, "Permission denied", "a/b.html"), "a/b.html: Permission denied"),
    ],
)
def test_what_the_system_refuses_is_told_in_a_line(
    error: OSError,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(*_: object) -> int:
        raise error

    monkeypatch.setattr(cli, "find_root", lambda start: tmp_path)
    monkeypatch.setattr(cli, "run", refuse)
    assert cli.main(["build"]) == 1
    assert capsys.readouterr().err.startswith(f"book: {said}")


def test_an_error_that_is_of_no_file_is_not_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise OSError("a mistake of the builder's own")

    monkeypatch.setattr(cli, "find_root", lambda start: tmp_path)
    monkeypatch.setattr(cli, "run", fail)
    with pytest.raises(OSError, match="own"):
        cli.main(["build"])


def test_a_preview_writes_no_site(tmp_path: Path) -> None:
    effects = small_book()
    outcome = Session(tmp_path, effects, FakeService(effects)).rebuild([])
    assert outcome.files.keys() >= {"index.html", "404.html"}
    assert not effects.exists("build/site")
    assert not effects.exists("build/book.zip")


def test_arguments() -> None:
    assert parse_arguments(["build", "--no-train"]).no_train
    assert parse_arguments(["serve"]).port == 8000
    assert [parse_arguments([name]).strict for name in ("build", "serve")] == [False, False]
    assert parse_arguments(["build", "--strict"]).strict
    assert parse_arguments(["serve", "--train"]).train
    with pytest.raises(SystemExit):
        parse_arguments(["serve", "--train", "--no-train"])
    options = parse_arguments(["train", "--force", "digits-vae"])
    assert (options.names, options.force) == (["digits-vae"], True)
    with pytest.raises(SystemExit):
        parse_arguments(["publish"])
