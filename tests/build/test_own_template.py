"""A template of the council's own in the folder of extracts: taken instead of ours, kept in the key, manifest and archive."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from docx import Document

from pipelines import paths
from pipelines.defs.archive import describe_ingredients
from pipelines.defs.batch import Request, build_editions
from pipelines.defs.checking import AUTHORITY, find_edition
from pipelines.defs.inputs import digest_edition_inputs
from pipelines.defs.templates import choose_template, describe_template, refuse_wrong_templates
from pipelines.defs.workspace import EditionRun
from pipelines.disclosure.policy import read_policy
from pipelines.faults import DataFault
from pipelines.figures import Edition
from pipelines.intake.calendar import read_calendar
from pipelines.intake.gate import examine


@pytest.fixture
def extracts(tmp_path: Path) -> Path:
    shutil.copytree(paths.SAMPLE_EXTRACTS / "2016", tmp_path / "extracts" / "2016")
    return tmp_path / "extracts"


def put_template(folder: Path, words: str) -> Path:
    word = Document(str(paths.DMT_TEMPLATE))
    word.add_paragraph(words)
    word.save(str(folder / paths.OWN_TEMPLATE))
    return folder / paths.OWN_TEMPLATE


def edition_2016() -> Edition:
    return find_edition("2016", read_calendar(None))


def key_of(extracts: Path) -> str:
    return digest_edition_inputs(extracts / "2016", edition_2016(), encoding="utf-8", authority=AUTHORITY)


def test_the_template_of_the_edition_comes_before_that_of_all_editions_and_both_before_ours(extracts: Path) -> None:
    assert choose_template(extracts / "2016") == paths.DMT_TEMPLATE
    assert describe_template(extracts / "2016")["from"] == "project"
    for_all = put_template(extracts, "City Council")
    assert choose_template(extracts / "2016") == for_all
    own = put_template(extracts / "2016", "City Council, this year")
    assert choose_template(extracts / "2016") == own
    assert describe_template(extracts / "2016")["from"] == "extracts"


def test_the_content_of_the_template_is_in_the_key_of_a_build_and_its_place_is_not(extracts: Path) -> None:
    without = key_of(extracts)
    for_all = put_template(extracts, "City Council")
    with_it = key_of(extracts)
    assert with_it != without
    for_all.rename(extracts / "2016" / paths.OWN_TEMPLATE)
    assert key_of(extracts) == with_it
    put_template(extracts / "2016", "Another council")
    assert key_of(extracts) not in {without, with_it}


def test_a_template_for_all_editions_is_archived_with_each_that_was_made_with_it(
    extracts: Path, tmp_path: Path
) -> None:
    put_template(extracts, "City Council")
    output = paths.Output(tmp_path / "out")
    run = EditionRun(
        edition=edition_2016(),
        extracts=extracts / "2016",
        output=output,
        batch=output.work / "batch",
        encoding="utf-8",
        authority=AUTHORITY,
        policy=read_policy(paths.POLICY.read_text("utf-8")),
    )
    assert paths.OWN_TEMPLATE in [file["name"] for file in json.loads(describe_ingredients(run))["files"]]


def test_the_gate_asks_nothing_about_a_template_and_a_wrong_one_stops_a_build_before_it_begins(
    extracts: Path, tmp_path: Path
) -> None:
    put_template(extracts / "2016", "{{ titel }}")
    found = examine(extracts / "2016", edition_2016(), encoding="utf-8", authority=AUTHORITY)
    assert not [finding for finding in found.as_json()["findings"] if finding["rule"] == "unknown_file"]
    with pytest.raises(DataFault, match="Did you mean title"):
        refuse_wrong_templates([extracts / "2016"])
    output = paths.Output(tmp_path / "out")
    with pytest.raises(DataFault, match="needs to be mended"):
        build_editions(["2016"], Request(extracts, output, "utf-8", say=lambda _words: None))
    assert not output.folder.exists()
