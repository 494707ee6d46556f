"""Which proxy leads to an address, and what httpx has to know of it. No I/O but a look at the environment.

It must not know sockets, requests or deadlines.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import NamedTuple
from urllib.request import getproxies, proxy_bypass

import httpx

from runner.errors import TransportError
from runner.language.document import UNIX


class Proxy(NamedTuple):
    """How everything goes: by a server, or into a socket of this machine. `forwards`: it speaks HTTP itself."""

    server: httpx.Proxy | None = None
    path: str | None = None

    @property
    def forwards(self) -> bool:
        return self.server is not None and not self.speaks_socks

    @property
    def speaks_socks(self) -> bool:
        return self.server is not None and self.server.url.scheme.startswith("socks")


def proxy_for(setting: str | None, scheme: str, host: str, port: int) -> str:
    """The URL of the proxy to an address, `""` for none; `setting` as in `Connection.proxy`.

    The environment (on macOS and Windows the system, too) is read as urllib and httpx read it.
    """
    if setting is None:
        bare = host.strip("[]")
        proxies = {} if proxy_bypass(bare) or proxy_bypass(f"{bare}:{port}") else getproxies()
        setting = proxies.get(scheme) or proxies.get("all") or ""
    return setting if not setting or "://" in setting or setting.startswith(UNIX) else f"http://{setting}"


def make_proxy(url: str, tls: Callable[[], ssl.SSLContext]) -> Proxy | None:
    """What a proxy's URL says; `user:password@` becomes Proxy-Authorization (RFC 9110 § 11.7.2). None without one."""
    if not url:
        return None
    if url.startswith(UNIX):
        return Proxy(path=url.removeprefix(UNIX))
    try:
        server = httpx.Proxy(url)
    except (ValueError, httpx.InvalidURL):
        server = None
    if server is None or not server.url.host:
        shown = url.rpartition("@")[2]  # what stands before it may be a password
        raise TransportError("proxy", f"'{shown}' is not the URL of a proxy", "write http://proxy.example:3128")
    if server.url.scheme == "https":
        server.ssl_context = tls()
    return Proxy(server)
