"""The wheel: what the package reads besides its code is in it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_wheel_has_all_files_of_the_package(tmp_path: Path) -> None:
    """Whatever lies in runner/ is shipped, the parts of the html report among them."""
    words = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        shipped = {name for name in opened.namelist() if name.startswith("runner/")}
    here = {str(path.relative_to(ROOT)) for path in (ROOT / "runner").rglob("*") if path.is_file()}
    assert shipped == {name for name in here if "__pycache__" not in name}
    assert "runner/reporters/html_report/page/page.html" in shipped
