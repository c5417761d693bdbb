from decimal import Decimal, localcontext
from typing import Any

import pytest
from ccxt.base.precise import Precise
from hypothesis import given
from hypothesis import strategies as st

from oms_ccxt_async.mappers.number import add, divide, exact, magnitude, multiply, nonzero, plain, quantity, subtract

plain_decimals = st.decimals(-(10**20) + 1, 10**20 - 1, places=18).map(lambda value: str(Precise(format(value, "f"))))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.500000000000000000", "0.5"),
        ("60000.000000000000000000", "60000"),
        ("0E-18", "0"),
        ("-0.000", "0"),
        ("1E-8", "0.00000001"),
        ("1.5E+3", "1500"),
        ("100", "100"),
        ("-0.25", "-0.25"),
    ],
)
def test_wire_decimal_becomes_plain(text: str, expected: str) -> None:
    """A decimal of the OMS loses zeros and exponent and nothing else (fact 14)."""
    assert plain(text) == expected


@pytest.mark.parametrize(
    "text", ["", " 1", "1_000", "NaN", "Infinity", "+1", "007", ".5", "5.", "1e999", "9" * 21, "٣", "0x1", "1,5"]
)
def test_anything_else_on_the_wire_is_refused(text: str) -> None:
    """What Python's Decimal would be kind to, or choke on, is no decimal of the OMS."""
    with pytest.raises(ValueError, match="is not a decimal"):
        plain(text)


def test_what_cannot_be_below_zero() -> None:
    """A magnitude may be zero; a quantity of zero is none."""
    assert (magnitude("0E-18"), magnitude("1.50")) == ("0", "1.5")
    assert (quantity("0E-18"), quantity("1.50")) == (None, "1.5")
    for read in (magnitude, quantity):
        with pytest.raises(ValueError, match="is negative"):
            read("-0.1")


@given(plain_decimals, plain_decimals)
def test_arithmetic_is_that_of_precise(left: str, right: str) -> None:
    """Sums and products are exact and quotients cut at 18 places, as ccxt computes them."""
    assert add(left, right) == Precise.string_add(left, right)
    assert subtract(left, right) == Precise.string_sub(left, right)
    assert multiply(left, right) == Precise.string_mul(left, right)
    assert divide(left, right) == Precise.string_div(left, right)
    assert divide(left, right, 4) == Precise.string_div(left, right, 4)


@given(plain_decimals, plain_decimals)
def test_arithmetic_does_not_depend_on_the_callers_context(left: str, right: str) -> None:
    """A strategy that lowers the precision of its decimals does not lower ours."""
    with localcontext(prec=3):
        assert Decimal(multiply(left, right)) == Decimal(Precise.string_mul(left, right))
        assert add(left, right) == Precise.string_add(left, right)


def test_negative_quotient_is_cut_as_precise_cuts_it() -> None:
    """The digits of a negative dividend that no longer matter are rounded down before it is divided."""
    assert divide("-0.96999", "1", 4) == Precise.string_div("-0.96999", "1", 4) == "-0.97"
    assert divide("-1", "3", 4) == Precise.string_div("-1", "3", 4) == "-0.3333"


def test_zero_is_nothing() -> None:
    """A zero price or quantity says that there is none."""
    assert (nonzero("0"), nonzero("0.1"), nonzero(None)) == (None, "0.1", None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.1, "0.1"),
        (1e-8, "0.00000001"),
        (1e22, "10000000000000000000000"),
        (60000, "60000"),
        (2**53 + 1, "9007199254740993"),
        (Decimal("0.10"), "0.1"),
        (Decimal("1E+3"), "1000"),
        ("0.500", "0.5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("+1e-18", "0.000000000000000001"),
        ("-3", "-3"),
    ],
)
def test_users_number_is_taken_digit_for_digit(value: object, expected: str) -> None:
    """What a user writes is what is sent, without an exponent."""
    assert exact(value) == expected


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=1e-20, max_value=1e30))
def test_float_survives_the_way_to_the_wire(value: float) -> None:
    """A float reads back as the same float."""
    assert float(exact(value)) == value


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (None, "is missing"),
        ("", "is missing"),
        (True, "is a boolean, not a number: True"),
        (float("nan"), "is not a decimal number: 'nan'"),
        (float("inf"), "is not a decimal number: 'inf'"),
        (Decimal("NaN"), "is not a decimal number: 'NaN'"),
        ("one", "is not a decimal number: 'one'"),
        ("1_000", "is not a decimal number: '1_000'"),
        ("1 ", "is not a decimal number: '1 '"),
        ([1], "is a list, not a number"),
        (1j, "is a complex, not a number"),
        ("1e999999999", "has more than 40 digits on one side of the point: 1e999999999"),
        (1e-300, "has more than 40 digits on one side of the point: 1e-300"),
    ],
)
def test_what_is_not_a_number_is_refused(value: Any, complaint: str) -> None:
    """The text says what was given, to be read after the argument's name."""
    with pytest.raises(ValueError, match=r"^(is|has) ") as caught:
        exact(value)
    assert str(caught.value) == complaint
