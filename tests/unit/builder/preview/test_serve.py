"""The loop of the preview: it builds at a change, and asks before it trains."""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from queue import SimpleQueue

import pytest

from builder.pack.outcome import Outcome
from builder.preview.serve import Changed, Serving, is_watched, question

PATIENCE = 10


@pytest.mark.parametrize(
    ("path", "watched"),
    [
        ("content/01-a.md", True),
        ("content/.01-a.md.swp", False),
        ("content/01-a.md~", False),
        ("content/#01-a.md#", False),
        ("content/.#01-a.md", False),
        ("content/~$01-a.md", False),
        ("content/4913", False),
        ("content/01-a.md___jb_tmp___", False),
        ("site_assets/node_modules/a/b.js", False),
        ("site_assets/generated/a.ts", False),
        ("site_assets/kit/a.ts", True),
        ("training/recipes/digits_vae.py", True),
        ("training/__pycache__/a.pyc", False),
        ("build/models/digits-vae/card.json", True),
        ("build/models/.digits-vae-1-x/card.json", False),
    ],
)
def test_what_is_watched(path: str, watched: bool) -> None:
    assert is_watched(path) is watched


class Workshop:
    """A book whose builds always succeed; says what it is asked."""

    def __init__(self) -> None:
        self.built: SimpleQueue[list[str]] = SimpleQueue()
        self.trained: SimpleQueue[list[str]] = SimpleQueue()
        self.stale: list[str] = []
        self.go_on = threading.Event()
        self.breaks: Exception | None = None

    def rebuild(self, changed: Iterable[str]) -> Outcome:
        paths = list(changed)
        self.built.put(paths)
        if "content/gone.md" in paths:
            raise FileNotFoundError(2, "gone", "content/gone.md")
        if "content/secret.md" in paths:
            raise PermissionError(13, "Permission denied", "content/secret.md")
        if "content/odd.md" in paths:
            raise ValueError("zip() argument 2 is longer")
        return Outcome()

    def stale_models(self) -> list[str]:
        if self.breaks:
            raise self.breaks
        return self.stale

    def train_models(self, names: list[str]) -> bool:
        self.trained.put(names)
        self.go_on.wait(PATIENCE)
        if self.breaks:
            raise self.breaks
        self.stale = []
        return True


class Running:
    """A preview that runs in a thread, and what it says."""

    def __init__(self, root: Path, *, train_at_once: bool = False) -> None:
        for folder in ("content", "training", "build/models"):
            (root / folder).mkdir(parents=True)
        self.root, self.workshop = root, Workshop()
        self.said: SimpleQueue[str] = SimpleQueue()
        self.serving = Serving(root, self.workshop, self.said.put, train_at_once=train_at_once)
        self.pages = self.serving.preview.listen()
        self.thread = threading.Thread(target=self.serving.run, args=(0,), daemon=True)

    def __enter__(self) -> "Running":
        self.thread.start()
        self.wait_said("Reading at")
        assert self.workshop.built.get(timeout=PATIENCE) == []
        return self

    def __exit__(self, *_: object) -> None:
        self.workshop.go_on.set()
        self.serving.end()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()

    def save(self, path: str) -> None:
        (self.root / path).write_text("new", "utf-8")

    def wait_said(self, words: str) -> None:
        while words not in self.said.get(timeout=PATIENCE):
            pass

    def wait_built(self, path: str) -> None:
        while path not in self.workshop.built.get(timeout=PATIENCE):
            pass

    def wait_told(self, words: str) -> None:
        """Wait until the open pages are told something."""
        while words not in self.pages.get(timeout=PATIENCE):
            pass


@pytest.fixture
def run(tmp_path: Path) -> Iterable[Callable[..., Running]]:
    return lambda **how: Running(tmp_path, **how)


def test_a_change_is_built_and_told(run: Callable[..., Running]) -> None:
    with run() as running:
        before = running.serving.preview.build.version
        running.save("content/01-a.md")
        running.wait_built("content/01-a.md")
        running.wait_said("content/01-a.md: no issues in")
        assert running.serving.preview.build.version != before


def test_a_file_that_goes_away_during_a_build_ends_nothing(run: Callable[..., Running]) -> None:
    with run() as running:
        running.save("content/gone.md")
        running.wait_said("went away during a build")
        running.save("content/01-a.md")
        running.wait_built("content/01-a.md")


def test_a_file_that_cannot_be_read_is_named_and_ends_nothing(run: Callable[..., Running]) -> None:
    with run() as running:
        running.save("content/secret.md")
        running.wait_said("content/secret.md: Permission denied")
        running.save("content/01-a.md")
        running.wait_built("content/01-a.md")


def test_what_the_system_refuses_lies_over_the_page_until_a_build_gets_through(
    run: Callable[..., Running],
) -> None:
    with run() as running:
        running.save("content/secret.md")
        running.wait_told('"issues": ["content/secret.md: Permission denied"]')
        running.save("content/01-a.md")
        running.wait_told('"issues": []')


def test_a_mistake_of_the_builder_itself_ends_nothing(run: Callable[..., Running]) -> None:
    with run() as running:
        running.save("content/odd.md")
        running.wait_said("in rebuild")  # where it was, for who mends it
        running.wait_told("the builder failed: ValueError: zip() argument 2 is longer")
        running.save("content/01-a.md")
        running.wait_told('"issues": []')


@pytest.mark.parametrize("refusal", [OSError, RuntimeError])
def test_a_watch_that_fails_is_said_and_the_preview_goes_on(
    refusal: type[Exception], run: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise refusal("OS file watch limit reached")

    monkeypatch.setattr("watchfiles.watch", refuse)
    running = run()
    running.thread.start()
    running.wait_said("Changes are not followed: OS file watch limit reached")
    running.wait_said("Reading at")
    running.serving.events.put(Changed(("content/01-a.md",)))
    running.wait_built("content/01-a.md")
    running.serving.end()
    running.thread.join(PATIENCE)
    assert not running.thread.is_alive()


def test_a_change_of_training_asks_before_it_trains(run: Callable[..., Running]) -> None:
    with run() as running:
        running.workshop.stale = ["digits-vae", "shapes-vae"]
        running.save("training/recipe.py")
        running.wait_told('"stale": ["digits-vae", "shapes-vae"]')
        running.wait_said("digits-vae, shapes-vae are no longer what training would make.")
        running.save("content/01-a.md")  # the preview goes on
        running.wait_built("content/01-a.md")
        assert running.workshop.trained.empty()

        running.serving.take_answers(["n\n", "y\n"])
        assert running.workshop.trained.get(timeout=PATIENCE) == ["digits-vae", "shapes-vae"]
        running.wait_told('"training": ["digits-vae", "shapes-vae"]')
        running.save("content/02-b.md")  # also meanwhile
        running.wait_built("content/02-b.md")
        running.workshop.go_on.set()
        running.wait_told('"stale": [], "training": []')


@pytest.mark.parametrize(
    ("breaks", "said"),
    [
        (PermissionError(13, "Denied", "training/a.py"), "training/a.py: Denied"),
        (KeyError("name"), "KeyError: 'name'"),
    ],
)
def test_a_training_that_breaks_is_told_and_may_be_tried_again(
    breaks: Exception, said: str, run: Callable[..., Running]
) -> None:
    with run() as running:
        running.workshop.stale = ["digits-vae"]
        running.save("training/recipe.py")
        running.wait_told('"stale": ["digits-vae"]')
        running.workshop.breaks = breaks
        running.serving.take_answers(["y\n"])
        running.workshop.trained.get(timeout=PATIENCE)
        running.workshop.go_on.set()
        running.wait_said(f"The training failed: {said}")
        running.wait_said(f"Which models are stale cannot be told: {said}")
        running.wait_told('"stale": ["digits-vae"], "training": []')
        running.workshop.breaks = None
        running.serving.take_answers(["y\n"])
        running.workshop.trained.get(timeout=PATIENCE)
        running.wait_told('"stale": [], "training": []')


def test_or_trains_at_once_if_told_to(run: Callable[..., Running]) -> None:
    with run(train_at_once=True) as running:
        running.workshop.stale = ["digits-vae"]
        running.save("training/recipe.py")
        assert running.workshop.trained.get(timeout=PATIENCE) == ["digits-vae"]


def test_the_question_goes_when_another_command_has_trained(run: Callable[..., Running]) -> None:
    with run() as running:
        running.workshop.stale = ["digits-vae"]
        running.save("training/recipe.py")
        running.wait_told('"stale": ["digits-vae"]')
        running.workshop.stale = []
        running.save("build/models/card.json")
        running.wait_told('"stale": []')


def test_an_answer_without_a_question_trains_nothing(run: Callable[..., Running]) -> None:
    with run() as running:
        running.serving.take_answers(["yes\n"])
        running.save("content/01-a.md")
        running.wait_built("content/01-a.md")
        assert running.workshop.trained.empty()


def test_one_model_is_stale_and_two_are() -> None:
    assert question(("a",)).startswith("a is no longer")
    assert question(("a", "b")).startswith("a, b are no longer")
