"""The disclosure policy as people write it: what is wrong is told with its line and its setting."""

from __future__ import annotations

import pytest

from pipelines import paths
from pipelines.disclosure.policy import check_policy, read_policy
from pipelines.disclosure.relations import read_relations
from pipelines.faults import UsageFault
from tests.disclosure.invented import CATEGORIES, METRICS

TEXT = paths.POLICY.read_text("utf-8")


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


@pytest.mark.parametrize(
    ("written", "instead", "setting"),
    [
        ("threshold:", "treshold:", "treshold"),
        ("threshold: 5", "threshold: 1", "threshold"),
        ("base: 5", "base: many", "base"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_line(written, instead, setting):
    text = TEXT.replace(written, instead, 1)
    assert text != TEXT
    with pytest.raises(UsageFault) as fault:
        read_policy(text)
    assert f"policy.yml, line {line_of(text, instead)}, {setting}: " in str(fault.value)
    assert "Traceback" not in str(fault.value)


def test_a_file_that_is_not_yaml_is_refused_with_its_line():
    text = "version: 1\nthreshold: [5\nbase: 5\n"
    with pytest.raises(UsageFault, match=r"policy\.yml, line 3: this is not YAML"):
        read_policy(text)


def test_a_policy_about_what_no_metric_counts_is_refused_with_each_line():
    text = TEXT.replace("keep_visible:", "keep_visible:\n  - episodes_of_rain", 1)
    with pytest.raises(UsageFault) as fault:
        check_policy(read_policy(text), METRICS, CATEGORIES)
    assert f"policy.yml, line {line_of(text, 'episodes_of_rain')}, keep_visible, entry 1: " in str(fault.value)


def test_a_relation_with_a_misspelt_setting_is_refused_with_its_line():
    with pytest.raises(UsageFault, match=r"relations\.yml, line 4, relations, entry 1, becuase: "):
        read_relations("version: 1\nrelations:\n- says: a = b\n  becuase: x\n", METRICS, CATEGORIES)
