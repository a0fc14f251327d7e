"""The looked-after children return (SSDA903) as an extract of ours: its missing module becomes missing_episodes.

What the return's codes mean stands here, for the returns of all years; its rules are in `ssda903_checks`, and what an
extract may contain is in the schemas. Postcodes, URNs and UPNs are never read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from pipelines.faults import DataFault, UsageFault
from pipelines.intake.gate import YORK
from pipelines.intake.preparation import (
    Draft,
    Preparation,
    Questions,
    count_age,
    explain_new_key,
    find_birthday_18,
    find_place,
    put_in_place,
    refuse_if_empty,
)
from pipelines.intake.pseudonyms import Pseudonyms, read_or_make_key
from pipelines.intake.source_tables import SourceTable, read_source_table
from pipelines.intake.ssda903_checks import (
    Absence,
    CareEpisode,
    check_care,
    check_collection_year,
    check_last_year,
    check_overlaps,
    find_placement,
)
from pipelines.paths import PSEUDONYM_KEY

EXTRACT = "missing_episodes"
_COLUMNS = (
    "episode_id", "child_id", "episode_type", "started_at", "ended_at", "end_reason", "sex", "age", "ethnicity",
    "looked_after", "placement_type", "placement_location",
)  # fmt: skip

# Codes: the department's guide to the return. Sex changed from 1 and 2 to letters with the return of 2025.
EPISODE_TYPES = {"M": "missing", "A": "away"}
SEXES = {"1": "male", "2": "female", "M": "male", "F": "female", "U": "not_known"}
ETHNICITIES = {
    **dict.fromkeys(("WBRI", "WIRI", "WOTH"), "white"),
    **dict.fromkeys(("WIRT", "WROM"), "gypsy_roma_traveller"),
    **dict.fromkeys(("MWBC", "MWBA", "MWAS", "MOTH"), "mixed"),
    **dict.fromkeys(("AIND", "APKN", "ABAN", "AOTH", "CHNE"), "asian"),
    **dict.fromkeys(("BCRB", "BAFR", "BOTH"), "black"),
    "OOTH": "other",
    **dict.fromkeys(("REFU", "NOBT"), "not_known"),
}
# Placements are grouped as in the department's tables on missing children: independent living with semi-independent.
# H5 and P2 gave way to K3 in 2025; Z11 to Z14 came in 2026.
PLACEMENTS = {
    **dict.fromkeys(("U1", "U2", "U3", "U4", "U5", "U6"), "foster"),
    "K1": "secure",
    "K2": "childrens_home",
    **dict.fromkeys(("H5", "K3", "P2"), "semi_independent"),
    "P1": "with_parents",
    **dict.fromkeys(
        ("A3", "A4", "A5", "A6", "P3", "R1", "R2", "R3", "R5", "S1", "T0", "T1", "T2", "T3", "T4",
         "Z1", "Z11", "Z12", "Z13", "Z14"),
        "other",
    ),
}  # fmt: skip
LOCATIONS = {"IN": "in_area", "OUT": "out_of_area"}
_OTHER_NATIONS = frozenset({"WAL", "SCO", "NIR"})

_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_ISO_DAY = re.compile(r"\A(\d{4})-(\d\d)-(\d\d)(?:T00:00)?\Z")
_FIRST_YEAR, _FIRST_YEAR_OF_BIRTH, _LAST_YEAR = 1990, 1900, 2099


@dataclass(frozen=True, slots=True)
class _Module:
    """One file of a return: the word in its name and the columns without which it is not that file."""

    word: str
    columns: tuple[str, ...]


_HEADER = _Module("header", ("CHILD",))
_EPISODES = _Module("episodes", ("CHILD", "DECOM", "DEC"))
_MISSING = _Module("missing", ("CHILD", "MISSING", "MIS_START", "MIS_END"))
_LAST = frozenset({"last", "previous", "prev", "prior"})


def prepare_ssda903(
    source: Path,
    edition: str,
    out: Path,
    *,
    key: Path | None = None,
    authority: str = YORK,
    encoding: str = "utf-8",
) -> Preparation:
    """Turn the folder of a return into `<out>/<edition>/missing_episodes.csv`.

    The return is that of the edition's missing period, by the rule for editions the financial year before last (2019:
    1 April 2017 to 31 March 2018). Children's numbers become keyed pseudonyms; dates of birth become ages and are
    dropped. Rows that no extract may hold are left out and named in the findings; others are kept and queried. `key` is
    the file of the pseudonyms' key, made where it is absent. `authority` says which placements are in the area.

    Of the folder, the header and the missing module must be there; the episodes, and last year's missing module and
    episodes (`missing_last.csv`, `episodes_last.csv`, or a folder `last_year`), are used where they are.

    Raises UsageFault for a name that is no edition or a folder in which nothing may be written, DataFault for a return
    that cannot be read, MachineFault when the disk refuses.
    """
    place = find_place(edition, out, PSEUDONYM_KEY if key is None else key, authority)
    files = _find_files(source)
    header, missing = _read(files, _HEADER, source, encoding), _read(files, _MISSING, source, encoding)
    questions, notes, has_episodes = Questions(), [], ("episodes", False) in files
    children = _read_children(header, questions)
    care, known = _read_care(files, place.authority, source, encoding, questions)
    if not has_episodes:
        notes.append(
            "There are no episodes of care among the files: placements are blank, and the rules 575, 577, 578, 580, 581 "
            "and 1012 were not checked."
        )
    read = [_read_absence(missing, line, cells, children, questions) for line, cells in _list(missing)]
    absences = _drop_repeated([absence for absence in read if absence is not None], missing.name, questions)
    check_collection_year(absences, place.edition.periods["missing"], missing.name, questions)
    check_overlaps(absences, missing.name, questions)
    if ("missing", True) in files:
        last_year = _read(files, _MISSING, source, encoding, is_last=True)
        check_last_year(absences, _read_last_year(last_year), last_year.name, questions)
    else:
        notes.append("Last year's missing module is not among the files: the rule 576 was not checked.")
    if has_episodes:
        check_care(absences, care, known, missing.name, questions)
    secret, is_new_key = read_or_make_key(place.key)
    draft = Draft(EXTRACT, missing.name, _COLUMNS, rows_read=len(missing.rows))
    _fill(draft, absences, children, care, Pseudonyms(secret), questions)
    refuse_if_empty(draft, questions)
    if is_new_key:
        notes.append(explain_new_key(place.key))
    draft.sort("started_at", "episode_id")
    return put_in_place([draft], place, questions, notes)


def _find_files(source: Path) -> dict[tuple[str, bool], Path]:
    """The files of a return by module and whether they are last year's, told by their names and their columns.

    A name may have more in it than the module's (`SSDA903 Header 2017-18.csv`); a file that has the word and not the
    columns is another module (social workers' episodes).
    """
    if not source.is_dir():
        raise UsageFault(
            f"There is no folder {source}. Name the folder that holds header.csv, episodes.csv and missing.csv."
        )
    candidates = [(path, False) for path in sorted(source.iterdir())]
    for folder in (path for path in sorted(source.iterdir()) if path.is_dir() and _is_last(_words(path.name))):
        candidates += [(path, True) for path in sorted(folder.iterdir())]
    found: dict[tuple[str, bool], list[Path]] = {}
    for path, is_last in candidates:
        words = _words(path.stem)
        if path.suffix.lower() not in (".csv", ".xlsx") or path.is_dir():
            continue
        for module in (_HEADER, _EPISODES, _MISSING):
            if module.word in words or module.word.removesuffix("s") in words:
                found.setdefault((module.word, is_last or _is_last(words)), []).append(path)
    return {key: _choose(key[0], paths) for key, paths in found.items() if paths}


def _words(name: str) -> set[str]:
    return set(re.findall(r"[a-z]+", name.lower()))


def _is_last(words: set[str]) -> bool:
    return bool(words & _LAST)


def _choose(word: str, paths: list[Path]) -> Path:
    exact = [path for path in paths if path.stem.lower() == word]
    if len(exact) > 1:
        raise DataFault(f"{paths[0].parent} holds {word} more than once, in different cases. Keep one of them.")
    if exact:
        return exact[0]
    if len(paths) == 1:
        return paths[0]
    modules = {module.word: module for module in (_HEADER, _EPISODES, _MISSING)}
    right = [path for path in paths if not _absent_columns(read_source_table(path), modules[word])]
    if len(right) == 1:
        return right[0]
    raise DataFault(
        f"{paths[0].parent} holds {len(paths)} files that may be the module {word}. Keep the one of this return, or name "
        f"it {word}.csv."
    )


def _absent_columns(table: SourceTable, module: _Module) -> list[str]:
    return [column for column in module.columns if table.column(column) is None]


def _read(
    files: Mapping[tuple[str, bool], Path], module: _Module, source: Path, encoding: str, *, is_last: bool = False
) -> SourceTable:
    path = files.get((module.word, is_last))
    if path is None:
        raise DataFault(f"{source} holds no {module.word}.csv. A return has header.csv, episodes.csv and missing.csv.")
    table = read_source_table(path, encoding=encoding)
    absent = _absent_columns(table, module)
    if absent:
        raise DataFault(f"{table.name} has no column {', '.join(absent)}. Export the module of the return as it is.")
    rows = table.rows
    if path.suffix.lower() == ".xlsx":
        # Typed cells of a workbook are read as ISO dates; the return writes them its own way.
        rows = tuple((line, tuple(_ISO_DAY.sub(r"\3/\2/\1", cell) for cell in cells)) for line, cells in rows)
    # Findings name the module, whatever the file is called.
    return replace(table, name=f"{module.word}_last" if is_last else module.word, rows=rows)


@dataclass(slots=True)
class _Child:
    sex: str = "not_known"
    ethnicity: str = "not_known"
    born: date | None = None
    line: int = 0


def _read_children(header: SourceTable, questions: Questions) -> dict[str, _Child]:
    """The children of the header. What two rows of one child disagree about is not known."""
    children: dict[str, _Child] = {}
    for line, (number, sex, born, ethnicity) in header.records("CHILD", "SEX", "DOB", "ETHNIC"):
        if not number:
            questions.add("child_blank", header.name, "CHILD", line)
            continue
        if sex and sex.upper() not in SEXES:
            questions.add("sex_not_known", header.name, "SEX", line)
        if ethnicity and ethnicity.upper() not in ETHNICITIES:
            questions.add("ethnicity_not_known", header.name, "ETHNIC", line)
        child = _Child(
            SEXES.get(sex.upper(), "not_known"),
            ETHNICITIES.get(ethnicity.upper(), "not_known"),
            _read_date(born, _FIRST_YEAR_OF_BIRTH),
            line,
        )
        known = children.setdefault(number, child)
        if known is not child:
            questions.add("child_repeated", header.name, "CHILD", line, line=known.line)
            known.sex = known.sex if known.sex == child.sex else "not_known"
            known.ethnicity = known.ethnicity if known.ethnicity == child.ethnicity else "not_known"
            known.born = known.born if known.born == child.born else None
    return children


def _read_care(
    files: Mapping[tuple[str, bool], Path], authority: str, source: Path, encoding: str, questions: Questions
) -> tuple[dict[str, list[CareEpisode]], frozenset[str]]:
    """The episodes of care by child, and the children who have any row.

    Last year's are added where they are: a period of this year's return may have begun in them.
    """
    care: dict[str, list[CareEpisode]] = {}
    if ("episodes", False) not in files:
        return care, frozenset()
    table = _read(files, _EPISODES, source, encoding)
    known = _add_care(table, care, authority, questions)
    if ("episodes", True) in files:
        # Only for children of this year's file: for the others, this year's return says nothing of care.
        earlier: dict[str, list[CareEpisode]] = {}
        _add_care(_read(files, _EPISODES, source, encoding, is_last=True), earlier, authority, Questions())
        for number in known & earlier.keys():
            seen = {episode.first for episode in care.get(number, ())}
            care.setdefault(number, []).extend(e for e in earlier[number] if e.first not in seen)
    return care, frozenset(known)


def _add_care(table: SourceTable, care: dict[str, list[CareEpisode]], authority: str, questions: Questions) -> set[str]:
    known: set[str] = set()
    names = ("CHILD", "DECOM", "DEC", "PLACE", "RNE", "REC", "PL_LOCATION", "PL_LA")
    for line, (number, start, end, place, rne, rec, location, area) in table.records(*names):
        first, last = _read_date(start), _read_date(end)
        if number:
            known.add(number)
        if not number or first is None or (end and last is None):
            questions.add("care_not_readable", table.name, None, line)
            continue
        episode = CareEpisode(
            line, first, last, place.upper(), _find_location(location, area, authority), rne.upper(), rec.upper()
        )
        care.setdefault(number, []).append(episode)
    return known


def _find_location(location: str, area: str, authority: str) -> str:
    """In or out of the area, from the columns that say so and that some systems add to the return.

    Distance and provider do not say it: near may be over the boundary, and a council's own home may lie elsewhere.
    """
    if location.upper() in LOCATIONS:
        return LOCATIONS[location.upper()]
    if re.fullmatch(r"E(?:06|08|09|10)\d{6}", area):
        return "in_area" if area == authority else "out_of_area"
    return "out_of_area" if area.upper() in _OTHER_NATIONS else ""


_Cells = tuple[str, ...]


def _list(missing: SourceTable) -> Iterable[tuple[int, _Cells]]:
    return missing.records("CHILD", "DOB", "MISSING", "MIS_START", "MIS_END")


def _read_absence(
    missing: SourceTable,
    line: int,
    cells: _Cells,
    children: Mapping[str, _Child],
    questions: Questions,
) -> Absence | None:
    """One row of the module, or None with findings."""
    number, birth, code, start, end = cells
    code, started, ended = code.upper(), _read_date(start), _read_date(end)
    child = children.get(number, _Child())
    births = {day for day in (child.born, _read_date(birth, _FIRST_YEAR_OF_BIRTH)) if day is not None}
    born = births.pop() if len(births) == 1 else None
    faults = list(_find_faults(number, code, start, started, end, ended, born))
    for rule, column in faults:
        questions.add(rule, missing.name, column, line)
    if number and number not in children:
        questions.add("INT04", missing.name, "CHILD", line)
    if faults or started is None:
        return None
    if births:
        questions.add("INT13", missing.name, "DOB", line)
    elif born is None:
        questions.add("age_not_known", missing.name, "DOB", line)
    return Absence(line, number, code, started, ended, born)


def _find_faults(
    number: str, code: str, start: str, started: date | None, end: str, ended: date | None, born: date | None
) -> Iterable[tuple[str, str]]:
    """Why a row cannot be an episode: the rules that it breaks, each with its column."""
    if not number:
        yield "child_blank", "CHILD"
    if code and code not in EPISODE_TYPES:
        yield "1006", "MISSING"
    if code in EPISODE_TYPES and not start:
        yield "564", "MIS_START"
    elif started is None:
        yield "1004", "MIS_START"
    if not code and start:
        yield "565", "MISSING"
    if not code and end:
        yield "566", "MISSING"
    if end and ended is None:
        yield "1005", "MIS_END"
    if started is None:
        return
    if ended is not None and ended < started:
        yield "567", "MIS_END"
    if born is not None and started <= born:
        yield "586", "MIS_START"
    elif born is not None and count_age(born, started) > 17:
        yield "not_a_child", "MIS_START"


def _drop_repeated(absences: list[Absence], source: str, questions: Questions) -> list[Absence]:
    first: dict[tuple[str, str, date, date | None], int] = {}
    kept = []
    for absence in absences:
        line = first.setdefault((absence.child, absence.code, absence.start, absence.end), absence.line)
        if line == absence.line:
            kept.append(absence)
        else:
            questions.add("row_repeated", source, None, absence.line, line=line)
    return kept


def _read_last_year(table: SourceTable) -> list[Absence]:
    """The rows of last year's module that can be read; what is wrong with the others was a matter of last year."""
    absences = []
    for line, (number, _, code, start, end) in _list(table):
        started, ended = _read_date(start), _read_date(end)
        if number and started is not None and not (end and ended is None):
            absences.append(Absence(line, number, code.upper(), started, ended))
    return absences


def _fill(
    draft: Draft,
    absences: Iterable[Absence],
    children: Mapping[str, _Child],
    care: Mapping[str, list[CareEpisode]],
    pseudonyms: Pseudonyms,
    questions: Questions,
) -> None:
    named = _Named()
    for absence in absences:
        child, born = children.get(absence.child, _Child()), absence.born
        placed = find_placement(care.get(absence.child, ()), absence.start)
        codes = {episode.place for episode in placed}
        locations = {episode.location for episode in placed}
        if codes - {""} and (len(codes) > 1 or not codes <= PLACEMENTS.keys()):
            questions.add("placement_not_clear", draft.source, None, absence.line)
        is_18 = absence.code == "M" and born is not None and absence.end == find_birthday_18(born)
        if is_18:
            questions.add("taken_as_not_found", draft.source, "MIS_END", absence.line)
        row = {
            "episode_id": named.name(absence, pseudonyms),
            "child_id": pseudonyms.of_child(absence.child),
            "episode_type": EPISODE_TYPES[absence.code],
            "started_at": absence.start.isoformat(),
            "ended_at": "" if absence.end is None else absence.end.isoformat(),
            "end_reason": "turned_18_not_found" if is_18 else "",
            "sex": child.sex,
            "age": "" if born is None else str(count_age(born, absence.start)),
            "ethnicity": child.ethnicity,
            "looked_after": "true",  # the module is about looked-after children only
            "placement_type": PLACEMENTS.get(codes.pop(), "") if len(codes) == 1 else "",
            "placement_location": locations.pop() if len(locations) == 1 else "",
        }
        draft.add(row, absence.line)


@dataclass(slots=True)
class _Named:
    """Ids of episodes: each stays the same when the end of its episode becomes known."""

    names: set[str] = field(default_factory=set)

    def name(self, absence: Absence, pseudonyms: Pseudonyms) -> str:
        name = pseudonyms.of_record("missing", absence.child, absence.code, absence.start.isoformat())
        while name in self.names:
            name = pseudonyms.of_record("missing", name)
        self.names.add(name)
        return name


def _read_date(text: str, first_year: int = _FIRST_YEAR) -> date | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    day, month, year = map(int, match.groups())
    try:
        return date(year, month, day) if first_year <= year <= _LAST_YEAR else None
    except ValueError:
        return None
