"""`runner token`: runs the pre-step of a file and shows what the token says, offline."""

from __future__ import annotations

import signal
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from runner.cli import options
from runner.errors import AuthError, ExitCode, NothingSelected, TransportError, UsageError

if TYPE_CHECKING:
    from runner.diagnostics import Styler
    from runner.engine.flow import Session
    from runner.runtime.sign_in import SignedIn
    from runner.runtime.transport import Transport


@click.command("token")
@click.argument("paths", nargs=-1, metavar="[FILE]")
@options.environment
@options.variables
@options.env_files
@options.selecting
@options.connecting
@options.root
@click.option("--raw", is_flag=True, help="Print the token and nothing else.")
@click.option("--header", is_flag=True, help="Print the header that carries it, as curl's -H wants it.")
@click.option("--verify", is_flag=True, help="Check the signature against the keys of the issuer.")
@click.option("--clear", is_flag=True, help="Empty the cache of tokens on disk, and fetch nothing.")
@options.no_colour
def command(**given: Any) -> int:
    """Run the token pre-step of FILE and show the token's header, its claims with times in words, scopes, roles and
    audience. Nothing is sent but the token request; the token is decoded here."""
    if given["clear"]:
        return _clear()
    if len(given["paths"]) != 1:
        raise UsageError("runner token wants one FILE")
    if given["raw"] + given["header"] + given["verify"] > 1:
        raise UsageError("--raw, --header and --verify contradict each other")
    flags = options.make_flags(given)
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    from runner.engine.flow import Session
    from runner.redaction import Redactor
    from runner.runtime.project import open_project

    project = open_project(options.make_options(given))
    plans, env = project.ready_plans()
    session = Session(env=env, redactor=Redactor(), flags=flags, files=project.workspace)
    for plan in plans:
        for source in plan.collection.sources:
            session.redactor.add(source.secrets)
            source.mask = session.redactor.text
    return _show(plans, session, given)


def _clear() -> int:
    from runner.runtime.token_cache import TokenCache

    cache = TokenCache()
    count = cache.clear()
    print(f"{count} token{'' if count == 1 else 's'} removed from {cache.folder}")
    return 0


def _show(plans: Any, session: Session, given: dict[str, Any]) -> int:
    from runner.runtime.sign_in import identities, sign_in
    from runner.runtime.transport import HttpTransport

    found, problems = identities(plans, session)
    if not found:
        why = f": {'; '.join(problems)}" if problems else ": none of its requests has auth with one"
        raise NothingSelected(f"no token in this file{why}")
    plain = given["raw"] or given["header"]
    if plain and len(found) > 1:
        names = ", ".join(f"'{identity.requests[0]}'" for identity in found)
        raise UsageError(f"the file has {len(found)} tokens: choose one with -k, of {names}")
    codes = []
    transport = HttpTransport()
    try:
        for signed in sign_in(found, session, transport):
            if len(found) > 1:
                print(f"for {', '.join(map(repr, signed.identity.requests))}")
            codes.append(_print_plain(signed, given) if plain else _print(signed, session, given, transport))
    finally:
        transport.close()
    return max(codes)


def _print_plain(signed: SignedIn, given: dict[str, Any]) -> int:
    from runner.reporters.style import styler_for

    if not signed.token:
        for line in _step_lines(signed, styler_for(sys.stderr, given["no_colour"])):
            print(line, file=sys.stderr)
        return ExitCode.AUTH
    if given["header"] and not signed.headers:
        raise UsageError("this token goes into the query, not into a header")
    if given["header"]:
        print("\n".join(f"{name}: {value}" for name, value in signed.headers))
    else:
        print(signed.token)
    return 0


def _print(signed: SignedIn, session: Session, given: dict[str, Any], transport: Transport) -> int:
    from runner.reporters.claims import token_lines
    from runner.reporters.style import styler_for

    styler = styler_for(sys.stdout, given["no_colour"])
    lines = list(_step_lines(signed, styler))
    code: int = ExitCode.PASSED if signed.token else ExitCode.AUTH
    if signed.token:
        lines += token_lines(signed.token, time.time(), styler)
        code, more = _signature(signed, session, given["verify"], transport, styler)
        lines += more
    for line in lines:
        print(session.redactor.text(line))
    return code


def _step_lines(signed: SignedIn, styler: Styler) -> list[str]:
    from runner.reporters.console import token_line
    from runner.reporters.style import marks_for
    from runner.reporters.words import fault_lines

    result = signed.result
    if result is None:
        return []
    lines = [token_line(result, "token", styler, marks_for(sys.stdout))]
    lines += [f"    {line}" for line in fault_lines(result.fault, styler)] if result.fault else []
    return lines + [styler("hint", f"    warning: {warning}") for warning in result.warnings]


def _signature(
    signed: SignedIn, session: Session, asked: bool, transport: Transport, styler: Styler
) -> tuple[int, list[str]]:
    """The exit code and the line about the signature."""
    from runner.reporters.claims import parts_of
    from runner.runtime.sign_in import verify

    parts = parts_of(signed.token)
    head = styler("name", "signature")
    if parts is None:
        return (ExitCode.FAILED, [f"{head} cannot be checked: this is no JWT"]) if asked else (0, [])
    if not asked:
        return 0, [f"{head} not checked (--verify checks it)"]
    try:
        url = verify(signed, parts.header, parts.claims, session.redactor.add, transport)
    except AuthError as error:
        hint = [styler("hint", f"hint: {error.hint}")] if error.hint else []
        return ExitCode.FAILED, [f"{head} {styler('failed', 'not valid')}: {error.message}", *error.details, *hint]
    except TransportError as error:
        return ExitCode.TRANSPORT, [f"{head} {styler('errored', 'not checked')}: {error.message}"]
    return 0, [f"{head} {styler('passed', 'valid')}: signed by a key of {url}"]
