-- Decimals are TEXT with 18 places, ids and epoch milliseconds INTEGER, booleans 0 or 1, lists and objects JSON in TEXT.

CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);

-- The exchange's side. Its decimals are kept as the exchange gave them.

CREATE TABLE IF NOT EXISTS exchange_orders (
    id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL, symbol TEXT NOT NULL, status TEXT NOT NULL, ticket TEXT NOT NULL,
    amount TEXT NOT NULL, price TEXT, filled TEXT NOT NULL, cost TEXT NOT NULL, triggered INTEGER NOT NULL,
    trigger_above INTEGER, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS exchange_orders_by_account ON exchange_orders (account_id, status);

CREATE TABLE IF NOT EXISTS exchange_trades (
    id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, account_id INTEGER NOT NULL, symbol TEXT NOT NULL,
    side TEXT NOT NULL, price TEXT NOT NULL, amount TEXT NOT NULL, taker_or_maker TEXT NOT NULL, fee TEXT NOT NULL,
    fee_currency TEXT NOT NULL, timestamp_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS exchange_trades_by_order ON exchange_trades (order_id);
CREATE INDEX IF NOT EXISTS exchange_trades_by_account ON exchange_trades (account_id, id);
CREATE INDEX IF NOT EXISTS exchange_trades_by_time ON exchange_trades (account_id, timestamp_ms);

CREATE TABLE IF NOT EXISTS exchange_balances (
    account_id INTEGER NOT NULL, currency TEXT NOT NULL, free TEXT NOT NULL, used TEXT NOT NULL,
    PRIMARY KEY (account_id, currency)
);

CREATE TABLE IF NOT EXISTS exchange_positions (
    account_id INTEGER NOT NULL, symbol TEXT NOT NULL, amount TEXT NOT NULL, entry_price TEXT NOT NULL,
    leverage TEXT NOT NULL, PRIMARY KEY (account_id, symbol)
);

CREATE TABLE IF NOT EXISTS exchange_leverages (
    account_id INTEGER NOT NULL, symbol TEXT NOT NULL, leverage TEXT NOT NULL, PRIMARY KEY (account_id, symbol)
);

CREATE TABLE IF NOT EXISTS exchange_margin_modes (
    account_id INTEGER NOT NULL, symbol TEXT NOT NULL, mode TEXT NOT NULL, PRIMARY KEY (account_id, symbol)
);

CREATE TABLE IF NOT EXISTS exchange_fundings (
    id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL, symbol TEXT NOT NULL, rate TEXT NOT NULL, amount TEXT NOT NULL,
    timestamp_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS exchange_fundings_by_time ON exchange_fundings (account_id, timestamp_ms);

CREATE TABLE IF NOT EXISTS exchange_transfers (
    id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL, currency TEXT NOT NULL, amount TEXT NOT NULL,
    from_account TEXT NOT NULL, to_account TEXT NOT NULL, timestamp_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS exchange_transfers_by_time ON exchange_transfers (account_id, timestamp_ms);

-- The OMS's side: one table a class of rows.py.

CREATE TABLE IF NOT EXISTS accounts (
    account_id INTEGER PRIMARY KEY, label TEXT NOT NULL, exchange_id TEXT NOT NULL, position_mode TEXT NOT NULL,
    is_testnet INTEGER NOT NULL, status TEXT NOT NULL, allow_new_positions INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS strategies (
    strategy_id INTEGER PRIMARY KEY, client_strategy_id INTEGER, name TEXT NOT NULL UNIQUE, status TEXT NOT NULL,
    account_ids TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS api_keys (
    api_key_id INTEGER PRIMARY KEY, role TEXT NOT NULL, is_admin INTEGER NOT NULL, digest TEXT NOT NULL UNIQUE
);

CREATE TABLE IF NOT EXISTS permissions (
    api_key_id INTEGER NOT NULL, account_id INTEGER NOT NULL, can_read INTEGER NOT NULL, can_trade INTEGER NOT NULL,
    can_close INTEGER NOT NULL, strategy_ids TEXT, PRIMARY KEY (api_key_id, account_id)
);

CREATE TABLE IF NOT EXISTS commands (
    command_id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL, command TEXT NOT NULL, request_id TEXT,
    body_digest TEXT, status INTEGER NOT NULL, answer TEXT NOT NULL, created_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS commands_by_request ON commands (account_id, request_id) WHERE request_id IS NOT NULL;

CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY, command_id INTEGER, account_id INTEGER NOT NULL, symbol TEXT NOT NULL, side TEXT NOT NULL,
    order_type TEXT NOT NULL, status TEXT NOT NULL, strategy_id INTEGER NOT NULL, position_id INTEGER NOT NULL,
    previous_position_id INTEGER, reason TEXT NOT NULL, comment TEXT, client_order_id TEXT, exchange_order_id INTEGER,
    reduce_only INTEGER NOT NULL, qty TEXT NOT NULL, price TEXT, stop_loss TEXT, stop_gain TEXT,
    filled_qty TEXT NOT NULL, avg_fill_price TEXT, fee TEXT, fee_currency TEXT, edit_replace_state TEXT,
    edit_replace_ms INTEGER, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, closed_ms INTEGER
);
CREATE INDEX IF NOT EXISTS orders_by_status ON orders (account_id, status, reduce_only);
CREATE INDEX IF NOT EXISTS orders_by_update ON orders (account_id, updated_ms);
CREATE INDEX IF NOT EXISTS orders_by_client ON orders (account_id, client_order_id) WHERE client_order_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS orders_by_exchange ON orders (exchange_order_id);

CREATE TABLE IF NOT EXISTS deals (
    id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL, order_id INTEGER, position_id INTEGER NOT NULL,
    previous_position_id INTEGER, symbol TEXT NOT NULL, side TEXT NOT NULL, qty TEXT NOT NULL, price TEXT NOT NULL,
    fee TEXT, fee_currency TEXT, pnl TEXT NOT NULL, strategy_id INTEGER NOT NULL, reason TEXT NOT NULL, comment TEXT,
    reconciled INTEGER NOT NULL, exchange_trade_id INTEGER, created_ms INTEGER NOT NULL, executed_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS deals_by_execution ON deals (account_id, executed_ms);
CREATE INDEX IF NOT EXISTS deals_by_order ON deals (order_id);
CREATE INDEX IF NOT EXISTS deals_by_position ON deals (position_id);

CREATE TABLE IF NOT EXISTS positions (
    id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL, symbol TEXT NOT NULL, strategy_id INTEGER NOT NULL,
    side TEXT NOT NULL, qty TEXT NOT NULL, avg_price TEXT NOT NULL, stop_loss TEXT, stop_gain TEXT, state TEXT NOT NULL,
    reason TEXT NOT NULL, comment TEXT, opened_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, closed_ms INTEGER
);
CREATE INDEX IF NOT EXISTS positions_by_state ON positions (account_id, state, symbol);
CREATE INDEX IF NOT EXISTS positions_by_update ON positions (account_id, updated_ms);
CREATE INDEX IF NOT EXISTS positions_with_stop ON positions (id) WHERE stop_loss IS NOT NULL OR stop_gain IS NOT NULL;

CREATE TABLE IF NOT EXISTS events (
    account_id INTEGER NOT NULL, event_id INTEGER NOT NULL, name TEXT NOT NULL, payload TEXT NOT NULL,
    created_ms INTEGER NOT NULL, PRIMARY KEY (account_id, event_id)
);

CREATE TABLE IF NOT EXISTS cursors (
    account_id INTEGER PRIMARY KEY, trade_id INTEGER NOT NULL, cursor_ms INTEGER, updated_ms INTEGER NOT NULL
);
