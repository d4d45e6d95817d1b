"""The Korean of the catalogue: no particle is guessed, one term for one thing, one politeness, numbers as Korean writes them."""

import re

import pytest

from tests.support import catalogue

KOREAN = catalogue.translations("ko")

# What changes with the sound before it. After a number or a name nobody knows that sound, so a sentence does without, or gives
# both forms, as in 은(는). What never changes (의, 에서, 도, 까지, 보다) may stand there,
# and so may 입니다 and other forms of 이다.
PARTICLES = "이|가|은|는|을|를|과|와|으로|로|이라고|라고|이라는|라는|이란|란|이랑|랑|이나|나"
GUESSED = re.compile(rf"\{{\w+\}}[”’\"'`)\]]*(?:{PARTICLES})(?=[\s.,:;…?!)”]|만|는|은|도|$)")

# Each of these was once said in several ways. Left: what must not come back; right: the term.
TERMS = {
    "평가용 점|평가용 정확도|평가 정확도|평가 손실|평가용 데이터|평가용 비율": "검증",
    "학습용 정확도": "학습 정확도",
    "학습 점": "학습용 점",
    "이상점": "이상치",
    "주름": "접힌 선",
    "벌점": "정규화 항, 정규화 손실",
    "매개변수": "파라미터",
    "갱신": "업데이트",
    "꺼림칙": "의심스러움",
    "작업자": "작업 프로세스",
    "글자열": "문자열",
    "가르치기": "수업 준비",
    "링크의 수업|이 수업의|다음 수업|이전 수업": "단원",
    "삭제": "지우기",
    "손실이 넘|넘칠 수": "오버플로",
    "클래스마다의|층마다의|버그마다의": "각, 별",
    "조작 단추": "조작 항목",
    "한 걸음 (뒤|앞)": "한 단계",
    "로그 손실|로그 반복": "손실 로그 축, 반복 로그 축",
    "첫 손실": "처음 손실",
}


def test_no_particle_is_guessed_after_a_number_or_a_name() -> None:
    assert GUESSED.search("클래스 {a}가 이깁니다")
    assert GUESSED.search("“{name}”라고 답했습니다")
    assert not GUESSED.search("“{name}”은(는) 없습니다. 점 {count}개를 {a}에서 봅니다.")
    assert [text for text in KOREAN.values() if GUESSED.search(text)] == []


@pytest.mark.parametrize("old", TERMS)
def test_one_term_for_one_thing(old: str) -> None:
    assert [text for text in KOREAN.values() if re.search(old, text)] == [], f"say {TERMS[old]}"


def test_all_sentences_are_in_the_formal_polite_style() -> None:
    """A sentence that ends in a full stop ends in …니다 or …세요; titles and answers to choose from have no full stop."""
    for text in KOREAN.values():
        for end in re.findall(r"([가-힣]{2,})[.](?=\s|$)", text):
            assert not re.search(r"(?<!니)다$|[어아해]라$|[음임함]$|[까는은]지$|할지$", end), text


def test_numbers_ranges_and_quotation_marks() -> None:
    for text in KOREAN.values():
        assert not re.search(r"\d[ \u202f]\d{3}(?!\d)", text), f"thousands: {text}"
        assert not re.search(r"[\d}] ?%p|[\d}] %", text), f"percent: {text}"
        assert not re.search(r"(?<!\.)\.\.(?!\.)", text), f"range: {text}"
        assert not re.search(r"\d–\d|\}–\{", text), f"range: {text}"
        assert not re.search('[‘’"]', text.replace("’s", "")), f"quotation marks: {text}"
        assert not re.search(r"반복 \{(iteration|at|n)\}", text), f"{{n}}번째 반복: {text}"


VOWEL, CONSONANT = "나무", "돌"  # a particle that fits one of them is wrong after the other


def test_sentences_with_all_digits_and_with_names_of_both_kinds() -> None:
    """Filled in, no sentence has a particle that is wrong for what stands before it."""
    with_final_sound = {"0": True, "1": True, "3": True, "6": True, "7": True, "8": True} | dict.fromkeys("2459", False)
    pairs = {"이": "가", "은": "는", "을": "를", "과": "와", "이라고": "라고", "이라는": "라는", "이나": "나"}
    after_consonant = "|".join(sorted(pairs, key=len, reverse=True))
    after_vowel = "|".join(sorted(pairs.values(), key=len, reverse=True))
    ends = r"(?=[\s.,:;…?!]|$)"
    for text in KOREAN.values():
        names = re.findall(r"\{(\w+)\}", text)
        for value in [*"0123456789", VOWEL, CONSONANT]:
            filled = text.format(**dict.fromkeys(names, f"\ue000{value}\ue001"))
            wrong = after_vowel if with_final_sound.get(value, value == CONSONANT) else after_consonant
            assert not re.search(rf"{value}\ue001[”`)\]]*(?:{wrong}){ends}", filled), filled
