"""Samples of many authorities and years: the same bytes for the same seed, as skewed as the country, no broken rule."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import pytest
from pyarrow import csv, parquet

from pipelines.faults import UsageFault
from pipelines.figures import Edition
from pipelines.intake.calendar import read_calendar
from pipelines.intake.gate import examine
from pipelines.intake.sample import country, generate

SCALE, AUTHORITIES, YEARS = 40, 153, 10


@pytest.fixture(scope="module")
def calendar() -> dict[str, Edition]:
    return read_calendar(None)


@pytest.fixture(scope="module")
def sample(calendar: dict[str, Edition], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("country")
    return generate(calendar["2018"], out, scale=SCALE, authorities=AUTHORITIES, years=YEARS, form="parquet")


def read(path: Path) -> list[dict[str, str | None]]:
    rows: list[dict[str, str | None]] = parquet.read_table(path).to_pylist()
    return rows


def test_the_country_is_there_with_all_its_authorities_and_years(sample: Path) -> None:
    episodes = read(sample / "missing_episodes.parquet")
    assert len(episodes) == pytest.approx(530 * SCALE, rel=0.1)
    years = {str(row["started_at"])[:4] for row in episodes}
    assert years == {str(year) for year in range(2007, 2018)}
    populations = read(sample / "population.parquet")
    assert len({row["authority"] for row in populations}) == AUTHORITIES
    assert len({row["authority"] for row in episodes}) == AUTHORITIES
    assert len(read(sample / "cme_referrals.parquet")) == pytest.approx(59 * SCALE, rel=0.1)


def test_a_few_children_have_many_episodes_and_authorities_are_large_and_small(sample: Path) -> None:
    episodes = read(sample / "missing_episodes.parquet")
    of_children = sorted(Counter(row["child_id"] for row in episodes).values(), reverse=True)
    tenth = of_children[: len(of_children) // 10]
    assert sum(tenth) > 0.45 * len(episodes), "a tenth of the children have nearly half of the episodes"
    assert of_children[len(of_children) // 2] <= 2
    of_authorities = sorted(Counter(row["authority"] for row in episodes).values())
    assert of_authorities[-1] > 20 * of_authorities[len(of_authorities) // 10]


def test_a_child_stays_itself_over_the_years(sample: Path) -> None:
    children: dict[str | None, list[dict[str, str | None]]] = defaultdict(list)
    for row in read(sample / "missing_episodes.parquet"):
        children[row["child_id"]].append(row)
    several = [rows for rows in children.values() if len({str(row["started_at"])[:4] for row in rows}) > 2]
    assert several
    for rows in several:
        assert len({row["sex"] for row in rows}) == 1
        assert len({row["authority"] for row in rows}) == 1


def test_the_gate_has_nothing_to_say_of_it_but_that_it_carries_other_years(
    sample: Path, calendar: dict[str, Edition]
) -> None:
    examination = examine(sample, calendar["2018"])
    assert examination.ok, [finding.message for finding in examination.findings][:5]
    assert {finding.rule for finding in examination.findings} <= {
        "out_of_period",
        "after_as_at",
        "interview_before_return",
        "local_time_never_happened",
    }


def test_councils_too_large_to_be_true_have_as_many_children_as_the_gate_admits(
    calendar: dict[str, Edition], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_york = country.population_of_york
    monkeypatch.setattr(
        country, "population_of_york", lambda end: [(group, day, n * 10_000) for group, day, n in of_york(end)]
    )
    folder = generate(calendar["2018"], tmp_path, scale=2, authorities=2)
    assert examine(folder, calendar["2018"]).ok


def test_the_same_seed_gives_the_same_bytes_however_many_children_are_made_at_once(
    calendar: dict[str, Edition], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(name: str, seed: int) -> dict[str, bytes]:
        folder = generate(calendar["2018"], tmp_path / name, scale=3, authorities=4, years=2, seed=seed)
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    first = write("first", 5)
    monkeypatch.setattr(country, "_MOST_AT_ONCE", 37)
    assert write("again", 5) == first
    assert write("other", 6)["missing_episodes.csv"] != first["missing_episodes.csv"]


def test_both_formats_say_the_same(calendar: dict[str, Edition], tmp_path: Path) -> None:
    for authorities in (None, 3):
        as_csv = generate(calendar["2016"], tmp_path / "csv", authorities=authorities)
        as_parquet = generate(calendar["2016"], tmp_path / "parquet", authorities=authorities, form="parquet")
        for path in as_parquet.glob("*.parquet"):
            rows = parquet.read_table(path)
            options = csv.ConvertOptions(column_types=rows.schema, strings_can_be_null=True, null_values=[""])
            assert csv.read_csv(as_csv / f"{path.stem}.csv", convert_options=options).equals(rows)


@pytest.mark.parametrize(
    ("words", "message"),
    [({"authorities": 154}, "153"), ({"authorities": 2, "years": 21}, "20"), ({"years": 2}, "--authorities")],
)
def test_more_than_there_is_cannot_be_asked_for(
    calendar: dict[str, Edition], tmp_path: Path, words: dict[str, int], message: str
) -> None:
    with pytest.raises(UsageFault, match=message):
        generate(calendar["2016"], tmp_path, authorities=words.get("authorities"), years=words.get("years", 1))
    assert not list(tmp_path.iterdir())
