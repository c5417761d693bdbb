"""One request: settings, the account's facts, retries, the transport, and the gateway to the exchange behind."""
