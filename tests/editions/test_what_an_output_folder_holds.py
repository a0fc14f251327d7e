"""Installing, approving, publishing, correcting and withdrawing editions in one output folder."""

from __future__ import annotations

import json
import re
import shutil
import stat
import sys
from datetime import datetime
from pathlib import Path

import pytest
from made_editions import ACT, PAGES, install, list_on_index, put_out, read_tree, stage, write_page

from pipelines.editions.log import Event, extend_log, read_log
from pipelines.editions.manifest import digest_inputs
from pipelines.editions.publication import Act, approve, install_edition, install_editions, publish, withdraw
from pipelines.editions.state import (
    choose_target,
    find_dependants,
    find_edition,
    find_previous,
    is_same,
    list_editions,
)
from pipelines.editions.switch import work_in
from pipelines.editions.verify import verify
from pipelines.faults import DataFault, MachineFault, UsageFault
from pipelines.paths import Output


@pytest.fixture
def output(tmp_path: Path) -> Output:
    return Output(tmp_path / "été and ünder" / "output")


def correct(output: Output, folder: Path, edition: str, words: str, reason: str) -> str:
    with work_in(output):
        target = choose_target(list_editions(output), edition, inputs=digest_inputs({"x": words}), reason=reason)
        staged = stage(folder, edition, words, version=target.version, corrects=target.corrects)
        install_editions({target.name: staged}, output, ACT, list_on_index, reasons={target.name: reason})
    return target.name


def banners(page: bytes) -> list[str]:
    found = re.findall(r"<aside .*?</aside>", page.decode())
    return [re.sub("<.*?>", "", banner) for banner in found]


def test_a_first_build_makes_exactly_the_edition_the_site_and_the_log(output: Output, tmp_path: Path) -> None:
    assert install(output, tmp_path, "2016") == ["2016"]
    assert sorted(entry.name for entry in output.folder.iterdir()) == ["editions", "editions.log", "site"]
    assert sorted(entry.name for entry in output.site.iterdir()) == ["2016", "index.html"]
    assert [(s.name, s.status, s.is_invented) for s in list_editions(output)] == [("2016", "draft", True)]
    assert verify(output.editions / "2016").ok


def test_the_lock_file_lies_beside_the_output_and_is_empty(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path, "2016")
    assert output.lock.read_bytes() == b""
    assert output.folder not in output.lock.parents


def test_every_page_of_a_draft_is_marked_and_is_otherwise_the_sealed_page(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path, "2016")
    for page in PAGES:
        shown = (output.site / "2016" / page).read_bytes()
        assert banners(shown) == ["Draft: not published. Figures and words may change."]
        sealed = (output.editions / "2016" / "public" / "pages" / page).read_bytes()
        assert re.sub(b"<aside .*?</aside>", b"", shown) == sealed
    style = "assets/style.css"
    assert (output.site / "2016" / style).read_bytes() == (output.editions / "2016/public/pages" / style).read_bytes()


def test_a_page_without_the_marker_is_marked_after_its_body_and_one_without_a_body_is_refused(
    output: Output, tmp_path: Path
) -> None:
    from pipelines.editions.banners import Banner, insert_banner

    banner = Banner("draft", "Draft <of> it")
    page = insert_banner(b'<html><body class="a"><p>x</p>', banner, depth=0, path="2016/x.html")
    assert page.startswith(b'<html><body class="a"><aside ')
    assert b"Draft &lt;of&gt; it" in page
    with pytest.raises(MachineFault, match=r"2016/x\.html"):
        insert_banner(b"<p>x</p>", banner, depth=0, path="2016/x.html")


def test_an_older_edition_leads_forward_to_the_newest_by_a_link_that_works(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path, "2016", "2017", "2018")
    put_out(output, "2016")
    page = output.site / "2016" / "education" / "cme" / "index.html"
    assert banners(page.read_bytes()) == ["A newer edition exists: 2018 (a draft). Go to 2018"]
    link = re.search(rb'<a href="([^"]*)"', page.read_bytes())
    assert link is not None
    assert (page.parent / link[1].decode()).resolve() == (output.site / "2018" / "index.html").resolve()
    assert banners((output.release / "2016" / "index.html").read_bytes()) == []


def test_the_banner_of_one_of_several_councils_leads_to_the_pages_of_the_same_council(
    output: Output, tmp_path: Path
) -> None:
    with work_in(output):
        for edition, places in (
            ("2016", ("", "E06000014/", "E08000035/", "all/")),
            ("2017", ("", "E06000014/", "all/")),
        ):
            states = list_editions(output)
            previous = find_previous(states, edition)
            staged = stage(tmp_path, edition, previous=previous.sealed if previous else None, places=places)
            install_edition(staged, output, edition, ACT, list_on_index)
    leads = {"E06000014/": "E06000014/", "all/": "all/", "E08000035/": "", "": ""}
    for place, expected in leads.items():
        for name in PAGES:
            page = output.site / "2016" / place / name
            link = re.search(rb'<a href="([^"]*)"', page.read_bytes())
            assert link is not None
            led_to = (page.parent / link[1].decode()).resolve()
            assert led_to == (output.site / "2017" / expected / "index.html").resolve()
            assert led_to.is_file()


def test_building_again_with_the_same_input_changes_nothing(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path / "a", "2016", "2017")

    def look() -> dict[str, tuple[int, bytes]]:
        return {
            str(entry): (entry.stat().st_mtime_ns, entry.read_bytes() if entry.is_file() else b"")
            for entry in [output.folder, *output.folder.rglob("*")]
            # The folder itself is written to while the new site is compared with the old one.
            if entry != output.folder
        }

    before = look()
    assert is_same(stage(tmp_path / "b", "2016"), output, "2016")
    assert install(output, tmp_path / "c", "2016", "2017") == []
    assert look() == before


def test_a_draft_that_was_damaged_is_mended_by_building_again(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path / "a", "2016")
    (output.editions / "2016" / "public" / "figures.csv").write_text("changed by hand")
    assert install(output, tmp_path / "b", "2016") == ["2016"]
    assert verify(output.editions / "2016").ok


def test_a_site_that_was_removed_comes_back(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path, "2016")
    before = read_tree(output.site)
    shutil.rmtree(output.site)
    with work_in(output):
        assert install_editions({}, output, ACT, list_on_index) == []
    assert read_tree(output.site) == before


def test_a_draft_is_replaced_as_a_whole(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path / "a", "2016")
    with work_in(output):
        staged = stage(tmp_path / "b", "2016", "second")
        (staged / "public" / "figures.csv").unlink()
        with pytest.raises(DataFault, match=r"public/figures\.csv is missing"):
            install_edition(staged, output, "2016", ACT, list_on_index)
        assert b"first" in (output.site / "2016" / "index.html").read_bytes()
        assert install_edition(stage(tmp_path / "c", "2016", "third"), output, "2016", ACT, list_on_index)
    everything = b"".join(read_tree(output.folder / "editions").values()) + b"".join(read_tree(output.site).values())
    assert b"third" in everything
    assert b"first" not in everything


def test_two_editions_of_one_command_are_installed_together_or_not_at_all(output: Output, tmp_path: Path) -> None:
    good, bad = stage(tmp_path, "2016"), stage(tmp_path, "2017")
    (bad / "public" / "figures.csv").write_text("changed after sealing")
    with work_in(output), pytest.raises(DataFault):
        install_editions({"2016": good, "2017": bad}, output, ACT, list_on_index)
    assert not output.folder.exists()


def test_publishing_writes_release_and_takes_the_mark_away(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path, "2016", "2017")
    assert not output.release.exists()
    assert put_out(output, "2016").status == "published"
    assert sorted(entry.name for entry in output.release.iterdir()) == ["2016", "index.html"]
    assert "2017" not in (output.release / "index.html").read_text()
    assert "2016 published" in (output.site / "index.html").read_text()
    assert b"Draft" not in (output.site / "2016" / "index.html").read_bytes()
    assert b"Draft" in (output.site / "2017" / "index.html").read_bytes()
    assert b"exact" not in b"".join(read_tree(output.release).values())


def test_publishing_twice_changes_nothing(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path, "2016")
    put_out(output, "2016")
    before = output.log.read_bytes()
    put_out(output, "2016")
    assert output.log.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_a_published_editions_files_are_read_only_and_the_sites_are_not_restricted(
    output: Output, tmp_path: Path
) -> None:
    install(output, tmp_path, "2016")
    put_out(output, "2016")
    files = [entry for entry in (output.editions / "2016").rglob("*") if entry.is_file()]
    assert all(stat.S_IMODE(entry.stat().st_mode) & 0o222 == 0 for entry in files)
    restricted = [entry for entry in files if "restricted" in entry.parts]
    assert all(stat.S_IMODE(entry.stat().st_mode) == 0o400 for entry in restricted)
    assert verify(output.editions / "2016").ok


def test_an_edition_that_is_not_whole_is_not_published(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path, "2016")
    (output.editions / "2016" / "public" / "figures.csv").write_text("changed by hand")
    with pytest.raises(DataFault, match=r"public/figures\.csv has been changed"):
        put_out(output, "2016")
    assert not output.release.exists()


def test_a_needed_approval_lapses_when_the_edition_changes(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path / "a", "2016")
    with work_in(output):
        approve(output, "2016", role="head of service", act=ACT)
        install_edition(stage(tmp_path / "b", "2016", "late rows"), output, "2016", ACT, list_on_index)
        with pytest.raises(DataFault, match="head of service"):
            publish(output, "2016", ACT, list_on_index, needed_roles=["head of service"])
        approve(output, "2016", role="head  of service", act=ACT)
        assert publish(output, "2016", ACT, list_on_index, needed_roles=["head of service"]).status == "published"


def test_a_published_edition_never_changes(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path / "a", "2016")
    put_out(output, "2016")
    before = read_tree(output.folder)
    with work_in(output), pytest.raises(UsageFault, match="never changes"):
        install_edition(stage(tmp_path / "b", "2016", "other"), output, "2016", ACT, list_on_index)
    assert read_tree(output.folder) == before


def test_other_input_for_a_published_edition_needs_a_reason_and_newer_code_alone_changes_nothing(
    output: Output, tmp_path: Path
) -> None:
    install(output, tmp_path / "a", "2016")
    states = list_editions(output)
    assert choose_target(states, "2016", inputs="any other").action == "replace"
    put_out(output, "2016")
    states = list_editions(output)
    same = digest_inputs({"missing_episodes": "first"})
    assert choose_target(states, "2016", inputs=same, reason="newer code").action == "keep"
    with pytest.raises(UsageFault, match="--reason"):
        choose_target(states, "2016", inputs="other")
    target = choose_target(states, "2016", inputs="other", reason="late rows")
    assert (target.name, target.version, target.action) == ("2016-v2", 2, "correct")
    assert target.corrects == states[0].sealed


def test_a_correction_stands_beside_what_it_corrects_and_release_waits_for_it(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path / "a", "2016")
    put_out(output, "2016")
    published = read_tree(output.release)
    assert correct(output, tmp_path / "b", "2016", "corrected", "late rows") == "2016-v2"
    assert verify(output.editions / "2016-v2").ok
    assert read_tree(output.release) == published
    assert banners((output.site / "2016-v2" / "index.html").read_bytes())[0].startswith("Draft")
    assert "version 2 is a draft" in banners((output.site / "2016" / "index.html").read_bytes())[0]
    assert find_edition(list_editions(output), "2016").name == "2016-v2"
    put_out(output, "2016")
    assert banners((output.release / "2016" / "index.html").read_bytes()) == [
        "This edition has been corrected: version 2 takes its place. Why: late rows. Go to version 2"
    ]
    assert banners((output.release / "2016-v2" / "index.html").read_bytes()) == []
    assert [(s.name, s.status) for s in list_editions(output)] == [("2016", "published"), ("2016-v2", "published")]


def test_the_reason_of_a_correction_outlives_a_new_build_of_its_draft(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path / "a", "2016")
    put_out(output, "2016")
    correct(output, tmp_path / "b", "2016", "corrected", "late rows")
    with work_in(output):
        target = choose_target(list_editions(output), "2016", inputs="later still")
        assert (target.name, target.action) == ("2016-v2", "replace")
        staged = stage(tmp_path / "c", "2016", "later still", version=2, corrects=target.corrects)
        install_edition(staged, output, "2016-v2", ACT, list_on_index)
    assert find_edition(list_editions(output), "2016-v2").reason == "late rows"


def test_withdrawing_leaves_a_tombstone_at_every_address_and_nothing_else(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path, "2016", "2017")
    put_out(output, "2016")
    with work_in(output):
        withdraw(output, "2016", ACT, list_on_index, reason="a <child> could be\nrecognised")
    for tree in (output.site / "2016", output.release / "2016", output.editions / "2016" / "public" / "pages"):
        pages = read_tree(tree)
        assert sorted(pages) == sorted(PAGES)
        for page in pages.values():
            assert b"This edition has been withdrawn" in page
            assert b"a &lt;child&gt; could be recognised" in page
            assert b"12 January 2016" in page
            assert b"invented" in page
            assert b"first" not in page
    assert sorted(read_tree(output.editions / "2016" / "public")) == sorted(f"pages/{page}" for page in PAGES)
    assert "2016 withdrawn" in (output.release / "index.html").read_text()
    assert [(s.name, s.status) for s in list_editions(output)] == [("2016", "withdrawn"), ("2017", "draft")]
    assert verify(output.editions / "2016").ok
    assert "A newer edition" not in (output.site / "2017" / "index.html").read_text()


def test_a_withdrawn_edition_comes_back_only_as_a_new_version_with_a_reason(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path, "2016")
    put_out(output, "2016")
    with work_in(output):
        withdraw(output, "2016", ACT, list_on_index, reason="wrong")
        with pytest.raises(UsageFault):
            publish(output, "2016", ACT, list_on_index)
    states = list_editions(output)
    assert choose_target(states, "2016", inputs=states[0].inputs).action == "keep"
    assert choose_target(states, "2016", inputs=states[0].inputs, reason="put right").name == "2016-v2"
    with pytest.raises(UsageFault):
        choose_target(states, "2016", inputs="other")


@pytest.mark.parametrize("reason", ["", " \n ", "a\0b", "\udcff"])
def test_a_withdrawal_needs_a_reason_in_plain_text(output: Output, tmp_path: Path, reason: str) -> None:
    install(output, tmp_path, "2016")
    put_out(output, "2016")
    with work_in(output), pytest.raises(UsageFault):
        withdraw(output, "2016", ACT, list_on_index, reason=reason)


def test_a_draft_cannot_be_withdrawn(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path, "2016")
    with work_in(output), pytest.raises(UsageFault, match="draft"):
        withdraw(output, "2016", ACT, list_on_index, reason="wrong")


def test_the_previous_edition_is_the_latest_version_of_the_nearest_earlier_one(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path / "a", "2016", "2018")
    put_out(output, "2016")
    correct(output, tmp_path / "b", "2016", "corrected", "late rows")
    states = list_editions(output)

    def previous(edition: str) -> str | None:
        found = find_previous(states, edition)
        return found.name if found else None

    assert [previous(edition) for edition in ("2016", "2017", "2018", "2019")] == [None, "2016-v2", "2016-v2", "2018"]
    put_out(output, "2016")
    with work_in(output):
        withdraw(output, "2016", ACT, list_on_index, reason="wrong")
    states = list_editions(output)
    assert previous("2017") == "2016"


def test_drafts_that_rest_on_a_changed_edition_are_named(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path, "2016", "2017", "2018")
    assert find_dependants(list_editions(output), "2016") == ["2017", "2018"]
    put_out(output, "2017")
    assert find_dependants(list_editions(output), "2016") == []
    assert find_dependants(list_editions(output), "2017") == ["2018"]


@pytest.mark.parametrize("text", ["2031", "2016-v9", "../2016", "2016-v0", "16", "２０１６", "2016\n", ""])
def test_an_edition_that_is_not_there_is_a_misuse(output: Output, tmp_path: Path, text: str) -> None:
    install(output, tmp_path, "2016")
    with pytest.raises(UsageFault):
        find_edition(list_editions(output), text)


def test_the_log_says_what_happened_when_by_whom_and_to_which_manifest(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path, "2016")
    with work_in(output):
        approve(output, "2016", role="scrutineer", act=Act("zoë", ACT.when))
    put_out(output, "2016")
    with work_in(output):
        withdraw(output, "2016", ACT, list_on_index, reason="wrong")
    lines = [json.loads(line) for line in output.log.read_text().splitlines()]
    assert [line["event"] for line in lines] == ["sealed", "approved", "published", "withdrawn"]
    assert lines[0] == {
        "event": "sealed",
        "when": "2016-01-12T09:30:00+00:00",
        "who": "an analyst",
        "edition": "2016",
        "version": 1,
        "manifest_sha256": list_editions(output)[0].manifest_sha256,
        "run_id": "run-1",
    }
    assert lines[1]["who"] == "zoë"
    assert lines[1]["role"] == "scrutineer"
    assert lines[3]["reason"] == "wrong"


def test_a_torn_last_line_never_happened_and_a_damaged_one_before_it_is_named(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path, "2016", "2017")
    whole = output.log.read_bytes()
    output.log.write_bytes(whole + b'{"event": "publis')
    assert len(read_log(output.log)) == 2
    assert extend_log(output.log, []) == whole
    put_out(output, "2016")
    assert [event.kind for event in read_log(output.log)] == ["sealed", "sealed", "published"]
    for damage in (b"x", b"[]\n", b"\xff\n", b"{}\n"):
        output.log.write_bytes(whole.splitlines(keepends=True)[0] + damage + whole)
        with pytest.raises(MachineFault, match="line 2"):
            list_editions(output)


def test_an_event_without_an_offset_is_not_written(output: Output) -> None:
    with pytest.raises(ValueError, match="offset"):
        extend_log(output.log, [Event("sealed", datetime(2016, 1, 1), "x", "2016", 1, "ab")])


def test_strange_folders_among_the_editions_are_passed_over_and_a_broken_edition_is_named(
    output: Output, tmp_path: Path
) -> None:
    install(output, tmp_path, "2016")
    (output.editions / "copy of 2016").mkdir()
    assert [state.name for state in list_editions(output)] == ["2016"]
    shutil.copytree(output.editions / "2016", output.editions / "2017")
    with pytest.raises(DataFault, match="2017"):
        list_editions(output)
    (output.editions / "2017" / "edition.json").unlink()
    with pytest.raises(DataFault, match="2017"):
        list_editions(output)


def test_papers_that_people_write_in_are_left_alone(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path / "a", "2016")
    (output.working / "2016").mkdir(parents=True)
    (output.working / "2016" / "dmt-report.docx").write_text("my judgement")
    install(output, tmp_path / "b", "2016", words="late rows")
    put_out(output, "2016")
    assert (output.working / "2016" / "dmt-report.docx").read_text() == "my judgement"


def test_the_index_page_stands_as_it_was_given(output: Output, tmp_path: Path) -> None:
    install(output, tmp_path, "2016")
    assert (output.site / "index.html").read_text() == list_on_index(list_editions(output))
    assert write_page("x").count("storyboard:banner") == 1
