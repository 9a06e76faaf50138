"""Large playbooks, as documents."""

from __future__ import annotations

from itertools import pairwise
from typing import Any


def plan(stages: dict[str, Any], transitions: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A playbook of these stages and moves, which opens in the first."""
    return {
        "playbook": "large",
        "title": "Large",
        "severities": ["sev1", "sev2"],
        "roles": {"lead": {"required": True}, "legal": {"required": True}},
        "initial": next(iter(stages)),
        "stages": stages,
        "transitions": transitions,
        "escalations": {"call": {"steps": [{"after": "0m", "notify": ["lead"]}, {"after": "9m", "notify": ["legal"]}]}},
    } | more


def wide(stages: int = 200, transitions: int = 600) -> dict[str, Any]:
    """Many stages, and from each three moves: on, over the next one, and seven back; the last one closes."""
    names = [f"s{number}" for number in range(stages)]
    tree: dict[str, Any] = {name: {"guidance": "Go on.", "escalation": "call"} for name in names}
    tree[names[-1]] = {"final": True}
    moves = [
        {"trigger": trigger, "from": name, "to": names[(number + far) % stages]}
        for number, name in enumerate(names[:-1])
        for trigger, far in (("on", 1), ("leap", 2), ("back", -7))
    ]
    return plan(tree, [*moves, *moves[: transitions - len(moves)]])


def side_by_side(regions: int = 6, stages: int = 8, *, tied: bool = False) -> dict[str, Any]:
    """Regions of one parallel stage, each a row of stages; `tied`, each waits for the one before it at every step."""
    names = [f"s{number}" for number in range(stages)]
    inner = {
        f"r{n}": {"initial": names[0], "stages": {name: {"guidance": "Go on."} for name in names}}
        for n in range(regions)
    }
    moves = [
        {
            "trigger": f"on-{n}",
            "from": f"all.r{n}.{one}",
            "to": f"all.r{n}.{other}",
            "requires": {"stages": [f"all.r{n - 1}.{one}"] if tied and n else []},
        }
        for n in range(regions)
        for one, other in [*pairwise(names), (names[-1], names[0])]
    ]
    ends = [f"all.r{n}.{names[-1]}" for n in range(regions)]
    close = {"trigger": "close", "from": "all", "to": "closed", "requires": {"stages": ends}}
    return plan({"all": {"parallel": True, "stages": inner}, "closed": {"final": True}}, [*moves, close])
