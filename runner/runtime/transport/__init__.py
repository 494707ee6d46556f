"""Sends requests over HTTP: Request → Exchange, or a TransportError.

    cookies · tls · wire ◀── network · proxies ◀── client

The only place of the package that opens a connection, and the only door of the HTTP library.
"""

from runner.runtime.transport.client import HttpTransport, Transport
from runner.runtime.transport.cookies import CookieJar, new_jar

__all__ = ["CookieJar", "HttpTransport", "Transport", "new_jar"]
