"""A plan → the skeleton of an OpenAPI document: https://spec.openapis.org/oas/v3.1.1

    Plan ─flat_steps─▶ Flat ─paths─▶ operations ─shapes, security─▶ a document

A collection shows examples of an API and no more: paths, methods, parameters and bodies are those of its requests,
schemas are the shapes of what they send.
"""

from __future__ import annotations

from runner.engine.plan import Plan
from runner.formats.exported import Exported
from runner.formats.openapi_export.document import document
from runner.language.writer import write


def dump(plan: Plan) -> Exported:
    """The document of a plan, as YAML."""
    exported = Exported("")
    exported.text = write(document(plan, exported))
    return exported
