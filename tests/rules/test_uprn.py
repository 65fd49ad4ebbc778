"""A UPRN is a name of at most twelve digits; what a spreadsheet made of it is refused with the way to mend it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldvisit.register.uprn import NotAUprn, bare, read_uprn, spellings


def refusal(text: str) -> str:
    with pytest.raises(NotAUprn) as refused:
        read_uprn(text)
    return str(refused.value)


@pytest.mark.parametrize("text", ["1", "100000001", "100030000001", "000100000001"])
def test_one_to_twelve_digits_are_kept_as_they_are_written(text: str) -> None:
    assert read_uprn(text) == text


def test_thirteen_digits_are_refused() -> None:
    assert "at most 12 digits and this one has 13" in refusal("1000300000012")


def test_spaces_are_taken_out() -> None:
    assert read_uprn(" 1000 3000 0001 ") == "100030000001"


@pytest.mark.parametrize("text", ["1.00E+08", "1.0003E+11", "1e8", "1,00E+08", "1E+11"])
def test_what_a_spreadsheet_shortened_is_refused_with_the_way_to_mend_it(text: str) -> None:
    sentence = refusal(text)
    assert "shortened" in sentence and text in sentence and "set the whole column to Text" in sentence


@pytest.mark.parametrize("text", ["100000001.0", "100000001,00", "100,000,001"])
def test_a_number_with_a_point_or_commas_is_refused_with_the_way_to_mend_it(text: str) -> None:
    assert "set the whole column to Text" in refusal(text)


@pytest.mark.parametrize("text", ["A00000001", "10000000l", "-100000001", "١٢٣", "'100000001", "#REF!"])
def test_anything_but_digits_is_refused(text: str) -> None:
    assert "digits only" in refusal(text)


@pytest.mark.parametrize("text", ["0", "000000000000"])
def test_nought_is_nobodys_home(text: str) -> None:
    assert "never nought" in refusal(text)


def test_an_empty_cell_is_refused() -> None:
    assert "no UPRN" in refusal("  ")


def test_zeros_in_front_are_another_spelling_of_the_same_home() -> None:
    assert bare("000100000001") == bare("100000001") == "100000001"
    assert spellings("100000001") == ("100000001", "0100000001", "00100000001", "000100000001")


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused_with_a_sentence(text: str) -> None:
    try:
        assert read_uprn(text).isdigit()
    except NotAUprn as refused:
        assert str(refused).endswith(".")
