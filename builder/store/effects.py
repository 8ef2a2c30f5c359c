"""Everything the builder does to the world outside its values: files, clock and log.

Stages take an `Effects` object, so that tests run them without a disk.
Paths are relative to the root of the repository, with `/` between the parts.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Protocol

from training.publish.swap import left_over, swap, unfinished_prefix

SPARE = re.compile(
    r"\.#.*|#.*#|.*~"  # Emacs: its lock, a link to nowhere; what it saves by itself; copies
    r"|\..*\.sw[a-p]|4913"  # Vim
    r"|\..*\.kate-swp"
    r"|~\$.*|\.~lock\..*#"  # Word, LibreOffice
    r"|\._.*|\.DS_Store"  # macOS
    r"|.*___jb_(?:tmp|old)___|\.goutputstream-.*"
)
"""Names of files that editors and systems lay beside what somebody writes."""
SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__", ".git"})


def is_spare(name: str) -> bool:
    """Whether a file of this name is an editor's lock, swap file or copy, and nobody's text."""
    return SPARE.fullmatch(name) is not None


class UnwritableError(OSError):
    """What the system refuses to write: which path, and why."""


def told(error: OSError) -> str:
    """What is wrong with which file."""
    return f"{error.filename}: {error.strerror}" if error.filename else str(error)


class Effects(Protocol):
    """What the builder asks of the world."""

    def exists(self, path: str) -> bool:
        """Whether a file or a folder is there; a link is, wherever it leads."""

    def read(self, path: str) -> bytes:
        """The content of a file; raises FileNotFoundError, or what else the system says."""

    def files(self, folder: str) -> list[str]:
        """All files under a folder but editors' spare ones, sorted; none if it is missing."""

    def write(self, path: str, data: bytes) -> None:
        """Replace a file as a whole: a reader sees the old content or the new, never a part.

        This and all that follows raise UnwritableError.
        """

    def publish(self, folder: str, files: Mapping[str, bytes]) -> None:
        """Replace a folder as a whole by `files`, whose keys are paths inside it."""

    def temporary(self, name: str) -> str:
        """A new folder beside `name`, which nobody else uses; the caller removes it."""

    def tidy(self, folder: str) -> None:
        """Delete the unfinished files in `folder` itself whose processes have ended."""

    def remove(self, path: str) -> None:
        """Delete a file, or a folder with all in it; nothing happens if it is not there."""

    def touch(self, path: str) -> None:
        """Set the time of a file or folder to now; nothing happens if it is not there."""

    def age(self, path: str) -> float:
        """Seconds since a file or a folder was written or touched; 0 if it is not there."""

    def absolute(self, path: str) -> str:
        """The path as another process understands it."""

    def variable(self, name: str) -> str:
        """A variable of the environment; empty if it is not set."""

    def now(self) -> float:
        """Seconds on a clock that never goes back."""

    def log(self, message: str) -> None:
        """Say something to the person who runs the build."""


class DiskEffects:
    """The real file system under `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def exists(self, path: str) -> bool:
        return os.path.lexists(self.root / path)

    def read(self, path: str) -> bytes:
        return (self.root / path).read_bytes()

    def files(self, folder: str) -> list[str]:
        found: list[str] = []
        for here, folders, names in os.walk(self.root / folder):
            folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
            prefix = Path(here).relative_to(self.root).as_posix()
            found.extend(f"{prefix}/{name}" for name in names if not is_spare(name))
        return sorted(found)

    def write(self, path: str, data: bytes) -> None:
        with _writing(path):
            _replace(self.root / path, data)

    def publish(self, folder: str, files: Mapping[str, bytes]) -> None:
        fresh = self.root / self.temporary(folder)
        try:
            with _writing(folder):
                _fill(fresh, files)
                swap(fresh, self.root / folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def temporary(self, name: str) -> str:
        target = self.root / name
        with _writing(name):
            target.parent.mkdir(parents=True, exist_ok=True)
            fresh = tempfile.mkdtemp(dir=target.parent, prefix=unfinished_prefix(target))
        return Path(fresh).relative_to(self.root).as_posix()

    def tidy(self, folder: str) -> None:
        for entry in left_over(self.root / folder):
            self.remove(entry.relative_to(self.root).as_posix())

    def remove(self, path: str) -> None:
        target = self.root / path
        if target.is_dir():
            shutil.rmtree(target, ignore_errors=True)
        else:
            with _writing(path):
                target.unlink(missing_ok=True)

    def touch(self, path: str) -> None:
        with suppress(OSError):  # not there, or another person's
            os.utime(self.root / path)

    def age(self, path: str) -> float:
        try:
            return time.time() - (self.root / path).stat().st_mtime
        except FileNotFoundError:
            return 0.0

    def absolute(self, path: str) -> str:
        return str(self.root / path)

    def variable(self, name: str) -> str:
        return os.environ.get(name, "")

    def now(self) -> float:
        return time.perf_counter()

    def log(self, message: str) -> None:
        print(message, file=sys.stderr, flush=True)


@contextmanager
def _writing(path: str) -> Iterator[None]:
    """Says which path it is that cannot be written: the system names one that is there no more."""
    try:
        yield
    except OSError as error:
        raise UnwritableError(f"{path} cannot be written: {error.strerror}") from error


def _replace(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=unfinished_prefix(target))
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, 0o644)
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _fill(fresh: Path, files: Mapping[str, bytes]) -> None:
    made: set[Path] = set()
    for name in sorted(files):
        path = fresh / name
        if path.parent not in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            made.add(path.parent)
        path.write_bytes(files[name])
    fresh.chmod(0o755)


class MemoryEffects:
    """A file system in a dictionary, a clock that is set by hand and a log in a list."""

    def __init__(self, files: Mapping[str, bytes | str]) -> None:
        self.contents = {
            path: data.encode() if isinstance(data, str) else data for path, data in files.items()
        }
        self.messages: list[str] = []
        self.variables: dict[str, str] = {}
        self.clock = 0.0
        self.touched: dict[str, float] = {}
        self.refused: frozenset[str] = frozenset()
        """Paths of files that cannot be read."""

    def exists(self, path: str) -> bool:
        return path in self.contents or any(p.startswith(f"{path}/") for p in self.contents)

    def read(self, path: str) -> bytes:
        if path in self.refused:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        try:
            return self.contents[path]
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path) from None

    def files(self, folder: str) -> list[str]:
        inside = (path for path in self.contents if path.startswith(f"{folder}/"))
        return sorted(path for path in inside if not is_spare(path.rpartition("/")[2]))

    def write(self, path: str, data: bytes) -> None:
        self.contents[path] = data
        self.touch(path)

    def publish(self, folder: str, files: Mapping[str, bytes]) -> None:
        for path in self.files(folder):
            del self.contents[path]
        self.touch(folder)
        self.contents.update({f"{folder}/{name}": data for name, data in files.items()})

    def temporary(self, name: str) -> str:
        return f"{name}-temporary"

    def tidy(self, folder: str) -> None:
        """Nothing here is ever left unfinished."""

    def remove(self, path: str) -> None:
        for file in (path, *self.files(path)):
            self.contents.pop(file, None)

    def touch(self, path: str) -> None:
        self.touched[path] = self.clock

    def age(self, path: str) -> float:
        return self.clock - self.touched.get(path, self.clock)

    def absolute(self, path: str) -> str:
        return str(PurePosixPath("/memory") / path)

    def variable(self, name: str) -> str:
        return self.variables.get(name, "")

    def now(self) -> float:
        return self.clock

    def log(self, message: str) -> None:
        self.messages.append(message)
