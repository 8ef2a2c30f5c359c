"""Reading without a network: the service worker over http, the unzipped archive from file://."""

from __future__ import annotations

import json
import re
import shutil
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from builder.preview.serve import Preview, start_server
from builder.render.offline import LaneFiles, service_worker
from builder.store.paths import SERVICE_WORKER
from tests.browser.conftest import Window
from tests.browser.support.figure import Figure
from tests.browser.support.layout import LAYOUT_SHIFT
from tests.browser.support.server import SUB_PATH, Pages, listen
from tests.browser.support.site import Site, copy_site, replace

FIGURE = "draw-and-squeeze"
PATIENT = 30_000  # ms for what brings megabytes
KEPT = """
async () => {
  const names = await caches.keys();
  const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
  return Object.fromEntries(names.map((name, i) => [name, requests[i].map(({ url }) => url)]));
}
"""
REGISTERED = "async () => (await navigator.serviceWorker.getRegistrations()).length"
UNREACHABLE = r"Failed to load resource|ERR_EMPTY_RESPONSE|ERR_FAILED|An unknown error occurred"


class Host:
    """Publishes a folder at an address that can be out of reach, and another folder later."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reachable = True
        self.asked: list[str] = []


class Hosted(Pages):
    """Nothing may be had from the browser's own cache: what is there, the worker has kept."""

    def __init__(self, *arguments: object, host: Host) -> None:
        self.host = host
        super().__init__(*arguments, directory=str(host.folder))  # type: ignore[arg-type]

    def do_GET(self) -> None:
        if not self.host.reachable:
            self.close_connection = True
            return
        self.directory = str(self.host.folder)
        self.host.asked.append(self.path)
        super().do_GET()

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()


@pytest.fixture
def host(site_copy: Path) -> Host:
    return Host(site_copy)


@pytest.fixture
def online(host: Host) -> Iterator[Site]:
    with listen(partial(Hosted, host=host)) as root:
        yield Site(host.folder, root)


@pytest.fixture
def window(browser: Browser, online: Site) -> Iterator[Window]:
    """A reader who has never been here; not being connected is no error of the book's."""
    window = Window(browser, online, keeping=True)
    yield window
    window.watch.expect_errors(UNREACHABLE)
    verdict = window.watch.verdict()
    window.context.close()
    assert not verdict, "\n".join(verdict)


def offline_place(page: Page) -> Locator:
    return page.get_by_role("region", name="Reading without a network")


def wait_kept(page: Page, pages: int) -> None:
    expect(offline_place(page)).to_contain_text(f"{pages} of ", timeout=PATIENT)


def manifest(site: Site) -> dict[str, dict[str, list[int | str]]]:
    head = (site.folder / SERVICE_WORKER).read_text("utf-8").partition("\n")[0]
    found: dict[str, dict[str, list[int | str]]] = json.loads(head[len("self.BOOK = ") : -1])
    return found


def test_what_was_read_once_is_read_again_without_a_network(
    window: Window, host: Host, online: Site
) -> None:
    placed, page = online.figure(FIGURE), window.page
    page.goto(online.url(placed.page, placed.id))
    wait_kept(page, 2)  # the contents and this page
    kernels = {path.relative_to(online.folder).as_posix() for path in online.engines["kernels"]}
    asked = [path.removeprefix(SUB_PATH) for path in host.asked]
    first = kernels.intersection(asked[: asked.index(SERVICE_WORKER)])
    assert len(first) == 1, "what is seen comes first"
    host.reachable = False
    page.reload()
    Figure(page, placed).wait_live()
    other = next(figure.page for figure in online.figures if figure.page != placed.page)
    page.goto(online.url(other))
    expect(page.get_by_role("heading", level=1)).to_have_text("This page is not on this device yet")
    page.get_by_role("link", name="contents").click()
    expect(page.get_by_role("navigation", name="Contents")).to_be_visible()
    host.reachable = True
    page.goto(online.url(other))
    wait_kept(page, 3)


def test_the_whole_book_is_kept_on_request_and_thrown_away_on_request(
    window: Window, host: Host, online: Site
) -> None:
    page = window.page
    page.goto(online.url("index.html"))
    wait_kept(page, 1)
    assert page.evaluate(LAYOUT_SHIFT) == 0
    place = offline_place(page)
    button = place.get_by_role("button", name=re.compile("Make all chapters available offline"))
    files = manifest(online)["files"]
    (urls,) = page.evaluate(KEPT).values()
    kept = {url.removeprefix(online.root) for url in urls}
    missing = sum(int(size) for path, (_, size) in files.items() if path not in kept)
    expect(button).to_contain_text(f"({missing / 1e6:.1f} MB)")

    host.reachable = False
    button.focus()
    page.keyboard.press("Enter")
    broken = "The connection broke off"
    expect(place.get_by_role("status")).to_contain_text(broken, timeout=PATIENT)
    host.reachable = True
    button.click()
    done = "The whole book is on this device"
    expect(place.get_by_role("status")).to_contain_text(done, timeout=PATIENT)

    host.reachable = False
    for name in online.pages:
        if name in {"404.html", "offline.html"}:
            continue
        response = page.goto(online.url(name))
        assert response
        assert response.status == 200, f"{name} is not there"
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    placed = online.figure("elbo-gap")
    page.goto(online.url(placed.page))
    Figure(page, placed).wait_live()

    expect(offline_place(page).get_by_role("status")).to_contain_text(done, timeout=PATIENT)
    offline_place(page).get_by_role("button", name=re.compile("Remove the offline copy")).click()
    nothing = "Nothing of the book is kept on this device"
    expect(offline_place(page)).to_contain_text(nothing)
    host.reachable = True
    page.reload()
    expect(offline_place(page)).to_contain_text(nothing, timeout=PATIENT)
    assert page.evaluate(KEPT) == {}
    assert page.evaluate(REGISTERED) == 0
    offline_place(page).get_by_role("button", name="Keep the pages that I read").click()
    wait_kept(page, 2)


def test_what_was_removed_is_kept_again_without_a_reload(window: Window, online: Site) -> None:
    """And no other version of the book is announced: there is none."""
    page = window.page
    page.goto(online.url("references.html"))
    wait_kept(page, 2)
    place = offline_place(page)
    place.get_by_role("button", name=re.compile("Remove the offline copy")).click()
    place.get_by_role("button", name="Keep the pages that I read").click()
    wait_kept(page, 2)
    place.get_by_role("button", name=re.compile("Make all chapters available")).click()
    expect(place.get_by_role("status")).to_contain_text("The whole book is", timeout=PATIENT)
    expect(page.get_by_text("A new version of the book is there.")).to_have_count(0)


def test_what_is_chosen_in_one_tab_holds_in_the_others(window: Window, online: Site) -> None:
    """The theme, the search key, and whether anything is kept."""
    first, second = window.page, window.context.new_page()
    first.goto(online.url("references.html"))
    wait_kept(first, 2)
    second.goto(online.url("glossary.html"))
    wait_kept(second, 3)
    second.get_by_role("button", name="Theme: auto").click()
    expect(first.get_by_role("button", name="Theme: light")).to_be_visible()
    expect(first.locator("html")).to_have_attribute("data-theme", "light")
    key = "Key / goes to the search"
    second.get_by_role("button", name=key).click()
    expect(first.get_by_role("button", name=key)).to_have_attribute("aria-pressed", "false")
    offline_place(second).get_by_role("button", name=re.compile("Remove the offline copy")).click()
    expect(offline_place(first)).to_contain_text("Nothing of the book is kept on this device")
    offline_place(second).get_by_role("button", name="Keep the pages that I read").click()
    for page in (first, second):
        expect(offline_place(page)).to_contain_text("pages are on this device", timeout=PATIENT)


def test_a_browser_that_promises_no_room_keeps_the_book_all_the_same(
    window: Window, online: Site
) -> None:
    """WebKitGTK has service workers and no `navigator.storage`."""
    window.context.add_init_script("delete Navigator.prototype.storage;")
    page = window.page
    page.goto(online.url("references.html"))
    wait_kept(page, 2)
    place = offline_place(page)
    place.get_by_role("button", name=re.compile("Make all chapters available")).click()
    expect(place.get_by_role("status")).to_contain_text("The whole book is", timeout=PATIENT)


def second_edition(first: Site, folder: Path) -> None:
    """The book published anew: other words on every page, and one figure's script is another."""
    copy_site(first.folder, folder)
    placed = first.figure("elbo-gap")
    old = str(placed.data["script"])
    new = re.sub(r"-[0-9a-f]{8}\.js", "-00000002.js", old)
    code = (folder / old).read_text("utf-8")
    (folder / old).unlink()
    replace(folder / new, code + "// second edition\n")
    for path in folder.glob("*.html"):
        text = path.read_text("utf-8").replace(old, new)
        replace(path, text.replace("</h1>", " (second edition)</h1>"))
    paths = [path for path in folder.rglob("*") if path.is_file()]
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    worker = files.pop(SERVICE_WORKER).partition(b"\n")[2]
    ort = frozenset(path for path in files if path.startswith("assets/ort"))
    lanes = LaneFiles(ort, frozenset(path for path in files if ".onnx-" in path))
    replace(folder / SERVICE_WORKER, service_worker(worker, files, lanes).decode())


def test_a_new_version_comes_whole_or_not_at_all(
    window: Window, host: Host, online: Site, tmp_path: Path
) -> None:
    """Two pages of version 1 are open when version 2 is published; neither ever mixes them."""
    placed, first = online.figure("elbo-gap"), window.page
    first.goto(online.url(placed.page))
    wait_kept(first, 2)
    second_edition(online, tmp_path / "second")
    host.folder, host.asked = tmp_path / "second", []

    second = window.context.new_page()
    second.goto(online.url("index.html"))
    heading = second.get_by_role("heading", level=1)
    expect(heading).not_to_contain_text("second edition")  # as this device has it, with its chapter
    notice = "A new version of the book is there."
    for page in (first, second):
        expect(page.get_by_text(notice)).to_be_visible(timeout=PATIENT)
    assert len(first.evaluate(KEPT)) == 2
    unchanged = [path for path in host.asked if re.search(r"assets/(ort|book-)", path)]
    assert unchanged == [], "fetched again though it did not change"

    second.get_by_role("button", name="Reload").click()
    expect(heading).to_contain_text("second edition", timeout=PATIENT)
    # The figure's old script is on no server any more, and another version's worker is in charge.
    assert not any(str(placed.data["script"]) in path for path in host.asked)
    Figure(first, placed).wait_live()
    expect(first.get_by_role("heading", level=1)).not_to_contain_text("second edition")

    first.get_by_role("button", name="Reload").click()
    expect(first.get_by_role("heading", level=1)).to_contain_text("second edition")
    wait_kept(first, 2)
    Figure(first, placed).wait_live()
    caches = first.evaluate(KEPT)
    assert len(caches) == 1, "version 1 is thrown away once none of its pages is open"
    host.reachable = False
    first.reload()
    expect(first.get_by_role("heading", level=1)).to_contain_text("second edition")


def test_a_preview_is_not_kept_and_not_hijacked(
    browser: Browser, built_site: Path, tmp_path: Path
) -> None:
    """`book serve` at an address where a finished book was read before."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(built_site))
    finished = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    port = finished.server_port
    threading.Thread(target=finished.serve_forever, daemon=True).start()
    site = Site(built_site, f"http://127.0.0.1:{port}/")
    window = Window(browser, site, keeping=True)
    window.page.goto(site.url("index.html"))
    wait_kept(window.page, 1)
    finished.shutdown()
    finished.server_close()

    draft = copy_site(built_site, tmp_path / "draft")
    text = (draft / "index.html").read_text("utf-8")
    replace(draft / "index.html", text.replace("</h1>", " (draft)</h1>"))
    files = {
        path.relative_to(draft).as_posix(): path.read_bytes()
        for path in draft.rglob("*")
        if path.is_file()
    }
    preview = start_server(Preview(files), port, lambda: None)
    window.page.reload()
    heading = window.page.get_by_role("heading", level=1)
    expect(heading).to_contain_text("(draft)", timeout=PATIENT)
    expect(window.page.locator("[data-role=offline]")).to_have_count(0)
    assert window.page.evaluate(KEPT) == {}
    assert window.page.evaluate(REGISTERED) == 0
    window.context.close()
    preview.shutdown()
    preview.server_close()


def test_the_archive_works_where_it_is_unzipped(
    browser: Browser, built_site: Path, tmp_path: Path
) -> None:
    """Really unzipped, in a path as readers have them, and opened by double-click."""
    folder = tmp_path / "Überraschung & 驚喜 #1"
    with zipfile.ZipFile(built_site / "book.zip") as archive:
        archive.extractall(folder)
    site = Site(folder / "book", (folder / "book").as_uri() + "/")
    window = Window(browser, site)
    page = window.page
    page.goto(site.url("index.html"))
    assert page.get_by_role("link", name="zip file").count() == 0
    placed = site.figure(FIGURE)
    page.locator(f'.title-contents a[href="{placed.page}"]').click()
    Figure(page, placed).wait_live()
    page.locator("footer").scroll_into_view_if_needed()
    expect(page.locator("[data-role=offline]")).to_be_hidden()
    assert page.locator("script[src*=offline]").count() == 0
    assert window.watch.verdict() == []
    window.context.close()
    shutil.rmtree(folder)


def test_the_archive_is_offered_with_its_size(window: Window, host: Host, online: Site) -> None:
    window.page.goto(online.url("index.html"))
    with window.page.expect_download() as downloading:
        window.page.get_by_role("link", name="download the book as a zip file").click()
    archive = Path(downloading.value.path())
    assert archive.read_bytes() == (host.folder / "book.zip").read_bytes()
    size = f"({archive.stat().st_size / 1e6:.1f} MB)"
    expect(window.page.locator(".title-archive")).to_contain_text(size)
