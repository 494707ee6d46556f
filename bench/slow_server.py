"""A small HTTP/1.1 server that waits before each answer: python slow_server.py PORT DELAY_MS."""

from __future__ import annotations

import asyncio
import sys

BODY = b'{"id": 7, "name": "Ada", "tags": ["a", "b"], "owner": {"mail": "ada@contoso.com"}}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY)


class Answers(asyncio.Protocol):
    """One connection; requests have no body, so that a blank line ends each."""

    delay = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        while b"\r\n\r\n" in self.received:
            self.received = self.received.partition(b"\r\n\r\n")[2]
            asyncio.get_running_loop().call_later(self.delay, self.answer)

    def answer(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(HEAD + BODY)


async def main(port: int, delay_ms: int) -> None:
    """Serves until the process is ended."""
    Answers.delay = delay_ms / 1000
    server = await asyncio.get_running_loop().create_server(Answers, "127.0.0.1", port, backlog=512)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
