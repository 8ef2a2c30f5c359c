"""`book check`: everything that is checked of the built site, and the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from builder.check.accessibility import check_accessibility
from builder.check.cards import check_cards
from builder.check.foreign import check_tags
from builder.check.glyphs import carried, check_glyphs
from builder.check.links import ask_server, check_links, check_outside_links
from builder.check.site import BuiltSite, read_site
from builder.check.validity import check_html
from builder.check.weight import over_budget, table, weigh
from builder.issues.issue import Issue, in_order, is_error, summary, whole_file
from builder.load.load import Sources, load
from builder.node.methods import Service
from builder.store.effects import Effects
from builder.store.memory import Memory
from builder.store.paths import SITE


def check(root: Path, effects: Effects, service: Service, *, external: bool) -> int:
    """Check `build/site` as it is and report; the exit status."""
    site = read_site(effects)
    if not site.pages:
        effects.log(f"book: there is nothing in {SITE} to check (book build)")
        return 1
    sources, _ = load(effects, Memory())
    weights = weigh(site)
    effects.log(f"{table(weights)}\n")
    issues = [
        *over_budget(weights),
        *check_links(site, sources.config.root),
        *check_cards(sources.models[name] for name in sorted(sources.models)),
        *unused_figures(site, sources),
        *figures_without_a_first(sources),
        *check_html(site, service),
        *check_tags(site),
        *check_glyphs(site, sources.texts, carried(root)),
        *check_accessibility(root, [page.name for page in site.pages]),
    ]
    if external:
        issues += check_outside_links(site, sources.config.root, ask_server, effects.log)
    return report(effects, site, issues)


def figures_without_a_first(sources: Sources) -> Iterator[Issue]:
    """An issue for each figure that does not say what is turned, and what that changes first."""
    for spec in sources.figures.values():
        if spec.first is None:
            hint = "[first] with turn = the main control's name, see = what it changes first"
            yield whole_file("figure-first", spec.source.path, "'first' is missing", hint)


def report(effects: Effects, site: BuiltSite, issues: Sequence[Issue]) -> int:
    """Say what was found, and how much it is; the exit status."""
    for issue in in_order(issues):
        effects.log(f"{issue}\n")
    effects.log(f"{SITE}: {len(site.pages)} pages, {summary(issues)}")
    return 1 if any(map(is_error, issues)) else 0


def unused_figures(site: BuiltSite, sources: Sources) -> Iterator[Issue]:
    """A warning for each figure that no page shows, but those that wait for an author's data."""
    waiting = {name for name, spec in sources.figures.items() if spec.shows_own_data}
    shown = {name for page in site.pages for name in page.figures}
    if not sources.own_data.names:
        shown |= waiting
    for name in sorted(sources.figures.keys() - shown):
        path = sources.figures[name].source.path
        message = f"no page shows the figure '{name}'"
        yield Issue("figure-unused", path, 0, 0, message, severity="warning")
