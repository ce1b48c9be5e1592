"""Rules for the source that no linter has: small files, few arguments, one name for one thing."""

import ast
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from support.programs import ROOT

MOST_LINES = 400
PACKAGES = {
    "tap": ROOT / "tap-seoshop/tap_seoshop",
    "target": ROOT / "target-copernica/target_copernica",
    "sandbox": ROOT / "sandbox/sandbox",
    "fleet": ROOT / "seoshop-copernica/seoshop_copernica",
    "tap of opt-outs": ROOT / "tap-copernica-optouts/tap_copernica_optouts",
    "target of opt-outs": ROOT / "target-seoshop-optouts/target_seoshop_optouts",
}
ODD_WORDS = re.compile(r"\b(?:whoever|whomever|somebody|nobody|lest)\b", re.IGNORECASE)


def sources(package: str) -> list[tuple[str, ast.Module, str]]:
    """Name, syntax tree and text of each file of a package."""
    files = sorted(PACKAGES[package].rglob("*.py"))
    assert files
    texts = [(file, file.read_text()) for file in files]
    return [(str(file.relative_to(ROOT)), ast.parse(text), text) for file, text in texts]


def root_of(called: ast.expr) -> ast.expr:
    """What a call begins with: `a` of `a.b.c()`."""
    while isinstance(called, ast.Attribute | ast.Subscript | ast.Call):
        called = called.func if isinstance(called, ast.Call) else called.value
    return called


def odd_calls(tree: ast.Module) -> Iterator[int]:
    """Lines where what is called, or changed, is chosen by a condition in the midst of the call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.IfExp):
            yield node.lineno
        elif isinstance(node, ast.Expr):
            begin = root_of(node.value)
            if isinstance(begin, ast.IfExp) or isinstance(node.value, ast.BoolOp):
                yield node.lineno


@pytest.mark.parametrize("package", PACKAGES)
def test_no_file_is_long(package: str) -> None:
    assert [name for name, _, text in sources(package) if len(text.splitlines()) > MOST_LINES] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_condition_chooses_what_a_statement_calls(package: str) -> None:
    assert [f"{name}:{line}" for name, tree, _ in sources(package) for line in odd_calls(tree)] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_function_is_allowed_more_arguments_than_the_others(package: str) -> None:
    assert [name for name, _, text in sources(package) if "PLR0913" in text or "PLR0917" in text] == []


@pytest.mark.parametrize("package", ["tap", "target"])
def test_no_two_classes_of_a_package_have_one_name(package: str) -> None:
    names = Counter(
        node.name for _, tree, _ in sources(package) for node in tree.body if isinstance(node, ast.ClassDef)
    )
    assert [name for name, number in names.items() if number > 1 and not name.startswith("_")] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_the_words_are_plain(package: str) -> None:
    assert [name for name, _, text in sources(package) if ODD_WORDS.search(text)] == []


@pytest.mark.parametrize(
    ("text", "odd"),
    [
        ("(a if c else b)(1)", True),
        ("x = (a if c else b)(1)", True),
        ("(a if c else b).append(1)", True),
        ("(a if c else b).at(0).append(1)", True),
        ("a() if c else b()", True),
        ("c and a()", True),
        ("for x in (a if c else {}).items(): x()", False),
        ("f = a if c else b\nf(1)", False),
    ],
)
def test_what_counts_as_an_odd_call(text: str, odd: bool) -> None:  # noqa: FBT001 - a table
    assert bool(list(odd_calls(ast.parse(text)))) is odd
