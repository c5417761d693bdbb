"""What the OMS forgets in time, so that its database does not grow for ever."""

from __future__ import annotations

from itertools import takewhile

from oms_ccxt_async.sandbox.oms import OMS
from oms_ccxt_async.sandbox.rows import Command
from oms_ccxt_async.sandbox.storage import Window

__all__ = ["DAY_MS", "KEEP_DAYS", "prune"]

DAY_MS = 86_400_000
KEEP_DAYS = 7
"""After so many days commands and events are forgotten."""
KEEP_COMMANDS = 100_000
"""How many commands are kept that are older than a day. Younger ones always are: for as long, a repeat is known by its
`request_id` (extension 2), and an OMS that forgot one would carry it out twice."""
SLICE = 5000
"""What is read and deleted at once: 20 ms of the server's time."""


def prune(oms: OMS, *, keep_commands: int = KEEP_COMMANDS) -> None:
    """Forget the oldest commands and events, at most so many at once that nobody notices.

    Raises:
        StorageUnavailable: nothing was forgotten.
    """
    now = oms.clock()
    with oms.transaction(oms.accounts):
        oms.events.prune(oms.accounts, before_ms=now - KEEP_DAYS * DAY_MS, at_most=SLICE)
        newest = oms.storage.newest(Command)

        def spare(command: Command) -> bool:
            age, younger = now - command.created_ms, newest - command.command_id
            # the newest stays: from it the next one's id is counted
            return younger > 0 and (age > KEEP_DAYS * DAY_MS or (age > DAY_MS and younger >= keep_commands))

        oldest = oms.storage.select(Command, limit=1)
        if oldest and spare(oldest[0]):
            gone = list(takewhile(spare, oms.storage.select(Command, limit=SLICE)))
            oms.storage.delete(Command, window=Window("command_id", 0, gone[-1].command_id + 1))
