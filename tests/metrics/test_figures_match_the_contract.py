"""Every figure of random extracts against a plain reading of the contract."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from tests.metrics import oracle
from tests.metrics.admitted import Extracts
from tests.metrics.random_extracts import extracts, interviewed
from tests.metrics.warehouse import Warehouse


def differences(warehouse: Warehouse, example: Extracts) -> list[str]:
    """What the warehouse and the oracle do not agree on, figure by figure."""
    warehouse.rebuild(example)
    found, expected = warehouse.figures(), oracle.work_out(example)
    return [
        f"{'/'.join(key)}: found {found.get(key)}, expected {expected.get(key)}"
        for key in sorted(found.keys() | expected.keys())
        if found.get(key) != expected.get(key)
    ]


closely = settings(
    deadline=None,
    # The same examples on every machine: a build does not fail by chance.
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@settings(closely, max_examples=100)
@given(example=extracts())
def test_every_figure_is_what_a_plain_reading_of_the_contract_gives(warehouse: Warehouse, example: Extracts) -> None:
    assert differences(warehouse, example) == []


@settings(closely, max_examples=80)
@given(example=interviewed())
def test_every_figure_of_return_interviews_is_what_a_plain_reading_gives(
    warehouse: Warehouse, example: Extracts
) -> None:
    assert differences(warehouse, example) == []
