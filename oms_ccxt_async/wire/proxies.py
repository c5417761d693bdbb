"""By which way requests go: the exchange's own session, or the one of a proxy, by ccxt's rules."""

from __future__ import annotations

from functools import partial
from typing import Any

from oms_ccxt_async import errors
from oms_ccxt_async.wire.headers import Headers
from oms_ccxt_async.wire.host import Host

__all__ = ["Proxies"]

_PROXIES = frozenset(
    (
        *("proxyUrl", "proxy_url", "proxyUrlCallback", "proxy_url_callback", "proxy", "httpProxy", "http_proxy"),
        *("httpProxyCallback", "http_proxy_callback", "httpsProxy", "https_proxy", "httpsProxyCallback"),
        *("https_proxy_callback", "socksProxy", "socks_proxy", "socksProxyCallback", "socks_proxy_callback"),
        *("proxies", "requests_trust_env", "check_proxy_settings", "check_proxy_url_settings"),
    )
)
"""Where an exchange of ccxt may have a proxy: most have none, and need not be asked for it one by one."""


class Proxies:
    """The proxies of one exchange.

    Args:
        exchange: whose settings and session apply.
        headers: what of its requests may be shown to callbacks that choose a proxy.
    """

    def __init__(self, exchange: Host, headers: Headers) -> None:
        self._exchange = exchange
        self._headers = headers
        self._of_no_class = not any(map(partial(_may_be_proxied, type(exchange)), _PROXIES))

    def way(self, url: str, method: str, body: bytes | None, asked: str) -> tuple[str | None, Any]:
        """The proxy and the session of a request.

        Raises:
            ccxt.NotSupported: there is a proxyUrl, which would be given the key.
            ccxt.NetworkError: the user's session is closed.
        """
        exchange = self._exchange
        session = exchange.session
        if self._of_no_class and vars(exchange).keys().isdisjoint(_PROXIES) and not session.closed:
            return exchange.aiohttp_proxy, session
        shown = dict(self._headers.without_key(body is not None))
        if exchange.check_proxy_url_settings(url, method, shown, body) is not None:
            raise errors.NotSupported(
                "oms: proxyUrl would be handed the API key; use httpProxy, httpsProxy or socksProxy"
            )
        http, https, socks = exchange.check_proxy_settings(url, method, shown, body)
        if socks:
            return None, exchange.get_socks_proxy_session(socks)
        if exchange.session.closed:
            raise errors.no_answer("the aiohttp session was closed by its owner", asked=asked)
        return http or https or exchange.aiohttp_proxy, exchange.session


def _may_be_proxied(kind: type, name: str) -> bool:
    """Whether what a class has under one of the names of proxies is more than ccxt's or this driver's classes have."""
    value = getattr(kind, name, None)
    known = callable(value) and value.__module__.partition(".")[0] in ("ccxt", "oms_ccxt_async")
    return bool(value) and not known
