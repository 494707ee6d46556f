"""Which connections lead to an address: one network for each TLS setting and proxy, made when it is first needed.

It must not know requests, redirects or cookies.
"""

from __future__ import annotations

import ssl
import threading
from typing import NamedTuple

import httpx

from runner.engine.exchange import ClientCertificate, Connection
from runner.errors import TransportError
from runner.runtime.extras import is_missing, missing_words
from runner.runtime.transport.network import Network, Wrap
from runner.runtime.transport.proxies import Proxy, make_proxy, proxy_for
from runner.runtime.transport.tls import tls_context
from runner.runtime.transport.wire import Address


class Route(NamedTuple):
    """The connections that lead to an address. `url` is the address for httpx, `peer` for people.

    `forwarded`: a proxy that speaks HTTP passes the requests on, and may answer in place of the server.
    """

    network: Network
    forwarded: bool
    url: httpx.URL
    peer: str


class Tls(NamedTuple):
    """What a TLS context is made of; what it offers besides HTTP/1.1 is kept in it, too."""

    verify: bool | str
    certificate: ClientCertificate | None = None
    http2: bool = False


class Routes:
    """All connections of a transport; threads may ask for routes at once.

    `connections` is how many may be open for each Connection setting and scheme.
    """

    def __init__(self, connections: int) -> None:
        self._connections = connections
        self._routes: dict[tuple[Connection, Address], Route] = {}
        self._networks: dict[tuple[Tls, str, bool], Network] = {}
        self._contexts: dict[Tls, ssl.SSLContext] = {}
        self._lock = threading.RLock()

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            networks = list(self._networks.values())
            self._networks.clear()
            self._routes.clear()
        for network in networks:
            network.close()

    def to(self, connection: Connection, address: Address) -> Route:
        """The way to an address. Raises TransportError: the proxy, or a file of the TLS settings, cannot be used."""
        key = connection, address
        route = self._routes.get(key)
        if route is None:
            with self._lock:
                route = self._routes[key] = self._made(connection, address)
        return route

    def _made(self, connection: Connection, address: Address) -> Route:
        proxy_url = proxy_for(connection.proxy, address.scheme, address.host, address.port)
        # The proxy is not the server that the client's certificate is meant for.
        proxy = make_proxy(proxy_url, lambda: self._context(Tls(connection.verify)))
        secure = address.scheme == "https"
        tls = Tls(connection.verify, connection.certificate, connection.http2 and secure)
        network = self._network(tls, proxy, proxy_url, secure)
        url = httpx.URL(f"{address.scheme}://{address.name}")
        return Route(network, proxy is not None and proxy.forwards, url, f"{address.host}:{address.port}")

    def _network(self, tls: Tls, proxy: Proxy | None, proxy_url: str, secure: bool) -> Network:
        """http and https have connections of their own, so that plain http never costs a TLS context."""
        key = tls, proxy_url, secure
        if key not in self._networks:
            kind, wrap = _kind_for(proxy), _one_at_a_time() if tls.http2 else None
            context = self._context(tls) if secure else None
            self._networks[key] = kind(context, proxy, self._connections, wrap)
        return self._networks[key]

    def _context(self, tls: Tls) -> ssl.SSLContext:
        """One context for each TLS setting: it takes 20 to 50 ms to make."""
        if tls not in self._contexts:
            self._contexts[tls] = tls_context(tls.verify, tls.certificate)
        return self._contexts[tls]


# A package that is missing was told before anything was sent, unless the environment or a template asks for it.


def _kind_for(proxy: Proxy | None) -> type[Network]:
    if proxy is None or not proxy.speaks_socks:
        return Network
    if is_missing("socks"):
        raise TransportError("proxy", *missing_words("socks"))
    from runner.runtime.transport.socks import SocksNetwork

    return SocksNetwork


def _one_at_a_time() -> Wrap:
    if is_missing("http2"):
        raise TransportError("protocol", *missing_words("http2"))
    from runner.runtime.transport.http2 import OneAtATime

    return OneAtATime
