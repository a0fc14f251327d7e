"""What all tests share: their options."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--renew-golden", action="store_true", help="Write the golden files anew instead of comparing.")
    parser.addoption("--thorough", action="store_true", help="Kill, fail and race many times more often (make faults).")


@pytest.fixture(scope="session")
def thorough(request: pytest.FixtureRequest) -> bool:
    """Whether faults are made as often as before a release, and not as on every change."""
    return bool(request.config.getoption("--thorough"))
