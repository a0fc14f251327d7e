"""Which councils a folder of extracts names, read before the gate: whether the Dagster UI speaks of several."""

from pathlib import Path

import pytest

from pipelines import paths
from pipelines.intake.authorities import list_authorities

HULL, LEEDS, YORK = "E06000010", "E08000035", "E06000014"


def list_named(folder: Path) -> set[str]:
    return set(list_authorities(folder, encoding="utf-8", authority=YORK))


def test_the_sample_is_of_one_council():
    assert list_named(paths.SAMPLE_EXTRACTS / "2016") == {YORK}


@pytest.mark.parametrize(
    ("episodes", "referrals", "named"),
    [
        (f"authority\n{HULL}\n", f"authority\n{LEEDS}\n", {HULL, LEEDS}),
        (f"episode_id,authority\n1,{HULL}\n2,\n", None, {HULL, YORK}),
        ("episode_id\n1\n", f"authority\n{LEEDS}\n", {YORK, LEEDS}),
        ("\x00\x01", f"authority\n{LEEDS}\n", {LEEDS}),
        (None, None, set()),
    ],
)
def test_episodes_and_referrals_say_whose_they_are(
    tmp_path: Path, episodes: str | None, referrals: str | None, named: set[str]
):
    for name, text in (("missing_episodes", episodes), ("cme_referrals", referrals)):
        if text is not None:
            (tmp_path / f"{name}.csv").write_text(text, "utf-8")
    assert list_named(tmp_path) == named


def test_a_folder_that_is_not_there_names_nobody(tmp_path: Path):
    assert list_named(tmp_path / "nowhere") == set()
