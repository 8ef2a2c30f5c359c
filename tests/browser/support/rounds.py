"""One browser's round through the book: it works every figure once and notes what it saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.browser.support.drivers import Driver
from tests.browser.support.figure import AT_REST, WRITTEN
from tests.browser.support.layout import STRAYS
from tests.browser.support.site import PlacedFigure, Site
from tests.browser.support.training import FULL_SPEED, SHOWN

LIVE_PATIENCE = 45.0
"""Seconds until a figure must be live: WebKit compiles the engine on a busy core."""
TRAINING_PATIENCE = 90.0
TRAIN_BUTTON = "^(Train|Train it yourself)$"
REACHED = 0.05
"""A run has reached its accuracy when this share of the way to the build's final loss is left."""

Said = tuple[list[str], str]
"""Read-outs with the cells of the table, and the summary."""

# Where the first thing to work is paper: the way of the pen, in shares of the paper.
STROKES = {"draw-and-squeeze": [(0.3, 0.25), (0.45, 0.25), (0.65, 0.25), (0.55, 0.5), (0.45, 0.8)]}

# Who scrolls before the fonts are here, and the page is not shown yet, looks for the figure again.
WAKE = """
async (id, seconds) => {
  const figure = document.getElementById(id);
  const away = ({ top, bottom }) => top >= innerHeight || bottom <= 0;
  figure.scrollIntoView({ behavior: "instant" });
  const deadline = performance.now() + 1000 * seconds;
  while (!["live", "error"].includes(figure.dataset.state) && performance.now() < deadline) {
    if (away(figure.getBoundingClientRect())) figure.scrollIntoView({ behavior: "instant" });
    await new Promise((done) => setTimeout(done, 25));
  }
  return [figure.dataset.state, figure.querySelector("[data-role=status]").textContent];
}
"""

# Where the mouse goes to work the figure's first control: a handle on its pad, a slider, a choice.
GESTURE = """
async (id, strokes) => {
  const figure = document.getElementById(id);
  const stage = figure.querySelector("[data-role=stage]");
  const handle = stage.querySelector("svg [role=slider]");
  const target = strokes ? stage.querySelector("svg")
    : handle?.closest("svg") ?? stage.querySelector("input[type=range]:enabled")
    ?? stage.querySelector("input[type=radio]:enabled:not(:checked)");
  if (!target) return null;
  target.scrollIntoView({ block: "center", behavior: "instant" });
  await new Promise((done) => setTimeout(done, 60));
  const { left, top, width, height } = target.getBoundingClientRect();
  const at = ([x, y]) => [left + x * width, top + y * height];
  if (strokes) return strokes.map(at);
  if (handle) {
    const knob = handle.getBoundingClientRect();
    const from = [knob.left + knob.width / 2, knob.top + knob.height / 2], to = at([0.35, 0.4]);
    return [0, 0.5, 1].map((share) => from.map((v, i) => v + share * (to[i] - v)));
  }
  if (target.matches("input[type=range]")) {
    const share = (target.valueAsNumber - target.min) / (target.max - target.min);
    return (share < 0.5 ? [0.6, 0.8] : [0.4, 0.2]).map((x) => at([x, 0.5]));
  }
  return [at([0.5, 0.5])];
}
"""

# Of each figure what it says: its read-outs and the cells of its table, and its summary.
SAID = """
(ids) => ids.map((id) => {
  const figure = document.getElementById(id);
  const entries = figure.querySelectorAll(".readout > div, [data-role=table] td");
  const summary = figure.querySelector("[data-role=summary]").textContent;
  return [[...entries].map((entry) => entry.textContent), summary];
})
"""

# The same of their static frames, in a page's text as it was built.
SAID_AT_BUILD = f"""
(text, ids) => {{
  const document = new DOMParser().parseFromString(text, "text/html");
  return ({SAID.strip()})(ids);
}}
"""

# The address, once it holds what the hands have set in all of the figures.
ADDRESS = f"""
async (ids) => {{
  for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame);
  await Promise.all(ids.map({WRITTEN.strip()}));
  return location.hash;
}}
"""

# What each figure shows at rest, or why it does not come to rest.
ALL_AT_REST = f"""
(ids) => Promise.all(ids.map((id) => ({AT_REST.strip()})(id).then(
  (shown) => ["", shown], ({{ message }}) => [message, {{}}])))
"""

# The control that an arrow key sets: as above, but no paper, nor a grid of places to mark.
FOCUS = """
(id) => {
  const stage = document.getElementById(id).querySelector("[data-role=stage]");
  const control = stage.querySelector("svg [role=slider]:not([aria-roledescription*=grid])")
    ?? stage.querySelector("input[type=range]:enabled")
    ?? stage.querySelector("input[type=radio]:enabled:checked")
    ?? stage.querySelector("input[type=radio]:enabled"); // none chosen yet: Tab goes to the first
  control.focus();
  return document.activeElement === control;
}
"""

# The arrow that what has the focus can follow: not the one past its end.
ARROW = """
() => {
  const { ariaValueNow, value, ariaValueMax, max } = document.activeElement;
  return Number(ariaValueNow ?? value) >= Number(ariaValueMax ?? max) ? "ArrowLeft" : "ArrowRight";
}
"""

# Where the mouse goes to turn a number of the text that the figure holds; null if there is none.
PLACE_OF_NUMBER = """
async (id) => {
  const number = document.querySelector(`[data-turns="${id}"]`);
  if (!number) return null;
  number.scrollIntoView({ block: "center", behavior: "instant" });
  await new Promise((done) => setTimeout(done, 60));
  const { left, top, width, height } = number.getBoundingClientRect();
  const [x, y] = [left + width / 2, top + height / 2];
  const { ariaValueNow: now, ariaValueMin: min, ariaValueMax: max } = number;
  const to = 2 * now < Number(min) + Number(max) ? 50 : -50;
  number.focus();
  return [[x, y], [x + to / 2, y], [x + to, y]];
}
"""
NUMBER_OF = '(id) => document.querySelector(`[data-turns="${id}"]`).textContent'

FOLLOW = """
(hash) => new Promise((heard) => {
  addEventListener("hashchange", () => setTimeout(heard), { once: true });
  location.hash = hash;
})
"""

PLACE_OF_BUTTON = """
async (id, name) => {
  const useful = "button:enabled:not([aria-disabled])";
  const button = () => [...document.getElementById(id).querySelectorAll(useful)]
    .find(({ textContent }) => new RegExp(name).test(textContent));
  for (let tries = 0; tries < 200 && !button(); tries++) {
    await new Promise((done) => setTimeout(done, 25));
  }
  button().scrollIntoView({ block: "center", behavior: "instant" });
  const { left, top, width, height } = button().getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}
"""

UNTIL_LOSS = """
async (id, enough, seconds) => {
  const deadline = performance.now() + 1000 * seconds;
  let loss = Infinity, step = 0;
  while (!(loss <= enough) && performance.now() < deadline) {
    await new Promise((done) => setTimeout(done, 100));
    const record = book.trainingRecord(id);
    if (record) [loss, step] = [record.validation[0].at(-1)?.[1] ?? Infinity, record.step];
  }
  document.querySelector(`[id="${id}"] [data-role=reset]`).click();
  return { loss: Number.isFinite(loss) ? loss : 1e9, step };
}
"""


@dataclass
class Notes:
    """What a browser saw of one figure; `trouble` is why it could not see all."""

    trouble: str = ""
    usual: dict[str, Any] = field(default_factory=dict)
    said: Said = ([], "")
    """What the figure says as it opens from file://."""
    worked: list[str] = field(default_factory=list)
    """What the address says of the figure after the gesture."""
    keyed: dict[str, Any] = field(default_factory=dict)
    """From file:// the address alone."""
    numbers: list[str] = field(default_factory=list)
    """A number of the text that the figure holds: as it was, after a drag, after a key."""
    turned: dict[str, Any] = field(default_factory=dict)
    trained: dict[str, float] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def entries_of(hash: str, id: str) -> list[str]:
    """What an address says of one figure."""
    return [each for each in hash.partition("?")[2].split("&") if each.startswith(f"{id}.")]


def loss_to_reach(figure: PlacedFigure) -> float | None:
    """The validation loss that a run in the page must come down to; None if nothing trains."""
    for role, model in figure.data["models"].items():
        options = model["card"].get("options", {})
        if "live" not in options:
            continue
        if "experiment" in options:
            entry = shown_entry(options["experiment"]["live"], figure.data["state"])
            untrained, *_, final = figure.model(role).array("history_validation")[entry, :, 0]
        else:
            metrics = model["card"]["metrics"]
            final = metrics["validation.loss"]["value"]
            untrained = metrics["validation.loss.untrained"]["value"]
        return float(final + REACHED * (untrained - final))
    return None


def shown_entry(live: list[dict[str, Any]], state: Mapping[str, object]) -> int:
    """The place of the condition that an experiment's figure shows first."""
    keys = ("setting", "series", "condition")
    return next(
        int(one["entry"])
        for one in live
        if all(state.get(key, one[key]) == one[key] for key in keys)
    )


def quick(figure: PlacedFigure) -> dict[str, object]:
    """The state in which its training is tried, at full speed."""
    own = SHOWN.get(figure.name, {})
    return {**FULL_SPEED, **own} if "speed" in figure.data["spec"]["state"] else own


class Round:
    """A running browser on its way through one site.

    From file:// a figure's code is the same, and only its files come in another way: there what it
    shows as it opens tells that they have come, the numbers of the text are left alone, and of the
    experiments, which are one part of the kit, the first one trains for all.
    """

    def __init__(self, driver: Driver, site: Site) -> None:
        self._driver = driver
        self._site = site
        self._over_http = site.root.startswith("http")
        self._experiment_trained = False

    def visit(self, figures: Sequence[PlacedFigure]) -> list[Notes]:
        """Of figures that stand on one page. Each is left as it was worked: it is at rest.

        Each step is taken with all of them: they write their addresses and come to rest side by
        side, and it is waited for once.
        """
        seen = {figure.id: Notes() for figure in figures}
        try:
            self._open(figures[0].page, seen[figures[0].id])
        except Exception as trouble:
            for notes in seen.values():
                notes.trouble = str(trouble) or repr(trouble)
            return list(seen.values())
        self._each(self._wake, figures, seen)
        self._rest("usual", seen)
        if not self._over_http:
            well = self._well(seen)
            for id, said in zip(well, self._driver.ask(SAID, well), strict=True):
                seen[id].said = said
        self._each(self._gesture, figures, seen)
        for id, written in self._addresses(seen):
            seen[id].worked = entries_of(written, id)
        self._each(self._key, figures, seen)
        if self._over_http:
            self._rest("keyed", seen)
            self._each(self._number, figures, seen)
            self._rest("turned", {id: notes for id, notes in seen.items() if notes.numbers})
        else:
            for id, written in self._addresses(seen):
                seen[id].keyed = {"hash": written}
        self._each(self._train, figures, seen)
        return list(seen.values())

    def said_at_build(self, figures: Sequence[PlacedFigure]) -> dict[str, Said]:
        """Id → what the static frame says, of figures that stand on one page."""
        text = (self._site.folder / figures[0].page).read_text("utf-8")
        ids = [figure.id for figure in figures]
        return dict(zip(ids, self._driver.ask(SAID_AT_BUILD, text, ids), strict=True))

    def _open(self, page: str, notes: Notes) -> None:
        self._driver.open(self._site.url(page))
        if self._over_http:  # lines break alike from file://
            notes.problems += [f"“{sign}” begins a line" for sign in self._driver.ask(STRAYS)]

    def _each(
        self,
        step: Callable[[PlacedFigure, Notes], None],
        figures: Sequence[PlacedFigure],
        seen: Mapping[str, Notes],
    ) -> None:
        """The step with each figure that has gone well so far; what the page then complains of
        is the figure's.
        """
        for figure in figures:
            notes = seen[figure.id]
            if notes.trouble:
                continue
            try:
                step(figure, notes)
                notes.problems += self._driver.problems()
            except Exception as trouble:  # whatever it is, the others are still to be seen
                notes.trouble = str(trouble) or repr(trouble)

    @staticmethod
    def _well(seen: Mapping[str, Notes]) -> list[str]:
        return [id for id, notes in seen.items() if not notes.trouble]

    def _addresses(self, seen: Mapping[str, Notes]) -> list[tuple[str, str]]:
        """Id and address, when it says what was done to all of them."""
        well = self._well(seen)
        written = self._driver.ask(ADDRESS, well)
        return [(id, written) for id in well]

    def _rest(self, moment: str, seen: Mapping[str, Notes]) -> None:
        """Notes under `moment` what each figure shows when it has come to rest."""
        well = self._well(seen)
        for id, (trouble, shown) in zip(well, self._driver.ask(ALL_AT_REST, well), strict=True):
            seen[id].trouble = trouble
            setattr(seen[id], moment, shown)

    def _wake(self, figure: PlacedFigure, notes: Notes) -> None:
        state, said = self._driver.ask(WAKE, figure.id, LIVE_PATIENCE)
        assert state == "live", f"{state}: {said}"

    def _gesture(self, figure: PlacedFigure, notes: Notes) -> None:
        spots = self._driver.ask(GESTURE, figure.id, STROKES.get(figure.name))
        assert spots, "there is nothing to work"
        self._driver.drag([(x, y) for x, y in spots])

    def _key(self, figure: PlacedFigure, notes: Notes) -> None:
        driver = self._driver
        assert driver.ask(FOCUS, figure.id), "the keyboard does not get to the first control"
        driver.press(driver.ask(ARROW))

    def _number(self, figure: PlacedFigure, notes: Notes) -> None:
        driver = self._driver
        spots = driver.ask(PLACE_OF_NUMBER, figure.id)
        if not spots:
            return
        notes.numbers.append(driver.ask(NUMBER_OF, figure.id))
        driver.drag([(x, y) for x, y in spots])
        notes.numbers.append(driver.ask(NUMBER_OF, figure.id))
        driver.press(driver.ask(ARROW))
        notes.numbers.append(driver.ask(NUMBER_OF, figure.id))

    def _train(self, figure: PlacedFigure, notes: Notes) -> None:
        driver = self._driver
        enough = loss_to_reach(figure)
        if enough is None or not self._shall_train(figure):
            return
        driver.ask(FOLLOW, figure.fragment(quick(figure)))
        driver.ask(AT_REST, figure.id)
        x, y = driver.ask(PLACE_OF_BUTTON, figure.id, TRAIN_BUTTON)
        driver.click((x, y))
        notes.trained = driver.ask(UNTIL_LOSS, figure.id, enough, TRAINING_PATIENCE)

    def _shall_train(self, figure: PlacedFigure) -> bool:
        cards = [model["card"] for model in figure.data["models"].values()]
        if self._over_http or not any("experiment" in card.get("options", {}) for card in cards):
            return True
        known, self._experiment_trained = self._experiment_trained, True
        return not known
