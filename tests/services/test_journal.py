"""The log finds the line that broke, and holds nothing about anybody: no message, no locals, no address."""

import pytest
import structlog
from pydantic import BaseModel, ValidationError

from fieldvisit import journal
from fieldvisit.web.access import access

SECRET = "Terry Moss is at home alone"


class Wanted(BaseModel):
    number: int


def breaks(whom: str) -> None:
    kept = [whom]
    try:
        Wanted.model_validate({"number": kept[0]})
    except ValidationError as error:
        raise RuntimeError(f"it said {whom}") from error


def test_an_error_is_told_by_its_kinds_and_its_places_alone(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        breaks(SECRET)
    except RuntimeError:
        structlog.get_logger().exception("something broke", uuid="0f8b6a9e")
    said = capsys.readouterr().out
    assert "something broke" in said and "0f8b6a9e" in said
    assert "RuntimeError from ValidationError" in said
    assert "test_journal.py:" in said and " breaks < " in said
    assert "Terry" not in said and "number" not in said


def test_a_page_that_breaks_leaves_its_line_and_no_address(new_app, capsys: pytest.CaptureFixture[str]) -> None:
    app = new_app()
    app.testing = False

    def broken(token: str) -> str:
        breaks(SECRET + token)
        return ""

    app.add_url_rule("/broken/<word:token>", view_func=access("site", "open")(broken), endpoint="broken-page")
    answer = app.test_client().get("/broken/abcdefgh", headers={"Host": "localhost"})
    told = capsys.readouterr()
    assert answer.status_code == 500
    assert "broken" in told.out and "RuntimeError from ValidationError" in told.out and " breaks < " in told.out
    assert not any(word in told.out + told.err for word in ("abcdefgh", "Terry", "Traceback"))


def test_where_is_the_innermost_call_first() -> None:
    with pytest.raises(RuntimeError) as caught:
        breaks(SECRET)
    assert journal.where(caught.value).startswith("test_journal.py:") and journal.where(caught.value).count(" < ") == 1
