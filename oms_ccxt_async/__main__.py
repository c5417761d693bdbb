"""`python -m oms_ccxt_async`: the `oms-ccxt` command."""

from oms_ccxt_async.cli import main

if __name__ == "__main__":
    main()
