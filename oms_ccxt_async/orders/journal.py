"""What was about to be sent, on disk before it is sent: open orders of fate unknown survive `kill -9`.

One JSON object a line, each put there by one write: an intent (`"intent"`) when an order is about to be sent, its end
(`"end"`) when its fate is known. The lock is on a file of its own (`.lock`), because the journal's file gets replaced.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
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
from oms_ccxt_async.orders.intents import Intent

__all__ = ["Journal", "Keeper"]

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
                lock = stack.enter_context(FileIO(self._beside(".lock"), "a", opener=_own))
                if fcntl is not None:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._file = FileIO(self._path, "a+", opener=_own)
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

    def begin(self, intents: Mapping[str, dict[str, Any]]) -> None:
        """Note intents, by client order id: all or none. When this returns, they survive the process.

        Raises:
            ccxt.OperationRejected: they could not be written; the orders must not be sent.
        """
        records = {key: {"intent": key, **intent} for key, intent in intents.items()}
        self._append(list(records.values()), forced=self._fsync)
        self._open |= records

    def end(self, key: str, outcome: str) -> None:
        """Note that an intent's fate is known; if that cannot be written, it is looked up again after a restart."""
        if self._open.pop(key, None) is None:
            return
        try:
            self._append([{"end": key, "outcome": outcome}], forced=False)
            if self._size > self._room:
                self._rewrite()
        except (OSError, OperationRejected):
            return

    def unreadable(self, record: dict[str, Any], error: Exception) -> errors.OperationRejected:
        """The error that says which entry cannot be read, and what to do."""
        number = list(self._open).index(record["intent"]) + 1
        return errors.OperationRejected(
            f'oms options["journal"]: line {number} of {self._path} is not an entry that this version can read '
            f"({type(error).__name__}: {error}); look for client order id {record['intent']} at the OMS, then "
            "delete the line"
        )

    def close(self) -> None:
        """Let another process have the file; closing twice is fine."""
        self._held.close()

    def _beside(self, suffix: str) -> Path:
        return self._path.with_name(self._path.name + suffix)

    def _append(self, records: list[dict[str, Any]], *, forced: bool) -> None:
        try:
            lines = b"".join(orjson.dumps(record) + b"\n" for record in records)
            if self._file.write(lines) != len(lines):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if forced:
                os.fsync(self._file.fileno())
        except (OSError, ValueError, TypeError) as error:
            self._take_back()
            raise self._refusal("cannot be written, so the order was not sent", error) from error
        self._size += len(lines)

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
        with FileIO(spare, "w", opener=_own) as file:
            with suppress(OSError):  # where a file has no such rights
                spare.chmod(stat.S_IMODE(self._path.stat().st_mode))  # what its owner has allowed stays allowed
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


def _own(path: str, flags: int) -> int:
    """Open a file that, where it is made, nobody else may read: what a desk is about to trade is nobody's business."""
    return os.open(path, flags, 0o600)


class Keeper:
    """The journal of one exchange instance: opened when the first order is about to be sent, held until `close()`.

    Args:
        path: asked for the file; None, where no journal is wanted.
        fsync: asked whether every intent is forced to the disk.

    Attributes:
        left: the open entries of an earlier process that have not been looked up yet.
    """

    def __init__(self, path: Callable[[], Any], fsync: Callable[[], bool]) -> None:
        self._path = path
        self._fsync = fsync
        self._journal: Journal | None = None
        self._known: set[str] = set()
        self.left: list[dict[str, Any]] = []

    def open(self) -> bool:
        """Have the file open, if there is to be one; whether entries of an earlier process are left.

        Raises:
            ccxt.OperationRejected, ccxt.BadRequest: as `Journal`.
        """
        path = self._path()
        if self._journal is None and path:
            self._journal = Journal(path, fsync=self._fsync())
            # What this instance wrote before it was closed, it still knows.
            self.left = [record for record in self._journal.open_intents if record["intent"] not in self._known]
        return bool(self.left)

    def intent(self, record: dict[str, Any], now: int, monotonic: float) -> Intent:
        """The intent of an entry of an earlier process.

        Args:
            now, monotonic: the same moment, in epoch milliseconds and on the monotonic clock.

        Raises:
            ccxt.OperationRejected: the entry is not one that this version can read.
        """
        try:
            return Intent.from_record(record["intent"], record, monotonic - max(0, now - record["began"]))
        except (KeyError, TypeError, ValueError) as error:
            assert self._journal is not None
            raise self._journal.unreadable(record, error) from error

    def begin(self, intents: Iterable[Intent]) -> None:
        """Note intents that are about to be sent, all or none; raises as `Journal.begin`."""
        if self._journal is not None:
            records = {intent.client_order_id: intent.record() for intent in intents}
            self._journal.begin(records)
            self._known |= records.keys()

    def end(self, intent: Intent, outcome: str) -> None:
        """Note that the program knows an intent's fate."""
        if self._journal is not None:
            self._journal.end(intent.client_order_id, outcome)
            self._known.discard(intent.client_order_id)

    def reopen(self, intent: Intent) -> None:
        """Note that the program does not know it after all."""
        try:
            self.begin([intent])
        except errors.OperationRejected:
            return  # the order is placed and known; only a restart would forget it

    def close(self) -> None:
        """Let another process have the file; open entries stay in it."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None
