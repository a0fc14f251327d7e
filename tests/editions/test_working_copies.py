"""Copies of sealed papers that people write in: handed out once, never touched, and a newer paper comes beside them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from docx import Document

from pipelines.editions.publication import install_editions
from pipelines.editions.seal import seal_edition
from pipelines.editions.state import list_editions
from pipelines.editions.switch import work_in
from pipelines.editions.working import WorkingCopy, hand_out_copies, show_copy
from pipelines.faults import MachineFault
from pipelines.paths import Output
from tests.editions.made_editions import ACT, list_on_index, read_tree, stage

FIGURE = "edition,authority,metric_id,breakdown,category,numerator,value,unit,status,period_start,period_end,as_at\n"


@pytest.fixture
def output(tmp_path: Path) -> Output:
    return Output(tmp_path / "output")


def build(output: Output, folder: Path, referrals: int, *, version: int = 1, sentences: tuple[str, ...] = ()) -> None:
    """Seals an edition with a report of a few sentences, and puts it in place."""
    from pipelines.editions.manifest import read_manifest

    staged = stage(folder, "2016", str(referrals), version=version)
    facts = read_manifest(staged).facts
    (staged / "edition.json").unlink()
    rows = [
        f"2016,E06000014,{metric},total,all,{referrals},{referrals},referrals,published,2015-09-01,2016-01-12,2016-01-12\n"
        for metric in ("cme_referrals", "episodes_reported")
    ]
    (staged / "restricted" / "figures.csv").write_text(FIGURE + "".join(rows))
    word = Document()
    for sentence in (f"{referrals} referrals were made.", *sentences, "cme_referrals"):
        word.add_paragraph(sentence)
    word.save(str(staged / "restricted" / "dmt-report.docx"))
    seal_edition(staged, facts)
    with work_in(output):
        install_editions({staged.name: staged}, output, ACT, list_on_index)


def give(output: Output) -> list[WorkingCopy]:
    with work_in(output):
        return hand_out_copies(output)


def test_a_build_hands_out_one_copy_for_its_owner_alone_and_building_again_hands_out_none(
    output: Output, tmp_path: Path
) -> None:
    build(output, tmp_path / "a", 59)
    copies = give(output)
    sealed = output.editions / "2016" / "restricted" / "dmt-report.docx"
    assert [copy.path for copy in copies] == [output.working / "2016" / "dmt-report.docx"]
    assert copies[0].path.read_bytes() == sealed.read_bytes()
    assert stat.S_IMODE(copies[0].path.stat().st_mode) == 0o600
    assert stat.S_IMODE(copies[0].path.parent.stat().st_mode) == 0o700
    assert show_copy(copies[0]) == f"To write in: {copies[0].path}"
    assert give(output) == []
    assert list(read_tree(output.working)) == ["2016/dmt-report.docx"]


def test_what_was_written_stays_and_a_newer_report_comes_beside_it_with_a_list_of_what_changed(
    output: Output, tmp_path: Path
) -> None:
    build(output, tmp_path / "a", 59, sentences=("Half were closed in time.",))
    written = give(output)[0].path
    written.write_bytes(b"our judgement")
    assert give(output) == []
    build(output, tmp_path / "b", 61, sentences=("Half were closed late.",))
    (copy,) = give(output)
    assert written.read_bytes() == b"our judgement"
    assert copy.path.name == "dmt-report (2).docx"
    assert copy.earlier == written
    said = show_copy(copy)
    assert "figure 2016/E06000014/cme_referrals/total/all: 59 referrals -> 61 referrals" in said
    assert "episodes_reported" not in said  # the report names the metrics that it rests on, and this is none of them
    assert "sentence removed: Half were closed in time." in said
    assert "sentence added: Half were closed late." in said
    assert copy.changes == written.with_name("dmt-report (2) - what changed.txt")
    assert "sentence added: 61 referrals were made." in copy.changes.read_text("utf-8")
    assert give(output) == []


def test_a_correction_gives_a_copy_beside_that_of_the_published_version(output: Output, tmp_path: Path) -> None:
    build(output, tmp_path / "a", 59)
    give(output)
    build(output, tmp_path / "b", 60, version=2)
    assert [state.name for state in list_editions(output)] == ["2016", "2016-v2"]
    assert [copy.path.relative_to(output.working).as_posix() for copy in give(output)] == ["2016/dmt-report (2).docx"]


def test_a_name_that_somebody_has_taken_is_passed_over(output: Output, tmp_path: Path) -> None:
    build(output, tmp_path / "a", 59)
    theirs = output.working / "2016" / "dmt-report.docx"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("notes of our own")
    assert give(output)[0].path.name == "dmt-report (2).docx"
    assert theirs.read_text() == "notes of our own"


def test_a_copy_that_was_removed_is_handed_out_again(output: Output, tmp_path: Path) -> None:
    build(output, tmp_path / "a", 59)
    path = give(output)[0].path
    path.unlink()
    assert [copy.path for copy in give(output)] == [path]


def test_where_there_are_no_hard_links_a_copy_is_written_all_the_same(
    output: Output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    build(output, tmp_path / "a", 59)
    monkeypatch.setattr(os, "link", refuse)
    path = give(output)[0].path
    assert path.read_bytes() == (output.editions / "2016" / "restricted" / "dmt-report.docx").read_bytes()


def test_an_interruption_before_the_record_gives_no_second_copy_and_leaves_no_half_written_file(
    output: Output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.editions import working

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    build(output, tmp_path / "a", 59)
    with monkeypatch.context() as patched:
        patched.setattr(working, "_write_record", stop)
        with pytest.raises(KeyboardInterrupt):
            give(output)
    assert give(output) == []
    assert list(read_tree(output.working)) == ["2016/dmt-report.docx"]
    build(output, tmp_path / "b", 61)
    assert "59 referrals -> 61 referrals" in show_copy(give(output)[0])


def test_a_link_in_the_place_of_the_folder_is_refused(output: Output, tmp_path: Path) -> None:
    build(output, tmp_path / "a", 59)
    (tmp_path / "elsewhere").mkdir()
    output.working.mkdir()
    (output.working / "2016").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MachineFault, match="is a link"):
        give(output)
    assert not list((tmp_path / "elsewhere").iterdir())
