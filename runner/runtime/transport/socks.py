"""Connections through a SOCKS proxy: what its refusals mean. It is imported with the first one.

httpcore greets the proxy and leaves its socket open when it is refused.
"""

from __future__ import annotations

from typing import cast

import httpx
import socksio

from runner.runtime.transport.faults import socks_fault
from runner.runtime.transport.network import Deadline, Network, Stream


class SocksNetwork(Network):
    """A network whose proxy speaks SOCKS5 (RFC 1928)."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return super().handle_request(request)
        except (httpx.ProxyError, socksio.SOCKSError) as error:
            stream = cast(Stream, cast(Deadline, request.extensions["timeout"]["connect"]).stream)
            stream.close()
            raise socks_fault(str(error), stream.name) from error
