"""OpenAPI documents, 2.0, 3.0, 3.1 and 3.2 → a collection: a request for each operation, grouped by tag.

    text ─▶ reading ─▶ parts: documents and their $refs ─▶ v2, v3 ─▶ operations
                                                                        │
  shapes ─▶ values, scalars, patterns ─▶ styles, urls, bodies, markup ─▶ requests ◀─ security, servers, answers, schemas
                                                                        │
                                                     sharing ─▶ collection ─▶ Imported

No script is run and nothing is fetched. What says nothing about a request (contact, licence, documentation, errors) is
left out; whatever else has no translation is a loss.
"""

from __future__ import annotations

from typing import Any

from runner.formats.draft import Choices, Foreign, ForeignFault, Imported
from runner.formats.openapi.collection import Draft
from runner.formats.openapi.parts import Library


def load(foreign: Foreign, choices: Choices) -> Imported:
    """The draft of an OpenAPI document.

    Raises:
        ForeignFault: it is none, or has no operation that was chosen.
    """
    documents = Library(foreign)
    _check(documents.root.value)
    return Draft(documents, foreign, choices).imported()


def _check(root: Any) -> None:
    """That a document is OpenAPI's."""
    if not isinstance(root, dict):
        raise ForeignFault("this is no OpenAPI document: it is no mapping")
    version = str(root.get("openapi", root.get("swagger", "")))
    if version.startswith("3." if "openapi" in root else "2."):
        return
    if version:
        raise ForeignFault(f"OpenAPI {version} is not known", hint="2.0, 3.0, 3.1 and 3.2 are")
    raise ForeignFault("this is no OpenAPI document: it has neither 'openapi' nor 'swagger'")
