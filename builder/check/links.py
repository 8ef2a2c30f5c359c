"""Links of the built site: every file is there, every anchor too; outside ones answer if asked."""

from __future__ import annotations

import json
import posixpath
import string
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from http.client import HTTPException, InvalidURL
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, unquote, urlsplit
from urllib.request import Request, urlopen

from builder.check.site import Address, BuiltSite, Page
from builder.issues.issue import Issue, Severity

Answer = tuple[str, Severity] | None
"""What is wrong with an outside address, and how serious that is; None if it is good."""

AT_ONCE = 8
PATIENCE = 20
"""Seconds until a server that does not answer is given up."""
AGENT = {"User-Agent": "Mozilla/5.0 (compatible; book check)", "Accept": "*/*"}
UNFRIENDLY = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}
)
"""Answers by which a server turns away programs; a reader may well get the page."""


def check_links(site: BuiltSite, root: str) -> Iterator[Issue]:
    """Addresses inside the site that lead nowhere; those below `root` are inside as well."""
    for page in site.pages:
        for address in page.addresses:
            message = _broken(site, page, address.text.removeprefix(root) if root else address.text)
            if message:
                yield page.issue("link-broken", address.at, message)
        for text, at in page.data:
            for path in _files_named(json.loads(text)):
                if path not in site.files:
                    yield page.issue("file-missing", at, f"there is no file '{path}'")


def _broken(site: BuiltSite, page: Page, address: str) -> str:
    """What is wrong with an address; nothing is with one that leads outside."""
    try:
        parts = urlsplit(address)
    except ValueError as error:
        return f"'{address}' is no address: {error}"
    if parts.scheme:
        return ""
    path = unquote(parts.path)
    if path.startswith("/"):
        return f"'{address}' fails under a sub-path: it begins with '/'"
    folder = posixpath.dirname(page.name)
    name = posixpath.normpath(posixpath.join(folder, path)) if path else page.name
    if name == ".":
        name = "index.html"  # the folder itself, which is an address once published
    if name not in site.files:
        return f"there is no file '{name}'"
    anchor = unquote(parts.fragment.partition("?")[0])  # a figure's state may follow
    target = site.page(name)
    if anchor and target and anchor not in target.ids:
        return f"'{name}' has no anchor '{anchor}'"
    return ""


def _files_named(value: Any) -> Iterator[str]:
    """Paths that the scripts of a page are told: whatever stands under `assets/`."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _files_named(item)
    elif isinstance(value, str) and value.startswith("assets/"):
        yield value


def check_outside_links(
    site: BuiltSite, root: str, ask: Callable[[str], Answer], log: Callable[[str], None]
) -> Iterator[Issue]:
    """Ask each outside address once; an issue at each place that has a dead one."""
    places: dict[str, list[tuple[Page, Address]]] = {}
    for page in site.pages:
        for address in page.addresses:
            url = address.text.partition("#")[0]
            inside = bool(root) and url.startswith(root)
            if url.startswith(("http://", "https://")) and address.element == "a" and not inside:
                places.setdefault(url, []).append((page, address))
    log(f"Asking {len(places)} outside addresses…")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = zip(places.values(), pool.map(ask, places), strict=True)
        for found, answer in answers:
            if answer:
                message, severity = answer
                yield from _at_each(found, message, severity)


def _at_each(
    found: Iterable[tuple[Page, Address]], message: str, severity: Severity
) -> Iterator[Issue]:
    for page, address in found:
        text = f"{address.text}: {message}"
        yield page.issue("link-dead", address.at, text, severity)


def ask_server(url: str) -> Answer:
    """Ask for the head of a page, then for the page where servers refuse that."""
    answer: Answer = None
    for method in ("HEAD", "GET"):
        try:
            with urlopen(Request(_quoted(url), headers=AGENT, method=method), timeout=PATIENCE):
                return None
        except HTTPError as error:
            error.close()
            severity: Severity = "warning" if error.code in UNFRIENDLY else "error"
            answer = f"the server says {error.code} {error.reason}", severity
        except OSError as error:
            return f"no answer: {getattr(error, 'reason', error)}", "error"
        except (InvalidURL, ValueError) as error:
            return f"this is no address: {error}", "error"
        except HTTPException as error:
            return f"the answer is not HTTP: {error!r}", "error"
    return answer


def _quoted(url: str) -> str:
    """What browsers ask for: a page may name a path in letters that HTTP does not have."""
    parts = urlsplit(url)
    path, query = (quote(part, safe=string.punctuation) for part in (parts.path, parts.query))
    return parts._replace(path=path, query=query).geturl()
