"""The old publication is the test of the new pipeline: what the source document prints comes out of the sample extracts."""

import csv

import pytest

PRINTED = {
    ("episodes_reported", "total", "all"): 530,
    ("episodes_reported", "episode_type", "absent"): 58,
    ("episodes_reported", "episode_type", "missing"): 472,
    ("episodes_reported", "episode_type", "away"): 0,
    ("episodes_reported", "looked_after_status", "looked_after"): 266,
    ("episodes_reported", "looked_after_status", "not_looked_after"): 264,
    ("episodes_reported", "sex", "female"): 341,
    ("episodes_reported", "sex", "male"): 189,
    ("episodes_reported", "sex", "not_known"): 0,
    ("episodes_reported", "looked_after_status/episode_type", "looked_after/missing"): 208,
    ("episodes_reported", "looked_after_status/episode_type", "looked_after/absent"): 58,
    ("episodes_reported", "looked_after_status/episode_type", "looked_after/away"): 0,
    ("episodes_reported", "looked_after_status/episode_type", "not_looked_after/missing"): 264,
    ("episodes_reported", "looked_after_status/episode_type", "not_looked_after/absent"): 0,
    ("episodes_reported", "looked_after_status/episode_type", "not_looked_after/away"): 0,
    ("children_reported", "total", "all"): 161,
    ("children_reported", "looked_after_status", "looked_after"): 19,
    ("children_reported", "looked_after_status", "not_looked_after"): 142,
    ("missing_episodes", "total", "all"): 472,
    ("looked_after_missing_episodes", "total", "all"): 208,
    ("looked_after_missing_episodes", "duration", "under_24_hours"): 194,
    ("looked_after_missing_episodes", "duration", "24_hours_or_more"): 14,
    ("looked_after_children_reported", "total", "all"): 19,
    ("looked_after_children_reported", "missing_episodes_band", "under_5"): 12,
    ("looked_after_children_reported", "missing_episodes_band", "5_to_9"): 3,
    ("looked_after_children_reported", "missing_episodes_band", "10_or_more"): 4,
    ("most_missing_episodes_of_one_looked_after_child", "total", "all"): 64,
    ("children_located", "total", "all"): 161,
    ("children_not_located", "total", "all"): 0,
    ("episodes_per_child", "total", "all"): 3.3,
    ("cme_referrals", "total", "all"): 59,
    ("cme_referrals", "sex", "female"): 27,
    ("cme_referrals", "sex", "male"): 32,
    ("cme_referrals", "phase", "primary"): 33,
    ("cme_referrals", "phase", "secondary"): 26,
    ("cme_referrals", "ethnic_minority_or_eal", "yes"): 16,
    ("cme_closed", "total", "all"): 53,
    ("cme_open", "total", "all"): 6,
    ("cme_removed_after_census", "total", "all"): 4,
}


@pytest.fixture(scope="module")
def exact(built):
    with (built.edition("2016") / "restricted" / "figures.csv").open(encoding="utf-8", newline="") as file:
        return {(row["metric_id"], row["breakdown"], row["category"]): row for row in csv.DictReader(file)}


@pytest.mark.parametrize(("key", "printed"), PRINTED.items(), ids=["-".join(key) for key in PRINTED])
def test_the_sample_gives_the_figure_that_the_source_document_prints(exact, key, printed):
    assert exact[key]["value"] == (str(printed) if isinstance(printed, int) else f"{printed:.1f}")
