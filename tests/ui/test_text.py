"""The Korean catalogue is complete, and says the same as the English."""

import re
import string

import pytest

from pages.ui.text.korean import KOREAN
from tests.support.catalogue import texts

ENGLISH = sorted(texts())


def test_the_scan_finds_the_texts() -> None:
    assert {"Learning rate", "Play", "The data", "Overfitting"} <= set(ENGLISH)
    assert len(ENGLISH) > 200


def test_nothing_is_missing_and_nothing_is_left_over() -> None:
    assert set(ENGLISH) - set(KOREAN) == set()
    assert set(KOREAN) - set(ENGLISH) == set()


@pytest.mark.parametrize("english", ENGLISH)
def test_placeholders_agree(english: str) -> None:
    def names(text: str) -> list[str]:
        return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)

    assert names(KOREAN[english]) == names(english)


def test_sentences_are_translated() -> None:
    """A text of more than three English words holds Korean letters."""
    for english, korean in KOREAN.items():
        if len(re.findall(r"[A-Za-z]{3,}", english)) > 3:
            assert re.search("[가-힣]", korean), english
