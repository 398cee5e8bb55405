"""Formulas: computed as written, or refused with their place, and never executed."""

from __future__ import annotations

import contextlib
import math
import operator
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernlab.engine.numerics import expression_grammar as grammar
from kernlab.engine.numerics.expression import Expression, compile_expression

X = np.random.default_rng(0).standard_normal((4, 3))
Y = np.random.default_rng(1).standard_normal((5, 3))
D2: np.ndarray = ((X[:, None] - Y[None]) ** 2).sum(2)
DOT = X @ Y.T
GIVEN: dict[str, Any] = {"d2": D2, "dot": DOT, "x": X, "y": Y}


def value(text: str) -> np.ndarray:
    return compile_expression(text).evaluate(**GIVEN)


def refusal(text: str) -> str:
    with pytest.raises(ValueError) as caught:
        compile_expression(text)
    sentence = str(caught.value)
    assert "\n" not in sentence and len(sentence) < 300
    return sentence


class TestMeaning:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("exp(-d2)", np.exp(-D2)),
            ("1 / (1 + d2)**2", 1 / (1 + D2) ** 2),
            ("-d2**2", -(D2**2)),
            ("2**3**2 + dot", 512 + DOT),
            ("tanh(dot) - -1", np.tanh(DOT) + 1),
            ("d2 / m / n", D2 / 20),
            ("pi * e + 0*d2", np.full((4, 5), math.pi * math.e)),
            ("1", np.ones((4, 5))),
            ("maximum(dot, 0) * minimum(1, d2)", np.maximum(DOT, 0) * np.minimum(1, D2)),
            ("sqrt(d2)·2 − 1.5e-1 × abs(dot)", np.sqrt(D2) * 2 - 0.15 * abs(DOT)),
            ("sum(x*y)", DOT),
            ("norm(x - y)**2", D2),
            ("exp(-sum(abs(x - y)))", np.exp(-abs(X[:, None] - Y[None]).sum(2))),
            ("max(x) - min(y)", X.max(1)[:, None] - Y.min(1)[None]),
            (
                "sum(x/norm(x) * y/norm(y))",
                DOT / np.outer(np.linalg.norm(X, axis=1), np.linalg.norm(Y, axis=1)),
            ),
            ("sum(x*sum(y))", np.outer(X.sum(1), Y.sum(1))),
        ],
    )
    def test_formulas_mean_what_they_say(self, text: str, expected: np.ndarray) -> None:
        np.testing.assert_allclose(value(text), expected, rtol=1e-13)

    def test_names_are_what_it_needs(self) -> None:
        assert compile_expression("exp(-d2)*m + pi").names == {"d2", "m"}
        assert compile_expression("norm(x - y)").names == {"x", "y"}

    def test_the_same_text_is_the_same_expression(self) -> None:
        assert compile_expression(" d2 ") == compile_expression(" d2 ")
        assert isinstance(compile_expression("d2"), Expression)

    def test_numbers_alone_take_the_shape_that_is_given(self) -> None:
        assert compile_expression("2").evaluate(m=3, n=2).tolist() == [[2, 2]] * 3
        assert compile_expression("m - n").evaluate(m=3, n=2).tolist() == [[1, 1]] * 3
        assert compile_expression("m").evaluate(d2=np.ones((2, 2)), m=7).tolist() == [[7, 7]] * 2

    def test_the_result_is_a_matrix_of_its_own(self) -> None:
        d2 = np.ones((2, 2))
        compile_expression("d2").evaluate(d2=d2)[0, 0] = 5
        assert d2[0, 0] == 1


class TestRefusal:
    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("", "the formula is empty"),
            ("x", "at character 1, x is a vector; use d2"),
            ("exp(-d2) + norm(x)*y", "at character 20, y is a vector"),
            ("sum(d2)", "at character 1, sum takes the components of a vector; put x or y"),
            ("exq(d2)", "the name 'exq' is unknown, did you mean exp?"),
            ("exp(-d2", "at character 4, '(' is not closed"),
            ("  exp(-d2", "at character 6, '(' is not closed"),
            ("exp(-d2))", "at character 9, ')' closes nothing"),
            ("2 d2", "at character 3, an operator is missing before 'd2'; write * between"),
            ("2(d2)", "at character 2, an operator is missing"),
            ("d2^2", "at character 3, '^' is not allowed; write ** for a power"),
            ("d2 +", "at character 4, the formula ends too early"),
            ("* d2", "at character 1, something is missing"),
            ("exp d2", "at character 5, '(' is missing after exp"),
            ("exp", "exp is a function; write exp(…)"),
            ("maximum(d2)", "maximum takes two terms"),
            ("exp(d2, dot)", "exp takes one term"),
            ("d2, dot", "this is no arithmetic"),
            ("1/0 + d2", "at character 1, this number is infinite"),
            ("log(-1)", "at character 1, this number is infinite or undefined"),
            ("1e999", "this number is infinite"),
            ("d2**101", "at character 5, the exponent is 101; allowed: from -100 to 100"),
            ("9**9**9**9", "the exponent is 3.874e+08"),
            ("d2 + 1" * 100, "600 characters; allowed: 500"),
            ("+".join("1" * 61), "more than 60 levels"),
        ],
    )
    def test_each_with_its_place(self, text: str, sentence: str) -> None:
        assert sentence in refusal(text)

    @pytest.mark.parametrize(
        "text",
        [
            "__import__('os').system('true')", "().__class__.__bases__[0].__subclasses__()",
            "d2.__class__", "d2.tofile", "exp.__globals__", "open('/etc/passwd')", "eval('1')",
            "exec", "lambda: 1", "lambda d2: d2", "[d2 for d2 in dot]", "{d2: 1}", "(d2 := 1)",
            "f'{d2}'", "'d2'", '"d2"', "b'1'", "d2 if m else n", "d2 or dot", "not d2", "d2 < 1",
            "d2 == dot", "d2 and 1", "d2[0]", "d2 @ dot", "d2 // 2", "d2 % 2", "d2 | 1", "~d2",
            "d2 << 9", "exp(*d2)", "exp(**d2)", "exp(x=d2)", "exp(d2)(d2)", "(exp)(d2)", "pi(2)",
            "...", "None", "True", "1j", "0x10", "0b1", "1_000", "1..real", "d2;dot", "d2\ndot",
            "d2\\\n", "# d2", "d2 # 1", "d2 = 1", "yield d2", "await d2", "ｅｘｐ(d2)", "еxp(d2)",
            "d２", "d2 ∗ 2", "d2\u00a0+ 1", "d2\u200b", "d2\x00", "\ud800", "٣", "𝐝2", "²",
            "d2\t+1", "(" * 250, "(" * 240 + "1" + ")" * 240, "-" * 400 + "1", "1**" * 150 + "1",
            "exp(" * 80 + "d2" + ")" * 80, "9" * 450, "9**9**9**9**9", "10**100**100",
            "(9**99)**(9**99)", "norm(" * 70 + "x" + ")" * 70, "d2**(99*99)", "$d2", "`d2`", "!d2",
        ],
    )  # fmt: skip
    def test_hostile_texts(self, text: str) -> None:
        refusal(text)

    def test_a_huge_power_of_an_array_is_not_finite_instead_of_slow(self) -> None:
        with pytest.raises(ValueError, match="is infinite or undefined in 20 of 20 entries"):
            value("exp(exp(exp(m + n + d2)))")

    @pytest.mark.parametrize(
        ("text", "count", "place"),
        [("1/d2", 1, "row 1, column 2"), ("log(d2 - 2)", 2, "row 1, column 1")],
    )
    def test_what_is_not_finite_is_counted(self, text: str, count: int, place: str) -> None:
        d2 = np.array([[1.0, 0.0], [3.0, 4.0]])
        with pytest.raises(ValueError, match=f"in {count} of 4 entries, first in {place}"):
            compile_expression(text).evaluate(d2=d2)

    def test_what_is_not_given_is_named(self) -> None:
        with pytest.raises(ValueError, match="needs dot, which there is none of here; allowed: d2"):
            compile_expression("d2 + dot").check("d2", "m", "n")
        with pytest.raises(ValueError, match="needs dot"):
            compile_expression("d2 + dot").evaluate(d2=D2)
        compile_expression("d2 + n").check("d2", "m", "n")

    @pytest.mark.parametrize(
        ("values", "sentence"),
        [
            ({"d2": D2, "dot": DOT.T}, "the numbers of rows differ (d2 4, dot 5)"),
            ({"d2": D2, "y": X}, "the numbers of columns differ (d2 5, y 4)"),
            ({"d2": np.ones(3)}, "d2 has the shape (3,)"),
            ({"d2": np.ones((0, 3))}, "d2 has the shape (0, 3)"),
            ({"x": X, "y": Y[:, :2]}, "x has 3 components and y has 2"),
        ],
    )
    def test_shapes_that_do_not_go_together(self, values: Any, sentence: str) -> None:
        with pytest.raises(ValueError, match=re.escape(sentence)):
            compile_expression("1").evaluate(**values)


ALPHABET = st.sampled_from(
    [*grammar.NAMES, *"0123456789.+-*/(), e_^'[]{}:=λ−", "**", "lambda", "or"]
)


@settings(max_examples=400)
@given(text=st.text(max_size=60) | st.lists(ALPHABET, max_size=25).map("".join))
def test_any_text_is_computed_or_refused(text: str) -> None:
    try:
        found = value(text)
    except ValueError as error:
        assert "\n" not in str(error)
    else:
        assert found.shape == (4, 5) and np.isfinite(found).all()


class Sample(NamedTuple):
    """A formula as text, and the same made of closures over plain Python numbers."""

    text: str
    compute: Callable[[dict[str, float]], float]


BINARY = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
UNARY = {
    name: getattr(math, name)
    for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh")
} | {"abs": abs, "arctan": math.atan}


def _binary(parts: tuple[Sample, str, Sample]) -> Sample:
    left, sign, right = parts
    combine = BINARY[sign]
    return Sample(
        f"({left.text}) {sign} ({right.text})",
        lambda at: combine(left.compute(at), right.compute(at)),
    )


def _unary(parts: tuple[str, Sample]) -> Sample:
    name, inner = parts
    return Sample(f"{name}({inner.text})", lambda at: UNARY[name](_moderate(inner.compute(at))))


def _moderate(number: float) -> float:
    """The sine of a large number has few digits that are right."""
    if abs(number) > 1e6:
        raise OverflowError
    return number


def _power(parts: tuple[Sample, int]) -> Sample:
    base, exponent = parts
    return Sample(f"({base.text})**{exponent}", lambda at: base.compute(at) ** exponent)


def _pair(parts: tuple[str, Sample, Sample]) -> Sample:
    name, left, right = parts
    pick = min if name == "minimum" else max
    return Sample(
        f"{name}({left.text}, {right.text})",
        lambda at: pick(left.compute(at), right.compute(at)),
    )


LEAVES = st.sampled_from(["d2", "dot", "m", "n"]).map(
    lambda name: Sample(name, lambda at: at[name])
) | st.floats(0.01, 20).map(lambda number: Sample(f"{number!r}", lambda at: number))
SAMPLES = st.recursive(
    LEAVES,
    lambda inner: (
        st.tuples(inner, st.sampled_from([*BINARY]), inner).map(_binary)
        | st.tuples(st.sampled_from([*UNARY]), inner).map(_unary)
        | st.tuples(inner, st.integers(-3, 3)).map(_power)
        | st.tuples(st.sampled_from(["minimum", "maximum"]), inner, inner).map(_pair)
        | inner.map(lambda one: Sample(f"-({one.text})", lambda at: -one.compute(at)))
    ),
    max_leaves=8,
)


@settings(max_examples=200)
@given(sample=SAMPLES)
def test_random_formulas_agree_with_plain_python(sample: Sample) -> None:
    pairs = zip(D2.ravel().tolist(), DOT.ravel().tolist(), strict=True)
    points = [{"d2": a, "dot": b, "m": 4.0, "n": 5.0} for a, b in pairs]
    try:
        expected = [sample.compute(at) for at in points]
        defined = all(isinstance(one, float) and math.isfinite(one) for one in expected)
    except (ValueError, ZeroDivisionError, OverflowError):
        defined = False
    if not defined:  # here 1 / (1 / 0) is an error, there it is 0
        with contextlib.suppress(ValueError):
            assert np.isfinite(value(sample.text)).all()
    elif len(sample.text) <= grammar.LONGEST:
        found = value(sample.text).ravel()
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)
