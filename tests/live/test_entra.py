"""The token endpoint of Microsoft Entra ID, as it answers, with the article's collection."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from .conftest import ENTRA_SECRET, ENTRA_TENANT

ROOT = Path(__file__).parent.parent.parent
ARTICLE = ROOT / "requests/graph.yaml"
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
