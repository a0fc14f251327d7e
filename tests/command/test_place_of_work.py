"""Where an analyst works: a new edition begun, the machine looked at, the configuration file, colour and other alphabets."""

import csv
import json
import os
import pty
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import yaml

from pipelines import paths
from pipelines.defs import configuration
from pipelines.defs.beginning import begin_edition, shift
from pipelines.defs.configuration import make_json_schema, read_configuration
from pipelines.defs.health import examine_machine
from pipelines.defs.inputs import digest_edition_inputs
from pipelines.editions.lock import hold_lock
from pipelines.editions.settings import read_settings
from pipelines.faults import DataFault, UsageFault
from pipelines.figures import Edition, Period
from pipelines.intake.calendar import read_calendar
from tests.command.test_command import storyboard, surroundings
from tests.editions.made_editions import install

SAID = "We were told of 1,240 episodes in 2018, about 39% more than before, and asked why."


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(paths.DOCS / "registers" / "outcomes", tmp_path / "docs" / "registers" / "outcomes")
    monkeypatch.setattr(paths, "PROJECT", tmp_path)
    monkeypatch.setattr(paths, "DOCS", tmp_path / "docs")
    return tmp_path


def begin(project: Path, output: paths.Output) -> dict[str, Path]:
    return {part.what: part.path for part in begin_edition("2019", project / "extracts", output)}


def test_a_new_edition_has_rows_a_year_on_beside_its_extracts(project: Path):
    made = begin(project, paths.Output(project / "out"))
    assert made["rows"] == project / "extracts" / "editions.csv"
    calendar = read_calendar(project / "extracts")
    assert sorted(calendar) == ["2016", "2017", "2018", "2019"]
    assert calendar["2019"].periods["missing"] == Period(date(2017, 4, 1), date(2018, 3, 31), date(2019, 1, 12))
    assert calendar["2019"].periods["education"] == Period(date(2018, 9, 1), date(2019, 1, 12), date(2019, 1, 12))
    assert (project / "extracts" / "2019").is_dir()


def test_the_last_day_of_february_is_moved_to_the_last_day_of_february():
    ends_in_february = Period(date(2015, 3, 1), date(2016, 2, 29), date(2016, 2, 29))
    moved = shift({"2016": Edition("2016", {"missing": ends_in_february, "education": ends_in_february})}, "2020")
    assert moved.periods["missing"].end == date(2020, 2, 29)
    moved = shift({"2020": moved}, "2021")
    assert moved.periods["missing"] == Period(date(2020, 3, 1), date(2021, 2, 28), date(2021, 2, 28))


def test_promises_that_are_not_over_are_carried_forward_and_ask_for_their_evidence_anew(project: Path):
    file = begin(project, paths.Output(project / "out"))["promises"]
    before = yaml.safe_load((file.parent / "2018.yml").read_text("utf-8"))["listed"]
    now = yaml.safe_load(file.read_text("utf-8"))["listed"]
    assert [outcome["id"] for outcome in now] == [outcome["id"] for outcome in before]
    kept = {action["id"]: action for outcome in now for action in outcome["actions"]}
    open_before = {a["id"] for o in before for a in o["actions"] if a["status"] not in ("done", "dropped")}
    assert set(kept) == open_before != {a["id"] for o in before for a in o["actions"]}
    assert {action["evidence"] for action in kept.values()} == {""}
    said = next(a["evidence"] for o in before for a in o["actions"] if a["id"] in open_before and a["evidence"])
    assert f"# 2018 said: {said}" in file.read_text("utf-8")


def test_the_words_of_the_edition_before_are_copied_with_their_numbers_marked(project: Path):
    output = paths.Output(project / "out")
    install(output, project / "staged", "2018", words=SAID)
    sheet = begin(project, output)["prose"]
    assert sheet == output.working / "2019" / "prose-of-2018.md"
    assert "We were told of [[1,240]] episodes in [[2018]], about [[39%]] more than before" in sheet.read_text("utf-8")
    assert sheet.stat().st_mode & 0o077 == 0


def test_beginning_again_leaves_what_people_have_written(project: Path):
    output = paths.Output(project / "out")
    install(output, project / "staged", "2018", words=SAID)
    files = [path for path in begin(project, output).values() if path.is_file()]
    assert len(files) == 3
    for path in files:
        with path.open("a", encoding="utf-8") as file:
            file.write("" if path.suffix == ".csv" else "# written since\n")
    written = [path.read_bytes() for path in files]
    begin(project, output)
    assert [path.read_bytes() for path in files] == written


def test_an_edition_before_all_others_cannot_be_begun_from_one(project: Path):
    with pytest.raises(UsageFault, match="no edition before 2010"):
        begin_edition("2010", project / "extracts", paths.Output(project / "out"))


def test_the_doctor_names_every_condition_and_ends_with_the_next_step(tmp_path: Path):
    done = storyboard("doctor", "--output", tmp_path / "out", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["ok"] is True
    names = {condition["name"] for condition in told["conditions"]}
    assert {"Python", "packages", "fonts", "lock", "disk", "settings", "extracts", "output"} <= names
    assert done.stderr.strip().splitlines()[-1].startswith("Next:")
    assert not (tmp_path / "out").exists()


def test_the_doctor_says_that_another_run_is_at_work(tmp_path: Path):
    output = paths.Output(tmp_path / "out")
    with hold_lock(output):
        found = {condition.name: condition for condition in examine_machine(None, output)}
    assert found["lock"].state == "warning"
    assert "Wait" in found["lock"].mend


def test_the_doctor_ends_with_status_3_where_something_must_be_mended_first(tmp_path: Path):
    done = storyboard("doctor", "--extracts", tmp_path / "nowhere", "--output", tmp_path / "out", cwd=tmp_path)
    assert done.returncode == 3
    assert "FAULT" in done.stdout


def look_at_engines(folder: Path, *words: str) -> dict[str, tuple[str, str]]:
    done = storyboard("doctor", "--output", folder / "out", "--json", *words, cwd=folder)
    return {c["name"]: (c["state"], c["found"]) for c in json.loads(done.stdout)["conditions"] if ": " in c["name"]}


def test_the_doctor_looks_at_an_engine_where_one_is_set_up_or_asked_for(tmp_path: Path):
    assert look_at_engines(tmp_path) == {}
    asked = look_at_engines(tmp_path, "--through", "postgres")
    assert set(asked) == {"postgres: packages", "postgres: server"}
    assert asked["postgres: server"] == ("fault", "storyboard.yml does not say where it is")
    (tmp_path / "storyboard.yml").write_text(
        "postgres: {host: 127.0.0.1, port: 1, database: d, user: u}\nspark: {master: yarn}\n", "utf-8"
    )
    named = look_at_engines(tmp_path)
    assert set(named) == {"postgres: packages", "postgres: server", "spark: packages", "spark: Java"}
    assert "fault" not in {state for state, _ in named.values()}, "no build needs them"
    assert storyboard("doctor", "--through", "oracle", "--output", tmp_path / "out", cwd=tmp_path).returncode == 2


def test_the_configuration_file_is_the_default_of_the_options_and_what_is_typed_comes_first(tmp_path: Path):
    shutil.copytree(paths.SAMPLE_EXTRACTS / "2016", tmp_path / "Auszüge here" / "2016")
    (tmp_path / "storyboard.yml").write_text("extracts: Auszüge here\noutput: out\n", "utf-8")
    done = storyboard("check", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["edition"] == "2016"
    done = storyboard("check", "--extracts", tmp_path / "nowhere", cwd=tmp_path)
    assert done.returncode == 1
    assert "nowhere" in done.stderr


def test_rows_that_name_no_authority_are_those_of_the_council_that_the_configuration_names(tmp_path: Path):
    leeds = "E08000035"
    folder = shutil.copytree(paths.SAMPLE_EXTRACTS / "2016", tmp_path / "extracts" / "2016")
    for file in folder.glob("*.csv"):
        if file.name == "population.csv":
            file.write_text(file.read_text("utf-8").replace("E06000014", leeds), "utf-8")
        elif not file.name.startswith("published"):
            with file.open(encoding="utf-8", newline="") as lines:
                rows = [{k: v for k, v in row.items() if k != "authority"} for row in csv.DictReader(lines)]
            with file.open("w", encoding="utf-8", newline="") as lines:
                writer = csv.DictWriter(lines, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
    (tmp_path / "storyboard.yml").write_text(f"extracts: extracts\nauthority: {leeds}\n", "utf-8")
    done = storyboard("check", "--edition", "2016", "--hidden", "--output", tmp_path / "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    named = re.findall(r"^  2016/(\w+)/(\w+)", done.stdout, re.MULTILINE)
    assert {authority for authority, _ in named} == {leeds}
    assert len({metric for _, metric in named}) > 5


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ("York", "storyboard.yml, line 2: authority must be the ONS code of a council, such as E06000014."),
        ("E08000099", "storyboard.yml, line 2: no council has the code E08000099."),
    ],
)
def test_a_council_that_does_not_exist_is_refused(tmp_path: Path, stated: str, told: str):
    file = tmp_path / "storyboard.yml"
    file.write_text(f"encoding: utf-8\nauthority: {stated}\n", "utf-8")
    with pytest.raises(DataFault, match=re.escape(told)):
        read_configuration(file)


def test_another_council_is_other_input(tmp_path: Path):
    edition = read_calendar(paths.SAMPLE_EXTRACTS)["2016"]
    york, leeds = (
        digest_edition_inputs(paths.SAMPLE_EXTRACTS / "2016", edition, encoding="utf-8", authority=authority)
        for authority in ("E06000014", "E08000035")
    )
    assert york != leeds


def test_faults_of_the_configuration_file_name_its_line_and_what_was_meant(tmp_path: Path):
    file = tmp_path / "storyboard.yml"
    file.write_text(
        "extracts: here\noutptu: there\ndrop_folder:\n  settle_seconds: 1\ninterface: {port: many}\n", "utf-8"
    )
    with pytest.raises(DataFault) as fault:
        read_configuration(file)
    told = str(fault.value).splitlines()
    assert told[0] == "storyboard.yml, line 2: there is no such setting. Did you mean output?"
    assert "storyboard.yml, line 3: folder is missing." in told
    assert any(line.startswith("storyboard.yml, line 4: settle_seconds") for line in told)
    assert any(line.startswith("storyboard.yml, line 5: port") for line in told)
    assert "many" not in str(fault.value)


def test_the_published_schema_is_that_of_the_configuration_file():
    assert (paths.SCHEMAS / "storyboard.schema.json").read_text("utf-8") == make_json_schema()


def test_every_setting_says_what_it_is_for():
    models = [m for m in vars(configuration).values() if isinstance(m, type) and hasattr(m, "model_fields")]
    silent = [f"{m.__name__}.{n}" for m in models for n, field in m.model_fields.items() if not field.description]
    assert len(models) > 5
    assert silent == []


def run_on_a_terminal(*words: object, cwd: Path, **environment: str) -> bytes:
    ours, theirs = pty.openpty()
    done = subprocess.Popen(
        [sys.executable, "-m", "pipelines", *map(str, words)],
        cwd=cwd,
        env={"TERM": "xterm", **surroundings(cwd), **environment},
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:
        pass  # the other end was closed: all is read
    finally:
        os.close(ours)
        done.wait()
    return shown


def test_colour_is_for_terminals_alone_and_not_for_those_who_want_none(tmp_path: Path):
    words = ("doctor", "--output", tmp_path / "out")
    assert b"\x1b[32m" in run_on_a_terminal(*words, cwd=tmp_path)
    assert b"\x1b[" not in run_on_a_terminal(*words, cwd=tmp_path, NO_COLOR="1")
    assert "\x1b[" not in storyboard(*words, cwd=tmp_path).stdout


def test_an_old_code_page_of_a_terminal_does_not_stop_a_sentence(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", "check", "--extracts", "Kinder 日本"],
        cwd=tmp_path,
        env={"PYTHONIOENCODING": "cp1252", **surroundings(tmp_path)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.decode("cp1252").startswith("There is no folder Kinder ??")


def finish(words: str, place: int, folder: Path) -> list[str]:
    """What the shell is offered for the word at a place of a line that is being typed."""
    typed = {"_STORYBOARD_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(place)}
    done = subprocess.run(
        [Path(sys.executable).parent / "storyboard"],
        cwd=folder,
        env={**surroundings(folder), **typed},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.split()


def test_completion_answers_with_the_commands(tmp_path: Path):
    finished = finish("storyboard pub", 1, tmp_path)
    assert finished == ["publish"]


@pytest.mark.parametrize(
    ("typed", "finished"),
    [
        ("trace cme_referrals_", set()),
        ("trace cme_re", {"cme_referrals", "cme_re_referrals", "cme_removed_after_census"}),
    ],
)
def test_completion_finishes_the_names_of_metrics(tmp_path: Path, typed: str, finished: set[str]):
    offered = finish(f"storyboard {typed}", 2, tmp_path)
    assert set(offered) == finished


def test_completion_finishes_the_names_of_editions_of_the_output_that_is_named(tmp_path: Path):
    install(paths.Output(tmp_path / "out"), tmp_path / "staged", "2016", "2017")
    words = f"storyboard publish --output {tmp_path / 'out'} 20"
    finished = finish(words, 4, tmp_path)
    assert set(finished) == {"2016", "2017"}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("people: 0", "people: two", "line 6, approvals, people: give a whole number from 0 to 20."),
        ("roles: []", "roles: anybody", "line 4, approvals, roles: give a list of names, or [] for none."),
        ("approvals:", "aprovals:", "line 1: it has exactly these settings: approvals, extracts."),
        ("roles: []", "roles: [", "line "),
    ],
)
def test_a_fault_in_what_is_asked_before_publishing_names_its_line(old: str, new: str, told: str):
    text = paths.PUBLICATION.read_text("utf-8")
    assert old in text
    with pytest.raises(UsageFault) as fault:
        read_settings(text.replace(old, new, 1))
    assert str(fault.value).startswith(f"publication.yml, {told}")
