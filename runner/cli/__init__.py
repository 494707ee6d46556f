"""The command line: `runner COMMAND`. Each command is a file of its own, imported when it is called.

`runner --help` imports click and nothing else, so the one-line helps stand here.
"""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from typing import Any, NoReturn

import click

from runner.version import __version__

#: Command → what `runner --help` says of it. Its module has the same name.
_COMMANDS = {
    "run": "Run collections and judge the responses.",
    "check": "Read and judge files without sending anything.",
    "plan": "Show what would be sent, and where each value comes from.",
    "token": "Run the token step of a file, and show what the token says.",
    "list": "List the requests of collections.",
    "import": "Translate a file of Postman, OpenAPI, curl and others.",
    "export": "Translate a file into curl, Postman, OpenAPI or Python.",
    "fmt": "Write request files in one canonical style.",
    "demo": "Run a collection against an embedded API with OAuth.",
    "init": "Make a project to begin with.",
    "schema": "Print the JSON Schema of request files, for editors.",
}
_MODULES = {"list": "listing", "import": "importing", "export": "exporting"}
#: What a shell says of a process that SIGPIPE ended.
_PIPE_CLOSED = 141


class _LazyGroup(click.Group):
    """A group that imports a command only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"runner.cli.{_MODULES.get(name, name)}").command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from runner.diagnostics import did_you_mean

            hint = did_you_mean(args[0], _COMMANDS) if args else ""
            message = error.message.rstrip(".")
            raise click.UsageError(f"{message}: {hint}" if hint else f"{message}.", ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="runner")
def cli() -> None:
    """Run HTTP request files: variables, fresh OAuth tokens, JMESPath assertions.

    \b
    Exit codes: 0 passed · 1 an assertion, capture or poll failed · 2 usage ·
    3 a file or variable is not valid · 4 a request could not be made ·
    5 auth failed · 6 nothing was selected · 130 interrupted
    """


def main() -> NoReturn:
    """The process: every error becomes words and an exit code; no traceback reaches a user."""
    _open_streams()
    # A short process over large trees without rings: full collections would cost half of `check`, and find nothing.
    gc.set_threshold(100_000, 50, 1000)
    _leave(_exit_code())


def _exit_code() -> int:
    try:
        code = cli.main(standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    except (SystemExit, BrokenPipeError):
        # click leaves with 1 when nobody reads the output any more; here 1 is a failed assertion.
        return _PIPE_CLOSED
    except Exception as error:  # noqa: BLE001 - the last door: whatever got here is a fault of ours
        interrupted = isinstance(error.__cause__, KeyboardInterrupt)  # in the body of a class Python 3.11 wraps it
        return 130 if interrupted else _explain(error)


def _open_streams() -> None:
    """Output goes nowhere when a stream was closed; one that cannot write a character shows it escaped."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - open as long as the process
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    sys.set_int_max_str_digits(100_000)  # integers are exact at any sensible length


def _explain(error: Exception) -> int:
    from runner.cli.printing import report_error

    return report_error(error)


def _leave(code: int) -> NoReturn:
    """Ends the process at once: threads of an interrupted run are not waited for."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            code = _PIPE_CLOSED if isinstance(error, BrokenPipeError) else code or 2
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # or Python flushes once more, and complains
    sys.exit(code)
