"""Every figure is the same on DuckDB, PostgreSQL and Spark: of the sample, and of two hundred councils at the edge of rules.

Engines differ in silence about elapsed hours, months, rounding, the order of blanks and of text; nothing else would notice.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import paths
from tests.engines.conftest import Open, Server
from tests.engines.counting import MODELS, Relations, admit_sample, count_elsewhere, count_on_duckdb, open_run
from tests.engines.random_authorities import COUNCILS, draw_councils
from tests.metrics.admitted import write

EDITIONS = ("2016", "2017", "2018")
RANDOM = "random"
ENGINES = ("postgres", "spark")

Admitted = Callable[[str], Path]
Counted = Callable[[str], Relations]


@pytest.fixture(scope="session")
def admitted(tmp_path_factory: pytest.TempPathFactory) -> Admitted:
    folder = tmp_path_factory.mktemp("admitted")

    def find(name: str) -> Path:
        place = folder / name
        if not place.exists():
            if name == RANDOM:
                write(draw_councils(), place)
            else:
                admit_sample(name, place)
        return place

    return find


@pytest.fixture(scope="session")
def on_duckdb(admitted: Admitted, tmp_path_factory: pytest.TempPathFactory) -> Counted:
    known: dict[str, Relations] = {}

    def count(name: str) -> Relations:
        if name not in known:
            run = open_run(tmp_path_factory.mktemp("duckdb"), name)
            shutil.copytree(admitted(name), run.admitted)
            known[name] = count_on_duckdb(run)
        return known[name]

    return count


@pytest.mark.parametrize("name", [*EDITIONS, RANDOM])
@pytest.mark.parametrize("engine", ENGINES)
def test_every_figure_is_the_same_on_another_engine(
    engine: str, name: str, admitted: Admitted, on_duckdb: Counted, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    there: Open = request.getfixturevalue(engine)
    run = open_run(tmp_path, name)
    shutil.copytree(admitted(name), run.admitted)
    # dbt's own tests run there too, once on rows that have everything in them.
    counted = count_elsewhere(run, there, MODELS) if name == RANDOM else count_elsewhere(run, there)
    expected = on_duckdb(name)
    assert list(counted) == list(expected)
    assert len(expected["figures"]) > 300 * (COUNCILS if name == RANDOM else 1)
    different = {relation: _differences(expected[relation], counted[relation]) for relation in expected}
    assert not any(different.values()), {relation: found[:5] for relation, found in different.items() if found}


def test_the_random_councils_stand_where_rules_turn(admitted: Admitted, on_duckdb: Counted) -> None:
    figures = {tuple(row[1:5]): row[5] for row in on_duckdb(RANDOM)["figures"]}
    for metric, breakdown, category in (
        ("missing_episodes", "duration", "under_24_hours"),
        ("missing_episodes", "duration", "24_hours_or_more"),
        ("missing_episodes", "duration", "not_known"),
        ("missing_episodes", "duration", "not_yet_located"),
        ("episodes_reported", "month", "2016-02"),
        ("return_interviews_held_within_72_hours", "total", "all"),
        ("return_interviews_timeliness_not_known", "total", "all"),
        ("cme_removed_after_census", "total", "all"),
        ("children_missing_three_times_in_90_days", "total", "all"),
    ):
        assert int(figures["all", metric, breakdown, category] or 0) > 5, (metric, category)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (
            "cast(extract(epoch from {{ later }}) - extract(epoch from {{ earlier }}) as bigint)",
            "(3600 * ceil(extract(epoch from {{ later }} - {{ earlier }}) / 3600)::bigint)",
        ),
        ("percentile_cont(0.5)", "percentile_disc(0.5)"),
        (
            "(({{ instant }}) at time zone 'UTC' at time zone 'Europe/London')",
            "({{ instant }})",
        ),
    ],
    ids=["hours rounded up", "the lower of two middles", "local time is UTC"],
)
def test_a_macro_that_is_wrong_on_one_engine_is_found(
    right: str,
    wrong: str,
    postgres: Open,
    admitted: Admitted,
    on_duckdb: Counted,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(paths.DBT_PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    macros = project / "macros" / "dialects.sql"
    assert right in macros.read_text("utf-8")
    expected = on_duckdb(RANDOM)
    macros.write_text(macros.read_text("utf-8").replace(right, wrong), "utf-8")
    monkeypatch.setattr(paths, "DBT_TARGET", project / "target")
    monkeypatch.setattr(paths, "DBT_PROJECT", project)
    run = open_run(tmp_path, RANDOM)
    shutil.copytree(admitted(RANDOM), run.admitted)
    counted = count_elsewhere(run, postgres)
    assert _differences(expected["figures"], counted["figures"])


def test_nothing_of_a_build_stays_on_the_server(
    server: Server, password: str, tmp_path: Path, admitted: Admitted
) -> None:
    import psycopg2

    from pipelines.defs.configuration import Configuration
    from pipelines.defs.engines import choose_engine

    settings = server.settings.model_copy(update={"schema_name": "another"})
    engine = choose_engine("postgres", Configuration(postgres=settings))
    assert engine is not None

    def schemas() -> set[str]:
        place = {"host": settings.host, "port": settings.port, "dbname": settings.database, "user": settings.user}
        connection = psycopg2.connect(**place, password=password)
        try:
            with connection.cursor() as cursor:
                cursor.execute("select nspname from pg_namespace where nspname like 'another%'")
                return {name for (name,) in cursor.fetchall()}
        finally:
            connection.close()

    with engine.open(tmp_path) as session:
        session.load(admitted("2016"))
        assert schemas() == {"another", "another_extracts"}
    assert schemas() == set()


def _differences(expected: list[tuple[str | None, ...]], counted: list[tuple[str | None, ...]]) -> list[object]:
    return sorted(map(repr, set(expected) ^ set(counted))) if expected != counted else []
