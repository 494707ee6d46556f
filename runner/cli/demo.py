"""`runner demo`: the embedded token endpoint and Graph-like API, and a collection run against them."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Any

import click

from runner.errors import UsageError


@click.command("demo")
@click.option("--serve", is_flag=True, help="Keep the server running until Ctrl-C.")
@click.option("--port", type=click.IntRange(0, 65535), default=None, help="Port of the server (default: a free one).")
@click.option("--verbose", is_flag=True, help="Show every exchange, the token's too, secrets masked.")
@click.option("--no-color", "no_colour", is_flag=True, help="No colours (also: NO_COLOR).")
def command(serve: bool, port: int | None, verbose: bool, no_colour: bool) -> int:
    """Start a token endpoint shaped like Entra ID and an API shaped like Microsoft Graph, on loopback only, and run a
    collection against them: list users, get one by mail, an expected 404."""
    from runner.demo import DemoServer
    from runner.demo.credentials import DEFAULT_PORT

    default = DEFAULT_PORT if serve else 0
    server = DemoServer(default if port is None else port)
    try:
        server.start()
    except OSError as error:
        where = f"127.0.0.1:{default if port is None else port}"
        message = f"cannot listen on {where}: {error.strerror}; --port takes another one, 0 a free one"
        raise UsageError(message) from None
    with server:
        if serve:
            return _serve(server.url)
        return _run(server.url, verbose, no_colour)


def _serve(url: str) -> int:
    from runner.demo import GRAPH_FILE

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        print(f"Serving on {url}; Ctrl-C ends it. In another terminal:")
        print(f"  runner run {GRAPH_FILE} -e local -v login={url} -v graph={url}/v1.0", flush=True)
        threading.Event().wait()
    except KeyboardInterrupt:
        print()
    return 0


def _run(url: str, verbose: bool, no_colour: bool) -> int:
    from runner.cli.run import execute
    from runner.demo import GRAPH_FILE
    from runner.engine.build import Flags
    from runner.runtime.project import Options, open_project

    path = Path(GRAPH_FILE)
    variables = {"login": url, "graph": f"{url}/v1.0"}
    plans, env = open_project(Options([str(path)], "local", variables, root=path.parent)).ready_plans()
    given: dict[str, Any] = {
        "no_colour": no_colour, "verbose": verbose, "quiet": False, "show_body": False, "reports": (), "slowest": 0,
        "jobs": 1, "fail_fast": False, "overlap": False, "paths": (str(path),), "root": None,
    }  # fmt: skip
    return execute(plans, env, Flags(proxy=""), given)
