"""What the requests of an exchange say of who asks, made once; and what of it is never shown."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from multidict import CIMultiDict

from oms_ccxt_async import errors
from oms_ccxt_async.version import AGENT
from oms_ccxt_async.wire.host import Host
from oms_ccxt_async.wire.secret import HIDDEN, SECRET_HEADERS, Secret

__all__ = ["Headers", "headers_of"]


def headers_of(exchange: Host) -> CIMultiDict[str]:
    """The headers that the user wants in every request, and who asks: by `userAgent`, by `headers`, or by our name."""
    headers = CIMultiDict({"user-agent": AGENT})
    headers.update(exchange.headers)
    agent = exchange.userAgent
    if agent and agent != AGENT:
        headers.update(agent if isinstance(agent, Mapping) else {"user-agent": agent})
    return headers


class Headers:
    """The headers of an exchange's requests, made anew when its `headers`, `userAgent` or `apiKey` are other ones."""

    def __init__(self, exchange: Host) -> None:
        self._exchange = exchange
        self._key = Secret("")  # the exchange's, as it was when it was last asked for
        self._made_of: tuple[Any, ...] | None = None
        # By whether there is a body.
        self._open: dict[bool, CIMultiDict[str]] = {}
        self._whole: dict[bool, CIMultiDict[str]] = {}
        self._readable: dict[bool, dict[str, str]] = {}

    @property
    def key(self) -> Secret:
        """The API key.

        Raises:
            ccxt.AuthenticationError: it is no text.
        """
        key = self._exchange.apiKey
        if key == self._key:
            return self._key
        if key and not isinstance(key, str):
            key = None  # a traceback has the locals
            raise errors.AuthenticationError("oms apiKey must be a text")
        self._key = Secret(key or "")
        return self._key

    def without_key(self, has_body: bool) -> Mapping[str, str]:
        """For those who may see how a request is asked."""
        self._make()
        return self._open[has_body]

    def sent(self, has_body: bool) -> CIMultiDict[str]:
        """All of them, as the caller's own.

        Raises:
            ccxt.AuthenticationError: the key cannot be in a header.
        """
        self._make()
        if has_body not in self._whole:
            key, headers = self.key, self._open[has_body].copy()
            if not (key.isascii() and key.isprintable()):
                raise errors.AuthenticationError("oms apiKey must be printable ASCII text, without a line end")
            if key:
                headers["x-api-key"] = key
            self._whole[has_body] = headers
        return self._whole[has_body].copy()

    def shown(self, has_body: bool) -> dict[str, str]:
        """All of them without what is secret, as the caller's own."""
        if has_body not in self._readable:
            self._readable[has_body] = self.readable(self.sent(has_body))
        return self._readable[has_body].copy()

    def _make(self) -> None:
        exchange = self._exchange
        if (exchange.headers, exchange.userAgent, self.key) != self._made_of:
            self._whole, self._readable = {}, {}
            headers = CIMultiDict({"accept": "application/json"})
            headers.update(headers_of(exchange))
            self._open = {False: headers, True: headers.copy()}
            self._open[True]["content-type"] = "application/json"
            # The user's headers may be changed in place.
            self._made_of = (*copy.deepcopy((exchange.headers, exchange.userAgent)), self.key)

    def readable(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers without what is secret."""
        key = self.key or HIDDEN
        return {
            name: HIDDEN if name.lower() in SECRET_HEADERS else text.replace(key, HIDDEN)
            for name, text in headers.items()
        }

    def redacted(self, value: Any) -> Any:
        """The value without the key, wherever its texts hold it."""
        key = self.key
        if isinstance(value, str):
            return value.replace(key, HIDDEN) if key else value
        if isinstance(value, list):
            return [self.redacted(item) for item in value]
        if isinstance(value, Mapping):
            return {
                name: HIDDEN if name.lower() in SECRET_HEADERS else self.redacted(item) for name, item in value.items()
            }
        return value
