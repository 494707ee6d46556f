"""The documents show what the program does: function table, README's run, length and words."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from runner.demo import DemoServer
from runner.language.functions import FUNCTIONS
from runner.reporters.registry import CONSOLE, FORMATS

ROOT = Path(__file__).parent.parent


def masked(text: str, url: str) -> str:
    """An output without what differs from run to run: times and the server's port."""
    text = text.replace(url, "http://127.0.0.1:8765")
    return re.sub(r"\b[0-9.]+ m?s\b(?!,)", "N ms", re.sub(r"[0-9.]+ m?s, 1 token", "N ms, 1 token", text)).strip()


def test_the_function_table_is_complete() -> None:
    """docs/language.md lists every function with its usage and summary."""
    text = (ROOT / "docs" / "language.md").read_text()
    shown = text.split("<!-- functions -->")[1].split("<!-- /functions -->")[0].strip().splitlines()[2:]
    assert shown == [f"| `{row.usage}` | {row.summary} |" for _, row in sorted(FUNCTIONS.items())]


def test_the_readme_shows_a_real_run(tmp_path: Path) -> None:
    """README's collection, run against the embedded API, prints what README shows."""
    text = (ROOT / "README.md").read_text()
    collection = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    shown = re.search(r"```text\n\$ runner run users.yaml\n(.*?)```", text, re.DOTALL)
    assert collection
    assert shown
    (tmp_path / "users.yaml").write_text(collection[1])
    with DemoServer() as server:
        command = [sys.executable, "-m", "runner", "run", "users.yaml", "-v", f"host={server.url}"]
        environment = {**os.environ, "NO_COLOR": "1", "PYTHONUTF8": "1"}
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (1, "")
        assert masked(done.stdout, server.url) == masked(shown[1], server.url)


#: What differs from run to run in a report, and from version to version.
DIFFERS = (
    (r"\d{4}-\d\d-\d\dT[0-9:.]+Z?", "MOMENT"),
    (r'(elapsed_ms":|time="|time=)[0-9.]+', r"\1N"),
    (r'(runner":"|request-runner/)[0-9.]+', r"\1VERSION"),
)


def same_each_time(text: str, url: str) -> str:
    for pattern, words in DIFFERS:
        text = re.sub(pattern, words, text)
    return masked(text, url)


def test_the_reports_are_real(tmp_path: Path) -> None:
    """Each report that docs/reports.md shows is what its command writes."""
    text = (ROOT / "docs" / "reports.md").read_text()
    (tmp_path / "shop.yaml").write_text(text.split("```yaml\n")[1].split("```")[0])
    shown = re.findall(r"^(`{3,})text\n\$ runner (run shop\.yaml .*)\n((?:.*\n)*?)\1$", text, re.MULTILINE)
    assert len(shown) == 6
    environment = {name: value for name, value in os.environ.items() if "GITHUB" not in name and "proxy" not in name}
    with DemoServer() as server:
        for _, words, report in shown:
            command = [sys.executable, "-m", "runner", *words.split(), "-v", f"host={server.url}"]
            done = subprocess.run(
                command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=False
            )
            assert done.returncode == 1, done.stderr
            assert same_each_time(done.stdout, server.url) == same_each_time(report, server.url)


def test_every_format_has_its_row() -> None:
    """docs/reports.md and the help of `run` name every format, and no other."""
    rows = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "reports.md").read_text(), re.MULTILINE)
    assert rows == [CONSOLE, *FORMATS]
    done = subprocess.run([sys.executable, "-m", "runner", "run", "--help"], capture_output=True, text=True, check=True)
    assert all(re.search(rf"\b{name}\b", done.stdout) for name in FORMATS)


def test_the_readme_is_short() -> None:
    """README stays under 150 lines."""
    assert len((ROOT / "README.md").read_text().splitlines()) < 150


def test_links_lead_somewhere() -> None:
    """Every relative link of the documents names a file that is there."""
    for page in (
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *(ROOT / "docs").glob("*.md"),
        *ROOT.glob("*/README.md"),
    ):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
