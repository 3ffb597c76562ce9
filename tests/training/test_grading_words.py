"""What a mark says where its author gave no message."""

from simlab.training.checks import FAILED, Finding
from simlab.training.grading import _in_words


def test_before_submission_an_open_answer_is_not_compared_with_nothing() -> None:
    """There is no expectation to tell yet, so only what is there is told."""
    assert _in_words(Finding(FAILED, actual="not answered yet")) == "Not answered yet."
    assert _in_words(Finding(FAILED, "a", "b")) == "Expected a; found b."
