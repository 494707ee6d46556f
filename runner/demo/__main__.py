"""`python -m runner.demo [--port N]`: prints the URL of a demo server and serves until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence

from runner.demo.credentials import DEFAULT_PORT
from runner.demo.server import DemoServer


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until it is told to stop; 2 when the port cannot be had."""
    parser = argparse.ArgumentParser(prog="python -m runner.demo", description="Serves the demo on loopback.")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="default %(default)s; 0: a free one")
    port = parser.parse_args(arguments).port
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        with DemoServer(port) as server:
            print(server.url, flush=True)
            stop.wait()
    except (OSError, OverflowError) as error:
        print(f"error: cannot listen on 127.0.0.1:{port}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
