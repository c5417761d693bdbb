"""What was about to be sent, on disk before it is sent: open orders of fate unknown survive `kill -9`.

One JSON object a line, each put there by one write: an intent (`"intent"`) when an order is about to be sent, its end
(`"end"`) when its fate is known. The lock is on a file of its own (`.lock`), because the journal's file gets replaced.
"""

from __future__ import annotations

import errno
import os
from contextlib import ExitStack
from io import FileIO
from pathlib import Path
from typing import Any

import orjson
from ccxt.base.errors import OperationRejected

try:
    import fcntl
except ImportError:  # Windows: no advisory lock there
    fcntl = None  # type: ignore[assignment]

from oms_ccxt_async import errors

__all__ = ["Journal"]

ROOMY = 4_194_304
"""Bytes after which the file is rewritten with what is still open."""


class Journal:
    """A file of intents, held by one process at a time.

    Args:
        path: the file; it is made if it is missing, its directory is not.
        fsync: whether every intent is forced to the disk before it is sent (survives power loss too, for about a
            millisecond each); without it an intent survives the death of the process.

    Raises:
        ccxt.OperationRejected: the file cannot be used, another process holds it, or it is damaged in another place
            than its end, where the death of a process may tear a line. The file is left as it was.
        ccxt.BadRequest: `path` is not a path.
    """

    def __init__(self, path: str | os.PathLike[str], *, fsync: bool = False) -> None:
        if not isinstance(path, str | os.PathLike):
            raise errors.BadRequest(f'oms options["journal"] must be the path of a file, not {path!r}')
        self._path = Path(path)
        self._fsync = fsync
        self._open: dict[str, dict[str, Any]] = {}
        with ExitStack() as stack:
            try:
                lock = stack.enter_context(FileIO(self._beside(".lock"), "a"))
                if fcntl is not None:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._file = FileIO(self._path, "a+")
                stack.callback(lambda: self._file.close())
                self._file.seek(0)
                self._size = self._take_up(self._file.readall())
                self._rewrite()
            except BlockingIOError as error:
                raise self._refusal("is held by another process", error) from error
            except OSError as error:
                raise self._refusal("cannot be used", error) from error
            self._held = stack.pop_all()

    @property
    def open_intents(self) -> list[dict[str, Any]]:
        """The intents whose end was never written, oldest first."""
        return list(self._open.values())

    def begin(self, key: str, intent: dict[str, Any]) -> None:
        """Note an intent; when this returns, it survives the process.

        Raises:
            ccxt.OperationRejected: it could not be written; the order must not be sent.
        """
        record = {"intent": key, **intent}
        self._append(record, forced=self._fsync)
        self._open[key] = record

    def end(self, key: str, outcome: str) -> None:
        """Note that an intent's fate is known; if that cannot be written, it is looked up again after a restart."""
        if self._open.pop(key, None) is None:
            return
        try:
            self._append({"end": key, "outcome": outcome}, forced=False)
            if self._size > self._room:
                self._rewrite()
        except (OSError, OperationRejected):
            return

    def close(self) -> None:
        """Let another process have the file; closing twice is fine."""
        self._held.close()

    def _beside(self, suffix: str) -> Path:
        return self._path.with_name(self._path.name + suffix)

    def _append(self, record: dict[str, Any], *, forced: bool) -> None:
        try:
            line = orjson.dumps(record) + b"\n"
            if self._file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if forced:
                os.fsync(self._file.fileno())
        except (OSError, ValueError, TypeError) as error:
            self._take_back()
            raise self._refusal("cannot be written, so the order was not sent", error) from error
        self._size += len(line)

    def _take_back(self) -> None:
        """Cut off what was written in vain; a file that does not even allow that is not written to again."""
        try:
            self._file.truncate(self._size)
        except (OSError, ValueError):
            self._file.close()

    def _take_up(self, content: bytes) -> int:
        """Read what an earlier process left, but for a line torn by its death; the size of the content."""
        *lines, last = content.split(b"\n")
        for number, line in enumerate(lines, 1):
            if not self._take_in(line):
                raise OSError(errno.EILSEQ, f"line {number} is damaged, or the file is not a journal")
        self._take_in(last)
        return len(content)

    def _take_in(self, line: bytes) -> bool:
        """Whether a line was a record."""
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError:
            return False
        match record:
            case {"intent": str(key)}:
                self._open[key] = record
            case {"end": str(key)}:
                self._open.pop(key, None)
            case _:
                return False
        return True

    def _rewrite(self) -> None:
        """Leave only what is open."""
        lines = b"".join(orjson.dumps(record) + b"\n" for record in self._open.values())
        self._room = max(ROOMY, 2 * len(lines))
        if self._size == len(lines):
            return
        spare = self._beside(".rewrite")
        with FileIO(spare, "w") as file:
            if file.write(lines) != len(lines):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(file.fileno())
        self._file.close()
        spare.replace(self._path)
        self._file = FileIO(self._path, "a")
        self._size = len(lines)
        if self._fsync and os.name == "posix":
            directory = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)

    def _refusal(self, what: str, error: Exception) -> errors.OperationRejected:
        return errors.OperationRejected(
            f'oms options["journal"]: {self._path} {what} ({error}); repair or remove the option'
        )
