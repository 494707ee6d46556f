"""A page in a real browser: Debian's chromium, headless, driven by `page.mjs` over the DevTools protocol."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


class Page:
    """`page.press("j")`, `page.value("document.title")`: a command of `page.mjs` by its name, and its answer."""

    def __init__(self, node: str, modules: Path, chromium: str, profile: Path) -> None:
        words = [node, str(HERE / "page.mjs"), str(modules), chromium, str(profile)]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")

    def __getattr__(self, name: str) -> Any:
        return lambda *words: self._ask(name, *words)

    def open(self, url: str, width: int = 1400, height: int = 900, **options: Any) -> None:
        """A new page: no storage, no history."""
        self._ask("open", url, width, height, options)

    def _ask(self, *words: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps(words)}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the browser ended"
        answer = json.loads(line)
        if "error" in answer:
            raise AssertionError(f"{words[0]}: {answer['error']}")
        return answer["value"]

    def close(self) -> None:
        """Ends the browser."""
        self._process.communicate(timeout=20)
