"""What runs by itself: the drop folder's settling, notices as files and by mail, and a UI for this machine alone."""

import os
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from pipelines.defs.configuration import VARIABLE
from pipelines.defs.dropping import Seen, look
from pipelines.defs.notices import remind, tell, write_notice
from tests.command.test_command import storyboard


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    (tmp_path / "2016").mkdir()
    (tmp_path / "2016" / "cme_referrals.csv").write_text("one", "utf-8")
    return tmp_path


def watch(drop: Path, seen: dict[str, Seen], now: float) -> dict[str, Seen]:
    return look(drop, ["2016"], seen, now, 60)


def test_a_file_that_still_grows_has_not_settled(drop: Path):
    seen = watch(drop, {}, 0)
    (drop / "2016" / "cme_referrals.csv").write_text("one and more", "utf-8")
    seen = watch(drop, seen, 61)
    assert seen["2016"].taken == ""
    assert watch(drop, seen, 122)["2016"].taken != ""


def test_an_old_file_that_is_put_there_waits_all_the_same(drop: Path):
    os.utime(drop / "2016" / "cme_referrals.csv", (0, 0))
    assert watch(drop, {}, 1_000_000)["2016"].taken == ""


def test_the_same_content_is_taken_once_whatever_its_times(drop: Path):
    seen = watch(drop, watch(drop, {}, 0), 61)
    first = seen["2016"].taken
    os.utime(drop / "2016" / "cme_referrals.csv", (5, 5))
    seen = watch(drop, watch(drop, seen, 122), 200)
    assert seen["2016"].taken == first != ""
    (drop / "2016" / "cme_referrals.csv").write_text("two", "utf-8")
    seen = watch(drop, watch(drop, seen, 300), 400)
    assert seen["2016"].taken not in ("", first)


def test_what_excel_leaves_beside_an_open_workbook_is_not_an_extract(drop: Path):
    seen = watch(drop, watch(drop, {}, 0), 61)
    (drop / "2016" / "~$population.xlsx").write_bytes(b"who has it open")
    again = watch(drop, watch(drop, seen, 122), 200)
    assert again["2016"].taken == seen["2016"].taken


class Letters(socketserver.StreamRequestHandler):
    """As little of a mail server as it takes to receive a letter."""

    received: ClassVar[list[str]] = []

    def handle(self) -> None:
        self.wfile.write(b"220 ready\r\n")
        is_letter = False
        for line in self.rfile:
            if is_letter:
                self.received.append(line.decode().rstrip())
                if line == b".\r\n":
                    is_letter = False
                    self.wfile.write(b"250 taken\r\n")
            elif line.upper().startswith(b"DATA"):
                is_letter = True
                self.wfile.write(b"354 go on\r\n")
            elif line.upper().startswith(b"QUIT"):
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 well\r\n")


@pytest.fixture
def server() -> Iterator[int]:
    Letters.received.clear()
    with socketserver.TCPServer(("127.0.0.1", 0), Letters) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield listening.server_address[1]
        listening.shutdown()


def configure(folder: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    mail = f"{{server: 127.0.0.1, port: {port}, start_tls: false, sender: a@example.org, recipients: [b@example.org]}}"
    (folder / "storyboard.yml").write_text(f"notices:\n  mail: {mail}\n", "utf-8")
    monkeypatch.setenv(VARIABLE, str(folder / "storyboard.yml"))
    monkeypatch.setenv("STORYBOARD_EXTRACTS", str(folder))


def test_a_notice_is_a_plain_file_and_goes_out_by_mail_where_it_is_set_up(tmp_path: Path, server: int, monkeypatch):
    configure(tmp_path, server, monkeypatch)
    remind("2018")
    told = (tmp_path / "2019-due.txt").read_text("utf-8")
    assert "storyboard init 2019" in told
    assert "Subject: Edition 2019 of the story board is due" in Letters.received
    assert "Begin it with: storyboard init 2019" in Letters.received


def test_a_mail_server_that_does_not_answer_is_said_in_the_file(tmp_path: Path, monkeypatch):
    configure(tmp_path, 1, monkeypatch)
    tell("Not built", "Why it was not built.\n", tmp_path / "notice.txt")
    told = (tmp_path / "notice.txt").read_text("utf-8")
    assert told.startswith("Why it was not built.")
    assert "could not be sent by mail (ConnectionRefusedError)" in told


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "storyboard.example.org"])
def test_the_ui_refuses_every_host_but_this_machine(tmp_path: Path, host: str):
    done = storyboard("ui", "--host", host, "--output", tmp_path / "out", cwd=tmp_path)
    assert done.returncode == 2
    assert "this machine alone" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_port_that_is_taken_is_said_in_one_sentence(tmp_path: Path, server: int):
    done = storyboard("ui", "--port", server, "--output", tmp_path / "out", cwd=tmp_path)
    assert done.returncode == 3
    assert f"Port {server} of this machine is taken" in done.stderr


def test_a_notice_of_a_job_that_is_of_no_edition_says_what_to_do_all_the_same():
    told = write_notice("register_review_today", None, "There is no folder of extracts.")
    assert told.startswith("The job register_review_today failed. Nothing that is published has changed.")
    assert "What to do: storyboard check says" in told


def test_a_notice_of_one_council_names_it_and_asks_to_look_at_the_extracts_of_its_edition():
    told = write_notice("council", "2016-E06000010", "Edition 2016 is published and never changes.")
    assert told.startswith("The job council of edition 2016-E06000010 failed.")
    assert "What to do: storyboard check --edition 2016 says" in told
