"""Triggers, schedules and cut points."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faults.plan import ANY, Chaos, Cut, Delay, Fault, Plan, Reply, Request, Trigger, cut_points, on


def request(method: str = "GET", path: str = "/", body: bytes = b"", position: int = 0) -> Request:
    return Request(method, path, "", {}, body, connection=1, position=position, at=0.0, size=100)


@pytest.mark.parametrize(
    ("trigger", "selected", "other"),
    [
        (on("POST"), request("POST"), request("GET")),
        (on(path="/oms/commands"), request(path="/oms/commands"), request(path="/oms/commands/1")),
        (on(path="/oms/orders/*"), request(path="/oms/orders/open"), request(path="/oms/deals/1")),
        (on(body=b'"send_order"'), request(body=b'{"command":"send_order"}'), request(body=b'{"command":"x"}')),
        (on(reused=True), request(position=1), request(position=0)),
        (on(reused=False), request(position=0), request(position=1)),
    ],
)
def test_trigger_selects_by_each_property(trigger: Trigger, selected: Request, other: Request) -> None:
    """A trigger takes the request that has the property and leaves the one that has not."""
    assert trigger(selected)
    assert not trigger(other)


def test_trigger_without_conditions_selects_everything() -> None:
    """ANY takes a request whatever it is."""
    assert ANY(request("DELETE", "/a/b?c", b"body", 7))


@given(st.integers(0, 5), st.integers(0, 5), st.lists(st.booleans(), max_size=20))
def test_plan_injects_exactly_its_share(skip: int, times: int, matching: list[bool]) -> None:
    """The matching requests after the first `skip` get the fault, `times` of them, and no other does."""
    fault = Reply(502)
    plan = Plan(fault, on("POST"), skip, times)
    requests = [request("POST" if match else "GET") for match in matching]
    injected = [each for each in requests if plan.choose(each) is fault]
    assert injected == [each for each in requests if each.method == "POST"][skip : skip + times]
    assert plan.hits == injected


def test_plan_without_an_end_never_stops() -> None:
    """`times=None` injects into all."""
    plan = Plan(Reply(502), ANY, times=None)
    assert all(plan.choose(request()) for _ in range(100))


FAULTS: list[Fault] = [Reply(502), Cut("down", 0), Delay("up", 0.1)]


def draws(seed: int, rate: float, count: int = 300) -> list[Fault | None]:
    chaos = Chaos(seed, rate, FAULTS)
    return [chaos.choose(request()) for _ in range(count)]


def test_chaos_repeats_itself_from_its_seed() -> None:
    """The same seed gives the same faults to the same positions, another seed gives others."""
    assert draws(1, 0.5) == draws(1, 0.5)
    assert draws(1, 0.5) != draws(2, 0.5)


def test_chaos_keeps_its_rate_and_uses_every_fault() -> None:
    """About `rate` of the requests are hit, none at 0 and all at 1, each fault among them."""
    assert set(draws(1, 0.0)) == {None}
    assert set(draws(1, 1.0)) == set(FAULTS)
    assert sum(fault is not None for fault in draws(1, 0.2)) == pytest.approx(60, abs=25)


def test_chaos_of_another_rate_draws_the_same_faults() -> None:
    """Lowering the rate takes faults away and changes none: a failing run can be thinned out."""
    pairs = list(zip(draws(1, 0.2), draws(1, 0.6), strict=True))
    assert all(few is None or few is many for few, many in pairs)


def test_chaos_leaves_other_requests_alone() -> None:
    """A request that does not match is not hit and does not shift the draws."""
    chaos = Chaos(1, 0.5, FAULTS, on("POST"))
    found = []
    for _ in range(300):
        assert chaos.choose(request("GET")) is None
        found.append(chaos.choose(request("POST")))
    assert found == draws(1, 0.5)


def test_cut_points_are_every_offset_in_both_directions() -> None:
    """Both ends and every byte between are cut once, first up, then down."""
    exchange = request()
    exchange.passed = {"up": 2, "down": 1}
    cuts = [("up", 0), ("up", 1), ("up", 2), ("down", 0), ("down", 1)]
    assert [(cut.direction, cut.after) for cut in cut_points(exchange, "rst")] == cuts
    assert all(cut.how == "rst" and cut.unit == "bytes" for cut in islice(cut_points(exchange, "rst"), 5))


def test_reply_states_its_length() -> None:
    """An injected answer is well-formed, and its headers come last, so that they can lie."""
    assert Reply(502, b"<p>", "text/html").encode() == (
        b"HTTP/1.1 502 Injected\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\n<p>"
    )
    assert b"\r\nContent-Length: 9\r\n" in Reply(200, b"{", headers={"Content-Length": "9"}).encode()
    assert b"Content-Length" not in Reply(204).encode()
