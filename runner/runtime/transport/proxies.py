"""Which proxy leads to an address, and how httpcore is told about it.

It must not know requests or responses. The environment is read when a new address is first asked for.
"""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import Callable
from importlib.util import find_spec
from urllib.parse import SplitResult, unquote, urlsplit

import httpcore

from runner.errors import TransportError
from runner.runtime.transport.wire import Address

_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_VARIABLES = frozenset({"http_proxy", "https_proxy", "all_proxy"})


def proxy_for(setting: str | None, address: Address) -> str:
    """The URL of the proxy to an address, `""` for none; `setting` as in `Connection.proxy`."""
    url = _environment_proxy(address) if setting is None else setting
    return url if not url or "://" in url else f"http://{url}"


def _environment_proxy(address: Address) -> str:
    """What the environment says (on macOS and Windows the system, too), read as urllib does."""
    # urllib.request costs 30 ms: only where there may be a proxy.
    if sys.platform not in ("darwin", "win32") and _VARIABLES.isdisjoint(map(str.lower, os.environ)):
        return ""
    from urllib.request import getproxies, proxy_bypass

    bare = address.host.strip("[]")
    if proxy_bypass(bare) or proxy_bypass(f"{bare}:{address.port}"):
        return ""
    proxies = getproxies()
    return proxies.get(address.scheme) or proxies.get("all") or ""


def proxy_server(url: str, tls: Callable[[], ssl.SSLContext]) -> httpcore.Proxy:
    """httpcore's description of a proxy; `user:password@` becomes Proxy-Authorization (RFC 9110 § 11.7.2)."""
    parts = urlsplit(url)
    scheme, port = parts.scheme.lower(), _port(parts)
    if scheme not in _PORTS or not parts.hostname or port is None:
        raise TransportError("proxy", f"'{url}' is not the URL of a proxy", "write http://proxy.example:3128")
    if scheme.startswith("socks") and find_spec("socksio") is None:
        raise TransportError("proxy", "a SOCKS proxy needs the package socksio", "pip install socksio")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return httpcore.Proxy(
        httpcore.URL(scheme=scheme, host=host, port=port or _PORTS[scheme], target="/"),
        auth=(user.encode(), password.encode()) if user else None,
        ssl_context=tls() if scheme == "https" else None,
    )


def _port(parts: SplitResult) -> int | None:
    """0 where the URL names none; None where it is not a port."""
    try:
        return parts.port or 0
    except ValueError:
        return None


def proxy_refusal(status: str) -> TransportError:
    """What to say when a proxy answers in place of the server."""
    hint = "credentials for it go into its URL: http://user:password@host:port"
    return TransportError("proxy", f"the proxy answered {status}", hint if status.startswith("407") else "")
