"""`runner schema`: the JSON Schema of request files, for editors."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from runner.errors import UsageError


@click.command("schema")
@click.option("-o", "--output", metavar="PATH", help="Write it to PATH (default: standard output).")
def command(output: str | None) -> int:
    """Print the JSON Schema of request files. With this first line in a file, editors with a YAML language server
    complete its keys, say what they mean and mark faults:

    \b
      # yaml-language-server: $schema=PATH
    """
    from runner.language.schema import json_text

    if output is None:
        sys.stdout.write(json_text())
        return 0
    try:
        Path(output).write_text(json_text(), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {output}: {error.strerror or error}") from None
    return 0
