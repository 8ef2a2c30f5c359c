"""Whether the pages are valid HTML, by html-validate in the Node service."""

from __future__ import annotations

from collections.abc import Iterator

from builder.check.site import BuiltSite
from builder.issues.issue import Issue, whole_file
from builder.node.methods import Service
from builder.node.service import ServiceError


def check_html(site: BuiltSite, service: Service) -> Iterator[Issue]:
    """An issue for each place where a page departs from the HTML standard."""
    pages = {page.name: page for page in site.pages}
    texts = {name: page.source.text for name, page in pages.items()}
    try:
        found = service.ask("validate", {"pages": texts}).result()
    except ServiceError as error:
        yield whole_file("html", "site_assets", f"the pages cannot be validated: {error}")
        return
    for one in found:
        source = pages[one["path"]].source
        line = source.line(one["line"])
        message = f"{one['message']} [{one['rule']}]"
        place = one["line"], one["column"]
        yield Issue("html", source.path, *place, message, source=line, length=one["length"])
