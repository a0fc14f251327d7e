"""What made things are known by: whatever they are made of is part of it, and nothing else; what is kept is never trusted."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import paths
from pipelines.defs import inputs, store
from pipelines.figures import FigureKey, PublicFigure
from pipelines.keeping import Indescribable, describe, keeping, make_file_once, make_once
from pipelines.publishing.charts import Mark, draw_bars

_LEAVES = st.none() | st.booleans() | st.integers() | st.text() | st.decimals(allow_nan=False) | st.dates()
_VALUES = st.recursive(_LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


@given(_VALUES, _VALUES)
def test_two_values_have_one_description_only_if_they_are_the_same(one: object, other: object) -> None:
    assert (describe(one) == describe(other)) == (repr(one) == repr(other))


@given(st.sampled_from(["1", 1, True, Decimal(1), date(2016, 1, 1), "2016-01-01", b"1", None, ("1",), {"1": 1}, {"1"}]))
def test_what_looks_alike_and_is_of_another_type_has_another_description(value: object) -> None:
    alike = ["1", 1, True, Decimal(1), date(2016, 1, 1), "2016-01-01", b"1", None, ("1",), {"1": 1}, {"1"}, [["1", 1]]]
    same = [other for other in alike if describe(other) == describe(value)]
    assert [(type(other), other) for other in same] == [(type(value), value)]


def test_a_description_is_the_same_in_every_process() -> None:
    code = (
        "from pipelines.keeping import describe; print(describe({'a': {'x', 'y', 'z', 'w'}, 'b': frozenset('efgh')}))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(paths.PROJECT)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1


def test_a_function_is_known_by_what_it_closes_over() -> None:
    def close_over(number: int) -> Callable[[], int]:
        return lambda: number

    assert describe(close_over(1)) == describe(close_over(1))
    assert describe(close_over(1)) != describe(close_over(2))


def test_what_cannot_be_described_is_made_each_time() -> None:
    with pytest.raises(Indescribable):
        describe(object())
    shelf = _Shelf()
    made: list[int] = []

    def make() -> bytes:
        made.append(1)
        return b"thing"

    with keeping(shelf):
        for _ in range(2):
            make_once("thing", {"of": object()}, make)
        for _ in range(2):
            make_once("thing", {"of": "words"}, make)
    assert len(made) == 3


def test_two_kinds_of_things_made_of_the_same_are_two_things(tmp_path: Path) -> None:
    kept = _open(tmp_path)
    with keeping(kept):
        first = make_once("one", {"of": "words"}, lambda: b"one")
        second = make_once("other", {"of": "words"}, lambda: b"other")
    assert (first, second) == (b"one", b"other")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 400), min_size=2, max_size=3), st.lists(st.booleans(), min_size=3, max_size=3))
def test_a_drawing_that_was_kept_is_the_one_that_would_be_drawn(values: list[int], hidden: list[bool]) -> None:
    marks = [
        _mark(f"c{place}", value, is_hidden)
        for place, (value, is_hidden) in enumerate(zip(values, hidden, strict=False))
    ]
    with keeping(_SHELF):
        kept = draw_bars(marks, ("What there is",), ("All of it",))
    assert kept == draw_bars(marks, ("What there is",), ("All of it",))


def test_each_file_of_the_program_is_part_of_what_things_are_known_by(monkeypatch: pytest.MonkeyPatch) -> None:
    files = dict(inputs._digest_files())
    told = {}
    for path in (None, *files):
        _forget()
        flipped = {**files, **({path: "0" * 64} if path else {})}
        monkeypatch.setattr(inputs, "_digest_files", lambda flipped=flipped: flipped)
        told[path] = (inputs.describe_code().sha256, inputs.digest_making())
    _forget()
    assert len({code for code, _ in told.values()}) == len(files) + 1, "a file may change without a build"
    making = [path for path in files if told[path][1] != told[None][1]]
    assert all(path.startswith("docs/") or path == "mkdocs.yml" for path in {*files} - {*making})
    assert {"docs/assets/storyboard.css", "docs/overrides/main.html", "requirements/run.txt"} <= {*making}


def test_what_was_kept_and_then_changed_on_disk_is_made_again(tmp_path: Path) -> None:
    content = b"exact " * 2000
    file = tmp_path / "work" / "paper.pdf"
    file.parent.mkdir()

    def build(text: bytes) -> bytes:
        kept = _open(tmp_path)
        with keeping(kept):
            make_file_once("pdf", file, {"text": "the same"}, lambda: file.write_bytes(text))
        folder = tmp_path / ".output.storyboard" / "parts" / "edition"
        folder.mkdir(parents=True, exist_ok=True)
        kept.keep(folder)
        return file.read_bytes()

    assert build(content) == content
    assert build(b"other") == content, "not reused"
    (blob,) = (tmp_path / ".output.storyboard" / "parts" / "made").iterdir()
    assert blob.stat().st_mode & 0o077 == 0
    blob.write_bytes(b"tampered with")
    assert build(b"made anew " * 2000) == b"made anew " * 2000


def test_what_is_told_names_what_changed(tmp_path: Path) -> None:
    def build(**of: str) -> list[str]:
        kept = _open(tmp_path)
        with keeping(kept):
            make_once("word", of, lambda: b"paper", name=str(tmp_path / "work" / "paper.docx"))
        folder = tmp_path / ".output.storyboard" / "parts" / "edition"
        folder.mkdir(parents=True, exist_ok=True)
        kept.keep(folder)
        return kept.tell()

    assert build(figures="1", words="a") == ["paper.docx: made, for the first time"]
    assert build(figures="1", words="a") == ["paper.docx: reused, its figures and words are the same"]
    assert build(figures="2", words="a") == ["paper.docx: made, because its figures changed"]
    assert build(figures="2", words="b") == ["paper.docx: made, because its words changed"]


def test_a_changed_program_or_tool_makes_all_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def build() -> list[str]:
        kept = _open(tmp_path)
        with keeping(kept):
            make_once("word", {"words": "a"}, lambda: b"paper", name="paper.docx")
        folder = tmp_path / ".output.storyboard" / "parts" / "edition"
        folder.mkdir(parents=True, exist_ok=True)
        kept.keep(folder)
        return kept.tell()

    build()
    _forget()
    monkeypatch.setattr(store, "list_tools", lambda: {"python": "of tomorrow"})
    assert build() == ["paper.docx: made, because the program or its tools changed"]
    _forget()


def test_what_was_kept_of_an_edition_goes_with_it(tmp_path: Path) -> None:
    output = paths.Output(tmp_path / "output")
    output.editions.mkdir(parents=True)
    kept = _open(tmp_path)
    with keeping(kept):
        make_once("word", {"words": "a"}, lambda: b"exact" * 2000, name="paper.docx")
    folder = output.parts / "of an edition that is no longer there"
    folder.mkdir(parents=True)
    kept.keep(folder)
    assert [file.name for file in output.made.iterdir()]
    store.forget_parts(output)
    assert not folder.exists()
    assert not list(output.made.iterdir())


@dataclass
class _Shelf:
    """A store that forgets nothing, in memory."""

    def __post_init__(self) -> None:
        self.things: dict[tuple[object, ...], bytes] = {}

    def take(self, kind: str, name: str, of: Mapping[str, str], make: Callable[[], bytes]) -> bytes:
        key = (kind, *sorted(of.items()))
        if key not in self.things:
            self.things[key] = make()
        return self.things[key]

    def make(self, kind: str, name: str, make: Callable[[], bytes]) -> bytes:
        return make()

    def tell(self) -> list[str]:
        return []


_SHELF = _Shelf()


def _open(folder: Path) -> store.Store:
    return store.Store(paths.Output(folder / "output"), "2016", folder / "work")


def _forget() -> None:
    for cached in (inputs.describe_code, inputs.digest_making, store._describe_machinery):
        cached.cache_clear()


def _mark(category: str, value: int, is_hidden: bool) -> Mark:
    key = FigureKey("2016", "E06000014", "episodes_reported", "sex", category)
    day = date(2015, 3, 31)
    shown = (None, "[c]", "suppressed") if is_hidden else (Decimal(value), str(value), "published")
    return Mark(category, category, PublicFigure(key, shown[0], shown[1], "episodes", shown[2], day, day, day))  # type: ignore[arg-type]
