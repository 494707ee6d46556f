"""What each command imports: `--help` click alone, `check` the language, only `run` the network."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from textwrap import dedent

import pytest

from runner.demo import DemoServer
from runner.demo.credentials import CLIENT_ID, CLIENT_SECRET
from runner.reporters.registry import FORMATS

ROOT = Path(__file__).parent.parent
#: Third-party packages, and modules of Python that cost milliseconds.
THIRD = {"click", "yaml", "jmespath", "httpx", "httpcore", "h11", "h2", "anyio", "certifi", "idna", "rich"}
HEAVY = {"ssl", "asyncio", "http.server", "urllib.request", "email", "importlib.metadata", "unittest", "doctest"}


#: What only some auth needs: keys and JWTs, the cache on disk, a browser.
SIGNING = {"joserfc", "cryptography", "runner.engine.auth.signing"}
DISK = {"filelock", "platformdirs", "keyring", "runner.runtime.token_cache"}
BROWSER = {"webbrowser", "http.server", "runner.runtime.loopback"}

#: What only some connections and answers need (httpcore itself imports h2 and socksio where they are installed).
WAYS = {
    "cryptography", "runner.engine.certificate", "runner.engine.event_stream",
    *(f"runner.runtime.transport.{name}" for name in ("http2", "frames", "socks", "streams", "cookie_dates")),
}  # fmt: skip


@cache
def imported(*arguments: str, folder: Path = ROOT, cache_folder: str = os.devnull) -> frozenset[str]:
    """The modules that a command has imported when it ends, and how it ended."""
    code = (
        "import atexit, sys\n"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
        f"sys.argv = ['runner', *{arguments!r}]\n"
        "from runner.cli import main\n"
        "main()\n"
    )
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    words = [sys.executable, "-c", code]
    environment |= {"NO_COLOR": "1", "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT), "RUNNER_CACHE_DIR": cache_folder}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 4), done.stderr
    return frozenset(done.stderr.splitlines()[-1].split())


def third_parties(*arguments: str) -> set[str]:
    return {name.split(".")[0] for name in imported(*arguments)} & THIRD


def some_of(modules: set[str], *arguments: str, **where: object) -> set[str]:
    """Which of these modules a command has imported."""
    return modules & imported(*arguments, **where)  # type: ignore[arg-type]


HELP = ("--help",)
CHECK = ("check", "examples/01-first-request.yaml")
LIST = ("list", "examples/01-first-request.yaml")
PLAN = ("plan", "examples/01-first-request.yaml")
RUN = ("run", "examples/01-first-request.yaml", "-v", "api=http://127.0.0.1:1")
BEARER = ("run", "examples/05-bearer.yaml", "-v", "api=http://127.0.0.1:1")
TOKEN = ("token", "examples/05-bearer.yaml")
SCHEMA = ("schema",)


@pytest.mark.parametrize("words", [HELP, ("--version",)], ids=" ".join)
def test_help(words: tuple[str, ...]) -> None:
    """--help and --version import click and no module of ours but the command line."""
    assert third_parties(*words) == {"click"}
    ours = {name for name in imported(*words) if name.split(".")[0] == "runner"}
    assert ours == {"runner", "runner.cli", "runner.version"}


@pytest.mark.parametrize("words", [CHECK, LIST, PLAN, SCHEMA], ids=lambda words: words[0])
def test_reading(words: tuple[str, ...]) -> None:
    """check, list, plan and schema add yaml and jmespath: no HTTP, no TLS."""
    assert third_parties(*words) == {"click", "yaml", "jmespath"}
    assert imported(*words) & HEAVY == set()
    assert not any(name.startswith("runner.runtime.transport") for name in imported(*words))


def test_run() -> None:
    """run adds httpx and what it stands on, and no part of Python that it has no use for."""
    assert {"click", "yaml", "jmespath", "httpx", "httpcore"} <= third_parties(*RUN)
    assert imported(*RUN) & {"http.server", "importlib.metadata", "unittest", "doctest"} == set()


@pytest.mark.parametrize("words", [HELP, CHECK, LIST, PLAN, RUN, TOKEN, SCHEMA], ids=lambda words: words[0])
def test_only_what_is_asked_for(words: tuple[str, ...]) -> None:
    """A command imports no other command, nothing of the demo, and no JSON Schema of files: that is for editors."""
    others = {
        f"runner.cli.{name}" for name in ("run", "check", "plan", "token", "listing", "demo", "init", "schema")
    } - {f"runner.cli.{ {'list': 'listing'}.get(words[0], words[0]) }"}
    assert imported(*words) & others == set()
    assert not any(name.startswith("runner.demo") for name in imported(*words))
    assert words == SCHEMA or not any(name.startswith("runner.language.schema") for name in imported(*words))


#: What only bodies of several values need.
BODIES = {
    "runner.engine.bodies", "runner.engine.media_types", "runner.engine.graphql", "runner.engine.plan.bodies",
    "runner.runtime.body_files",
}  # fmt: skip


@pytest.mark.parametrize("words", [CHECK, LIST, PLAN, RUN], ids=lambda words: words[0])
def test_without_files(words: tuple[str, ...]) -> None:
    """A run without multipart, files and GraphQL pays for none of them."""
    assert some_of(BODIES, *words) == set()


#: What only judges of whole answers need.
JUDGES = {"jsonschema_rs", "runner.engine.schemas", "runner.engine.snapshots", "runner.runtime.snapshots"}


@pytest.mark.parametrize("words", [CHECK, LIST, PLAN, RUN], ids=lambda words: words[0])
def test_without_schema_and_snapshot(words: tuple[str, ...]) -> None:
    """What judges whole answers is imported only where a file asks for it."""
    assert some_of(JUDGES, *words) == set()


def test_a_schema_and_a_snapshot_import_their_own(tmp_path: Path) -> None:
    """A snapshot does without the library of schemas, a schema without snapshots."""
    (tmp_path / "a.yaml").write_text("requests: [{name: A, url: 'http://127.0.0.1:1', snapshot: true}]")
    (tmp_path / "b.yaml").write_text("requests: [{name: B, url: 'http://127.0.0.1:1', schema: {type: object}}]")
    assert some_of({"jsonschema_rs", "runner.engine.schemas"}, "run", "a.yaml", folder=tmp_path) == set()
    assert some_of(JUDGES, "run", "b.yaml", folder=tmp_path) == {"jsonschema_rs", "runner.engine.schemas"}


#: What only requests that are sent more than once, or together, need.
TOGETHER = {"runner.runtime.crew", "runner.engine.flow.together"}
REPEATING = {"runner.engine.poll", "runner.engine.paginate"} | TOGETHER


def test_what_repeats_requests() -> None:
    """poll, paginate and the threads of overlapping requests are imported when a file uses them."""
    assert imported(*RUN) & REPEATING == set()
    at = ("-v", "api=http://127.0.0.1:1")
    assert imported("run", "examples/27-poll.yaml", "-k", "Start a job", *at) & REPEATING == set()
    assert imported("run", "examples/29-overlap.yaml", *at) & REPEATING == TOGETHER
    paged = imported("run", "examples/28-paginate.yaml", "-k", "By counting", *at)
    assert paged & REPEATING == {"runner.engine.paginate"}


# --- auth ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer(token_lifetime=3600) as running:
        yield running


def test_without_a_special_way(server: DemoServer) -> None:
    """A request over plain HTTP/1.1 pays for no other protocol, no certificate and no event stream."""
    words = ("run", "examples/01-first-request.yaml", "-v", f"api={server.url}")
    assert some_of(WAYS, *words) == set()


def test_an_event_stream(server: DemoServer, tmp_path: Path) -> None:
    """An event stream imports what reads it, and nothing else."""
    text = f"requests: [{{name: A, url: '{server.url}/events', max_events: 1, assert: ['length(events) == `1`']}}]"
    (tmp_path / "a.yaml").write_text(text)
    found = some_of(WAYS, "run", "a.yaml", folder=tmp_path)
    assert found == {"runner.engine.event_stream", "runner.runtime.transport.streams"}


def written(folder: Path, server: DemoServer, more: str = "") -> str:
    """A file whose request needs a token of the demo server."""
    text = f"""
        auth:
          type: oauth2
          token_url: "{server.url}/contoso.onmicrosoft.com/oauth2/v2.0/token"
          client_id: {CLIENT_ID}
          client_secret: "{CLIENT_SECRET}"
          scope: api://demo/.default
          {more}
        requests: [{{name: A, url: "{server.url}/bearer"}}]
    """
    (folder / "a.yaml").write_text(dedent(text))
    return "a.yaml"


@pytest.mark.parametrize("words", [CHECK, LIST, PLAN, RUN, BEARER], ids=lambda words: words[0])
def test_without_a_token_step(words: tuple[str, ...]) -> None:
    """What needs no token pays for none: no OAuth, no keys, no cache on disk, no browser."""
    assert some_of({"runner.engine.auth.oauth2"} | SIGNING | DISK | BROWSER, *words) == set()


REPORTING = {"runner.cli.reporting", "runner.reporters.registry", "runner.reporters.outputs", "runner.reporters.live"}


def test_a_run_without_reports() -> None:
    """A run imports the console alone: no other report, nothing of --watch, nothing that masks where nothing is secret."""
    reporters = {name for name in imported(*RUN) if name.startswith("runner.reporters.")}
    known = ("console", "style", "words", "bodies")
    assert reporters == {f"runner.reporters.{name}" for name in known}
    assert some_of(REPORTING | {"watchfiles", "runner.cli.watching", "runner.redaction.masking"}, *RUN) == set()


def test_a_report_imports_its_format_alone() -> None:
    """A report imports its own module, and nobody looks for plugins where the name is built in."""
    found = imported(*RUN, "--report", f"junit={os.devnull}")
    formats = {name for name in found if name in {f"runner.reporters.{module}" for module, _ in FORMATS.values()}}
    assert formats == {"runner.reporters.junit"}
    assert found & {"importlib.metadata", "watchfiles", "xml"} == set()


def test_a_bearer_imports_its_scheme_alone() -> None:
    """A run imports the auth schemes that its files use, and of Python nothing that they do not need."""
    schemes = {name for name in imported(*BEARER) if name.startswith("runner.engine.auth.")}
    assert schemes == {"runner.engine.auth.base", "runner.engine.auth.bearer"}
    assert some_of({"secrets", "hmac", "netrc"}, *BEARER) == set()


def test_token_of_a_file() -> None:
    """token imports what run does, for a token that the file has no more; --raw does not even read it."""
    assert some_of(SIGNING | DISK | BROWSER | {"runner.engine.auth.oauth2"}, *TOKEN) == set()
    assert some_of({"runner.reporters.claims"}, *TOKEN) == {"runner.reporters.claims"}
    assert some_of({"runner.reporters.claims"}, *TOKEN, "--raw") == set()


def test_clear(tmp_path: Path) -> None:
    """token --clear reads no collection and sends nothing."""
    words = ("token", "--clear")
    assert some_of(THIRD, *words, folder=tmp_path, cache_folder=str(tmp_path)) == {"click"}
    assert some_of(SIGNING | BROWSER | HEAVY, *words, folder=tmp_path, cache_folder=str(tmp_path)) == set()


def test_client_credentials(server: DemoServer, tmp_path: Path) -> None:
    """A client that proves itself by its secret needs no keys, no cache on disk and no browser."""
    found = imported("run", written(tmp_path, server), folder=tmp_path)
    assert "runner.engine.auth.oauth2" in found
    assert found & (SIGNING - {"runner.engine.auth.signing"} | DISK | BROWSER) == set()


def test_a_token_on_disk(server: DemoServer, tmp_path: Path) -> None:
    """Where the token is still good, it is read without a lock, without a key and without a question to the system."""
    name = written(tmp_path, server, "cache: disk")
    where = str(tmp_path / "cache")
    first = imported("run", name, folder=tmp_path, cache_folder=where)
    assert {"filelock", "runner.runtime.token_cache"} <= first
    asked = server.token_requests
    again = imported("run", name, "--no-color", folder=tmp_path, cache_folder=where)
    assert server.token_requests == asked
    assert "runner.runtime.token_cache" in again
    assert again & (SIGNING - {"runner.engine.auth.signing"} | DISK - {"runner.runtime.token_cache"} | BROWSER) == set()
