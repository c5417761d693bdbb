"""One process among those that share a database: it hears what the others commit, and leads when no other does."""

from __future__ import annotations

import asyncio
import logging
import os

from oms_ccxt_async.sandbox.errors import StorageUnavailable
from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.postgres import PostgreSQL

__all__ = ["WATCH_SECONDS", "Peers"]

logger = logging.getLogger(__name__)

WATCH_SECONDS = 0.5
"""How often a process sees whether the leader is gone, and shows the database that it is there itself."""


class Peers:
    """What ties one process's OMS to the other processes of its database.

    Args:
        oms: what is told of the others' commits.
        storage: where they meet.
    """

    def __init__(self, oms: OMS, storage: PostgreSQL) -> None:
        self._oms = oms
        self._storage = storage
        self._loop = asyncio.get_running_loop()
        self._news: dict[int, int] = {}
        """The newest event that was heard of, of each account that has some that were not taken up."""
        self._directory = False
        self._due = False
        self._connection = storage.connections
        self._reader: int | None = None
        storage.on_notice = self._noticed
        self.watch(oms)

    @property
    def leading(self) -> bool:
        """Whether this process does what only one may do."""
        return self._storage.leading

    def watch(self, oms: OMS) -> None:
        """Connect again where the connection was lost, and take the lead where nobody has it.

        Raises:
            StorageUnavailable: the database is away.
        """
        led = self._storage.leading
        self._storage.lead()
        if self._storage.leading and not led:
            logger.info("process %d leads", os.getpid())
        if self._connection != self._storage.connections or self._reader is None:
            self._listen()
            oms.read_directory()
            oms.refresh(oms.accounts)  # what was committed while nobody listened
            self._connection = self._storage.connections
        if self._news or self._directory:  # could not be read when they came
            self._take_up()

    def close(self) -> None:
        """Hear nothing any more."""
        self._storage.on_notice = lambda payload: None
        self._deafen()

    def _listen(self) -> None:
        self._deafen()
        number = self._storage.fileno
        if number is not None:
            # a descriptor of our own: libpq closes its one when the connection breaks, and the loop must not find
            # somebody else's socket under the number then
            self._reader = os.dup(number)
            self._loop.add_reader(self._reader, self._arrived)

    def _deafen(self) -> None:
        if self._reader is not None:
            self._loop.remove_reader(self._reader)
            os.close(self._reader)
            self._reader = None

    def _arrived(self) -> None:
        self._storage.notices()
        if self._storage.fileno is None or self._connection != self._storage.connections:
            self._deafen()

    def _noticed(self, payload: str) -> None:
        if payload == "directory":
            self._directory = True
        else:
            try:
                account_id, event_id = map(int, payload.split())
            except ValueError:  # whoever may connect may say something on the channel
                logger.warning("a notice that is none of a sandbox was passed over: %.100r", payload)
                return
            self._news[account_id] = max(event_id, self._news.get(account_id, 0))
        if not self._due:
            self._due = True
            self._loop.call_soon(self._take_up)

    def _take_up(self) -> None:
        self._due = False
        try:
            if self._directory:
                self._oms.read_directory()
                self._directory = False
            while self._news:
                account_id, event_id = next(iter(self._news.items()))
                self._oms.events.hear(account_id, event_id)
                del self._news[account_id]
        except StorageUnavailable as error:  # the next watch does it again
            logger.warning("what others committed could not be read: %s", error)
        except Exception:
            self._news, self._directory = {}, False
            logger.exception("what others committed was not taken up")
