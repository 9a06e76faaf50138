"""The stage machine: which moves leave here, and where each leads. Built from a playbook on transitions.

It is a calculator: a throw-away model is put where the incident stands, one trigger is fired by its internal name, and
the stages that were left and entered are read off. Nothing from a playbook is ever handed over as a callback.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from types import ModuleType
from typing import Any, NamedTuple

from crisisctl.domain.playbook import Playbook, Stage, Transition, around

SEPARATOR = "."
REMEMBERED = 1_024  # moves from different places; a watch lives for months


class Move(NamedTuple):
    """What a transition does: stages left innermost first, entered outermost first, and the active leaves after it."""

    left: tuple[str, ...]
    entered: tuple[str, ...]
    active: tuple[str, ...]


class _Walker:
    """The model: where the incident stands, and what the machine did to it."""

    def __init__(self) -> None:
        self.state: Any = None
        self.left: list[str] = []
        self.entered: list[str] = []


class Stages:
    """The stage machine of one playbook."""

    def __init__(self, playbook: Playbook) -> None:
        self._playbook = playbook
        self._walked: dict[tuple[tuple[str, ...], int], Move] = {}
        machine = _machine_class()
        self._machine = machine(
            model=None,
            states=[_state(playbook, stage) for stage in playbook.top_stages()],
            initial=playbook.initial,
            auto_transitions=False,
            send_event=True,
        )
        for move in playbook.transitions:
            for place, source in enumerate(move.sources):
                self._machine.add_transition(_event(move, place), source, move.to)

    def start(self) -> Move:
        """Entering the initial stage."""
        active = self._leaves(self._playbook.initial)
        return Move((), self.within(active), active)

    def possible(self, active: Iterable[str]) -> list[Transition]:
        """The transitions that leave one of these leaves or a stage around it, in the order of the playbook."""
        held = around(tuple(active))
        return [move for move in self._playbook.transitions if not held.isdisjoint(move.sources)]

    def fire(self, active: Sequence[str], move: Transition) -> Move:
        """What the transition does from these leaves; it must be one of `possible`. It is worked out once."""
        at = (tuple(active), move.number)
        found = self._walked.get(at)
        if found is None:
            if len(self._walked) >= REMEMBERED:
                self._walked.clear()
            found = self._walked[at] = self._walk(active, move)
        return found

    def _walk(self, active: Sequence[str], move: Transition) -> Move:
        walker = _Walker()
        # Put there, never added: the library would name methods of it after the stages and fail at one named "add".
        self._machine.set_state(list(active), walker)
        held = around(tuple(active))
        # One source alone: from two active ones the library would take the move twice.
        place = next(place for place, source in enumerate(move.sources) if source in held)
        self._machine.trigger_event(walker, _event(move, place))
        stands = set(_flat(walker.state))
        after = tuple(path for path in self._playbook.stages if path in stands)
        return Move(tuple(walker.left), tuple(walker.entered), after)

    def within(self, active: Iterable[str]) -> tuple[str, ...]:
        """The leaves and every stage around them, outermost first, in the order of the playbook."""
        held = around(tuple(active))
        return tuple(path for path in self._playbook.stages if path in held)

    def _leaves(self, path: str) -> tuple[str, ...]:
        stage = self._playbook.stages[path]
        if not stage.children:
            return (path,)
        inner = stage.children if stage.parallel else (stage.initial or stage.children[0],)
        return tuple(leaf for child in inner for leaf in self._leaves(child))


def _event(move: Transition, source: int) -> str:
    return f"move {move.number} {source}"  # never a name from the playbook, so none can clash with the library's own


def _state(playbook: Playbook, stage: Stage) -> dict[str, Any]:
    state: dict[str, Any] = {"name": stage.path.rpartition(".")[2]}
    if stage.children:
        inner = [_state(playbook, playbook.stages[child]) for child in stage.children]
        state["parallel" if stage.parallel else "children"] = inner
        if stage.initial and not stage.parallel:
            state["initial"] = stage.initial.rpartition(".")[2]
    return state


def _flat(state: Any) -> Iterator[str]:  # noqa: ANN401 - transitions nests lists as deep as the stages
    if isinstance(state, str):
        yield state
    else:
        for inner in state:
            yield from _flat(inner)


@lru_cache(maxsize=1)
def _machine_class() -> Any:  # noqa: ANN401 - transitions has no types
    nesting = _nesting()

    class Recorded(nesting.NestedState):  # type: ignore[name-defined, misc]
        """A stage that writes down on the model when it is entered and left."""

        separator = SEPARATOR

        def enter(self, event_data: Any) -> None:  # noqa: ANN401 - transitions has no types
            event_data.model.entered.append(SEPARATOR.join([*event_data.machine.prefix_path, self.name]))

        def exit(self, event_data: Any) -> None:  # noqa: ANN401 - transitions has no types
            event_data.model.left.append(SEPARATOR.join([*event_data.machine.prefix_path, self.name]))

    class StageMachine(nesting.HierarchicalMachine):  # type: ignore[name-defined, misc]
        state_cls = Recorded

    return StageMachine


def _nesting() -> ModuleType:
    """The nesting module of transitions without its package's front door.

    The front door imports asyncio for machines that are not used here: 30 ms on every command, against 5 ms.
    """
    import transitions  # noqa: PLC0415 - only commands that move an incident pay for it

    package = "transitions.extensions"
    if package not in sys.modules:
        bare = ModuleType(package)
        bare.__path__ = [f"{place}/extensions" for place in transitions.__path__]
        sys.modules[package] = bare
        try:
            from transitions.extensions import nesting  # noqa: PLC0415
        finally:
            del sys.modules[package]
        return nesting
    from transitions.extensions import nesting  # noqa: PLC0415

    return nesting
