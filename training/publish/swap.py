"""A finished folder takes the place of an old one in one step; what is unfinished has its own name.

The builder publishes the site with it, too: nothing but the standard library is imported.
"""

import ctypes
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

UNFINISHED = re.compile(r"\..*-(\d+)-\w+")
"""The name of an unfinished file or folder, with the number of the process that writes it."""


def unfinished_prefix(target: Path) -> str:
    """How an unfinished file or folder is named until it becomes `target`: by its process."""
    return f".{target.name}-{os.getpid()}-"


def left_over(folder: Path) -> list[Path]:
    """The unfinished files and folders in `folder` itself whose processes have ended."""
    found = ((entry, UNFINISHED.fullmatch(entry.name)) for entry in folder.glob(".*"))
    return [entry for entry, name in found if name and not _is_running(int(name[1]))]


def swap(fresh: Path, target: Path) -> None:
    """Put the folder `fresh` in the place of `target`; what was there ends up in `fresh`, or goes.

    On Linux there is no moment without a `target`. Raises OSError, and leaves it as it was.
    """
    try:
        os.rename(fresh, target)  # only if nothing is there, whatever others do meanwhile
        return
    except OSError:
        pass
    if not _exchange(fresh, target):
        old = Path(tempfile.mkdtemp(dir=fresh.parent, prefix=f"{fresh.name}-")) / "old"
        os.rename(target, old)
        try:
            os.rename(fresh, target)
        except OSError:
            os.rename(old, target)
            old.parent.rmdir()
            raise
        shutil.rmtree(old.parent, ignore_errors=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _exchange(first: Path, second: Path) -> bool:
    """Swap two paths in one step, so that no moment has neither; False where the system cannot."""
    if not sys.platform.startswith("linux"):
        return False
    at_current_folder, exchange_flag = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of renameat2(2)
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    paths = os.fsencode(first), os.fsencode(second)
    status = renameat2(at_current_folder, paths[0], at_current_folder, paths[1], exchange_flag)
    return bool(status == 0)
