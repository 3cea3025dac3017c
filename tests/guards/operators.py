"""What mutmut changes here: a guard taken away, a condition, a comparison, a flag or a limit; no text of a message.

mutmut's own list has no removal of a statement, which is how a guard gets lost, and changes mostly arguments to None
and texts, which any test that runs the line notices, or none should.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import libcst as cst
from mutmut import __main__ as program
from mutmut.mutation import file_mutation, mutators
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
from mutmut.workers import isolation

Nodes = Iterable[cst.CSTNode]


def install(tests: Mapping[str, Sequence[str]]) -> None:
    """Have mutmut make these mutants, also of functions with decorators, and run the tests of each module with its own.

    It measures only what runs in its process.
    """
    mutators.mutation_operators[:] = [  # type: ignore[index]
        (cst.Expr, removed_call),
        (cst.Raise, removed),
        ((cst.If, cst.CompIf, cst.IfExp), decided),
        (cst.Call, without_keyword),
        (cst.BaseNumber, mutators.operator_number),
        (cst.Name, mutators.operator_name),
        (cst.UnaryOperation, mutators.operator_remove_unary_ops),
        (cst.Call, mutators.operator_symmetric_string_methods_swap),
        (cst.CSTNode, mutators.operator_keywords),
        (cst.CSTNode, mutators.operator_swap_op),
    ]
    file_mutation.MutationVisitor = Visitor
    file_mutation.function_trampoline_arrangement = undecorated(file_mutation.function_trampoline_arrangement)
    program.set_mutant_under_test = in_this_process
    program.collect_or_load_stats = of_the_module(program.collect_or_load_stats, tests)
    isolation.ForkServerRunner.run_clean_tests = measured


def removed_call(node: cst.Expr) -> Nodes:
    """Yield nothing in place of a call whose result nobody uses."""
    if isinstance(node.value, cst.Call):
        yield cst.Pass()


def removed(_: cst.Raise) -> Nodes:
    yield cst.Pass()


def decided(node: cst.If | cst.CompIf | cst.IfExp) -> Nodes:
    """Yield the condition so that it never holds, and so that it always does."""
    yield from mutators.operator_if_exp(node)  # type: ignore[arg-type]  # it reads `test` alone


def without_keyword(node: cst.Call) -> Nodes:
    """Yield the call without each of its keyword arguments."""
    for number, argument in enumerate(node.args):
        if argument.keyword and not is_strict(argument):
            yield node.with_changes(args=[*node.args[:number], *node.args[number + 1 :]])


def is_strict(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Arg) and node.keyword is not None and node.keyword.value == "strict"


class Visitor(file_mutation.MutationVisitor):
    """Visits decorated functions, too, and neither the text of an error nor `strict=`, which only a bug can meet."""

    def on_visit(self, node: cst.CSTNode) -> bool:
        return not is_strict(node) and super().on_visit(node) and not isinstance(node, cst.Raise)

    def _skip_node_and_children(self, node: cst.CSTNode) -> bool:
        return not isinstance(node, cst.FunctionDef) and super()._skip_node_and_children(node)


Arranged = tuple[Sequence[Any], Sequence[Any], Sequence[Any], Sequence[str]]


def undecorated(arrange: Callable[..., Arranged]) -> Callable[..., Arranged]:
    """Return `arrange` with the decorators on the function that chooses a mutant alone, not on each mutant."""

    def arrange_undecorated(function: cst.FunctionDef, *args: Any, **more: Any) -> Arranged:
        declared, (chooser, *copies), assigned, names = arrange(function, *args, **more)
        kept = [
            each for each in function.decorators
            if isinstance(each.decorator, cst.Name) and each.decorator.value in ("staticmethod", "classmethod")
        ]  # fmt: skip
        return declared, [chooser, *(copy.with_changes(decorators=kept) for copy in copies)], assigned, names

    return arrange_undecorated


def in_this_process(name: str) -> None:
    """Set the mutant, as mutmut does; programs that the tests start know nothing of its measuring."""
    set_mutant_under_test(name)
    if name == "stats":
        program.os.environ.pop("MUTANT_UNDER_TEST")


def of_the_module(collect: Callable[..., None], tests: Mapping[str, Sequence[str]]) -> Callable[..., None]:
    """Return `collect` with the tests of each function's module alone, the fastest first: one that fails ends a run."""
    chosen = {module.removesuffix(".py").replace("/", "."): tuple(those) for module, those in tests.items()}

    def collect_chosen(*args: Any, **more: Any) -> None:
        collect(*args, **more)
        known = state()
        for function, those in known.tests_by_mangled_function_name.items():
            own = (test for test in those if test.startswith(chosen.get(module_of(function), ())))
            known.tests_by_mangled_function_name[function] = dict.fromkeys(
                sorted(own, key=lambda test: (known.duration_by_test.get(test, 0.0), test))
            ).keys()  # type: ignore[assignment]  # a set that keeps the order

    return collect_chosen


def measured(*_: object, **__: object) -> int:
    """Return 0: that all tests pass without a mutant has been seen when they were measured."""
    return 0


def module_of(function: str) -> str:
    """Return the module of a function by the name that mutmut gives it: `package.module.x_name`."""
    return function.rpartition(".")[0]
