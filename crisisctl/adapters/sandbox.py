"""The inside of the process that fills in templates: a sandbox that knows text, numbers, lists and macros only.

Started by `adapters/jinja.py`, never imported by it. It says one byte when its limits hold, then reads one question
from standard input and answers with one byte for how it went and the texts, or which template, the line and the fault.
"""

import json
import os
import re
import sys
import textwrap  # noqa: F401 - a filter wants it when no file can be opened any more
from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module
from typing import Any, NoReturn

from jinja2 import StrictUndefined, Undefined, nodes
from jinja2.exceptions import SecurityError, TemplateError, TemplateRuntimeError, TemplateSyntaxError, UndefinedError
from jinja2.meta import find_undeclared_variables
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

READY, DONE, FAULT = b"+", b"=", b"!"
LONGEST_RANGE = 1_000
LONGEST_FAULT = 600
KEPT = 128  # templates that whoever asks for several gets without parsing them again
BLOCK = re.compile(r"[a-z][a-z0-9_]{0,62}")
HTML = "_html"  # how the name of a block ends whose values are escaped

# No filter that calls what it is given, reads attributes by name, makes HTML, pads to a width or draws at random.
FILTERS = (
    "abs capitalize count d default dictsort filesizeformat first float indent int items join last length list lower "
    "max min replace reverse round sort string sum title trim truncate unique upper wordcount wordwrap"
)
TESTS = (
    "boolean defined divisibleby eq equalto even false float ge gt in integer le lower lt ne none number odd string "
    "true undefined upper == != < <= > >="
)
KINDS = {str: "text", int: "a number", float: "a number", bool: "yes or no", type(None): "nothing"}
LOOP = "changed cycle depth depth0 first index index0 last length nextitem previtem revindex revindex0"
NOT_HERE = "caller cycler dict joiner kwargs lipsum loop namespace self super varargs"
ELSEWHERE: dict[type[nodes.Node], str] = {
    nodes.Extends: "extends",
    nodes.FromImport: "from",
    nodes.Import: "import",
    nodes.Include: "include",
    nodes.ScopedEvalContextModifier: "autoescape",
}
# What a block may use of the file around it, if it stands above the block.
SHARED = (nodes.Assign, nodes.AssignBlock, nodes.Macro)
Filling = tuple[str, dict[str, Any] | None]  # a template's source and values; without values its names are asked for


def main(limit: str, memory: str, cpu_seconds: str) -> NoReturn:
    """Takes the limits upon this process by calling `limit`, a `module:name`, then answers the question."""
    _begin(limit, memory, cpu_seconds)
    _say(READY)
    _say(_answered(sys.stdin.buffer.read()))
    os._exit(0)


def serve(limit: str, memory: str, cpu_seconds: str) -> NoReturn:
    """The same for any number of questions, a line each; before the answer to each a line that says how long it is."""
    _begin(limit, memory, cpu_seconds)
    for question in sys.stdin.buffer:
        _say(READY)
        reply = _answered(question)
        _say(b"%d\n%b" % (len(reply), reply))
    os._exit(0)


def _begin(limit: str, memory: str, cpu_seconds: str) -> None:
    for each in ("{{ '·'|wordwrap(9) }}{% block a_html %}{{ '<' }}{% endblock %}", "{{ 1 % 0 }}", "{{"):
        answer([(each, {})], 9)  # loads what Python and Jinja2 load late, while files can still be opened
    if limit:
        module, _, name = limit.partition(":")
        getattr(import_module(module), name)(int(memory), int(cpu_seconds))


def _answered(asked: bytes) -> bytes:
    question = json.loads(asked)
    return answer(question["fillings"], question["room"])


def _say(what: bytes) -> None:
    sys.stdout.buffer.write(what)
    sys.stdout.buffer.flush()


class Unknown(StrictUndefined):
    """What stands for a name without a value: any use of it says so."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        name = self._undefined_name
        if self._undefined_hint:
            return self._undefined_hint
        if self._undefined_obj is not missing:
            return f"there is no {name!r} in {_kind(self._undefined_obj)}."
        if name in NOT_HERE.split():
            return f"{name!r} does not work here."
        return f"{name!r} is not known yet. Set it: crisisctl fact set {name} VALUE"


class Sandbox(ImmutableSandboxedEnvironment):
    """An environment with no loader and one global, and a list of what works: filters, tests, attributes, calls."""

    # A call that the optimizer would make while compiling is refused there too.
    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, *, escaping: bool = False) -> None:
        super().__init__(undefined=Unknown, finalize=sayable, trim_blocks=True, lstrip_blocks=True, autoescape=escaping)
        self.globals = {"range": short_range}
        self.filters = {name: self.filters[name] for name in FILTERS.split()}
        self.tests = {name: self.tests[name] for name in TESTS.split()}

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:  # noqa: ARG002 - Jinja's interface
        """Only the counters of a loop can be read."""
        return isinstance(obj, LoopContext) and attr in LOOP.split()

    def is_safe_callable(self, obj: object) -> bool:
        """True for `range`, macros and the methods of a loop, and for an undefined name, which then says what it is."""
        own = isinstance(obj, Macro | Undefined) or obj is short_range
        if own or isinstance(getattr(obj, "__self__", None), LoopContext):
            return True
        raise SecurityError(f"{_kind(obj)} cannot be called; leave out the brackets.")

    def wrap_str_format(self, value: object) -> None:
        """Makes `str.format` an attribute like any other, which is to say refused."""

    def unsafe_undefined(self, obj: object, attribute: str) -> Undefined:
        """What stands for an attribute that is refused; using it says so."""
        hint = f"'.{attribute}' does not work on {_kind(obj)}; use a filter, as in {{{{ name|upper }}}}."
        return self.undefined(hint, obj=obj, name=attribute, exc=SecurityError)

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        """Multiplies and divides plain numbers; text times a number is a memory bomb, and so is a power."""
        if operator == "**" or not (isinstance(left, int | float) and isinstance(right, int | float)):
            both = f"{_kind(left)} and {_kind(right)}"
            raise SecurityError(f"'{operator}' does not work on {both} here. Write out the result.")
        return super().call_binop(context, operator, left, right)


def short_range(*bounds: int) -> range:
    """Python's `range`, of a thousand numbers at most."""
    numbers = range(*bounds)
    if numbers[LONGEST_RANGE:]:
        raise TemplateRuntimeError(f"a range here has {LONGEST_RANGE:,} numbers at most.")
    return numbers


def sayable(value: object) -> object:
    """The value of a `{{ … }}` if it can stand in a sentence; a list or nothing would be printed as Python."""
    if isinstance(value, str | int | float | Undefined):
        return value
    raise TemplateRuntimeError(f"this gives {_kind(value)} where only text or a number can stand.")


def _kind(value: object) -> str:
    if isinstance(value, Undefined):
        return "a name without a value"
    return KINDS.get(type(value)) or f"a {type(value).__name__}"


def answer(fillings: list[Filling], room: int) -> bytes:
    """The reply, as JSON: for each template its texts by block, the common one under no name, or the names asked for.

    All texts together have `room` bytes at most. When one fails: the number of its template, the line, and the fault.
    """
    answers: list[Any] = []
    left = Room(room)
    try:
        for source, values in fillings:
            found = _parsed(source)
            answers.append(_names(found) if values is None else _filled(found, values, left))
        return DONE + json.dumps(answers, ensure_ascii=False).encode("utf-8", "surrogatepass")
    except Exception as error:  # noqa: BLE001 - whatever a template does is its own fault
        line, fault = _fault(error)
        return FAULT + f"{len(answers)}:{line or ''}\n{fault[:LONGEST_FAULT]}".encode("utf-8", "replace")


class Room:
    """How many bytes all texts may still have."""

    def __init__(self, most: int) -> None:
        self._most = self._left = most

    def take(self, piece: str) -> None:
        """Counts a piece in; a `TemplateRuntimeError` when it does not fit."""
        self._left -= len(piece) if len(piece) > self._left else len(piece.encode("utf-8", "surrogatepass"))
        if self._left < 0:
            raise TemplateRuntimeError(f"the text comes to more than {self._most:,} bytes. Shorten it.")


Parts = list[tuple[str, Sandbox, nodes.Template]]


@lru_cache(maxsize=KEPT)
def _parsed(source: str) -> Parts:
    """The common text without the blocks, under no name, then each block: trees of their own, each in its sandbox."""
    plain = Sandbox()
    tree = plain.parse(source)
    for node in tree.find_all(tuple(ELSEWHERE)):
        _refuse(node)
    _check_blocks(tree)
    common = [node for node in tree.body if not isinstance(node, nodes.Block)]
    return [("", plain, _tree(plain, common)), *_blocks(tree, plain)]


def _blocks(tree: nodes.Template, plain: Sandbox) -> Iterator[tuple[str, Sandbox, nodes.Template]]:
    shared: list[nodes.Node] = []
    for node in tree.body:
        if isinstance(node, SHARED):
            shared.append(node)
        elif isinstance(node, nodes.Block):
            sandbox = Sandbox(escaping=True) if node.name.endswith(HTML) else plain
            yield node.name, sandbox, _tree(sandbox, [*shared, *node.body])


def _tree(sandbox: Sandbox, body: list[nodes.Node]) -> nodes.Template:
    tree = nodes.Template(body, lineno=1)
    tree.set_environment(sandbox)
    return tree


def _check_blocks(tree: nodes.Template) -> None:
    at_the_top = {id(node) for node in tree.body}
    seen: set[str] = set()
    for block in tree.find_all(nodes.Block):
        if fault := _block_fault(block, seen, inside=id(block) not in at_the_top):
            raise TemplateSyntaxError(f"block '{block.name}' {fault}", block.lineno)
        seen.add(block.name)


def _block_fault(block: nodes.Block, seen: set[str], *, inside: bool) -> str:
    if inside:
        return "stands inside something else; a block stands by itself in the file. Put conditions inside it."
    if block.name in seen:
        return "is here a second time. Keep one of them."
    if block.scoped or block.required:
        return "takes no other word beside its name. Leave out 'scoped' and 'required'."
    if not BLOCK.fullmatch(block.name):
        return "has a name that no channel can have. Write it in a to z, 0 to 9 and _."
    return ""


def _refuse(node: nodes.Node) -> NoReturn:
    word = ELSEWHERE[type(node)]
    raise TemplateSyntaxError(
        f"'{word}' does not work here: a template stands alone. Put the text itself here.", node.lineno
    )


def _names(parts: Parts) -> list[str]:
    return sorted({name for _, _, tree in parts for name in find_undeclared_variables(tree)})


def _filled(parts: Parts, values: dict[str, Any], room: Room) -> dict[str, str]:
    return {name: _text(sandbox, tree, values, room) for name, sandbox, tree in parts}


def _text(sandbox: Sandbox, tree: nodes.Template, values: dict[str, Any], room: Room) -> str:
    template = sandbox.template_class.from_code(sandbox, _code(sandbox, tree), sandbox.make_globals(None))
    pieces: list[str] = []
    for piece in template.root_render_func(template.new_context(values)):
        room.take(piece)
        pieces.append(piece)
    return "".join(pieces)


@lru_cache(maxsize=8 * KEPT)
def _code(sandbox: Sandbox, tree: nodes.Template) -> Any:  # noqa: ANN401 - what only Jinja knows
    return sandbox.compile(tree)


def _fault(error: Exception) -> tuple[int | None, str]:
    if isinstance(error, TemplateSyntaxError):
        return error.lineno, _with_offer(_sentence(error.message or "this is no template"))
    if isinstance(error, MemoryError):
        return _line(error), "this needs more memory than a template may have. Simplify it."
    if isinstance(error, RecursionError | SyntaxError):
        return _line(error), "this is nested too deeply, or calls itself without end. Simplify it."
    if isinstance(error, UndefinedError):
        return _line(error), str(error)  # may end with a command, which takes no full stop
    said = str(error) if isinstance(error, TemplateError) else f"this cannot be worked out: {error}"
    return _line(error), _sentence(said)


def _sentence(text: str) -> str:
    return f"{text.rstrip('.')[: LONGEST_FAULT - 1]}."


def _with_offer(message: str) -> str:
    for what, known in (("filter", FILTERS), ("test", TESTS)):
        if message.startswith(f"No {what} named"):
            return f"{message[:100]} Those that work here: {known.replace(' ', ', ')}."
    return message


def _line(error: Exception) -> int | None:
    """The line of the template at which it failed, the innermost where a macro was called."""
    found, step = None, error.__traceback__
    while step:
        if template := step.tb_frame.f_globals.get("__jinja_template__"):
            found = template.get_corresponding_lineno(step.tb_lineno)
        step = step.tb_next
    return found
