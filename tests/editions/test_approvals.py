"""People approve what an edition says; when it says something else, whose approval lapsed and what changed is listed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.editions.approvals import Sheet, open_sheet, show_sheet
from pipelines.editions.meaning import list_differences, load_meaning, read_meaning
from pipelines.editions.publication import Act, approve, install_editions, publish
from pipelines.editions.state import EditionState, list_editions
from pipelines.editions.switch import work_in
from pipelines.faults import DataFault
from pipelines.paths import Output
from tests.editions.made_editions import ACT, install, list_on_index, stage

HEAD = replace(ACT, who="a head of service")


@pytest.fixture
def output(tmp_path: Path) -> Output:
    output = Output(tmp_path / "output")
    install(output, tmp_path, "2016")
    return output


def sign(output: Output, role: str, act: Act = HEAD) -> EditionState:
    with work_in(output):
        return approve(output, "2016", role=role, act=act)


def sheet(output: Output) -> Sheet:
    return open_sheet(output, list_editions(output)[0])


def rebuild(output: Output, folder: Path, words: str, *, style: str = "") -> None:
    folder.mkdir()
    staged = stage(folder, "2016", words)
    if style:
        from pipelines.editions.manifest import read_manifest
        from pipelines.editions.seal import seal_edition

        (staged / "public" / "pages" / "assets" / "style.css").write_text(style, encoding="utf-8")
        seal_edition(staged, read_manifest(staged).facts)
    with work_in(output):
        assert install_editions({"2016": staged}, output, ACT, list_on_index)


def test_an_approval_outlives_a_change_of_looks(output: Output, tmp_path: Path) -> None:
    sign(output, "head of service")
    rebuild(output, tmp_path / "again", "first", style="p { color: navy }")
    assert [(a.role, a.in_force) for a in sheet(output).approvals] == [("head of service", True)]


def test_an_approval_lapses_with_what_it_says_and_the_sheet_lists_what_changed(output: Output, tmp_path: Path) -> None:
    sign(output, "head of service")
    rebuild(output, tmp_path / "again", "second")
    found = sheet(output)
    assert [(a.role, a.who, a.in_force) for a in found.approvals] == [("head of service", "a head of service", False)]
    since = found.approvals[0].since
    assert since is not None
    assert ("restricted/0", "2016; exact first", "2016; exact second") in since.figures
    assert ("index.html", "removed", "2016 first") in since.sentences
    assert ("index.html", "added", "2016 second") in since.sentences
    text = show_sheet(found, found.list_missing(["head of service"], 0))
    assert "LAPSED" in text
    assert "Still needed before it is published: the role head of service." in text
    sign(output, "head of service")
    assert [a.in_force for a in sheet(output).approvals] == [True]


def test_an_approval_comes_back_when_the_edition_says_the_same_again(output: Output, tmp_path: Path) -> None:
    sign(output, "head of service")
    rebuild(output, tmp_path / "again", "second")
    rebuild(output, tmp_path / "back", "first")
    assert [a.in_force for a in sheet(output).approvals] == [True]


def test_publication_can_need_two_people_who_did_not_build_it(output: Output) -> None:
    def put() -> EditionState:
        with work_in(output):
            return publish(output, "2016", ACT, list_on_index, needed_people=2)

    sign(output, "analyst", ACT)  # the one who built it
    sign(output, "head of service")
    sign(output, "data protection officer")  # the same person twice is one pair of eyes
    with pytest.raises(DataFault, match="1 more of 2 people who did not build it"):
        put()
    sign(output, "director", replace(ACT, who="a director"))
    assert put().status == "published"


def test_publication_can_need_roles(output: Output) -> None:
    with work_in(output), pytest.raises(DataFault, match="the role director"):
        publish(output, "2016", ACT, list_on_index, needed_roles=["director"])


def test_what_was_approved_is_kept_for_its_owner_alone(output: Output) -> None:
    sign(output, "head of service")
    kept = list(output.approvals.iterdir())
    assert [file.stem for file in kept] == [read_meaning(output.editions / "2016").sha256]
    assert {file.stat().st_mode & 0o777 for file in kept} == {0o600}
    assert load_meaning(kept[0].read_bytes()) == read_meaning(output.editions / "2016")


def test_sentences_in_another_order_are_a_change_too(output: Output) -> None:
    before = read_meaning(output.editions / "2016")
    turned = replace(before, sentences={"index.html": ("Two.", "One.")})
    straight = replace(before, sentences={"index.html": ("One.", "Two.")})
    assert [change[1] for change in list_differences(straight, turned).sentences] == ["moved"]
    assert straight.sha256 != turned.sha256
