"""`runner token`: runs the pre-step of a file and shows what the token says, offline."""

from __future__ import annotations

import re
import signal
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO

import click

from runner.cli import options
from runner.diagnostics import counted, escape, render
from runner.errors import AuthError, ExitCode, NothingSelected, TransportError, UsageError

if TYPE_CHECKING:
    from runner.diagnostics import Styler
    from runner.engine.flow import Session
    from runner.engine.plan import Plan
    from runner.reporters.claims import Parts
    from runner.runtime.sign_in import Problem, SignedIn
    from runner.runtime.transport import Transport

#: Flags that say what is wanted: one of them at most.
_WANTED = ("raw", "header", "verify", "clear")
#: So many names are listed.
_MOST = 8
#: What would break a header, or steer the terminal (RFC 9110 § 5.5).
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")


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
    wanted = [f"--{name}" for name in _WANTED if given[name]]
    if len(wanted) > 1:
        raise UsageError(f"{' and '.join(wanted)} contradict each other")
    if given["clear"]:
        return _clear()
    if len(given["paths"]) != 1:
        raise UsageError("runner token wants one FILE")
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
    try:
        count = cache.clear()
    except OSError as error:
        reason = f"{error.filename or 'the cache'}: {error.strerror or error}"
        raise UsageError(f"the tokens on disk cannot be removed: {reason} (see RUNNER_CACHE_DIR)") from None
    print(f"{counted(count, 'token')} removed from {escape(str(cache.folder))}")
    return 0


def _show(plans: Iterable[Plan], session: Session, given: dict[str, Any]) -> int:
    from runner.runtime.sign_in import identities, sign_in
    from runner.runtime.transport import HttpTransport

    found, problems = identities(plans, session)
    several = [*(identity.requests for identity in found), *(problem.requests for problem in problems)]
    if not several:
        raise NothingSelected("no token in this file: none of its requests has auth with one")
    plain = given["raw"] or given["header"]
    if plain and len(several) > 1:
        raise UsageError(f"the file has {len(several)} tokens: choose one with -k, of {_listed(r[0] for r in several)}")
    for problem in problems:
        _Printed(session, sys.stderr, given).problem(problem)
    codes: list[int] = [ExitCode.AUTH] if problems else []
    transport = HttpTransport()
    try:
        for signed in sign_in(found, session, transport):
            if len(several) > 1:
                print(session.redactor.text(f"for {_listed(signed.identity.requests)}"))
            codes.append(_print_plain(signed, session, given) if plain else _print(signed, session, given, transport))
    finally:
        transport.close()
    return max(codes)


def _listed(names: Iterable[str]) -> str:
    """Names of requests, the first of many."""
    quoted = [escape(f"'{name}'") for name in names]
    more = f" and {len(quoted) - _MOST} more" if len(quoted) > _MOST else ""
    return ", ".join(quoted[:_MOST]) + more


class _Printed:
    """A stream for what is not the token itself: everything that goes there has passed the Redactor."""

    def __init__(self, session: Session, stream: TextIO, given: dict[str, Any]) -> None:
        from runner.reporters.style import styler_for

        self._redactor = session.redactor
        self._stream = stream
        self.styler: Styler = styler_for(stream, given["no_colour"])

    def lines(self, lines: Iterable[str]) -> None:
        """Prints lines whose control characters are escaped."""
        for line in lines:
            print(self._redactor.text(line), file=self._stream)

    def problem(self, problem: Problem) -> None:
        """Prints why it cannot be said who signs in."""
        found = self._redactor.apply(problem.diagnostic)
        message = f"no token for {_listed(problem.requests)}: {found.message}"
        self.lines(render(found._replace(message=message), self.styler).split("\n"))

    def step(self, signed: SignedIn) -> None:
        """Prints the line of the token step, and why it failed."""
        from runner.reporters.console import token_line
        from runner.reporters.style import marks_for
        from runner.reporters.words import fault_lines

        if signed.result is None:
            return
        result = self._redactor.apply(signed.result)  # before words are cut: a half secret is one, too
        self.lines([token_line(result, "token", self.styler, marks_for(self._stream))])
        self.lines(f"    {line}" for line in (fault_lines(result.fault, self.styler) if result.fault else ()))
        self.lines(self.styler("hint", f"    warning: {escape(warning)}") for warning in result.warnings)

    def signature(self, words: str, error: AuthError | TransportError) -> None:
        """Prints what came of checking a signature."""
        from runner.engine.results import Fault
        from runner.reporters.words import fault_lines

        details = error.details if isinstance(error, AuthError) else ()
        first, *more = fault_lines(self._redactor.apply(Fault("auth", error.message, details, error.hint)), self.styler)
        self.lines([f"{self.styler('name', 'signature')} {words}: {first}", *(f"    {line}" for line in more)])


def _print_plain(signed: SignedIn, session: Session, given: dict[str, Any]) -> int:
    if not signed.token:
        _Printed(session, sys.stderr, given).step(signed)
        return ExitCode.AUTH
    if given["header"] and not signed.headers:
        raise UsageError("this token goes into the query, not into a header")
    lines = [f"{name}: {value}" for name, value in signed.headers] if given["header"] else [signed.token]
    if any(map(_CONTROL.search, lines)):
        raise TransportError("protocol", "the token holds a line break or control character: no header can carry it")
    print("\n".join(lines))
    return ExitCode.PASSED


def _print(signed: SignedIn, session: Session, given: dict[str, Any], transport: Transport) -> int:
    from runner.reporters.claims import parts_of, token_lines

    printed = _Printed(session, sys.stdout, given)
    printed.step(signed)
    if not signed.token:
        return ExitCode.AUTH
    printed.lines(token_lines(signed.token, time.time(), printed.styler, session.redactor.apply))
    parts = parts_of(signed.token)
    head = printed.styler("name", "signature")
    if not given["verify"]:
        printed.lines([f"{head} not checked (--verify checks it)"] if parts else [])
        return ExitCode.PASSED
    if parts is None:
        printed.lines([f"{head} cannot be checked: this is no JWT"])
        return ExitCode.FAILED
    return _verify(signed, parts, session, printed, transport)


def _verify(signed: SignedIn, parts: Parts, session: Session, printed: _Printed, transport: Transport) -> int:
    """Checks the signature and says what came of it; gives the exit code."""
    from runner.runtime.sign_in import check_signature, issuer_keys

    styler = printed.styler
    try:
        published = issuer_keys(signed, parts.claims, session.redactor.add, transport)
    except (AuthError, TransportError) as error:
        printed.signature(styler("errored", "not checked"), error)
        return ExitCode.FAILED if isinstance(error, AuthError) else ExitCode.TRANSPORT
    try:
        check_signature(signed, parts.header, published)
    except AuthError as error:
        printed.signature(styler("failed", "not valid"), error)
        return ExitCode.FAILED
    printed.lines([f"{styler('name', 'signature')} {styler('passed', 'valid')}: signed by a key of {published.url}"])
    return ExitCode.PASSED
