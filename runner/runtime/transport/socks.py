"""Connections through a SOCKS proxy: what its refusals mean. It is imported with the first one.

httpcore greets the proxy, and leaves its socket open when that fails.
"""

from __future__ import annotations

from typing import cast

import httpx
import socksio

from runner.errors import TransportError
from runner.runtime.transport.faults import socks_fault
from runner.runtime.transport.network import Deadline, Network, Stream
from runner.runtime.transport.wire import WrittenURL


class _BareURL(WrittenURL):
    """SOCKS has addresses as bytes (RFC 1928 § 5): in brackets one of IPv6 would be taken for a name."""

    @property
    def raw_host(self) -> bytes:
        return super().raw_host.strip(b"[]")


class SocksNetwork(Network):
    """A network whose proxy speaks SOCKS5 (RFC 1928)."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        deadline = cast(Deadline, request.extensions["timeout"]["connect"])
        if request.url.raw_host.startswith(b"["):
            request.url = _BareURL(request.url, request.url.raw_path.decode("ascii"))
        try:
            return super().handle_request(request)
        except TransportError:
            if deadline.phase == "proxy" and deadline.stream is not None:
                deadline.stream.close()
            raise
        except (httpx.ProxyError, socksio.SOCKSError) as error:
            stream = cast(Stream, deadline.stream)
            stream.close()
            raise socks_fault(str(error), stream.name) from error
