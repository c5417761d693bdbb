"""Exact decimals between the wire, the user and ccxt's number types.

A quantity travels through this package as a *plain* string: no exponent, no trailing zeros, zero is `"0"`. It is
equal to another one exactly if the strings are equal, and it is what `exchange.number` is called with.
"""

import re
from decimal import ROUND_FLOOR, Context, Decimal, InvalidOperation
from functools import lru_cache
from numbers import Integral

__all__ = ["add", "divide", "exact", "magnitude", "multiply", "nonzero", "plain", "quantity", "subtract"]

# At most 50 digits a factor and four factors a product: no operation below is ever rounded but the division.
_EXACT = Context(prec=400)

# The exponent is bounded because "1e999999999" is twelve characters on the wire and a gigabyte when written out.
_WIRE_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,19})(?:\.[0-9]{1,30})?(?:E[+-]?[0-9]{1,2})?").fullmatch
_USER_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?").fullmatch
_MOST_DIGITS = 40


def _plain(value: Decimal) -> str:
    text = str(value)
    if "E" in text:
        text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _read(text: str) -> str:
    if type(text) is not str or _WIRE_DECIMAL(text) is None:
        raise ValueError("is not a decimal")
    if "E" in text:
        return _plain(Decimal(text))
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _unsigned(text: str) -> str:
    value = _read(text)
    if value[0] == "-":
        raise ValueError("is negative")
    return value


def plain(text: str | None) -> str | None:
    """The shortest plain form of a decimal string of the OMS (fact 14): `"0.500000000000000000"` -> `"0.5"`.

    Args:
        text: Digits with an optional sign, fraction and two-digit exponent (`"0E-18"`); None stays None.

    Raises:
        ValueError: It is anything else, NaN and Infinity included.
    """
    return None if text is None else _read(text)


def magnitude(text: str | None) -> str | None:
    """`plain` for what cannot be below zero; raises `ValueError` if it is."""
    return None if text is None else _unsigned(text)


def quantity(text: str | None) -> str | None:
    """`magnitude`, and None where it is zero: a price or an amount of zero says that there is none."""
    return None if text is None else nonzero(_unsigned(text))


def exact(value: object) -> str:
    """The plain decimal string of an amount or price as a user writes it, digit for digit: `0.1` -> `"0.1"`.

    Args:
        value: An int, float (taken as it prints), Decimal or decimal string.

    Raises:
        ValueError: It is not a finite number of at most 40 digits on either side of the point; the text says what
            it is, to be read after the name of the argument.
    """
    if value is None or value == "":
        raise ValueError("is missing")
    if isinstance(value, bool):
        raise ValueError(f"is a boolean, not a number: {value}")
    if isinstance(value, float):
        text = repr(float(value))  # numpy.float64 is a float whose own repr is not a number
    elif isinstance(value, Integral | Decimal | str):
        text = str(value)
    else:
        raise ValueError(f"is a {type(value).__name__}, not a number")
    if _USER_DECIMAL(text) is None:
        raise ValueError(f"is not a decimal number: {text[:50]!r}")
    try:
        number = Decimal(text)
    except InvalidOperation:  # an exponent beyond what a Decimal can have
        raise ValueError(f"has more than {_MOST_DIGITS} digits on one side of the point: {text[:50]}") from None
    exponent = number.as_tuple().exponent
    if number and (number.adjusted() >= _MOST_DIGITS or (isinstance(exponent, int) and exponent < -_MOST_DIGITS)):
        raise ValueError(f"has more than {_MOST_DIGITS} digits on one side of the point: {text[:50]}")
    return _plain(number)


def add(left: str, right: str) -> str:
    """The exact sum of two plain decimals."""
    return _plain(_EXACT.add(Decimal(left), Decimal(right)))


@lru_cache(maxsize=4096)
def subtract(left: str, right: str) -> str:
    """The exact difference of two plain decimals."""
    if right == "0":
        return left
    return "0" if left == right else _plain(_EXACT.subtract(Decimal(left), Decimal(right)))


@lru_cache(maxsize=4096)
def multiply(left: str, right: str) -> str:
    """The exact product of two plain decimals."""
    if right == "1" or left == "0":
        return left
    return _plain(_EXACT.multiply(Decimal(left), Decimal(right)))


def divide(left: str, right: str, places: int = 18) -> str | None:
    """The quotient cut to some decimal places exactly as ccxt's `Precise` cuts it; None where `right` is zero."""
    if right == "0":
        return None
    decimals = len(right.partition(".")[2])
    divisor = Decimal(right).scaleb(decimals, _EXACT)
    # Precise first rounds the dividend down to the digits that can matter, and only then divides and truncates; both
    # are one for positive numbers, but -0.96999 to four places becomes -0.97.
    dividend = Decimal(left).scaleb(places + decimals, _EXACT).to_integral_value(ROUND_FLOOR, _EXACT)
    return _plain(_EXACT.divide_int(dividend, divisor).scaleb(-places, _EXACT))


def nonzero(value: str | None) -> str | None:
    """The plain decimal, None where it is zero: a price or a quantity of zero says that there is none."""
    return None if value == "0" else value
