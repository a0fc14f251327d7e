"""Reviews of records: sealed with each edition, drawn up between editions, and what the sealed editions have to do with it."""

from __future__ import annotations

import csv
import hashlib
import shutil
from datetime import date
from pathlib import Path

import dagster as dg
import openpyxl
import pyarrow.parquet as pq
import pytest

from pipelines import paths
from pipelines.defs.between_editions import ReviewPapers, draw_up_review
from pipelines.faults import DataFault
from pipelines.publishing.sampling import order_of
from pipelines.review_plans import read_plans
from pipelines.reviews import NOTES
from tests.build.conftest import SampleBuild, storyboard
from tests.reviews.made_reviews import PLAN, fill_in, write_workbook

EDITIONS = ("2016", "2017", "2018")
AUGUST = date(2016, 8, 15)


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def figure(edition: Path, metric: str) -> str:
    rows = read(edition / "restricted" / "figures.csv")
    return next(r["value"] for r in rows if (r["metric_id"], r["breakdown"]) == (metric, "total"))


def digests(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


@pytest.mark.parametrize("name", EDITIONS)
def test_every_edition_has_its_open_cases_and_a_sample_of_those_closed(built: SampleBuild, name: str) -> None:
    edition = built.edition(name)
    rows = read(edition / "restricted" / "register-review.csv")
    assert str(sum(row["why"] == "open" for row in rows)) == figure(edition, "cme_open")
    sampled = [row for row in rows if row["why"] == "sampled"]
    for row in sampled:
        assert row["last_review_on"] < row["closed_on"] <= row["as_at"]
        assert row["stratum"] == f"E06000014/{row['length_band']}/{row['outcome']}"
        assert int(row["stratum_drawn"]) == -(-int(row["stratum_size"]) // read_plans()["register"].one_in)
    for stratum in {row["stratum"] for row in sampled}:
        drawn = [row for row in sampled if row["stratum"] == stratum]
        assert len(drawn) == int(drawn[0]["stratum_drawn"])
        ordered = sorted(drawn, key=lambda row: order_of(row["referral_id"], row["seed"]))
        assert [row["stratum_place"] for row in ordered] == [str(n) for n in range(1, len(drawn) + 1)]


@pytest.mark.parametrize("name", EDITIONS)
def test_the_list_of_the_census_is_as_long_as_the_figure_and_absent_where_nobody_knows(
    built: SampleBuild, name: str
) -> None:
    edition = built.edition(name)
    file = edition / "restricted" / "census-reconciliation.csv"
    found = figure(edition, "cme_found_on_roll")
    assert file.is_file() == bool(found)
    if found:
        rows = read(file)
        assert str(len({row["child_id"] for row in rows})) == str(len(rows)) == found
        open_cases = {r["referral_id"] for r in read(file.with_name("register-review.csv")) if r["why"] == "open"}
        for row in rows:
            assert set(row["referral_ids"].split(";")) <= open_cases
            assert row["school_ids"]
            assert row["entered_on"]
        on_roll = {r["child_id"] for r in read(file.with_name("register-review.csv")) if r["found_on_roll"] == "true"}
        assert {row["child_id"] for row in rows} <= on_roll


@pytest.mark.parametrize("name", EDITIONS)
def test_return_interviews_are_drawn_where_they_were_given(built: SampleBuild, name: str) -> None:
    edition = built.edition(name)
    file = edition / "restricted" / "interview-review.csv"
    assert file.is_file() == bool(figure(edition, "return_interviews_held"))
    if file.is_file():
        rows = read(file)
        assert len({row["interview_id"] for row in rows}) == len(rows) > 0
        assert all(row["held_on"] <= row["as_at"] for row in rows)


def test_no_row_of_a_review_reaches_anything_that_is_public(built: SampleBuild) -> None:
    for name in EDITIONS:
        restricted = built.edition(name) / "restricted"
        ids = {row["child_id"] for row in read(restricted / "register-review.csv")}
        public = [built.output / "site", built.edition(name) / "public"]
        assert not [f for folder in public for f in folder.rglob("*review*.csv") if f.is_file()]
        for file in (f for folder in public for f in folder.rglob("*") if f.suffix in (".html", ".csv", ".json")):
            text = file.read_text("utf-8")
            assert not [each for each in ids if each in text], file


def test_the_sealed_workbooks_are_handed_out_to_write_in(built: SampleBuild) -> None:
    for name in EDITIONS:
        for sealed in (built.edition(name) / "restricted").glob("*-review.xlsx"):
            assert (built.output / "working" / name / sealed.name).read_bytes() == sealed.read_bytes()
    assert (built.output / "working" / "2018" / "register-review.xlsx").is_file()


@pytest.fixture(scope="module")
def output(built: SampleBuild, tmp_path_factory: pytest.TempPathFactory) -> paths.Output:
    """A copy of the sample's output, to draw up reviews in."""
    folder = tmp_path_factory.mktemp("reviews") / "output"
    shutil.copytree(built.output, folder)
    return paths.Output(folder)


@pytest.fixture(scope="module")
def august(output: paths.Output) -> ReviewPapers:
    done = storyboard(
        "review", "--as-at", AUGUST, "--extracts", paths.SAMPLE_EXTRACTS, "--output", output.folder, "--json",
        cwd=output.folder.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    again = draw_up_review(AUGUST, paths.SAMPLE_EXTRACTS, output)
    assert not again.is_new
    return again


def test_a_review_between_editions_has_its_lists_and_a_page_and_changes_no_edition(
    built: SampleBuild, output: paths.Output, august: ReviewPapers
) -> None:
    assert august.folder == output.papers / "2016-08-15"
    assert sorted(file.name for file in august.folder.iterdir()) == [
        "interview-review.csv", "interview-review.xlsx", "register-review.csv", "register-review.xlsx", "summary.pdf",
    ]  # fmt: skip
    assert [folder.name for folder in output.papers.iterdir()] == ["2016-08-15"]
    for part in ("editions", "site", "working"):
        assert digests(output.folder / part) == digests(built.output / part)
    assert not (output.folder / ".incoming").exists()
    assert not list(output.work.glob("*"))


def test_it_states_the_position_of_its_day_and_looks_back_to_the_list_of_the_review_before(
    august: ReviewPapers,
) -> None:
    rows = read(august.folder / "register-review.csv")
    expected = {
        row["referral_id"]: row
        for row in read(paths.SAMPLE_EXTRACTS / "2017" / "cme_referrals.csv")
        if row["referred_on"] <= "2016-08-15"
    }
    still_open = {k for k, r in expected.items() if not r["closed_on"] or r["closed_on"] > "2016-08-15"}
    assert {row["referral_id"] for row in rows if row["why"] == "open"} == still_open
    # The review before was that of February, and its list was drawn up with the edition of 2016.
    since = {k for k, r in expected.items() if "2016-01-12" < r["closed_on"] <= "2016-08-15"}
    sampled = {row["referral_id"] for row in rows if row["why"] == "sampled"}
    assert sampled <= since
    assert {(row["review"], row["last_review_on"]) for row in rows} == {("2016-08", "2016-01-12")}
    assert all(row["held_on"] <= "2016-08-15" for row in read(august.folder / "interview-review.csv"))


def test_another_list_comes_beside_the_one_that_people_write_in(output: paths.Output, august: ReviewPapers) -> None:
    written = august.folder / "register-review.xlsx"
    before = written.read_bytes()
    other = draw_up_review(AUGUST, paths.SAMPLE_EXTRACTS, output, seed="another")
    assert other.folder.name == "2016-08-15 (2)"
    assert {row["seed"] for row in read(other.folder / "register-review.csv")} == {"another"}
    assert written.read_bytes() == before


def test_the_answers_of_the_last_review_are_counted_in_the_next(
    output: paths.Output, august: ReviewPapers, tmp_path: Path
) -> None:
    filled = Path(shutil.copyfile(august.folder / "register-review.xlsx", tmp_path / "register-review.xlsx"))
    key = next(r["referral_id"] for r in read(august.folder / "register-review.csv") if r["why"] == "open")
    fill_in(filled, {key: {PLAN.decision.head: "close"}}, dict.fromkeys(PLAN.roles, date(2016, 8, 30)))
    made = draw_up_review(date(2017, 1, 12), paths.SAMPLE_EXTRACTS, output, answers=filled)
    assert made.looks_back_to == AUGUST
    rows = {row["referral_id"]: row for row in read(made.folder / "register-review.csv")}
    assert all(row["closed_on"] > "2016-08-15" for row in rows.values() if row["why"] == "sampled")
    assert [k for k, row in rows.items() if row["last_decision"]] == ([key] if key in rows else [])
    book = openpyxl.load_workbook(made.folder / "register-review.xlsx")
    notes = {row[0].value: str(row[1].value) for row in book[NOTES].iter_rows()}
    assert notes["Last review"].startswith("August 2016, position at the end of 15 August 2016: 1 of ")
    assert notes["Last review"].endswith("(close 1). Every role has signed.")


def test_extracts_that_the_gate_refuses_give_no_list(output: paths.Output, tmp_path: Path) -> None:
    (tmp_path / "2017").mkdir()
    (tmp_path / "2017" / "cme_referrals.csv").write_text("referral_id,surname\n1,Smith\n")
    before = sorted(folder.name for folder in output.papers.iterdir())
    with pytest.raises(DataFault, match="No list was written") as fault:
        draw_up_review(date(2016, 9, 1), tmp_path, output)
    assert "Smith" not in str(fault.value)
    assert sorted(folder.name for folder in output.papers.iterdir()) == before


def test_a_date_that_is_none_and_a_workbook_that_is_not_there_are_misuse(tmp_path: Path) -> None:
    for words in (["--as-at", "15/08/2016"], ["--as-at", "2016-08-15", "--answers", tmp_path / "none.xlsx"]):
        done = storyboard("review", *words, "--output", tmp_path / "output", cwd=tmp_path)
        assert done.returncode == 2
        assert not (tmp_path / "output").exists()


def test_an_edition_looks_back_to_the_review_whose_workbook_lies_among_its_extracts(tmp_path: Path) -> None:
    from pipelines.defs.extracts import extracts
    from pipelines.defs.workspace import BATCH_TAG, Workspace
    from pipelines.defs.workspace import EDITIONS as PARTITIONS

    shutil.copytree(paths.SAMPLE_EXTRACTS / "2017", tmp_path / "extracts" / "2017")
    write_workbook(tmp_path / "extracts" / "2017" / "register-review.xlsx")
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(str(PARTITIONS.name), ["2017"])
        workspace = Workspace(extracts=str(tmp_path / "extracts"), output=str(tmp_path / "output"))
        done = dg.materialize(
            [extracts],
            instance=instance,
            partition_key="2017",
            resources={"workspace": workspace},
            tags={BATCH_TAG: "test"},
        )
    assert done.success
    (admitted,) = (tmp_path / ".output.storyboard").rglob("edition_periods.parquet")
    assert set(pq.read_table(admitted)["last_review_on"].to_pylist()) == {date(2016, 1, 12)}
