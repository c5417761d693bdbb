"""Mistakes that the sandbox could have."""

from __future__ import annotations

from tests.ablations.mutation import SANDBOX, Mutation

__all__ = ["THE_SANDBOX"]

THE_SANDBOX = (
    Mutation(
        "the sandbox publishes before it commits",
        "oms_ccxt_async/sandbox/oms.py",
        "                self.events.store()\n",
        "                self.events.store()\n                self.events.publish()\n",
        "Subscribers are told of what is not stored after all (fault 44).",
        (f"{SANDBOX}/test_oms.py::test_events_are_told_only_after_their_commit",),
    ),
    Mutation(
        "the sandbox's exchange keeps what was not stored",
        "oms_ccxt_async/sandbox/oms.py",
        "            self._ahead.update(account_ids)\n",
        "",
        "After a full disk the exchange has orders and money that the records have not.",
        (f"{SANDBOX}/test_oms.py::test_a_full_disk_is_a_503_and_changes_nothing",),
    ),
    Mutation(
        "the sandbox does not recognise a repeat",
        "oms_ccxt_async/sandbox/commands.py",
        "        if earlier is not None:\n            answer = Answer(",
        "        if earlier is not None and earlier.status > 1000:\n            answer = Answer(",
        "A command that is sent again is carried out again (extension 2).",
        (f"{SANDBOX}/test_commands.py::test_a_repeat_answers_the_same_and_does_nothing",),
    ),
    Mutation(
        "the sandbox takes a client order id twice",
        "oms_ccxt_async/sandbox/desk.py",
        "        if client_order_id is None or not self.oms.full:\n            return\n",
        "        return\n",
        "Two orders stand under one client order id (I1).",
        (f"{SANDBOX}/test_commands.py::test_a_client_order_id_is_used_once",),
    ),
    Mutation(
        "the sandbox replays what it has pruned",
        "oms_ccxt_async/sandbox/events.py",
        "        if event_id < newest and (not found or found[0].event_id != event_id + 1):\n            return None\n",
        "",
        "A client that resumes from before a prune is not told that events are gone (fault 34).",
        (f"{SANDBOX}/test_events.py::test_only_the_newest_are_kept",),
    ),
    Mutation(
        "the sandbox gives the numbers of forgotten events again",
        "oms_ccxt_async/sandbox/events.py",
        "            self._storage.set_meta(_FORGOTTEN.format(account_id), str(last_id))\n",
        "            pass\n",
        "After a restart other events stand under numbers that clients have seen.",
        (f"{SANDBOX}/test_events.py::test_ids_of_forgotten_events_are_not_given_again",),
    ),
    Mutation(
        "the sandbox lets one account cancel another's order",
        "oms_ccxt_async/sandbox/desk.py",
        "self.oms.storage.get(Order, id=order_id, account_id=self.account_id)",
        "self.oms.storage.get(Order, id=order_id)",
        "A key trades on an account that it has no right on.",
        (f"{SANDBOX}/test_commands.py::test_another_accounts_order_is_not_found",),
    ),
)
