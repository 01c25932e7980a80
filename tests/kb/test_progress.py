"""The progress bar: on standard error, with a rate; or whatever function the caller gives."""

from __future__ import annotations

import pytest

from csbot.kb.progress import progress_bar


def test_a_bar_shows_how_many_are_done_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar(True) as report:
        assert report is not None
        report(7, 9)
        report(9, 9)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "9/9" in shown.err
    assert "/s" in shown.err


def test_a_function_is_called_itself_and_false_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[tuple[int, int]] = []

    def remember(done: int, total: int) -> None:
        seen.append((done, total))

    with progress_bar(remember) as report:
        assert report is remember
    with progress_bar(False) as report:
        assert report is None
    assert capsys.readouterr() == ("", "")
