"""The tables of schema.sql in PostgreSQL.

What stands here was carried out somewhere and is not changed any more: the next change is the next file.
"""

from alembic import op

revision = "oms_0001"
down_revision = None

TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);

-- The exchange's side. Its decimals are kept as the exchange gave them.

CREATE TABLE exchange_orders (
    id BIGINT PRIMARY KEY, account_id BIGINT NOT NULL, symbol TEXT NOT NULL, status TEXT NOT NULL, ticket TEXT NOT NULL,
    amount TEXT NOT NULL, price TEXT, filled TEXT NOT NULL, cost TEXT NOT NULL, triggered BIGINT NOT NULL,
    trigger_above BIGINT, created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL, turn BIGINT NOT NULL
);
-- what changed since a process last looked
CREATE INDEX exchange_orders_by_turn ON exchange_orders (account_id, turn);
CREATE INDEX exchange_orders_by_account ON exchange_orders (account_id, status);

CREATE TABLE exchange_trades (
    id BIGINT PRIMARY KEY, order_id BIGINT NOT NULL, account_id BIGINT NOT NULL, symbol TEXT NOT NULL,
    side TEXT NOT NULL, price TEXT NOT NULL, amount TEXT NOT NULL, taker_or_maker TEXT NOT NULL, fee TEXT NOT NULL,
    fee_currency TEXT NOT NULL, timestamp_ms BIGINT NOT NULL
);
CREATE INDEX exchange_trades_by_order ON exchange_trades (order_id);
CREATE INDEX exchange_trades_by_account ON exchange_trades (account_id, id);
CREATE INDEX exchange_trades_by_time ON exchange_trades (account_id, timestamp_ms);

CREATE TABLE exchange_balances (
    account_id BIGINT NOT NULL, currency TEXT NOT NULL, free TEXT NOT NULL, used TEXT NOT NULL,
    PRIMARY KEY (account_id, currency)
);

CREATE TABLE exchange_positions (
    account_id BIGINT NOT NULL, symbol TEXT NOT NULL, amount TEXT NOT NULL, entry_price TEXT NOT NULL,
    leverage TEXT NOT NULL, PRIMARY KEY (account_id, symbol)
);

CREATE TABLE exchange_leverages (
    account_id BIGINT NOT NULL, symbol TEXT NOT NULL, leverage TEXT NOT NULL, PRIMARY KEY (account_id, symbol)
);

CREATE TABLE exchange_margin_modes (
    account_id BIGINT NOT NULL, symbol TEXT NOT NULL, mode TEXT NOT NULL, PRIMARY KEY (account_id, symbol)
);

CREATE TABLE exchange_fundings (
    id BIGINT PRIMARY KEY, account_id BIGINT NOT NULL, symbol TEXT NOT NULL, rate TEXT NOT NULL, amount TEXT NOT NULL,
    timestamp_ms BIGINT NOT NULL
);
CREATE INDEX exchange_fundings_by_time ON exchange_fundings (account_id, timestamp_ms);

CREATE TABLE exchange_transfers (
    id BIGINT PRIMARY KEY, account_id BIGINT NOT NULL, currency TEXT NOT NULL, amount TEXT NOT NULL,
    from_account TEXT NOT NULL, to_account TEXT NOT NULL, timestamp_ms BIGINT NOT NULL
);
CREATE INDEX exchange_transfers_by_time ON exchange_transfers (account_id, timestamp_ms);

-- The OMS's side: one table a class of rows.py.

CREATE TABLE accounts (
    account_id BIGINT PRIMARY KEY, label TEXT NOT NULL, exchange_id TEXT NOT NULL, position_mode TEXT NOT NULL,
    is_testnet BIGINT NOT NULL, status TEXT NOT NULL, allow_new_positions BIGINT NOT NULL
);

CREATE TABLE strategies (
    strategy_id BIGINT PRIMARY KEY, client_strategy_id BIGINT, name TEXT NOT NULL UNIQUE, status TEXT NOT NULL,
    account_ids TEXT NOT NULL
);

CREATE TABLE api_keys (
    api_key_id BIGINT PRIMARY KEY, role TEXT NOT NULL, is_admin BIGINT NOT NULL, digest TEXT NOT NULL UNIQUE
);

CREATE TABLE permissions (
    api_key_id BIGINT NOT NULL, account_id BIGINT NOT NULL, can_read BIGINT NOT NULL, can_trade BIGINT NOT NULL,
    can_close BIGINT NOT NULL, strategy_ids TEXT, PRIMARY KEY (api_key_id, account_id)
);

CREATE TABLE commands (
    command_id BIGINT PRIMARY KEY, account_id BIGINT NOT NULL, command TEXT NOT NULL, request_id TEXT,
    body_digest TEXT, status BIGINT NOT NULL, answer TEXT NOT NULL, created_ms BIGINT NOT NULL
);
CREATE INDEX commands_by_request ON commands (account_id, request_id) WHERE request_id IS NOT NULL;

CREATE TABLE orders (
    id BIGINT PRIMARY KEY, command_id BIGINT, account_id BIGINT NOT NULL, symbol TEXT NOT NULL, side TEXT NOT NULL,
    order_type TEXT NOT NULL, status TEXT NOT NULL, strategy_id BIGINT NOT NULL, position_id BIGINT NOT NULL,
    previous_position_id BIGINT, reason TEXT NOT NULL, comment TEXT, client_order_id TEXT, exchange_order_id BIGINT,
    reduce_only BIGINT NOT NULL, qty TEXT NOT NULL, price TEXT, stop_loss TEXT, stop_gain TEXT,
    filled_qty TEXT NOT NULL, avg_fill_price TEXT, fee TEXT, fee_currency TEXT, edit_replace_state TEXT,
    edit_replace_ms BIGINT, created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL, closed_ms BIGINT
);
CREATE INDEX orders_by_status ON orders (account_id, status, reduce_only);
CREATE INDEX orders_by_update ON orders (account_id, updated_ms);
CREATE INDEX orders_by_client ON orders (account_id, client_order_id) WHERE client_order_id IS NOT NULL;
CREATE INDEX orders_by_exchange ON orders (exchange_order_id);

CREATE TABLE deals (
    id BIGINT PRIMARY KEY, account_id BIGINT NOT NULL, order_id BIGINT, position_id BIGINT NOT NULL,
    previous_position_id BIGINT, symbol TEXT NOT NULL, side TEXT NOT NULL, qty TEXT NOT NULL, price TEXT NOT NULL,
    fee TEXT, fee_currency TEXT, pnl TEXT NOT NULL, strategy_id BIGINT NOT NULL, reason TEXT NOT NULL, comment TEXT,
    reconciled BIGINT NOT NULL, exchange_trade_id BIGINT, created_ms BIGINT NOT NULL, executed_ms BIGINT NOT NULL
);
CREATE INDEX deals_by_execution ON deals (account_id, executed_ms);
CREATE INDEX deals_by_order ON deals (order_id);
CREATE INDEX deals_by_position ON deals (position_id);

CREATE TABLE positions (
    id BIGINT PRIMARY KEY, account_id BIGINT NOT NULL, symbol TEXT NOT NULL, strategy_id BIGINT NOT NULL,
    side TEXT NOT NULL, qty TEXT NOT NULL, avg_price TEXT NOT NULL, stop_loss TEXT, stop_gain TEXT, state TEXT NOT NULL,
    reason TEXT NOT NULL, comment TEXT, opened_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL, closed_ms BIGINT
);
CREATE INDEX positions_by_state ON positions (account_id, state, symbol);
CREATE INDEX positions_by_update ON positions (account_id, updated_ms);
CREATE INDEX positions_with_stop ON positions (id) WHERE stop_loss IS NOT NULL OR stop_gain IS NOT NULL;

CREATE TABLE events (
    account_id BIGINT NOT NULL, event_id BIGINT NOT NULL, name TEXT NOT NULL, payload TEXT NOT NULL,
    created_ms BIGINT NOT NULL, PRIMARY KEY (account_id, event_id)
);

CREATE TABLE cursors (
    account_id BIGINT PRIMARY KEY, trade_id BIGINT NOT NULL, cursor_ms BIGINT, updated_ms BIGINT NOT NULL
);

-- Several processes change one account in turn: whoever has its row locked. `turn` counts the transactions that changed
-- what processes hold of the account, `event_id` is its newest event.

CREATE TABLE turns (account_id BIGINT PRIMARY KEY, turn BIGINT NOT NULL, event_id BIGINT NOT NULL);

-- A process takes so many ids at once, and gives back none.

CREATE SEQUENCE commands_ids INCREMENT 16;
CREATE SEQUENCE orders_ids INCREMENT 16;
CREATE SEQUENCE deals_ids INCREMENT 16;
CREATE SEQUENCE positions_ids INCREMENT 16;
CREATE SEQUENCE exchange_ids START 900001 INCREMENT 64;
"""


def upgrade() -> None:
    op.execute(TABLES)
