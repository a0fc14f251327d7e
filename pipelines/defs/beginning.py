"""A new edition is begun: its rows in the calendar, its folder of extracts, its promises, and last year's prose to be read again.

What is there already is left as it is. No figure and no sentence of the new edition is written here.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

import yaml

from pipelines import paths
from pipelines.editions.meaning import read_meaning, read_paper
from pipelines.editions.seal import RESTRICTED
from pipelines.editions.state import EditionState, find_previous, list_editions
from pipelines.faults import DataFault, UsageFault
from pipelines.figures import Edition, Period
from pipelines.intake.calendar import COLUMNS, EDITION_NAME, read_calendar
from pipelines.paths import Output

What = Literal["rows", "folder", "promises", "prose"]
_OVER = ("done", "dropped")
_NUMBER = re.compile(r"\b\d+(?:[.,]\d+)*%?")
_SHORTEST = 8
"""Words of a sentence that is worth reading again; what is shorter is a heading or a cell."""
_MOST_NUMBERS = 6
"""Of a sentence; what has more is a chart or a table in words, which comes anew by itself."""
_NOT_PROSE = (f"{RESTRICTED}/", "evidence/", "editions.html", "guidance.html", "404.html", "search.html")


@dataclass(frozen=True)
class Begun:
    """One part of the new edition: where it is, whether it was made now, and what is to be done with it."""

    what: What
    path: Path
    is_new: bool
    told: str


def begin_edition(name: str, extracts: Path, output: Output) -> list[Begun]:
    """Everything that a new edition needs before its extracts come. Doing it again makes what is missing, and nothing else."""
    if not EDITION_NAME.match(name):
        raise UsageFault("That is no name of an edition: an edition is named after its year, such as 2019.")
    calendar = read_calendar(extracts)
    edition = calendar.get(name) or shift(calendar, name)
    previous = find_previous(list_editions(output), name)
    return [
        _write_rows(edition, calendar, extracts),
        _make_folder(extracts / name),
        _carry_promises(name),
        _copy_prose(name, previous, output),
    ]


def shift(calendar: Mapping[str, Edition], name: str) -> Edition:
    """The periods of the nearest earlier edition, moved by the years between. UsageFault where there is none."""
    earlier = [known for known in calendar if known < name]
    if not earlier:
        raise UsageFault(
            f"There is no edition before {name} whose periods could be moved forward. Add its two rows by hand."
        )
    model = calendar[max(earlier)]
    years = int(name) - int(model.name)
    return Edition(
        name,
        {
            collection: Period(*(_move(day, years) for day in (period.start, period.end, period.as_at)))
            for collection, period in model.periods.items()
        },
    )


def _move(day: date, years: int) -> date:
    """The same day of another year; the last day of February stays the last day of February."""
    year, after = day.year + years, day + timedelta(days=1)
    return date(year, 3, 1) - timedelta(days=1) if (after.month, after.day) == (3, 1) else day.replace(year=year)


def _write_rows(edition: Edition, calendar: Mapping[str, Edition], extracts: Path) -> Begun:
    own = extracts / "editions.csv"
    if edition.name in calendar:
        return Begun("rows", own if own.exists() else paths.EDITIONS_SEED, False, "Its periods stand in the calendar.")
    text = (own if own.exists() else paths.EDITIONS_SEED).read_text("utf-8-sig")
    header = next(csv.reader(io.StringIO(text)))
    rows = io.StringIO()
    writer = csv.DictWriter(rows, header, lineterminator="\n")
    for collection, period in edition.periods.items():
        days = (period.start.isoformat(), period.end.isoformat(), period.as_at.isoformat())
        writer.writerow(dict(zip(COLUMNS, (edition.name, collection, *days), strict=True)))
    extracts.mkdir(parents=True, exist_ok=True)
    new = own.with_name(f".{own.name}.new")
    new.write_text(text.rstrip("\r\n") + "\n" + rows.getvalue(), "utf-8", newline="\n")
    new.replace(own)
    return Begun("rows", own, True, "Its periods are those of the edition before, moved on. Check all four dates.")


def _make_folder(folder: Path) -> Begun:
    is_new = not folder.is_dir()
    folder.mkdir(parents=True, exist_ok=True)
    return Begun("folder", folder, is_new, "Put the extracts here, one file each.")


def _carry_promises(name: str) -> Begun:
    register = paths.DOCS / "registers" / "outcomes"
    file = register / f"{name}.yml"
    if file.exists():
        return Begun("promises", file, False, "What became of each promise is said here.")
    earlier = sorted(each for each in register.glob("[0-9][0-9][0-9][0-9].yml") if each.stem < name)
    if not earlier:
        raise DataFault(f"{register} has no promises of an earlier edition. Write {file.name} by hand.")
    before = earlier[-1]
    _write_new(file, "\n".join(carry_promises(before.read_text("utf-8"), before.stem, name)) + "\n")
    return Begun("promises", file, True, f"Say what became of each promise of {before.stem}, and add what is promised.")


def carry_promises(text: str, before: str, name: str) -> Iterator[str]:
    """The register of the edition before as the first draft of this one: what is done is left out, evidence is asked for anew,
    and whatever holds a number is marked to be read again."""
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        yield line.replace(before, name)
    stated = yaml.safe_load(text)
    yield f"# Carried forward from {before}. Lines that begin with `# {before}` are to be read again; take them out then."
    yield "invented: false"
    yield f"source: Carried forward from the edition of {before}, to be read again."
    yield "listed:"
    for outcome in stated["listed"]:
        actions = [action for action in outcome["actions"] if action["status"] not in _OVER]
        shown = {key: value for key, value in outcome.items() if key != "actions"}
        yield from _list_marks(shown, before, "  ")
        yield from _dump(shown, "  ")
        yield "    actions:" if actions else "    actions: []"
        for action in actions:
            if action["evidence"]:
                yield f"      # {before} said: {' '.join(str(action['evidence']).split())}"
            yield from _list_marks(action, before, "      ")
            yield from _dump({**action, "evidence": ""}, "      ", flow=False)


def _list_marks(entry: Mapping[str, Any], before: str, indent: str) -> Iterator[str]:
    for key, value in entry.items():
        if key in ("due", "measure_due") and str(value) and str(value)[:4] <= before:
            yield f"{indent}# {before} has {key}: it is past, read it again."
        elif key in ("outcome", "target", "action", "no_measure") and _NUMBER.search(str(value)):
            yield f"{indent}# {before} has a number in {key}: read it again."
        elif key == "measures" and any(measure.get("goal") for measure in value):
            yield f"{indent}# {before} has goals in measures: read them again."


def _dump(entry: Mapping[str, Any], indent: str, *, flow: bool | None = None) -> Iterator[str]:
    dumped = yaml.safe_dump([dict(entry)], sort_keys=False, allow_unicode=True, width=110, default_flow_style=flow)
    yield from (f"{indent}{line}" if line else line for line in dumped.splitlines())


def _copy_prose(name: str, previous: EditionState | None, output: Output) -> Begun:
    if previous is None:
        return Begun(
            "prose", output.working / name, False, "No earlier edition lies in the output folder to be read again."
        )
    sheet = output.working / name / f"prose-of-{previous.name}.md"
    if sheet.exists():
        return Begun("prose", sheet, False, f"The words of {previous.name} are here to be read again.")
    sheet.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write_new(sheet, "\n".join(_list_prose(name, previous, output)) + "\n")
    sheet.chmod(0o600)
    return Begun(
        "prose", sheet, True, f"The words of {previous.name}. Read again what stands in [[ ]], and change the pages."
    )


def _list_prose(name: str, previous: EditionState, output: Output) -> Iterator[str]:
    folder = output.editions / previous.name
    yield f"# What {previous.name} said, to be read again for {name}"
    yield ""
    yield "Restricted: words from papers stand below. Each number is in [[ ]]: it is one of the edition before. The figures"
    yield "of the new edition come by themselves; what a sentence makes of them may no longer hold. Change the page in `docs/`,"
    yield "not this sheet."
    seen: set[str] = set()
    for page, sentences in read_meaning(folder).sentences.items():
        if page.startswith(_NOT_PROSE):
            continue
        source = paths.DOCS / Path(page).with_suffix(".md")
        yield from _list_marked(source.relative_to(paths.PROJECT).as_posix(), [s for s in sentences if s not in seen])
        seen.update(sentences)
    written = output.working / previous.edition
    ours = {sentence for sealed in (folder / RESTRICTED).rglob("*.docx") for sentence in read_paper(sealed)}
    for paper in sorted(written.rglob("*.docx")) if written.is_dir() else ():
        by_hand = [sentence for sentence in read_paper(paper) if sentence not in ours]
        yield from _list_marked(f"Written by officers in {paper.relative_to(output.folder).as_posix()}", by_hand)


def _list_marked(heading: str, sentences: Iterable[str]) -> Iterator[str]:
    worth = [each for each in dict.fromkeys(sentences) if _is_prose(each)]
    if not worth:
        return
    yield ""
    yield f"## {heading}"
    yield ""
    yield from (f"- {_NUMBER.sub(lambda number: f'[[{number[0]}]]', sentence)}" for sentence in worth)


def _is_prose(sentence: str) -> bool:
    is_whole = sentence.endswith((".", "?", "!", ":")) and len(sentence.split()) >= _SHORTEST
    return is_whole and len(_NUMBER.findall(sentence)) <= _MOST_NUMBERS


def _write_new(path: Path, text: str) -> None:
    """All of the file or none of it."""
    new = path.with_name(f".{path.name}.new")
    new.write_text(text, "utf-8", newline="\n")
    new.rename(path)
