"""The inside of the process that fills in a template: a sandbox that knows text, numbers, lists and macros only.

Started by `adapters/jinja.py`, never imported by it. It says one byte when its limits hold, then reads one question
from standard input and answers with one byte for how it went and the text, or the line and the fault.
"""

import json
import os
import sys
import textwrap  # noqa: F401 - a filter wants it when no file can be opened any more
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


def main(limit: str, memory: str, cpu_seconds: str) -> NoReturn:
    """Takes the limits upon this process by calling `limit`, a `module:name`, then answers the question."""
    sandbox = Sandbox()
    for each in ("{{ '·'|wordwrap(9) }}", "{{ 1 % 0 }}", "{{"):
        answer(sandbox, each, {}, 9)  # loads what Python and Jinja2 load late, while files can still be opened
    if limit:
        module, _, name = limit.partition(":")
        getattr(import_module(module), name)(int(memory), int(cpu_seconds))
    _say(READY)
    question = json.loads(sys.stdin.buffer.read())
    _say(answer(sandbox, question["source"], question["values"], question["room"]))
    os._exit(0)


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

    def __init__(self) -> None:
        super().__init__(undefined=Unknown, finalize=sayable, trim_blocks=True, lstrip_blocks=True)
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


def answer(sandbox: Sandbox, source: str, values: dict[str, Any] | None, room: int) -> bytes:
    """The reply: the text, of `room` bytes at most; without values the names asked for, as JSON; or line and fault."""
    try:
        tree = sandbox.parse(source)
        for node in tree.find_all(tuple(ELSEWHERE)):
            _refuse(node)
        text = _names(tree) if values is None else _filled(sandbox, tree, values, room)
        return DONE + text.encode("utf-8", "surrogatepass")
    except Exception as error:  # noqa: BLE001 - whatever a template does is its own fault
        line, fault = _fault(error)
        return FAULT + f"{line or ''}\n{fault[:LONGEST_FAULT]}".encode("utf-8", "replace")


def _refuse(node: nodes.Node) -> NoReturn:
    word = ELSEWHERE[type(node)]
    raise TemplateSyntaxError(
        f"'{word}' does not work here: a template stands alone. Put the text itself here.", node.lineno
    )


def _names(tree: nodes.Template) -> str:
    return json.dumps(sorted(find_undeclared_variables(tree)))


def _filled(sandbox: Sandbox, tree: nodes.Template, values: dict[str, Any], room: int) -> str:
    template = sandbox.template_class.from_code(sandbox, sandbox.compile(tree), sandbox.make_globals(None))
    pieces: list[str] = []
    left = room
    for piece in template.root_render_func(template.new_context(values)):
        left -= len(piece) if len(piece) > left else len(piece.encode("utf-8", "surrogatepass"))
        if left < 0:
            raise TemplateRuntimeError(f"the text comes to more than {room:,} bytes. Shorten it.")
        pieces.append(piece)
    return "".join(pieces)


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
