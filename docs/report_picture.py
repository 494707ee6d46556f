"""Takes `docs/report.png` of a real html report: `python docs/report_picture.py`. Needs what `make servers` installs.

Runs the suite of the golden reports against the embedded API and opens the page in chromium. No part of the package.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from runner.demo import DemoServer  # noqa: E402
from tests.live.conftest import installed, program  # noqa: E402
from tests.live.servers.page import Page  # noqa: E402

SUITE = ROOT / "tests" / "golden" / "reports"
OPENED = "#r-suite-fails-twice"


def report(folder: Path) -> Path:
    """The page of a run in which not everything passes."""
    path = folder / "report.html"
    kept = {name: value for name, value in os.environ.items() if "_proxy" not in name.lower()}
    with DemoServer() as server:
        words = ["suite.yaml", "second.yaml", "-v", f"api={server.url}", "--report", f"html={path}", "--quiet"]
        subprocess.run([sys.executable, "-m", "runner", "run", *words], cwd=SUITE, env=kept, check=False)
    return path


def main() -> None:
    """Writes the picture."""
    target = Path(__file__).with_name("report.png")
    with tempfile.TemporaryDirectory() as name:
        page = Page(program("node"), installed() / "browser/node_modules", program("chromium"), Path(name) / "browser")
        page.open(f"{report(Path(name)).as_uri()}{OPENED}", 1240, 1000)
        page.value("scrollTo(0, 0)")
        page.screenshot(str(target), False)
        page.close()


if __name__ == "__main__":
    main()
