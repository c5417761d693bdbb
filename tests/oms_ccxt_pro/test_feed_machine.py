"""The feed beside a small OMS, under every order of events, reads, disconnects, restores and clock steps."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.oms_ccxt_pro.model import Model, Watched

COUNT = st.integers(1, 4)


class Machine(RuleBasedStateMachine):
    """What may happen, in any order; what holds after each step, and when everything has come to rest."""

    full: bool

    def __init__(self) -> None:
        super().__init__()
        self.model = Model(full=self.full)
        for _ in range(2):  # there before the watch begins
            self.model.create()
        self.model.fill(1)
        self.before = len(self.model.deals)
        self.watched = Watched(self.model)
        self.watched.start_read()
        self.watched.finish_read()
        self.watched.connect()
        self.watched.settle()
        self.restored = self.reordered = False

    def told(self, events: list[Any]) -> None:
        if self.watched.feed.connected:
            self.watched.wire += events

    def open_order(self, data: st.DataObject) -> int | None:
        keys = [key for key in self.model.orders if self.model.is_open(key)]
        return data.draw(st.sampled_from(keys)) if keys else None

    # The OMS

    @rule()
    def create(self) -> None:
        self.told(self.model.create())

    @rule(data=st.data(), order_first=st.booleans())
    def fill(self, data: st.DataObject, order_first: bool) -> None:
        if (key := self.open_order(data)) is not None:
            self.told(self.model.fill(key, order_first=order_first))

    @rule(data=st.data())
    def fill_whole(self, data: st.DataObject) -> None:
        if (key := self.open_order(data)) is not None:
            while self.model.is_open(key):
                self.told(self.model.fill(key))

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        if (key := self.open_order(data)) is not None:
            self.told(self.model.cancel(key))

    @rule()
    def quick_order(self) -> None:
        self.told(self.model.create())
        self.told(self.model.cancel(max(self.model.orders)))

    @rule(step=st.sampled_from([-3600.0, -3.0, 3600.0]))
    def clock_steps(self, step: float) -> None:
        self.model.skew += step

    @initialize(lag=st.sampled_from([0.0, 0.3]))
    def reads_lag(self, lag: float) -> None:
        self.model.lag = self.lag = lag

    @rule()
    def prune(self) -> None:
        self.model.prune()

    @rule()
    def history_is_lost(self) -> None:
        self.watched.disconnect()
        self.model.lose_history()

    @precondition(lambda self: self.full)
    @rule()
    def back_up(self) -> None:
        self.model.back_up()

    @precondition(lambda self: self.full and self.model.backed_up)
    @rule()
    def restore(self) -> None:
        self.watched.disconnect()
        self.model.restore()
        self.restored = True

    @precondition(lambda self: self.full and self.model.backed_up)
    @rule()
    def restore_unnoticed(self) -> None:
        """The epoch is restored, too: that is seen as long as there are fewer events than before."""
        self.watched.disconnect()
        self.model.restore(epoch_too=True)
        self.restored, self.watched.whole = True, None
        self.watched.settle()

    # The wire

    @rule(count=COUNT)
    def deliver(self, count: int) -> None:
        self.watched.deliver(count)

    @precondition(lambda self: self.watched.wire)
    @rule()
    def repeat(self) -> None:
        self.watched.wire.insert(0, self.watched.wire[0])

    @precondition(lambda self: len(self.watched.wire) > 1)
    @rule(data=st.data())
    def reorder(self, data: st.DataObject) -> None:
        """Two events change places, and both arrive."""
        wire = self.watched.wire
        at = data.draw(st.integers(0, len(wire) - 2))
        wire[at], wire[at + 1] = wire[at + 1], wire[at]
        self.reordered = True
        self.watched.deliver(at + 2)

    @precondition(lambda self: self.full and self.watched.wire)
    @rule()
    def number_is_missing(self) -> None:
        self.watched.wire[0] = type(self.watched.wire[0])(self.watched.wire[0].name, self.watched.wire[0].payload, None)

    @precondition(lambda self: not self.full and self.watched.wire)
    @rule()
    def events_are_lost(self) -> None:
        self.watched.wire = []
        self.watched.feed.check()  # the probe of a stream that tells nothing

    @rule(at_once=st.booleans(), slowly=st.booleans())
    def disconnect(self, at_once: bool, slowly: bool) -> None:
        self.watched.disconnect()
        if at_once:
            self.watched.connect(slowly=slowly)

    @precondition(lambda self: not self.watched.feed.connected)
    @rule(slowly=st.booleans(), early=st.booleans())
    def connect(self, slowly: bool, early: bool) -> None:
        happens = (lambda: self.model.create() + self.model.fill(max(self.model.orders))) if early else list
        self.watched.connect(slowly=slowly, early=happens)

    @rule(count=COUNT)
    def keep_up(self, count: int) -> None:
        """Everything arrives, and some reads are answered at once."""
        self.watched.deliver(len(self.watched.wire))
        for _ in range(count):
            self.watched.finish_read()
            self.watched.start_read()
            self.watched.finish_read()

    @rule()
    def start_read(self) -> None:
        self.watched.start_read()

    @rule(fails=st.booleans())
    def finish_read(self, fails: bool) -> None:
        self.watched.finish_read(fails=fails)

    @rule(seconds=st.sampled_from([0.01, 0.3, 1.1]))
    def time_passes(self, seconds: float) -> None:
        self.model.time += seconds

    @rule()
    def check(self) -> None:
        self.watched.feed.check()

    @rule()
    def settle(self) -> None:
        self.watched.settle()
        self.model.time += 1.0  # what a read that lags shows is complete by now
        if not self.full:
            self.watched.feed.check()
        self.watched.settle()
        self.at_rest()

    # What holds

    @invariant()
    def no_fill_is_told_twice(self) -> None:
        assert len(set(self.watched.fills)) == len(self.watched.fills)

    @invariant()
    def states_do_not_go_backwards(self) -> None:
        if not self.restored:
            for told in self.watched.states.values():
                assert told == sorted(told, key=lambda state: (state[1], state[0]))

    @invariant()
    def nothing_is_skipped(self) -> None:
        assert self.watched.skipped == []

    @invariant()
    def what_waits_is_counted(self) -> None:
        assert self.watched.backlog.unread == self.watched.feed.waiting

    def at_rest(self) -> None:
        """What is held is what the OMS has, and every fill was told, in the OMS's order."""
        model, watched = self.model, self.watched
        held = {each.found.row["id"]: each for each in watched.feed.ledger.orders}
        for key, row in model.orders.items():
            filled, over = model.dealt(key), not model.is_open(key)
            if key in held or not over:
                assert held[key].over == over
                assert held[key].found.row["status"] == row["status"]
            told = watched.states.get(str(key))
            if told and not self.restored:
                assert told[-1] == (filled, over)
            assert told or key <= 2 or self.restored
        due = [(row["id"], row["exchange_trade_id"]) for key, row in sorted(model.deals.items()) if key > self.before]
        if self.restored:
            assert set(due) <= set(watched.fills)
        else:
            assert (sorted(watched.fills) if self.reordered else watched.fills) == due

    def teardown(self) -> None:
        self.settle()


class FullMachine(Machine):
    """A full OMS."""

    full = True


class LegacyMachine(Machine):
    """A legacy OMS."""

    full = False


BOUNDED = settings(
    max_examples=400,
    stateful_step_count=50,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def test_a_feed_tells_what_a_full_oms_has() -> None:
    """Events with numbers and rows, resumed or read."""
    run_state_machine_as_test(FullMachine, settings=BOUNDED)


def test_a_feed_tells_what_a_legacy_oms_has() -> None:
    """Thin events without numbers, and reads that lag behind them."""
    run_state_machine_as_test(LegacyMachine, settings=BOUNDED)
