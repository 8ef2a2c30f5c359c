"""A figure as a reader works it: by what is seen and named, never by its code."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, expect

from tests.browser.support.finger import Finger, Spot
from tests.browser.support.site import PlacedFigure
from tests.browser.support.waiting import eventually

Code = tuple[float, float]

LIVE_TIMEOUT = 30_000  # ms; a loaded test machine compiles 14 MB of wasm first

READOUTS = """
(figure) => Object.fromEntries([...figure.querySelectorAll(".readout dt")].map(
  (term) => [term.textContent.trim(), term.nextElementSibling.textContent.trim()]))
"""

# One call for numbers and pixels, so that both are of the same frame; as JSON, because Playwright
# takes a value apart node by node, and a text it hands over as it is.
SNAPSHOT = (
    f"(figure) => {{ const readouts = ({READOUTS.strip()})(figure);"
    + """
  const rasters = {};
  for (const canvas of figure.querySelectorAll("canvas")) {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    const alpha = new Uint8Array(width * height);
    for (let i = 0; i < alpha.length; i++) alpha[i] = data[4 * i + 3];
    const label = canvas.getAttribute("aria-label");
    rasters[label] = { width, height, alpha: alpha.toBase64() };
  }
  return JSON.stringify({ readouts, rasters });
}
"""
)

# The same once the figure shows its newest state and frames go by without a change, and the
# address that restores it.
AT_REST = (
    f"async (id) => {{ const snapshot = {SNAPSHOT.strip()};"
    + """
  const figure = document.getElementById(id);
  const moment = () => book.isAtRest(id) && snapshot(figure);
  const frame = () => new Promise((done) => setTimeout(() => requestAnimationFrame(done), 20));
  const deadline = performance.now() + 15000;
  let seen = false, still = 0;
  while (still < 2 && performance.now() < deadline) {
    await frame();
    const before = seen;
    seen = moment();
    still = seen && seen === before ? still + 1 : 0;
  }
  if (still < 2) throw new Error("it does not come to rest");
  return { ...JSON.parse(seen), hash: location.hash };
}
"""
)

# The newest state is shown, and written a moment after the last change.
WRITTEN = """
async (id) => {
  while (!book.isAtRest(id)) await new Promise((done) => setTimeout(done, 20));
}
"""

# The same of several figures, and frames have gone by since.
ALL_WRITTEN = f"""
async (ids) => {{
  const written = {WRITTEN.strip()};
  await Promise.all(ids.map(written));
  for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame);
}}
"""

# Gridlines and their numbers tell where a value lies in the page, as they tell a reader.
TICKS = """
(svg) => [...svg.querySelectorAll(".tick")].map((tick) => {
  const line = tick.querySelector("line"), box = line.getBoundingClientRect();
  return {
    axis: line.hasAttribute("y2") ? "x" : "y",
    value: tick.querySelector("text").textContent,
    x: box.left + box.width / 2, y: box.top + box.height / 2,
  };
})
"""

TABLE = """
(table) => [...table.querySelectorAll("tr")].map((row) =>
  [...row.querySelectorAll("th, td")].map((cell) => cell.textContent))
"""


def number(text: str) -> float:
    """The first number of a read-out as the book prints it: a true minus sign, thousands apart."""
    found = re.search(r"-?\d+(,\d{3})*(\.\d+)?", text.replace("\u2212", "-"))
    assert found, f"no number in {text!r}"
    return float(found[0].replace(",", ""))


def ink(raster: dict[str, Any]) -> NDArray[np.float32]:
    """A picture of `SNAPSHOT`, rows × columns, 0 to 1."""
    alpha = np.frombuffer(base64.b64decode(raster["alpha"]), np.uint8)
    return alpha.reshape(raster["height"], raster["width"]) / np.float32(255)


@dataclass(frozen=True)
class Snapshot:
    """Read-outs by name and ink (float32, rows × columns, 0 to 1) by a picture's name."""

    readouts: dict[str, str]
    rasters: dict[str, NDArray[np.float32]]

    @classmethod
    def of(cls, seen: dict[str, Any]) -> Snapshot:
        return cls(seen["readouts"], {name: ink(r) for name, r in seen["rasters"].items()})

    def number(self, name: str) -> float:
        assert name in self.readouts, f"no read-out “{name}”, only {list(self.readouts)}"
        return number(self.readouts[name])

    def raster(self, name: str) -> NDArray[np.float32]:
        """The picture whose accessible name begins with `name`."""
        for label, ink in self.rasters.items():
            if label.startswith(name):
                return ink
        raise AssertionError(f"no picture “{name}…”, only {list(self.rasters)}")


class Plane:
    """A pad or scatter: turns numbers on its axes into places on the screen."""

    def __init__(self, svg: Locator) -> None:
        self.svg = svg

    def spot(self, code: Code) -> Spot:
        ticks = self.svg.evaluate(TICKS)
        return self._along(ticks, "x", code[0]), self._along(ticks, "y", code[1])

    def code(self, spot: Spot) -> Code:
        """The numbers at a place of the screen."""
        ticks = self.svg.evaluate(TICKS)
        fits = [self._fit(ticks, axis) for axis in ("x", "y")]
        values = [
            (place - offset) / slope for place, (slope, offset) in zip(spot, fits, strict=True)
        ]
        return values[0], values[1]

    def _along(self, ticks: Sequence[Any], axis: Literal["x", "y"], value: float) -> float:
        slope, offset = self._fit(ticks, axis)
        return slope * value + offset

    @staticmethod
    def _fit(ticks: Sequence[Any], axis: str) -> tuple[float, float]:
        own = [tick for tick in ticks if tick["axis"] == axis]
        slope, offset = np.polyfit([number(t["value"]) for t in own], [t[axis] for t in own], 1)
        return float(slope), float(offset)


class Figure:
    """One figure of an open page."""

    def __init__(self, page: Page, placed: PlacedFigure) -> None:
        self.page = page
        self.placed = placed
        self.root = page.locator(f'[id="{placed.id}"]')
        self.stage = self.part("stage")

    def part(self, role: str) -> Locator:
        return self.root.locator(f"[data-role={role}]")

    # What it shows

    def wait_live(self) -> Figure:
        """Brings the figure into view and waits until it answers."""
        self.root.scroll_into_view_if_needed()
        expect(self.root).to_have_attribute("data-state", "live", timeout=LIVE_TIMEOUT)
        return self

    def wait_error(self) -> str:
        """What the figure says when it could not go live."""
        self.root.scroll_into_view_if_needed()
        expect(self.root).to_have_attribute("data-state", "error", timeout=LIVE_TIMEOUT)
        return self.part("status").inner_text()

    def snapshot(self) -> Snapshot:
        return Snapshot.of(json.loads(self.root.evaluate(SNAPSHOT)))

    def settle(self) -> Snapshot:
        """What is shown at the end of a gesture, its address written."""
        at_rest = f"async (id) => JSON.stringify(await ({AT_REST.strip()})(id))"
        return Snapshot.of(json.loads(self.page.evaluate(at_rest, self.placed.id)))

    def summary(self) -> str:
        return self.part("summary").text_content() or ""

    def table(self) -> list[list[str]]:
        """Cells of the data table, header row included, all of one moment."""
        rows: list[list[str]] = self.part("table").evaluate(TABLE)
        return rows

    def expect_number(self, name: str, value: float, within: float) -> None:
        """Waits until the read-out `name` is near `value`."""

        def check() -> None:
            found = Snapshot(self.root.evaluate(READOUTS), {}).number(name)
            assert abs(found - value) <= within, f"{name} is {found}, expected {value} ± {within}"

        eventually(self.page, check)

    def expect_readout(self, name: str, text: str | re.Pattern[str]) -> None:
        entry = self.root.locator(".readout > div").filter(
            has=self.page.locator("dt").get_by_text(name, exact=True)
        )
        expect(entry.locator("dd")).to_have_text(text)

    def expect_summary(self, text: str | re.Pattern[str]) -> None:
        """The live region is updated after a short rest."""
        expect(self.part("summary")).to_contain_text(text)

    # What a reader does

    def slider(self, name: str) -> Locator:
        return self.root.get_by_role("slider", name=name, exact=True)

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.root.get_by_role("button", name=name)

    def choice(self, name: str | re.Pattern[str]) -> Locator:
        return self.root.get_by_role("radio", name=name)

    def plane(self, name: str) -> Plane:
        """The pad or scatter that the slider `name` steers."""
        slider = self.page.get_by_role("slider", name=name, exact=True)
        return Plane(self.root.locator("svg").filter(has=slider))

    def mouse_drag(self, spots: Iterable[Spot], steps: int = 4) -> None:
        """Presses at the first spot and goes to each of the others in `steps` moves."""
        first, *others = spots
        self.page.mouse.move(*first)
        self.page.mouse.down()
        for spot in others:
            self.page.mouse.move(*spot, steps=steps)
        self.page.mouse.up()

    def finger(self) -> Finger:
        return Finger(self.page)

    def reset(self) -> None:
        self.part("reset").click()

    def address(self) -> str:
        """The page's address once the figure's state has been written into it."""
        expect(self.page).to_have_url(re.compile(re.escape(f"{self.placed.id}.")))
        self.page.evaluate(WRITTEN, self.placed.id)
        return self.page.url
