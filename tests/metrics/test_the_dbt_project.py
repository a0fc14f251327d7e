"""The shape of the dbt project: its layers refer leftward, its entries are complete, its own tests can fail."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.paths import DBT_PROJECT, METRICS
from pipelines.register import read_categories, read_metrics
from tests.metrics.admitted import Extracts
from tests.metrics.warehouse import Warehouse

LAYERS = ["sources", "staging", "intermediate", "marts", "metrics", "figures"]
MAY_REFER_WITHIN = {"marts", "figures"}


def nodes_of(warehouse: Warehouse, kind: str) -> dict[str, dict[str, Any]]:
    return {name: node for name, node in warehouse.manifest["nodes"].items() if node["resource_type"] == kind}


def layer_of(unique_id: str, warehouse: Warehouse) -> str:
    if unique_id.startswith("source."):
        return "sources"
    node = warehouse.manifest["nodes"][unique_id]
    return "seeds" if node["resource_type"] == "seed" else str(node["fqn"][1])


def test_layers_refer_leftward_only(warehouse: Warehouse) -> None:
    backward = []
    for unique_id, node in nodes_of(warehouse, "model").items():
        layer = layer_of(unique_id, warehouse)
        for parent in node["depends_on"]["nodes"]:
            other = layer_of(parent, warehouse)
            if other == "seeds" or (other == layer and layer in MAY_REFER_WITHIN):
                continue
            if LAYERS.index(other) >= LAYERS.index(layer):
                backward.append((node["name"], parent))
    assert backward == []


def test_metrics_never_refer_to_metrics(warehouse: Warehouse) -> None:
    metrics = {name for name in nodes_of(warehouse, "model") if layer_of(name, warehouse) == "metrics"}
    assert {m for m in metrics if metrics.intersection(warehouse.manifest["nodes"][m]["depends_on"]["nodes"])} == set()


def test_only_staging_reads_sources_and_each_source_is_read_once(warehouse: Warehouse) -> None:
    readers = {
        source: [n["name"] for n in nodes_of(warehouse, "model").values() if source in n["depends_on"]["nodes"]]
        for source in warehouse.manifest["sources"]
    }
    assert readers == {source: [f"stg_{source.rsplit('.', 1)[1]}"] for source in readers}


def test_metric_files_are_the_entries_in_the_register_and_all_of_them_are_figures(warehouse: Warehouse) -> None:
    files = {path.stem for path in METRICS.glob("*.sql")}
    (parents,) = [
        node["depends_on"]["nodes"]
        for node in nodes_of(warehouse, "model").values()
        if node["name"] == "metric_results"
    ]
    listed = {parent.rsplit(".", 1)[1] for parent in parents}
    in_figures = {metric_id for (metric_id,) in warehouse.query("select distinct metric_id from figures")}
    assert files == set(read_metrics()) == listed == in_figures


def test_every_model_column_source_seed_and_test_is_described(warehouse: Warehouse) -> None:
    bare = [source for source, node in warehouse.manifest["sources"].items() if not node["description"]]
    for kind in ("model", "seed", "test"):
        bare += [name for name, node in nodes_of(warehouse, kind).items() if not node["description"]]
    for node in [*nodes_of(warehouse, "model").values(), *nodes_of(warehouse, "seed").values()]:
        if node["fqn"][1] == "metrics":
            continue
        described = {name for name, column in node["columns"].items() if column["description"]}
        there = {row[0] for row in warehouse.query(f"describe {node['relation_name']}")}
        bare += [f"{node['name']}.{column}" for column in sorted(there ^ described)]
    assert bare == []


def test_every_breakdown_draws_on_a_list_of_categories() -> None:
    lists = {*read_categories(), "month"}
    unknown = {
        (metric.metric_id, breakdown)
        for metric in read_metrics().values()
        for breakdown in metric.breakdowns
        for dimension in breakdown.split("/")
        if metric.dimension_of(dimension) not in lists
    }
    assert unknown == set()


def test_what_a_metric_needs_is_an_extract(warehouse: Warehouse) -> None:
    extracts = {row[0] for row in warehouse.query("select extract_name from stg_inventory")}
    assert {need for metric in read_metrics().values() for need in metric.needs} <= extracts


def test_a_compiled_project_names_no_folder_of_its_run(warehouse: Warehouse) -> None:
    assert [name for name, sql in warehouse.compiled.items() if str(warehouse.folder) in sql] == []


SPOILED = {
    "assert_all_is_worked_out_on_every_row": "update figures set numerator = numerator + 1 "
    "where authority = 'all' and metric_id = 'cme_referrals'",
    "assert_breakdowns_sum_to_a_total_that_exists": "delete from figures "
    "where metric_id = 'episodes_reported' and breakdown = 'total'",
    "assert_each_thing_is_one_row": "insert into episodes select * from episodes limit 1",
    "assert_every_episode_began_once": "delete from episode_starts",
    "assert_every_figure_says_what_it_is": "update figures set value = null where metric_id = 'children_reported'",
    "assert_no_part_exceeds_its_whole": "update figures set numerator = 99 where metric_id = 'return_interviews_held'",
    "assert_nothing_counted_is_left_out": "delete from figures where breakdown = 'month'",
    "assert_parts_make_wholes": "update figures set numerator = numerator + 1 where metric_id = 'children_located'",
    "assert_the_census_list_is_the_figure": "delete from register_census_matches",
    "assert_quarters_and_terms_are_sums_of_months": "update scorecard_figures set numerator = numerator + 1 "
    "where metric_id = 'cme_referrals'",
    "assert_rates_follow_from_their_counts": "update figures set numerator = numerator + 1 "
    "where metric_id = 'return_interview_offer_rate'",
}
"""How each data test is made to fail: one spoiled relation, and no other change."""


def two_authorities() -> Extracts:
    """An episode, an interview and a referral in each of two authorities."""
    authorities = ("E06000014", "E08000035")
    return Extracts(
        missing_episodes=[
            {
                "episode_id": f"e{n}",
                "child_id": f"c{n}",
                "authority": authority,
                "episode_type": "missing",
                "started_at": "2014-06-02T20:00",
                "ended_at": "2014-06-02T21:00",
                "sex": "male",
                "looked_after": "true",
            }
            for n, authority in enumerate(authorities)
        ],
        return_interviews=[{"interview_id": "i", "episode_id": "e0", "held_at": "2014-06-03T10:00"}],
        cme_referrals=[
            {
                "referral_id": f"r{n}",
                "child_id": f"c{n}",
                "authority": authority,
                "referred_on": "2015-10-01",
                "sex": "male",
                "phase": "primary",
            }
            for n, authority in enumerate(authorities)
        ],
        school_census=[
            {"child_id": "c0", "census_date": "2015-10-01", "school_id": "s", "entry_date": "2015-09-01"},
        ],
    )


def failures(warehouse: Warehouse, test: str) -> int:
    return len(warehouse.query(warehouse.compiled[test]))


@pytest.mark.parametrize("test", sorted(SPOILED))
def test_a_data_test_passes_on_what_is_right_and_fails_on_what_is_spoiled(warehouse: Warehouse, test: str) -> None:
    warehouse.rebuild(two_authorities())
    assert failures(warehouse, test) == 0
    warehouse.query(SPOILED[test])
    assert failures(warehouse, test) > 0


def test_a_cell_that_cannot_be_read_fails_its_test_and_is_not_shown(
    warehouse: Warehouse, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = [{**row, "ended_at": "Smith, John"} for row in two_authorities().missing_episodes or []]
    test = "assert_every_cell_was_understood"
    result = warehouse.run_dbt(Extracts(missing_episodes=rows), "test", "--select", test)
    shown = "".join(capfd.readouterr())
    assert [(run.node.name, run.failures) for run in result.result.results] == [(test, 2)]
    assert test in shown
    assert "Smith" not in shown


def test_every_data_test_is_shown_to_be_able_to_fail() -> None:
    written = {path.stem for path in (DBT_PROJECT / "tests").glob("*.sql")}
    assert written == {*SPOILED, "assert_every_cell_was_understood"}


def test_the_unit_tests_of_the_models_pass(warehouse: Warehouse) -> None:
    result = warehouse.run_dbt(Extracts(missing_episodes=[]), "test", "--resource-type", "unit_test")
    assert result.success, [run.message for run in getattr(result.result, "results", [])]
    assert len(result.result.results) >= 4
