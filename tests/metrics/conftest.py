"""One warehouse for all tests of the metrics: dbt builds it once."""

from __future__ import annotations

import pytest

from tests.metrics.warehouse import Warehouse


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return Warehouse(tmp_path_factory.mktemp("metrics"))
