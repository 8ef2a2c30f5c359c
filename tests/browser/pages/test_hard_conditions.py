"""Old browsers, killed workers, refused storage, slow machines: the book bends and says so."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.conftest import FROM_FILE, HTTP_AND_FILE, Reader, Shelf
from tests.browser.support.figure import Figure
from tests.browser.support.layout import LAYOUT_SHIFT
from tests.browser.support.site import Site
from tests.browser.support.training import PACE, TRAIN, Bench
from tests.browser.support.waiting import eventually

NAME = "latent-walk"

MISSING = {
    "web workers": "delete window.Worker",
    "DecompressionStream": "delete window.DecompressionStream",
    "WebAssembly": "delete window.WebAssembly",
    "WebAssembly SIMD": "WebAssembly.validate = () => false",
}

# Keeps every worker at hand; in a hurry, waits of half a minute pass twenty times as fast.
HOLD_WORKERS = """
const { Worker: Own, setTimeout: later } = window;
window.workers = [];
window.Worker = class extends Own {
  constructor(...how) { super(...how); window.workers.push(this); }
};
window.setTimeout = (call, ms, ...rest) =>
  later(call, window.hurry && ms >= 30000 ? ms / 20 : ms, ...rest);
"""
KILL = """
async () => {
  window.hurry = true;
  await new Promise((done) => setTimeout(done, 300));  // the call under way is one in a hurry
  for (const worker of window.workers) worker.terminate();
}
"""
CALM = "() => { window.hurry = false; }"

NO_STORAGE = """
for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"]) {
  Object.defineProperty(window, name, {
    get() { throw new DOMException("storage is disabled", "SecurityError"); },
  });
}
"""

# As Firefox has it from file://, where each file's storage is its own, and empty at first.
OWN_STORAGE = "if (location.protocol === 'file:') localStorage.clear();"

# A page that is left comes back as it was; under test, Chromium would load it anew.
COME_BACK = """
const comeBack = () => {
  for (const type of ["pagehide", "pageshow"]) {
    dispatchEvent(new PageTransitionEvent(type, { persisted: true }));
  }
};
let left = false;
"""
# The first script of the search is on its way then. Firefox has said nothing, WebKit that there is
# no such file.
BROKEN_OFF = (
    COME_BACK
    + """
const { append } = Element.prototype;
Element.prototype.append = function (...nodes) {
  const [script] = nodes;
  if (left || !/search-\\w+[.]js$/.test(script?.src)) return append.apply(this, nodes);
  left = true;
  if (SAID) setTimeout(() => script.dispatchEvent(new Event("error")));
  setTimeout(comeBack, 20);
};
"""
)
# The first file is being unpacked then: Firefox does not go on with it.
UNPACKED_NO_MORE = (
    COME_BACK
    + """
const { arrayBuffer } = Response.prototype;
Response.prototype.arrayBuffer = function () {
  if (left) return arrayBuffer.call(this);
  left = true;
  setTimeout(comeBack, 20);
  return new Promise(() => {});
};
"""
)


@pytest.fixture
def reader_of_killed(browser: Browser, site: Site) -> Iterator[Reader]:
    """A reader who may meet ONNX Runtime: it takes over from kernels that are gone."""
    reader = Reader(browser, site, Shelf(browser, site), intact=False)
    yield reader
    verdict = reader.close(failed=False)
    assert not verdict, "\n".join(verdict)


@pytest.mark.parametrize("scheme", ["file"], indirect=True)
@pytest.mark.parametrize(("feature", "removal"), MISSING.items(), ids=MISSING.keys())
def test_an_old_browser_keeps_the_static_frames_and_is_told_why(
    reader: Reader, feature: str, removal: str
) -> None:
    placed = reader.site.figure(NAME)
    page = reader.visit(reader.site.url(placed.page), before=removal)
    for other in reader.site.figures_of(placed.page):
        figure = Figure(page, other)
        figure.root.scroll_into_view_if_needed()
        expect(figure.part("status")).to_be_visible()
        expect(figure.part("status")).to_contain_text(f"this browser has no {feature}.")
        expect(figure.root).to_have_attribute("data-state", "static")
        expect(figure.stage.locator("svg, img").first).to_be_visible()
        expect(figure.part("reset")).to_be_hidden()
        expect(figure.stage.get_by_role("button")).to_have_count(0)
    assert page.evaluate(LAYOUT_SHIFT) == 0


def test_a_figure_whose_worker_was_killed_says_so_and_recovers(reader_of_killed: Reader) -> None:
    figure = reader_of_killed.figure(NAME, before=HOLD_WORKERS, ort=True).wait_live()
    handle = figure.slider("Code")
    z1 = figure.placed.data["state"]["z1"]
    figure.page.evaluate(KILL)
    handle.focus()
    figure.page.keyboard.press("ArrowRight")
    assert "the engine stopped (no answer for 30 s)" in figure.wait_error()
    figure.page.evaluate(CALM)
    figure.root.get_by_role("button", name="Retry").click()
    figure.wait_live()
    handle.focus()
    figure.page.keyboard.press("ArrowRight")
    figure.expect_number("z₁", z1 + 0.1, 0.001)
    assert figure.page.evaluate("workers.length") == 2


def test_a_run_whose_worker_was_killed_goes_on_from_where_it_was(reader_of_killed: Reader) -> None:
    placed = {"speed": "1"}
    run = Bench(reader_of_killed.figure("organise", placed, before=HOLD_WORKERS).wait_live())
    page = run.figure.page
    run.press(TRAIN)
    run.wait_step(10)
    page.evaluate(KILL)

    def taken_over() -> None:
        assert page.evaluate("workers.length") > 1

    eventually(page, taken_over, PACE)  # by ONNX Runtime, in silence
    run.wait_step(run.step() + 10)
    page.evaluate(KILL)
    expect(run.figure.root).to_contain_text(re.compile("the engine stopped"), timeout=20_000)
    page.evaluate(CALM)
    kept = run.run()
    run.press(TRAIN)
    run.wait_step(kept["step"] + 10)
    run.pause()
    assert run.run()["train"][0][: kept["step"]] == kept["train"][0][: kept["step"]]
    expect(run.figure.root).to_have_attribute("data-state", "live")


@HTTP_AND_FILE
def test_refused_storage_costs_nothing_but_memory_of_the_theme(reader: Reader) -> None:
    figure = reader.figure(NAME, before=NO_STORAGE).wait_live()
    figure.slider("Code").focus()
    figure.page.keyboard.press("ArrowRight")
    figure.expect_number("z₁", figure.placed.data["state"]["z1"] + 0.05, 0.001)
    root = figure.page.locator("html")
    before = root.get_attribute("data-theme")
    figure.page.get_by_role("button", name=re.compile("theme|colour", re.IGNORECASE)).first.click()
    expect(root).not_to_have_attribute("data-theme", before or "")


@FROM_FILE
def test_choices_come_along_where_each_file_has_a_storage_of_its_own(reader: Reader) -> None:
    """By links and by results of the search; the address is the page's own when it is there."""
    page = reader.visit(reader.site.url("references.html"), before=OWN_STORAGE)

    def expect_chosen(theme: str, pressed: str) -> None:
        expect(page.get_by_role("button", name=f"Theme: {theme}")).to_be_visible()
        colours = None if theme == "auto" else theme
        assert page.evaluate("document.documentElement.dataset.theme ?? null") == colours
        key = page.get_by_role("button", name="Key / goes to the search")
        expect(key).to_have_attribute("aria-pressed", pressed)
        assert "?" not in page.url.partition("#")[0]

    def follow(name: str) -> None:
        page.get_by_role("link", name=name).first.click()

    follow("Next: Glossary")
    expect_chosen("auto", "true")
    page.get_by_role("button", name="Theme: auto").click()
    page.get_by_role("button", name="Theme: light").click()
    page.get_by_role("button", name="Key / goes to the search").click()
    follow("Previous: References")
    expect_chosen("dark", "false")
    page.get_by_role("combobox").fill("bottleneck")
    page.get_by_role("option", name=re.compile("Glossary")).first.click()
    expect(page).to_have_url(re.compile(r"glossary\.html#"))
    expect_chosen("dark", "false")
    page.get_by_role("button", name="Theme: dark").click()
    follow("Previous: References")
    expect_chosen("auto", "false")


def test_on_a_slow_machine_figures_say_that_they_load_and_the_page_scrolls(reader: Reader) -> None:
    placed = reader.site.figure(NAME)
    page = reader.visit("about:blank")
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 6})
    held: list[Route] = []
    page.route(re.compile(r"/figures/latent-walk\b.*\.js$"), lambda route: held.append(route))
    page.goto(reader.site.url(placed.page))
    figure = Figure(page, placed)
    figure.root.evaluate("(figure) => figure.scrollIntoView({ behavior: 'instant' })")
    expect(figure.root).to_have_attribute("data-state", "loading")
    assert "Loading" in figure.part("status").inner_text()
    before = page.evaluate("scrollY")
    page.mouse.move(300, 400)
    page.mouse.wheel(0, -150)

    def scrolled_meanwhile() -> None:
        assert page.evaluate("scrollY") < before

    eventually(page, scrolled_meanwhile, 20)
    expect(figure.root).to_have_attribute("data-state", "loading")
    for route in held:
        route.continue_()
    figure.wait_live()


@pytest.mark.parametrize("said", ["false", "true"])
def test_what_leaving_has_broken_off_is_loaded_when_the_reader_comes_back(
    reader: Reader, said: str
) -> None:
    before = BROKEN_OFF.replace("SAID", said)
    page = reader.visit(reader.site.url("glossary.html"), before=before)
    page.get_by_role("combobox").fill("latent")
    expect(page.get_by_role("option").first).to_be_visible()
    expect(page.locator("[data-role=search-status]")).not_to_contain_text("There is no search")


def test_what_was_being_unpacked_is_unpacked_when_the_reader_comes_back(reader: Reader) -> None:
    reader.figure(NAME, before=UNPACKED_NO_MORE).wait_live()
