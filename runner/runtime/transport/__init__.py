"""Sends requests over HTTP: Request → Exchange, or a TransportError.

    faults ◀── network · proxies · tls ◀── routes ◀── client ──▶ wire · cookies · codings · streams

The only place of the package that opens a connection, and the only door of httpx.
"""

from runner.runtime.transport.client import HttpTransport, Transport
from runner.runtime.transport.cookies import CookieJar

__all__ = ["CookieJar", "HttpTransport", "Transport"]
