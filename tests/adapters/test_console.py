from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from crisisctl.adapters.console import Console
from crisisctl.service.ports import DeliveryFailed, Message

NOTICE = Message("3f9a7c01d2e4b6a85f10", "INC-7 is unacknowledged", "Dana, acknowledge INC-7.\n\nOpened at 14:05 UTC.")


def shown(message: Message) -> str:
    stream = io.StringIO()
    Console(stream).send(message, "console:")
    return stream.getvalue()


def test_a_notice_is_a_few_clear_lines() -> None:
    assert shown(NOTICE) == (
        "URGENT NOTICE  INC-7 is unacknowledged\n"
        "  Dana, acknowledge INC-7.\n"
        "\n"
        "  Opened at 14:05 UTC.\n"
        "  ref 3f9a7c01d2e4\n"
    )


def test_a_notice_that_can_wait_is_not_called_urgent() -> None:
    assert shown(NOTICE._replace(urgent=False)).startswith("NOTICE  INC-7")


def test_a_notice_without_a_body_has_no_empty_line() -> None:
    assert shown(NOTICE._replace(body="")) == "URGENT NOTICE  INC-7 is unacknowledged\n  ref 3f9a7c01d2e4\n"


def test_a_body_cannot_pass_for_another_notice() -> None:
    rows = shown(
        NOTICE._replace(title="a\nURGENT NOTICE  forged", body="b\nURGENT NOTICE  forged\rURGENT")
    ).splitlines()
    assert [row for row in rows if row.startswith("URGENT")] == [r"URGENT NOTICE  a\x0aURGENT NOTICE  forged"]


@pytest.mark.parametrize("hidden", ["\x1b[2J", "\x9b2J", "\u202e", "\u200b", "\ufeff", "\x7f", "\r"])
def test_what_a_terminal_would_obey_is_written_out(hidden: str) -> None:
    text = shown(Message(f"key{hidden}", f"title{hidden}", f"body{hidden}"))
    assert hidden[0] not in text
    assert len(text.splitlines()) == 3


def test_a_notice_is_there_as_soon_as_it_is_sent(tmp_path: Path) -> None:
    file = tmp_path / "out"
    with file.open("w") as stream:
        Console(stream).send(NOTICE, "console:")
        assert file.read_text().endswith("ref 3f9a7c01d2e4\n")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_terminal_that_lacks_a_letter_shows_its_number(tmp_path: Path, encoding: str) -> None:
    with (tmp_path / "out").open("w", encoding=encoding) as stream:
        Console(stream).send(NOTICE._replace(title="Störung 火"), "console:")
    assert "\\u706b" in (tmp_path / "out").read_text(encoding=encoding)


def test_a_closed_stream_is_a_failure_to_try_again(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as stream:
        console = Console(stream)
    with pytest.raises(DeliveryFailed, match="console takes no more output") as raised:
        console.send(NOTICE, "console:")
    assert not raised.value.permanent
    assert raised.value.__context__ is None


def test_a_reader_that_went_away_is_a_failure() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    stream = io.TextIOWrapper(io.FileIO(writer, "w"), encoding="utf-8", write_through=True)
    with pytest.raises(DeliveryFailed):
        Console(stream).send(NOTICE, "console:")
    stream.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk that is always full")
def test_a_full_disk_is_a_failure() -> None:
    stream = io.TextIOWrapper(io.FileIO("/dev/full", "w"), encoding="utf-8", write_through=True)
    with pytest.raises(DeliveryFailed):
        Console(stream).send(NOTICE, "console:")
    stream.close()


def test_a_console_checks_out_until_it_is_closed() -> None:
    stream = io.StringIO()
    console = Console(stream)
    assert console.check("console:") is None
    assert stream.getvalue() == ""
    stream.close()
    assert console.check("console:") == "the console is closed; no notice can be shown there"
