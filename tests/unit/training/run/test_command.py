"""`python -m training`: what it trains, what it says, and what a failure leaves behind."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import pytest

from training.__main__ import main
from training.publish.fingerprint import ROOT, fingerprint
from training.run import catalogue, run
from training.run.catalogue import (
    LONGEST,
    Entry,
    UnknownRecipeError,
    load,
    longest_first,
    recipe_names,
    select,
)
from training.run.reporters import Lines
from training.run.run import train_all
from training.run.threads import SINGLE_THREADED

STUB = """
from training.publish.card import DataCard, Metric
from training.publish.recipe import Recipe, Trained

def train(progress):
    progress(0.5)
    {body}
    return Trained(DataCard("none", "synthetic", "nothing", {{}}), 0, 0, {{}}, {{}},
                   {{"test.error": Metric(1.0, "ink", "test", "an error")}}, {{}})

RECIPE = Recipe("Stub", "A stub", "trained model", train)
"""

FIRST_WORKER_DIES = """
import os
from training.run import run

def work(models, channel):
    if not models.exists():
        models.mkdir()
        channel.poll(None)
        os._exit(9)
    run.work(models, channel)
"""


@dataclass
class Log:
    """Records what the reporter was told."""

    events: list[tuple[str, str]] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)

    def started(self, name: str) -> None:
        self.events.append(("started", name))

    def advanced(self, name: str, share: float) -> None:
        self.events.append(("advanced", name))

    def finished(self, name: str, seconds: float) -> None:
        self.events.append(("finished", name))

    def failed(self, name: str, reason: str) -> None:
        self.events.append(("failed", name))
        self.reasons[name] = reason


@pytest.fixture
def stubs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Recipes in a package of their own, which worker processes can import too."""
    package = tmp_path / "stub_recipes"
    package.mkdir()
    for name, body in {
        "good": "pass",
        "bad": "raise ValueError('no such luck')",
        "dead": "import os; os._exit(9)",
        "curious": "import sys; raise ValueError('onnxscript' in sys.modules)",
    }.items():
        (package / f"{name}.py").write_text(STUB.format(body=body))
    monkeypatch.syspath_prepend(str(tmp_path))
    return package


def test_a_crash_and_a_killed_process_leave_the_others_published(
    stubs: Path, tmp_path: Path
) -> None:
    log = Log()
    models = tmp_path / "models"
    entries = [
        Entry(name, "abc", False, f"stub_recipes.{name}") for name in ("bad", "dead", "good")
    ]
    failures = train_all(entries, models, jobs=2, reporter=log)
    assert sorted(failures) == ["bad", "dead"], log.reasons
    assert "ValueError: no such luck" in log.reasons["bad"]
    assert "exit code 9" in log.reasons["dead"]
    assert ("finished", "good") in log.events
    assert [path.name for path in models.iterdir()] == ["good"]
    assert json.loads((models / "good" / "card.json").read_text())["fingerprint"] == "abc"


def test_a_worker_that_dies_before_it_reads_its_recipe_takes_no_other_down(
    stubs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (stubs / "worker.py").write_text(FIRST_WORKER_DIES)
    monkeypatch.setattr(run, "work", import_module("stub_recipes.worker").work)
    log = Log()
    entries = [Entry(name, "abc", False, "stub_recipes.good") for name in ("first", "second")]
    assert train_all(entries, tmp_path / "models", jobs=1, reporter=log) == ["first"]
    assert "exit code 9" in log.reasons["first"]
    assert ("finished", "second") in log.events


def test_an_idle_worker_that_died_is_replaced(stubs: Path, tmp_path: Path) -> None:
    dead = run.start(tmp_path)
    dead.process.kill()
    dead.process.join()
    worker = run.assign(Entry("good", "abc", False, "stub_recipes.good"), [dead], tmp_path)
    while isinstance(message := worker.receive(), run.Advanced):
        pass
    worker.process.terminate()
    assert message == run.Finished()


def test_a_worker_has_imported_the_exporter_before_its_first_recipe(
    stubs: Path, tmp_path: Path
) -> None:
    log = Log()
    entry = Entry("curious", "abc", False, "stub_recipes.curious")
    train_all([entry], tmp_path / "models", jobs=1, reporter=log)
    assert "ValueError: True" in log.reasons["curious"]


def test_list_is_json_of_every_recipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list", "--out", str(tmp_path)]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in listed] == recipe_names()
    assert {"shapes-vae", "digits-ae", "digits-vae", "digits-pca"} <= set(recipe_names())
    assert all(not entry["fresh"] and len(entry["fingerprint"]) == 64 for entry in listed)


def test_listing_does_not_import_torch() -> None:
    code = (
        "import sys; from training.__main__ import main; main(['--list']); "
        "sys.exit('torch' in sys.modules)"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False
        ).returncode
        == 0
    )


def test_an_unknown_name_gets_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["digits-vea"]) == 2
    assert capsys.readouterr().err == "unknown recipe 'digits-vea' (did you mean 'digits-vae'?)\n"


def test_every_unknown_name_is_reported() -> None:
    with pytest.raises(UnknownRecipeError) as caught:
        select(["xyzzy", "digits-a"], ["digits-ae"])
    assert str(caught.value).splitlines() == [
        "unknown recipe 'xyzzy' (known: digits-ae)",
        "unknown recipe 'digits-a' (did you mean 'digits-ae'?)",
    ]


def test_select_keeps_the_order_and_drops_repeats() -> None:
    assert select(["b", "a", "b"], ["a", "b"]) == ["b", "a"]
    assert select([], ["a", "b"]) == ["a", "b"]


def test_the_longest_are_trained_first_and_the_others_in_order() -> None:
    assert set(LONGEST) <= set(recipe_names())
    names = ("digits-ae", LONGEST[1], "tiny-vae", LONGEST[0])
    entries = [Entry(name, "", False, "") for name in names]
    ordered = [entry.name for entry in longest_first(entries)]
    assert ordered == [LONGEST[0], LONGEST[1], "digits-ae", "tiny-vae"]


def test_only_what_is_stale_is_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[str] = []

    def note(entries: Sequence[Entry], *_: object) -> list[str]:
        trained.extend(entry.name for entry in entries)
        return []

    monkeypatch.setattr("training.__main__.train_all", note)
    fresh = catalogue.inspect(["digits-pca"], tmp_path)[0]
    (tmp_path / "digits-pca").mkdir()
    (tmp_path / "digits-pca" / "card.json").write_text(
        json.dumps({"fingerprint": fresh.fingerprint, "versions": {}, "graphs": {}, "arrays": {}})
    )
    arguments = ["digits-pca", "digits-ae", "--out", str(tmp_path)]
    assert main(arguments) == 0
    assert trained == ["digits-ae"]
    assert main([*arguments, "--force"]) == 0
    assert trained == ["digits-ae", "digits-pca", "digits-ae"]


def test_failures_are_named_and_set_the_exit_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("training.__main__.train_all", lambda *_: ["digits-ae"])
    assert main(["--out", str(tmp_path)]) == 1
    assert "not trained: digits-ae" in capsys.readouterr().err


def test_every_recipe_loads() -> None:
    for name in recipe_names():
        assert load(catalogue.module_of(name)).title


def test_a_module_without_a_recipe_is_an_error() -> None:
    with pytest.raises(TypeError, match="must define RECIPE"):
        load("training.measure.metrics")


def test_lines_say_how_much_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    lines.started("one")
    for share in (0.1, 0.3, 0.4, 0.8, 1.0):
        lines.advanced("one", share)
    lines.finished("one", 2.0)
    printed = capsys.readouterr().err.splitlines()
    assert len(printed) == 4
    assert "30%" in printed[1]
    assert "left" in printed[1]
    assert printed[-1] == "train one: published after 2.0 s"


def test_workers_use_one_thread() -> None:
    assert {run.ENVIRONMENT[name] for name in SINGLE_THREADED} == {"1"}


def published_elsewhere(models: Path, name: str) -> None:
    """A model that these recipes made, where another torch was installed."""
    versions = {"torch": "0.1"}
    made = fingerprint(catalogue.module_of(name), versions=versions)
    (models / name).mkdir()
    (models / name / "card.json").write_text(
        json.dumps({"fingerprint": made, "versions": versions, "graphs": {}, "arrays": {}})
    )


def test_without_torch_a_model_of_these_recipes_is_fresh_whatever_made_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published_elsewhere(tmp_path, "digits-pca")
    names = ["digits-pca", "digits-ae"]
    assert [entry.fresh for entry in catalogue.inspect(names, tmp_path)] == [False, False]
    monkeypatch.setattr(catalogue, "can_train", lambda: False)
    assert [entry.fresh for entry in catalogue.inspect(names, tmp_path)] == [True, False]


def test_without_torch_training_says_what_is_missing_and_where_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in ("training.__main__", "training.run.catalogue"):
        monkeypatch.setattr(f"{module}.can_train", lambda: False)
    assert main(["digits-ae", "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "digits-ae" in said
    assert "book build --models models.zip" in said
    assert not list(tmp_path.iterdir())


def test_models_of_other_recipes_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    published_elsewhere(tmp_path, "digits-pca")
    for name in ("no-such-recipe", "digits-ae"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "card.json").write_text(
            json.dumps({"fingerprint": "1", "versions": {}, "graphs": {}, "arrays": {}})
        )
    assert main(["--foreign", str(tmp_path)]) == 0
    assert json.loads(capsys.readouterr().out) == ["digits-ae", "no-such-recipe"]
