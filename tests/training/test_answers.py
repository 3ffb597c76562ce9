"""Answers are compared as a fair examiner would: spacing and letter case aside, wrong ones stay wrong."""

from typing import Any

import pytest
from pydantic import ValidationError

from simlab.training.checks.answer import Question, is_right


@pytest.mark.parametrize(
    ("question", "given", "right"),
    [
        ({"kind": "choice", "options": {"a": "x", "b": "y"}, "right": "a"}, "A ", True),
        ({"kind": "choice", "options": {"a": "x", "b": "y"}, "right": "a"}, "b", False),
        ({"kind": "number", "right": 12, "tolerance": 0.5}, "12.4 cm", True),
        ({"kind": "number", "right": 12}, "13", False),
        ({"kind": "number", "right": 12}, "twelve", False),
        ({"kind": "uid", "right": "1.2.3"}, " 1.2.3\x00", True),
        ({"kind": "uid", "right": "1.2.3"}, "1.2.30", False),
        ({"kind": "set", "right": ["A", "B"]}, "b, a", True),
        ({"kind": "set", "right": ["A", "B"]}, ["a"], False),
        ({"kind": "set", "right": ["A", "B"]}, ["a", "b", "c"], False),
        ({"kind": "text", "right": "O'Brien  Mary"}, "o'brien mary.", True),
        ({"kind": "text", "right": "19620304", "accept": ["4 March 1962"]}, "4 march 1962", True),
        ({"kind": "order", "right": ["a", "b"]}, ["b", "a"], False),
        ({"kind": "matching", "right": {"x": "1", "y": "2"}}, {"Y": "2", "X": 1}, True),
        ({"kind": "matching", "right": {"x": "1", "y": "2"}}, "x=1", False),
        ({"kind": "text", "right": "a"}, None, False),
        ({"kind": "matching", "right": {"x": "1"}}, 5, False),
    ],
)
def test_answers(question: dict[str, Any], given: Any, right: bool) -> None:
    """One row, one judgement."""
    assert is_right(Question(ask="?", **question), given) is right


def test_a_right_answer_must_be_among_the_options() -> None:
    """A choice whose right answer cannot be chosen is the author's mistake."""
    with pytest.raises(ValidationError, match="none of the options"):
        Question(kind="choice", ask="?", options={"a": "x"}, right="z")
