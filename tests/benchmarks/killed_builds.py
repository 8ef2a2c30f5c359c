"""`book build` killed a hundred times at random moments: is the site always whole?

Each time one build of a small book, with the real Node, is given a random part of the time that a
whole one takes, and then `kill -9`. Prints how many kills came before the new site was in place,
how many after, and what the next build left of their unfinished files.

    python -m tests.benchmarks.killed_builds [number of kills]
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from tests.browser.support.preview import Book, make_book
from tests.unit.builder.test_repeatable import CARD, start_build
from tests.unit.builder.whole_site import archive_files, edition_of, site_files

KILLS = 100


def write_edition(book: Book, edition: int) -> None:
    book.write("content/book.toml", f'title = "Edition {edition}"\n')


def main() -> None:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    chance = random.Random()
    before = after = running = 0
    with tempfile.TemporaryDirectory(prefix="book-kill-") as folder:
        book = make_book(Path(folder))
        book.write("build/models/toy/card.json", CARD)
        site, archive = book.root / "build/site", book.root / "build/book.zip"
        takes = 0.0
        for edition in range(2):  # the second one has everything in its caches
            write_edition(book, edition)
            start = time.perf_counter()
            if start_build(book).wait() != 0:
                raise SystemExit("the book cannot be built")
            takes = time.perf_counter() - start
        for edition in range(2, 2 + kills):
            write_edition(book, edition)
            build = start_build(book)
            time.sleep(chance.uniform(0, 1.1 * takes))
            running += build.poll() is None
            build.kill()
            build.wait()
            found = edition_of(site_files(site))
            edition_of(archive_files(archive))
            before, after = before + (found < edition), after + (found == edition)
        write_edition(book, 2 + kills)
        start_build(book).wait()
        whole = edition_of(site_files(site)) == 2 + kills
        litter = [path.name for path in (book.root / "build").glob("**/.*")]
    print(
        f"{kills} kills within {1.1 * takes:.1f} s, {running} of them while the build ran: "
        f"{before} before the new site, {after} after it, 0 half-written"
    )
    print(f"next: {'whole' if whole else 'NOT WHOLE'}; left unfinished: {litter or 'none'}")


if __name__ == "__main__":
    main()
