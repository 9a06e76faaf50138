"""Pictures of a playbook, and of where an incident stands in it: Mermaid, Graphviz DOT, and SVG."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from crisisctl.domain.graph.dot import dot
from crisisctl.domain.graph.mermaid import mermaid
from crisisctl.domain.graph.model import Drawing, drawing
from crisisctl.domain.graph.svg import svg

__all__ = ["FORMS", "Drawing", "draw", "drawing"]

FORMS: Mapping[str, Callable[[Drawing], str]] = {"mermaid": mermaid, "dot": dot, "svg": svg}


def draw(shown: Drawing, form: str) -> str:
    """The picture as text in one of `FORMS`."""
    return FORMS[form](shown)
