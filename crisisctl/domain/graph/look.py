"""How the picture looks: on a screen by day and by night, and on paper. Nothing is said by colour alone."""

from __future__ import annotations

from collections.abc import Mapping

from crisisctl.domain.graph.typeset import STYLES

Palette = Mapping[str, str]

LIGHT: Palette = {
    "paper": "#fbfaf6",
    "ink": "#18202c",
    "muted": "#4b5563",
    "line": "#3d4754",
    "stage": "#ffffff",
    "group": "#f2efe7",
    "region": "#f8f6f0",
    "rule": "#8a8577",
    "timed": "#9a3412",
    "here": "#ffdf8a",
    "here-edge": "#7a4b00",
    "here-ink": "#2b1a00",
    "around": "#fff3d0",
    "passed": "#dfe4ea",
    "note": "#fffdf2",
}
DARK: Palette = {
    "paper": "#0f141b",
    "ink": "#ece8df",
    "muted": "#b3bcc7",
    "line": "#a5afbb",
    "stage": "#1d2632",
    "group": "#151b24",
    "region": "#181f29",
    "rule": "#6d7783",
    "timed": "#ffb38a",
    "here": "#5c4300",
    "here-edge": "#ffd166",
    "here-ink": "#fff1c9",
    "around": "#2e2610",
    "passed": "#323e4d",
    "note": "#232018",
}
PAPER = {**LIGHT, "paper": "#ffffff", "ink": "#000000", "muted": "#333333", "group": "#f4f4f4", "region": "#fafafa"}
# What text of which colour stands on, so that a test can see that it can be read.
READ = (
    ("ink", ("paper", "stage", "group", "region", "passed", "around", "note")),
    ("muted", ("paper", "stage", "group", "region", "passed", "around", "note")),
    ("timed", ("paper", "stage", "group", "region", "around", "note")),
    ("here-ink", ("here",)),
)
_RULES = """\
.paper{{fill:{paper}}} text{{fill:{ink}}}
.rung,.note,.subheading,.summary{{fill:{muted}}}
.box{{fill:{stage};stroke:{line};stroke-width:1.5}} .group>.box{{fill:{group}}}
.region>.box{{fill:{region};stroke:none}} .rule{{stroke:{rule};stroke-width:1.5;stroke-dasharray:7 5}}
.inner{{fill:none;stroke:{line};stroke-width:1.5}} .passed>.box{{fill:{passed}}}
.around>.box{{fill:{around}}} .group.around>.box{{stroke:{here-edge};stroke-width:3}}
.here>.box{{fill:{here};stroke:{here-edge};stroke-width:3.5}} .here>text{{fill:{here-ink}}}
.here>.inner{{stroke:{here-edge}}}
.wire{{fill:none;stroke:{line};stroke-width:1.6}} .tip,.dot{{fill:{line}}}
.timed .wire{{stroke:{timed};stroke-dasharray:6 4}} .timed .tip{{fill:{timed}}} .timed .trigger{{fill:{timed}}}
.clock{{fill:none;stroke:{muted};stroke-width:1.3}} .here>.clock{{stroke:{here-ink}}}
.sheet{{fill:{note};stroke:{line};stroke-width:1.2}}
"""


def sheet() -> str:
    """The style sheet of the picture: light, dark where the reader's screen is, and dark on white on paper."""
    fonts = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Noto Sans","DejaVu Sans",sans-serif'
    sizes = " ".join(
        f".{name}{{font-size:{style.size}px{';font-weight:600' if style.bold else ''}}}"
        for name, style in STYLES.items()
    )
    parts = [f"text{{font-family:{fonts}}} {sizes}\n", _RULES.format(**LIGHT)]
    parts.append(f"@media screen and (prefers-color-scheme:dark){{\n{_RULES.format(**DARK)}}}\n")
    parts.append(f"@media print{{\n{_RULES.format(**PAPER)}}}\n")
    return "".join(parts)
