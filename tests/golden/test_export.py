"""Golden exports: a collection, what each format makes of it, and the losses that are told.

`UPDATE_GOLDEN=1 pytest tests/golden` writes what comes out now; read the difference before you commit it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runner.cli.exporting import command

HERE = Path(__file__).parent / "export"
#: Format → what its files end with.
FORMATS = {"curl": ".sh", "python": ".py", "openapi": ".openapi.yaml"}


@pytest.mark.parametrize("format_name", FORMATS)
def test_export(format_name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A collection becomes the text beside it, and what was lost is told as beside it."""
    monkeypatch.chdir(HERE)
    monkeypatch.setenv("NO_COLOR", "1")
    code = command.main([format_name, "shop.yaml", "-e", "local"], standalone_mode=False)
    said = capsys.readouterr()
    made, told = HERE / f"shop{FORMATS[format_name]}", HERE / f"shop.{format_name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        made.write_text(said.out)
        told.write_text(said.err)
    assert code == 0
    assert said.out == made.read_text()
    assert said.err == told.read_text()
