"""After a run: ids of rows are found wherever they lie, packed ones too; what a killed run left goes with the next command."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from pipelines.editions.forgetting import search, write_receipt
from pipelines.editions.switch import settle, work_in
from pipelines.paths import Output

IDS = {"child-000417", "EP-2016-0009", "007"}


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_ids_are_found_in_logs_and_packed_files_and_lists_on_purpose_are_told_apart(tmp_path: Path) -> None:
    output = Output(tmp_path / "output")
    write(output.history / "run.out", "row of child-000417 failed")
    write(output.archive / ("a" * 64), "child-000417")
    restricted = output.editions / "2016" / "restricted"
    write(restricted / "register-review.csv", "EP-2016-0009,child-000417\n")
    write(output.handed_out / "2016" / "x.json", '"EP-2016-0009"')
    write(output.editions / "2016" / "public" / "figures.csv", "child-0004170,EP-2016-00091,007\n")
    with zipfile.ZipFile(restricted / "report.docx", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", "<t>EP-2016-0009</t>")
    found = search(output, ["2016"], IDS)
    assert (found.ids, found.too_short) == (2, 1)
    assert found.elsewhere == {".output.storyboard/dagster/run.out": 1, "2016/restricted/report.docx": 1}
    assert found.on_purpose == {
        "2016/restricted/register-review.csv": 2,
        ".output.storyboard/handed-out/2016/x.json": 1,
    }
    assert "2016/public/figures.csv" in found.files
    assert not [name for name in found.files if "archive" in name]


def test_the_receipt_holds_no_id_and_is_its_owners_alone(tmp_path: Path) -> None:
    output = Output(tmp_path / "output")
    write(output.history / "run.out", "child-000417")
    receipt = write_receipt(
        output, search(output, [], IDS), "run-1", when=datetime(2016, 1, 12, tzinfo=UTC), run="run-1"
    )
    text = receipt.read_text("utf-8")
    assert json.loads(text)["rows_elsewhere"] == {".output.storyboard/dagster/run.out": 1}
    assert not [one for one in IDS if one in text]
    assert receipt.stat().st_mode & 0o077 == 0


def test_what_a_killed_run_left_goes_with_the_next_command_that_writes_or_reads(tmp_path: Path) -> None:
    output = Output(tmp_path / "output")
    for begin in (lambda: settle(output), lambda: work_in(output).__enter__()):
        write(output.work / "batch" / "runs" / "2016" / "admitted" / "missing_episodes.parquet", "rows")
        write(output.archive / f".{'a' * 64}.new", "half a file")
        write(output.archive / ("b" * 64), "kept")
        begin()
        assert list(output.work.iterdir()) == []
        assert [file.name for file in output.archive.iterdir()] == ["b" * 64]


def test_rows_of_a_run_that_is_at_work_are_left_alone(tmp_path: Path) -> None:
    output = Output(tmp_path / "output")
    with work_in(output):
        write(output.work / "batch" / "rows", "rows")
        settle(output)
        assert (output.work / "batch" / "rows").is_file()


def test_an_id_is_found_wherever_it_stands_in_a_long_file(tmp_path: Path) -> None:
    output = Output(tmp_path / "output")
    for place in range(999_980, 1_000_004, 2):
        write(output.history / f"{place}.out", " " * place + "child-000417" + " x" * 600_000)
    assert len(search(output, [], IDS).elsewhere) == 12
