"""The journal against a model, while its disk is full or fails and its process dies at any byte of any write."""

from __future__ import annotations

import errno
import shutil
import tempfile
from io import FileIO
from pathlib import Path
from typing import Any, Literal
from unittest import mock

import ccxt
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from oms_ccxt_async.orders import journal
from oms_ccxt_async.orders.journal import Journal

Fault = Literal["none", "full", "fails", "fails for good", "dies"]
FAULTS = st.sampled_from(["none", "none", "full", "fails", "fails for good", "dies"])
KEYS = st.sampled_from("abcdef")


class Died(BaseException):
    """The process is killed."""


class Disk(FileIO):
    """A file whose next write goes wrong as `fault` says, after a share of its bytes.

    Attributes:
        skip: how many writes go well before.
    """

    fault: Fault = "none"
    share = 0.0
    skip = 0

    def write(self, data: Any) -> int:
        kind = type(self)
        if kind.fault == "none" or kind.skip:
            kind.skip = max(0, kind.skip - 1)
            return super().write(data)
        fault = kind.fault
        if fault != "fails for good":
            kind.fault = "none"
        written = super().write(data[: int(len(data) * kind.share)])
        if fault == "dies":
            raise Died
        if fault == "full":
            return written
        raise OSError(errno.EIO, "the disk fails")

    def truncate(self, size: int | None = None) -> int:
        if type(self).fault == "fails for good":
            raise OSError(errno.EIO, "the disk fails")
        return super().truncate(size)


class JournalMachine(RuleBasedStateMachine):
    """One process after another, each with the journal, and what they owe to the next one."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.path = self.directory / "journal"
        self.held: Journal | None = None
        # Intents that are open for sure; those that may be found although nobody was told that they are noted, or that
        # their end is.
        self.open: set[str] = set()
        self.perhaps: set[str] = set()
        self.patches: list[Any] = [mock.patch.object(journal, "FileIO", Disk), mock.patch.object(journal, "ROOMY", 120)]
        for patch in self.patches:
            patch.start()
        Disk.fault, Disk.skip = "none", 0

    def teardown(self) -> None:
        for patch in self.patches:
            patch.stop()
        if self.held is not None:
            self.held.close()
        shutil.rmtree(self.directory)

    @rule(fault=FAULTS, share=st.floats(0, 1), skip=st.integers(0, 1))
    @precondition(lambda self: self.held is None)
    def begin_a_process(self, fault: Fault, share: float, skip: int) -> None:
        """A process opens it: everything that is owed is there, and it rewrites the file."""
        Disk.fault, Disk.share, Disk.skip = fault, share, skip
        try:
            self.held = Journal(self.path)
        except ccxt.OperationRejected:
            assert fault != "none"
            return
        except Died:
            return
        finally:
            Disk.fault = "none"
        found = {record["intent"] for record in self.held.open_intents}
        assert self.open <= found <= self.open | self.perhaps
        self.open, self.perhaps = found, set()

    @rule(keys=st.lists(KEYS, min_size=1, max_size=3, unique=True), fault=FAULTS, share=st.floats(0, 1))
    @precondition(lambda self: self.held is not None)
    def note(self, keys: list[str], fault: Fault, share: float) -> None:
        """Intents are noted, all of them or none."""
        assert self.held is not None
        Disk.fault, Disk.share = fault, share
        keys = [key for key in keys if key not in self.open]
        if not keys:
            return
        before = {record["intent"] for record in self.held.open_intents}
        try:
            self.held.begin({key: {"note": "x" * 20} for key in keys})
        except ccxt.OperationRejected:
            assert {record["intent"] for record in self.held.open_intents} == before
            if fault == "fails for good":
                self.perhaps |= set(keys)
        except Died:
            self.perhaps |= set(keys)
            self.die()
        else:
            self.open |= set(keys)
            self.perhaps -= set(keys)
        Disk.fault = "none"

    @rule(key=KEYS, fault=FAULTS, share=st.floats(0, 1), skip=st.integers(0, 1))
    @precondition(lambda self: self.held is not None)
    def tell(self, key: str, fault: Fault, share: float, skip: int) -> None:
        """A program is told of an order; where that cannot be noted, the order is looked up once too often."""
        assert self.held is not None
        Disk.fault, Disk.share, Disk.skip = fault, share, skip
        known = key in self.open
        try:
            self.held.end(key, "accepted 1")
        except Died:
            self.die()
        Disk.fault, Disk.skip = "none", 0
        self.open.discard(key)
        if known:
            self.perhaps.add(key)  # as far as it was noted: the next process says

    @rule()
    @precondition(lambda self: self.held is not None)
    def another_process(self) -> None:
        """While it is held nobody else gets it, and nothing of it is lost by the attempt."""
        with pytest.raises(ccxt.OperationRejected, match="held by another process"):
            Journal(self.path)

    @rule()
    @precondition(lambda self: self.held is not None)
    def die(self) -> None:
        """The process is killed between two writes."""
        assert self.held is not None
        self.held._held.close()  # as the kernel does
        self.held = None

    @invariant()
    def what_is_noted_is_known(self) -> None:
        """The process that has it knows what is open."""
        if self.held is not None:
            assert {record["intent"] for record in self.held.open_intents} == self.open


TestJournalMachine = JournalMachine.TestCase
TestJournalMachine.settings = settings(max_examples=120, stateful_step_count=30, deadline=None, derandomize=True)
