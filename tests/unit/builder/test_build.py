"""Whole builds in memory: what is published, what is kept back, what is remembered."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from builder.build import Builder
from builder.node.service import NodeService, ServiceError
from builder.store.effects import MemoryEffects
from builder.store.paths import OWN_STANDING
from tests.unit.builder.fakes import GOLDEN, FakeService, build, small_book

CHAPTER = """---
title: A case
lead: In a sentence.
---
Formula $z$.

::: figure dots

Caption </script> here.
:::
"""

NO_FIGURE = "---\ntitle: Words alone\n---\nNothing else.\n"


def site(effects: MemoryEffects) -> dict[str, bytes]:
    return {path: data for path, data in effects.contents.items() if "build/site/" in path}


def methods(service: FakeService) -> list[str]:
    return [method for method, _ in service.asked]


def drawn(service: FakeService) -> list[str]:
    """The figures that were drawn, in order."""
    return [params["figure"] for method, params in service.asked if method == "frame"]


def test_a_good_build_publishes_pages_assets_and_archive() -> None:
    effects = small_book(**{"content__01-a-case.md": CHAPTER})
    outcome = build(effects)
    assert outcome.published
    pages = sorted(path.rpartition("/")[2] for path in site(effects) if path.endswith(".html"))
    assert pages == [
        "404.html", "a-case.html", "colophon.html", "glossary.html", "index.html",
        "offline.html", "other-things.html", "references.html",
    ]  # fmt: skip
    assert "build/site/assets/book.js" in effects.contents
    assert effects.contents["build/book.zip"].startswith(b"PK")


def test_a_bad_build_leaves_site_and_archive_alone() -> None:
    effects = small_book(**{"content__01-a-case.md": CHAPTER})
    assert build(effects).published
    before = {**site(effects), "zip": effects.contents["build/book.zip"]}
    effects.contents["content/01-a-case.md"] += b"\n[@nobody]\n"
    assert not build(effects).published
    assert {**site(effects), "zip": effects.contents["build/book.zip"]} == before


@pytest.mark.parametrize(
    "path",
    [
        "content/book.toml",
        "content/own.csl",
        "site_assets/figures/x",
        "training/recipe.py",
        "build/models/toy/card.json",
        "build/models/toy/decoder.onnx",
    ],
)
def test_a_file_that_cannot_be_read_is_one_issue_and_the_site_stays(path: str) -> None:
    effects = small_book(**{"content__01-a-case.md": CHAPTER})
    effects.contents["content/book.toml"] += b'\n[bibliography]\nstyle = "own.csl"\n'
    own_style = GOLDEN / "text-bibliography-own-style/input/content/house.csl"
    effects.contents |= {
        "content/own.csl": own_style.read_bytes(), "site_assets/figures/x": b"",
        "training/recipe.py": b"",
    }  # fmt: skip
    assert build(effects).published
    before = site(effects)
    effects.refused = frozenset({path})
    [issue] = build(effects).issues
    assert (issue.path, issue.rule) == (path, "file-unreadable")
    assert site(effects) == before


def test_warnings_do_not_keep_a_site_back() -> None:
    effects = small_book(**{"content__09-other-things.md": CHAPTER})
    outcome = build(effects)
    assert {issue.severity for issue in outcome.issues} == {"warning"}
    assert outcome.published


def test_a_strict_build_takes_warnings_for_errors() -> None:
    effects = small_book(**{"content__09-other-things.md": CHAPTER})
    outcome = Builder(effects, FakeService(effects), strict=True).build()
    assert {issue.severity for issue in outcome.issues} == {"error"}
    assert not outcome.published
    assert "build/site/index.html" not in effects.contents


def test_what_is_allowed_keeps_nothing_back() -> None:
    text = CHAPTER.replace("lead:", "allow: [image-alt]\nlead:") + "![](pictures/cog.png)\n"
    effects = small_book(**{"content__01-a-case.md": text})
    outcome = Builder(effects, FakeService(effects), strict=True).build()
    assert outcome.issues == []
    assert outcome.published


def test_the_same_input_gives_the_same_bytes() -> None:
    first, second = (small_book(**{"content__01-a-case.md": CHAPTER}) for _ in range(2))
    second.contents = dict(reversed(second.contents.items()))
    build(first)
    build(second)
    assert site(first) == site(second)
    assert first.contents["build/book.zip"] == second.contents["build/book.zip"]


def test_a_build_without_changes_asks_node_for_nothing() -> None:
    effects = small_book(**{"content__01-a-case.md": CHAPTER})
    build(effects)
    service = FakeService(effects)
    assert build(effects, service).published
    assert service.asked == []


def test_a_change_asks_node_for_that_change_only() -> None:
    effects = small_book(**{"content__01-a-case.md": CHAPTER})
    build(effects)
    for old, new, expected in (
        (b"$z$", b"$y$", ["math"]),
        (b"figure dots", b"figure dots\nz1: 1", ["frame"]),
        (b"Caption", b"Another caption", []),
    ):
        text = effects.contents["content/01-a-case.md"]
        effects.contents["content/01-a-case.md"] = text.replace(old, new)
        service = FakeService(effects)
        assert build(effects, service).published
        assert methods(service) == expected


def test_a_changed_model_is_drawn_anew() -> None:
    effects = small_book(**{"content__01-a-case.md": CHAPTER})
    build(effects)
    effects.contents["build/models/toy/decoder.onnx"] = b"another"
    service = FakeService(effects)
    build(effects, service)
    assert drawn(service) == ["dots"]  # once, though two chapters show it in the same state


def test_a_changed_figure_is_bundled_and_drawn_anew_alone() -> None:
    two = CHAPTER + "\n::: figure marks\n\nCaption.\n:::\n"
    toml = 'title = "M"\nhonesty = "exact"\ndescription = "d"\n'
    effects = small_book(
        **{"content__01-a-case.md": two, "site_assets__figures__marks__figure.toml": toml}
    )
    build(effects)
    effects.contents["site_assets/figures/marks/figure.tsx"] = b"changed"
    service = FakeService(effects)
    build(effects, service)
    assert methods(service).count("bundle") == 1
    assert drawn(service) == ["marks"]


class BrokenCode(FakeService):
    """esbuild, which can read the code of no figure because one is mistyped."""

    def _inputs(self, params: Any) -> Any:
        raise ServiceError("Build failed with 1 error")

    def _bundle(self, params: Any) -> Any:
        raise ServiceError('x\nfigures/dots/figure.tsx:3:7: ERROR: Expected ";"')


def test_a_mistake_in_a_figures_code_is_told_before_anything_is_made_by_code() -> None:
    cell = "\n```python run\n1 + 1\n```\n"
    effects = small_book(**{"content__01-a-case.md": CHAPTER + cell})
    config = effects.contents["content/book.toml"] + b'\nbase_url = "https://a.example/"\n'
    effects.contents["content/book.toml"] = config
    assert build(effects).published
    effects.contents["site_assets/figures/dots/figure.tsx"] = b"mistyped"
    service = BrokenCode(effects)
    assert [issue.rule for issue in build(effects, service).issues] == ["site-assets"]
    assert not {"kernels", "runPlan", "frame", "poster", "cells", "snapshot"} & {*methods(service)}


def test_unused_figures_are_not_shipped() -> None:
    effects = small_book(**{"content__09-other-things.md": NO_FIGURE})
    assert build(effects).published
    assert not [path for path in site(effects) if "dots" in path or "models" in path]


def test_json_cannot_end_its_script_element() -> None:
    effects = small_book(**{"content__01-a-case.md": CHAPTER})
    toml = effects.contents["site_assets/figures/dots/figure.toml"]
    effects.contents["site_assets/figures/dots/figure.toml"] = toml.replace(
        b"Dots that stand", b"Dots </script><script> that stand"
    )
    build(effects)
    page = effects.read("build/site/a-case.html").decode()
    data = re.search(r'data-role="figure-data">(.*?)</script>', page)
    assert data
    description = json.loads(data[1])["spec"]["description"]
    assert description.startswith("Dots </script><script>")


def test_a_page_names_in_its_head_what_each_figure_loads_first() -> None:
    chapters = {"content__01-a-case.md": CHAPTER, "content__09-other-things.md": NO_FIGURE}
    effects = small_book(**chapters)
    build(effects)
    page = effects.read("build/site/a-case.html").decode()
    head = page.partition("</head>")[0]
    files = json.loads(re.findall(r'id="figure-files">(.*?)</script>', head)[0])
    assert list(files) == ["fig-dots"]
    assert files["fig-dots"][:2] == ["assets/kit.js", "assets/figures/dots.js"]
    preloaded = set(re.findall(r'rel="preload"[^>]* href="(.*?)"', head))
    assert preloaded == {"assets/book.css", "assets/book.js"}, "a figure's files wait"
    for path in files["fig-dots"]:
        assert f"build/site/{path}" in effects.contents
    models = json.loads(re.findall(r'data-role="figure-data">(.*?)</script>', page)[0])["models"]
    arrays = {
        assets[name]["src"]
        for model in models.values()
        for assets in [model["assets"]]
        for name in model["card"]["arrays"]
    }
    assert arrays <= set(files["fig-dots"])
    assert "figure-files" not in effects.read("build/site/other-things.html").decode()


class Attributes(HTMLParser):
    """Collects what the security policy forbids, ids, and addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.forbidden: list[str] = []
        self.ids: list[str] = []
        self.inline_scripts = 0
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.forbidden += [name for name, _ in attrs if name == "style" or name.startswith("on")]
        self.ids += [values["id"] or ""] if "id" in values else []
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"] or ""
        if tag == "script" and "src" not in values:
            self.inline_scripts += values.get("type") != "application/json"


def test_pages_hold_to_the_security_policy_and_have_unique_ids() -> None:
    effects = small_book(**{"content__01-a-case.md": CHAPTER})
    build(effects)
    for path, data in site(effects).items():
        if path.endswith(".html"):
            parser = Attributes()
            parser.feed(data.decode())
            assert parser.forbidden == []
            scripts = re.findall(r"<script>(.*?)</script>", data.decode(), re.DOTALL)
            assert parser.inline_scripts == len(scripts) == path.endswith(OWN_STANDING), path
            for script in scripts:  # that of a page which cannot know where the book is
                digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
                assert f"'sha256-{digest}'" in parser.policy
            assert len(parser.ids) == len(set(parser.ids)), path


def test_back_links_lead_to_the_citation_and_the_use() -> None:
    effects = small_book(**{"content__01-a-case.md": CHAPTER})
    build(effects)
    page = effects.read("build/site/other-things.html").decode()
    for listing in ("references", "glossary"):
        html = effects.read(f"build/site/{listing}.html").decode()
        links = re.findall(r'href="other-things\.html#([^"]+)"', html)
        assert len(links) == 2
        for anchor in links:
            assert f'id="{anchor}"' in page


def test_next_and_previous_go_through_the_book() -> None:
    effects = small_book(**{"content__01-a-case.md": CHAPTER})
    build(effects)
    path, seen = "index.html", []
    while path:
        seen.append(path)
        html = effects.read(f"build/site/{path}").decode()
        match = re.search(r'class="turn-next" rel="next" href="([^"]+)"', html)
        path = match[1] if match else ""
    assert seen == [
        "index.html", "a-case.html", "other-things.html",
        "references.html", "glossary.html", "colophon.html",
    ]  # fmt: skip


def test_the_first_figure_of_the_title_page_is_counted_nowhere() -> None:
    figure = "::: figure dots\nid: fig-{}\n\nDots.\n:::\n\n"
    title_page = f"[](#fig-first)\n\n{figure.format('first')}{figure.format('second')}"
    effects = small_book(
        **{"content__index.md": title_page, "content__01-a-case.md": CHAPTER + "[](#fig-first)\n"}
    )
    assert build(effects).published
    label = re.compile(r'<span class="figure-number">([^<]*)</span>')
    assert label.findall(page(effects, "index")) == ["Frontispiece", "Figure 1"]
    assert label.findall(page(effects, "a-case"))[0] == "Figure 1.1"
    assert '<a class="reference" href="index.html#fig-first">Frontispiece</a>' in page(
        effects, "a-case"
    )


def page(effects: MemoryEffects, name: str) -> str:
    return effects.read(f"build/site/{name}.html").decode()


def test_a_chapter_may_be_the_references_page() -> None:
    chapter = CHAPTER.replace("A case", "Works").replace("figure dots", "key-idea")
    effects = small_book(**{"content__12-references.md": chapter})
    assert build(effects).published
    works = page(effects, "references")
    assert '<p class="chapter-number">Chapter 12</p>' in works
    assert 'Formula <span class="unbroken"><math>z</math>' in works
    assert 'id="ref-kingma2013"' in works
    contents = page(effects, "index")
    assert contents.count('href="references.html"') == 1
    assert '<span class="contents-number">12</span>' in contents


def test_a_double_first_name_has_two_initials() -> None:
    authors = "Manzagol, Pierre-Antoine and Kingma, Diederik P."
    effects = small_book()
    works = effects.contents["content/references.bib"].decode()
    works = works.replace("Kingma, Diederik P. and Welling, Max", authors)
    effects.contents["content/references.bib"] = works.encode()
    build(effects)
    assert "P.-A. Manzagol &amp; D. P. Kingma (2013)" in page(effects, "references")


def test_a_chapter_does_not_grow_with_the_book() -> None:
    few, many = (
        {f"content__{n:02}-c-{n:02}.md": CHAPTER for n in range(10, count)} for count in (13, 40)
    )
    sizes = []
    for chapters in (few, many):
        effects = small_book(**chapters)
        assert build(effects).published
        sizes.append(len(page(effects, "c-11")))
    assert sizes[0] == sizes[1]


def test_a_model_that_is_being_written_is_not_one_yet() -> None:
    whole = small_book().read("build/models/toy/card.json").decode()
    effects = small_book(
        **{
            "content__01-a-case.md": CHAPTER,
            "build__models__.toy-123-a_c__card.json": whole,
            "build__models__.tree-123-a_c__card.json": whole[:20],
        }
    )
    report = build(effects)
    assert report.published
    assert not report.issues


def test_the_colophon_has_the_numbers_of_the_cards() -> None:
    card = json.loads(small_book().read("build/models/toy/card.json"))
    card["parity"] = {
        "decoder": {"max_abs_difference": 4.76e-7, "tolerance": 1e-5},
        "encoder": {"max_abs_difference": 9.99e-6, "tolerance": 1e-5},
    }
    card |= {"wall_time_seconds": 61.25, "parameters": 12345, "seed": 7}
    card["data"] |= {"label": "synthetic", "description": "Toys <&>."}
    effects = small_book(
        **{
            "content__01-a-case.md": CHAPTER,
            "content__colophon.md": "Made *here* by [@kingma2013].",
            "build__models__toy__card.json": json.dumps(card),
        }
    )
    assert build(effects).published
    html = page(effects, "colophon")
    assert "Made <em>here</em>" in html
    assert "Toys &lt;&amp;&gt;." in html
    cells = re.findall(r'<td class="ledger-number">(.*?)</td>', html)
    size = sum(
        len(base64.b64decode(re.findall(r',"(.*)"\)', data.decode())[0])) / 1000
        for path, data in site(effects).items()
        if "models/toy" in path and path.endswith(".js")
    )
    assert cells == [
        "1,200 / 300",  # the split
        "7", "12,345", f"{size:.1f}", "1.0 × 10<sup>−5</sup>", "61.2",
        f"{size:.1f}", "61.2",  # of all models
    ]  # fmt: skip
    assert 'href="colophon.html#cite-kingma2013"' in page(effects, "references")


def test_the_colophon_tells_what_a_split_kept_together() -> None:
    card = json.loads(small_book().read("build/models/toy/card.json"))
    explained = "rows with the same value"
    effects = small_book(**{"content__01-a-case.md": CHAPTER})
    assert build(effects).published
    assert explained not in page(effects, "colophon")
    splits = {"train": 1200, "validation": 4, "test": 3}
    card["data"]["groups"] = {"column": "rig <1>", "splits": splits}
    effects = small_book(
        **{"content__01-a-case.md": CHAPTER, "build__models__toy__card.json": json.dumps(card)}
    )
    assert build(effects).published
    html = page(effects, "colophon")
    assert explained in html
    told = '<span class="ledger-label">rig &lt;1&gt;: 1,200 / 4 / 3</span>'
    assert f'<td class="ledger-number">1,200 / 300{told}</td>' in html


def test_models_that_the_book_does_not_use_are_not_in_the_colophon() -> None:
    effects = small_book(**{"content__09-other-things.md": NO_FIGURE})
    assert build(effects).published
    assert "toy" not in page(effects, "colophon")


def test_the_page_for_wrong_addresses_works_at_any_depth() -> None:
    for base_url, root in (("https://a.example/book/", "https://a.example/book/"), ("", "")):
        effects = small_book(
            **{"content__book.toml": f'title = "A small book"\nbase_url = "{base_url}"\n'}
        )
        assert build(effects).published
        html = page(effects, "404")
        addresses = re.findall(r'(?:href|src)="([^"]+)"', html)
        assert addresses
        assert {address.startswith(root) for address in addresses} == {True}
        assert f'{root}index.html"' in html
        assert ("take away the end of the address" in html) is (root == "")


def test_the_icon_is_a_file_beside_the_other_assets() -> None:
    effects = small_book(**{"site_assets__favicon.svg": "<svg/>"})
    assert build(effects).published
    link = re.compile(r'<link rel="icon" type="image/svg.xml" href="([^"]+)"')
    found = link.findall(page(effects, "index"))
    assert [effects.read(f"build/site/{path}") for path in found] == [b"<svg/>"]


def test_a_book_without_content_says_so() -> None:
    effects = MemoryEffects({})
    headlines = [issue.headline for issue in build(effects).issues]
    assert headlines == [
        "content chapter-missing: there is no chapter "
        "(a chapter is a file NN-words-with-hyphens.md)",
        "content/book.toml config-missing: the book's settings are missing "
        "(write a line 'title = \"…\"' there)",
    ]


def test_the_node_service_is_not_started_before_it_is_asked(tmp_path: Path) -> None:
    NodeService(tmp_path / "nowhere", print).close()


@pytest.mark.parametrize("text", ["", "\n", "<!-- to come -->\n"])
def test_a_glossary_without_terms_is_one(text: str) -> None:
    """An editor may empty the file before it writes it."""
    outcome = build(small_book(**{"content__glossary.md": text}))
    assert {issue.rule for issue in outcome.issues} == {"term-known"}
