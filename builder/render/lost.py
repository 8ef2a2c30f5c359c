"""The script of a page that a host shows at any depth: it finds the book above itself.

It stands in the page, since no address leads anywhere yet, and the page's policy names its hash.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from dataclasses import dataclass

from markupsafe import Markup

# The style sheet's name is this build's own, so the folder that has it is the book's.
FIND = """
const page = document.documentElement;
const show = () => { page.hidden = false; };
(function look(folder) {
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = folder + %(style)s;
  style.onload = () => {
    const early = document.createElement("script");
    early.src = folder + %(early)s;
    early.onload = early.onerror = show;
    document.head.append(early);
    for (const link of document.querySelectorAll("main a")) {
      link.href = folder + link.getAttribute("href");
    }
    for (const told of document.querySelectorAll("[data-role=lost]")) told.remove();
  };
  style.onerror = () => {
    style.remove();
    if (folder === "/") show();
    else look(folder.replace(/[^/]+\\/$/, ""));
  };
  document.head.append(style);
})(location.pathname.replace(/[^/]*$/, ""));
page.hidden = true; // until it is known how it looks
"""


@dataclass(frozen=True)
class Lost:
    """What the template of such a page is given."""

    script: Markup
    csp: str


def lost_page(csp: str, style: str, early: str) -> Lost:
    """The script that looks for the folder which holds `style`, and the policy that allows it."""
    script = FIND % {"style": json.dumps(style), "early": json.dumps(early)}
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return Lost(Markup(script), csp.replace("script-src ", f"script-src 'sha256-{digest}' "))
