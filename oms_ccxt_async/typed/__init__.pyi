# Made by tests/typing/make_stubs.py of ccxt 4.5.90: `make stubs`.
# mypy: disable-error-code="override, assignment, misc"

