"""Where things lie in the repository, and what the files of the site are called.

Paths are relative to the root of the repository, names of pages and files to the site's.
"""

from __future__ import annotations

CONTENT = "content"
SITE_ASSETS = "site_assets"
FIGURES = f"{SITE_ASSETS}/figures"
GENERATED = f"{SITE_ASSETS}/generated"
METHODS = f"{GENERATED}/methods.d.ts"
"""What Node is asked for, declared for TypeScript."""
TRAINING_STATE = f"{SITE_ASSETS}/kit/run/training_state.toml"
PYODIDE = f"{SITE_ASSETS}/node_modules/pyodide"
TEMPLATES = "builder/render/templates"
MODELS = "build/models"
TRAINED_WITH = f"{MODELS}/software.json"
"""What trained them, where they came in an archive."""
MODELS_ARCHIVE = "build/models.zip"
CACHE = "build/cache"

SITE = "build/site"
ARCHIVE_NAME = "book.zip"
ARCHIVE = f"build/{ARCHIVE_NAME}"
PDF = "build/book.pdf"

CONTENTS = "index.html"
NOT_FOUND = "404.html"
AUTHORS_PAGE = "authors.html"
NOT_KEPT = "offline.html"
"""What the service worker shows for a page that is neither kept nor to be had."""
OWN_STANDING = (NOT_FOUND, NOT_KEPT)
"""Pages that no page leads to."""
PRINT_PAGE = "print.html"
SERVICE_WORKER = "sw.js"
SEARCH_INDEX = "assets/search-index.js"
BILL = "sbom.json"
LICENCES = "licences.txt"
