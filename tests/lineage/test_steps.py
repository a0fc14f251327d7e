"""Steps in plain English with their rows, from the SQL that was run."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import sqlglot

from pipelines.lineage.english import say_condition, say_value
from pipelines.lineage.project import Model
from pipelines.lineage.reading import read_sql
from pipelines.lineage.steps import read_steps
from pipelines.lineage.trail import compose_trail
from tests.lineage.made_projects import PROJECT, model, warehouse

EPISODES = [
    ("1", "a", "female", "2015-05-01", "missing"),
    ("2", "a", "female", "2015-06-01", "missing"),
    ("3", "b", "male", "2015-07-01", "absent"),
    ("4", "b", "male", "2015-08-01", "missing"),
    ("5", "c", "male", "2014-08-01", "missing"),
]


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("is_open", "is_open is true"),
        ("not is_open", "is_open is not true"),
        ("kind = 'missing' and ended_on is null", "kind is 'missing' and ended_on is blank"),
        ("started_on between a and b", "started_on lies from a to b"),
        ("t.referred_on <= p.as_at", "referred_on is no later than as_at"),
        ("episodes >= 2", "episodes is at least 2"),
        ("outcome not in ('other', 'not_located')", "outcome is neither 'other' nor 'not_located'"),
        ("(a or b) and c is not null", "(a is true or b is true) and c is not blank"),
        ("coalesce(closed_on <= as_at, false)", "closed_on is no later than as_at (no where that is not known)"),
        ("odd(x)", "`ODD(x)`"),
    ],
)
def test_a_condition_is_said_in_words_and_what_has_none_stands_as_sql(sql: str, words: str) -> None:
    assert say_condition(sqlglot.parse_one(sql, read="duckdb")) == words


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        (
            "case when age < 10 then 'under_10' else 'not_known' end",
            "'under_10' where age is less than 10; else 'not_known'",
        ),
        ("count(distinct child_id)", "the number of different child_id"),
        ("count(*) filter (where is_missing)", "the number of rows, of those where is_missing is true"),
        ("first(sex order by started_at, episode_id)", "the first sex by started_at and episode_id"),
        (
            "cast(sign(n * 100) * ((abs(n * 100) * 20 + d) // nullif(2 * d, 0)) * 0.1 as decimal(18, 1))",
            "n times 100 divided by d, to one decimal, half away from zero",
        ),
    ],
)
def test_what_is_worked_out_is_said_in_words(sql: str, words: str) -> None:
    assert say_value(sqlglot.parse_one(sql, read="duckdb")) == words


def test_every_join_filter_cut_and_count_is_a_step_with_the_rows_that_went_in_and_came_out(tmp_path: Path) -> None:
    with warehouse(tmp_path, EPISODES) as rows:
        steps = json.loads(compose_trail(PROJECT, read_sql(PROJECT), {}, rows)["steps.json"])
    counted = {
        name: [
            (step["kind"], step["rows_in"], step["rows_out"]) for step in entry["steps"] if step["kind"] != "work out"
        ]
        for name, entry in steps["models"].items()
        if "steps" in entry
    }
    assert counted["stg_episodes"] == [("read", 5, 5)]
    assert counted["episodes"] == [("read", 5, 5), ("join", 5, 4)]
    assert counted["missing_episodes"] == [("read", 4, 4), ("filter", 4, 3), ("cut", 3, 6), ("count", 6, 3)]
    texts = [step["step"] for step in steps["models"]["missing_episodes"]["steps"]]
    assert "Keep the rows where is_missing is true." in texts
    join = steps["models"]["episodes"]["steps"][1]
    assert join["step"] == (
        "Match with the rows of stg_periods where started_on lies from period_start to period_end; rows without a match go."
    )
    assert "warehouse" not in json.dumps([step["sql"] for step in steps["models"]["episodes"]["steps"]])


def test_the_rows_behind_each_figure_are_counted(tmp_path: Path) -> None:
    with warehouse(tmp_path, EPISODES) as rows:
        text = compose_trail(PROJECT, read_sql(PROJECT), {}, rows)["rows-counted.csv"]
    found = {(row["breakdown"], row["category"]): row["rows"] for row in csv.DictReader(text.splitlines())}
    assert found == {("total", "all"): "3", ("sex", "female"): "2", ("sex", "male"): "1"}


def test_the_rows_themselves_can_be_asked_for(tmp_path: Path) -> None:
    with warehouse(tmp_path, EPISODES) as rows:
        sql = json.loads(compose_trail(PROJECT, read_sql(PROJECT), {}, rows)["steps.json"])["models"][
            "missing_episodes"
        ]["rows_sql"]
        found = rows(f"select episode_id from ({sql}) where cut_breakdown = 'sex' and cut_category = 'female'")
    assert sorted(row[0] for row in found) == ["1", "2"]


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("select a from t1 union select a from t2", [("read", 2), ("read", 2), ("deduplicate", 3)]),
        ("select a from t1 union all select a from t2", [("read", 2), ("read", 2), ("unite", 4)]),
        ("select distinct b from t1", [("read", 2), ("deduplicate", 1)]),
        ("select unnest(c) as d from t1", [("read", 2), ("unfold", 5), ("work out", 5)]),
        ("select t1.a from t1 left join t2 using (a) where t2.a is null", [("read", 2), ("join", 2), ("filter", 1)]),
        ("select a from t1 full outer join t2 using (a)", [("read", 2), ("join", 3)]),
    ],
)
def test_unions_distinct_rows_lists_and_outer_joins_are_steps_too(sql: str, rows: list[tuple[str, int]]) -> None:
    import duckdb

    made = read_steps(Model("m", "marts", sql, sql, "", {}))
    with duckdb.connect(":memory:") as connection:
        connection.execute("create table t1 as select * from (values (1, 0, [1, 2]), (2, 0, [1, 2, 3])) as t (a, b, c)")
        connection.execute("create table t2 as select * from (values (2), (3)) as t (a)")
        found = dict(zip(made.counts, connection.execute(made.counting_sql).fetchall()[0], strict=True))
    assert [(step.kind, found[step.rows_out]) for step in made.steps] == rows


def test_a_described_column_is_said_as_its_entry_says_it() -> None:
    described = model("m", "marts", "select a, a = 1 as is_one from t")
    steps = read_steps(Model("m", "marts", described.sql, "", "", {"is_one": "Whether it is one."})).steps
    assert [step.text for step in steps if step.kind == "work out"] == ["Work out is_one: Whether it is one."]


def test_the_rows_of_all_areas_are_every_row_though_only_those_of_children_of_several_are_counted_there() -> None:
    import duckdb

    things = """(
        select things.* exclude (authority), things.authority from episodes as things
        union all
        select things.* exclude (authority), areas.authority from episodes as things
        inner join areas on things.authority = areas.member_authority
        where areas.authority = 'all' and things.is_known_to_several and (things.id > 0)
    )"""
    sql = f"""
        with counted as (
            select things.authority, things.is_known_to_several, 'total' as breakdown, 'all' as category, count(*) as n
            from {things} as things group by things.authority, things.is_known_to_several
            union all
            select things.authority, things.is_known_to_several, 'sex' as breakdown, sex as category, count(*) as n
            from {things} as things group by things.authority, sex, things.is_known_to_several
        )
        select * from counted
    """
    made = read_steps(Model("m", "metrics", sql, sql, "", {}))
    rows = (
        "(1, 'c', 'A', 'male', true), (2, 'c', 'B', 'male', true), "
        "(3, 'd', 'B', 'female', false), (0, 'e', 'B', 'male', false)"
    )
    members = "('A', 'A'), ('B', 'B'), ('all', 'A'), ('all', 'B')"
    with duckdb.connect(":memory:") as connection:
        connection.execute(
            f"create table episodes as from (values {rows}) as t (id, child_id, authority, sex, is_known_to_several)"
        )
        connection.execute(f"create table areas as from (values {members}) as t (authority, member_authority)")
        counted = {row[1:4]: row[4] for row in connection.execute(made.cut_sql).fetchall()}
        behind = connection.execute(
            f"select id from ({made.rows_sql}) where cut_authority = 'all' and cut_category = 'male' order by id"
        ).fetchall()
    assert counted == {
        ("A", "total", "all"): 1, ("B", "total", "all"): 3, ("all", "total", "all"): 3,
        ("A", "sex", "male"): 1, ("B", "sex", "male"): 2, ("B", "sex", "female"): 1,
        ("all", "sex", "male"): 2, ("all", "sex", "female"): 1,
    }  # fmt: skip
    assert behind == [(1,), (2,)]
    gathered = next(step.text for step in made.steps if step.kind == "count")
    assert gathered.startswith("Make one row for each authority, is_known_to_several, breakdown and category;")
