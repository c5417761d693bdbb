"""The file of accounts: what it says, and what it cannot mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from oms_ccxt_async.dropin.accounts import AccountEntry, read_accounts


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense", "Expected '='"),
        ("[[account]]\naccount_id = 1", "needs as"),
        ("[[account]]\nas = 'binance'", "needs as"),
        ("[[account]]\nas = 'binance'\naccount_id = '1'", "account_id = '1' must be of type int"),
        ("[[account]]\nas = 'binance'\naccount_id = true", "account_id = True must be of type int"),
        ("[[account]]\nas = 'binance'\naccount_id = 1\ntest = 'yes'", "test = 'yes' must be of type bool"),
        ("[[account]]\nas = 7\naccount_id = 1", "as = 7 must be of type str"),
        ("[[account]]\nas = 'binance'\naccount_id = 1\nwhen = 'x'", "when = 'x' must be of type dict"),
        ("[[accounts]]\nas = 'binance'\naccount_id = 1", r"the file has no accounts; did you mean \[\[account\]\]\?"),
        ("[account]\nas = 'binance'\naccount_id = 1", r"write \[\[account\]\]"),
        ("account = [1]", r"write \[\[account\]\]"),
        ("test = true", r"the file has no test; it takes account_id, strategy_id, base_url, api_key, \[\[account\]\]"),
        ("base-url = 'http://oms'", r"the file has no base-url; did you mean base_url\?"),
        (
            "[[account]]\nas = 'binance'\naccount_id = 1\ntests = true",
            r"an \[\[account\]\] has no tests; did you mean test\?",
        ),
        ("[[account]]\nas = 'binance'\naccount_id = 1\naccount = 2", r"has no account; did you mean account_id\?"),
        ("colour = 'red'\n[[account]]\nas = 'binance'\naccount_id = 1", "the file has no colour; it takes"),
        ("[[account]]\nas = 'x'\naccount_id = 1\n[[account]]\nas = 'x'\naccount_id = 2", "tells them apart"),
    ],
)
def test_files_that_make_no_sense(tmp_path: Path, text: str, said: str) -> None:
    """What cannot be meant is refused, and the file is named."""
    path = tmp_path / "accounts.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=said) as caught:
        read_accounts(str(path))
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A file that cannot be read is named."""
    with pytest.raises(ValueError, match=r"accounts\.toml"):
        read_accounts(str(tmp_path / "accounts.toml"))


def test_a_file_that_makes_sense(tmp_path: Path) -> None:
    """What stands at the top holds for every account that does not say otherwise, and a test account is another one."""
    path = tmp_path / "accounts.toml"
    path.write_text(
        """
        base_url = "http://oms:8000"

        [[account]]
        as = "binance"
        account_id = 1

        [[account]]
        as = "binance"
        account_id = 2
        base_url = "http://test:8000"
        test = true
        when = { subaccount = 3 }

        [[account]]
        as = "binance"
        account_id = 3
        test = true
        """
    )
    assert read_accounts(str(path)) == (
        AccountEntry("binance", {}, False, {"account_id": 1, "base_url": "http://oms:8000"}),
        AccountEntry("binance", {"subaccount": "3"}, True, {"account_id": 2, "base_url": "http://test:8000"}),
        AccountEntry("binance", {}, True, {"account_id": 3, "base_url": "http://oms:8000"}),
    )
