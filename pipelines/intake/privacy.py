"""Finds personal data in the cells of an extract: identifiers by their shape and their check digits, judged by column.

Thresholds: one hit where a shape cannot come by chance, a tenth of the values where it can, half for NHS numbers.
No value that is found is kept or shown; a finding tells its masked shape.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal

import numpy as np

from pipelines import paths
from pipelines.intake.findings import Findings
from pipelines.intake.schemas import ExtractSchema, Field
from pipelines.intake.sheets import Column, Mask, Sheet, Texts
from pipelines.intake.side_by_side import side_by_side

Chance = Literal["none", "some", "one in eleven"]
Shape = Literal["exact", "rough", "hidden"]


@dataclass(frozen=True)
class Detector:
    """One kind of identifier: what of a text is one, and how likely a random id looks like it."""

    rule: str
    hint: str
    """A pattern that any such text matches, for Arrow's engine: it clears a million ids before Python sees one."""
    find: Callable[[str], str | None]
    """The part of a text that is such an identifier, if any."""
    chance: Chance
    shape: Shape = "exact"
    needs_odd_marks: bool = False
    """Whether it finds nothing in a text of letters, digits, `_` and `-` alone."""

    def recognises(self, text: str) -> bool:
        """Whether a text holds such an identifier."""
        return self.find(text) is not None

    def mask(self, text: str) -> str:
        """The shape of the identifier that a text holds: `AA9 9AA`, or `A@A.A` where lengths would tell something."""
        found = self.find(text)
        if found is None or self.shape == "hidden":
            return ""
        plain = re.sub(r"\s+", " ", re.sub(r"[^\W\d_]", "A", re.sub(r"\d", "9", found)))
        return re.sub(r"([A9])\1+", r"\1", plain) if self.shape == "rough" else re.sub("A{4,}", "AAA", plain)


_AREAS = (
    "AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK FY G "
    "GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN NP NR NW "
    "OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC "
    "WD WF WN WR WS WV YO ZE"
)
_SEPARATE = r"(?<![A-Za-z0-9]){}(?![A-Za-z0-9])"
_YEAR, _MONTH, _DAY = r"(?:19|20)[0-9]{2}", r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12][0-9]|3[01])"
_FULL_MONTH, _FULL_DAY = r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12][0-9]|3[01])"
_MONTH_NAME = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"

_EMAIL = re.compile(r"[^\s@;,]+@[^\s@;,]+\.[A-Za-z]{2,}")
_SPACED_POSTCODE = re.compile(_SEPARATE.format(r"[A-Z]{1,2}[0-9][A-Z0-9]?\s+[0-9][ABD-HJLNP-UW-Z]{2}"), re.IGNORECASE)
_POSTCODE = re.compile(
    _SEPARATE.format(rf"(?:{'|'.join(_AREAS.split())})[0-9][A-Z0-9]?[0-9][ABD-HJLNP-UW-Z]{{2}}"), re.IGNORECASE
)
_SPACED_TELEPHONE = re.compile(
    r"\+44[\s().-]*(?:[0-9][\s().-]*){9,11}(?![0-9])|(?<![0-9])\(?0[1-9][0-9]{1,4}\)?\s[0-9]{2,8}(?:[\s-][0-9]{2,6})*(?![0-9])"
)
_TELEPHONE = re.compile(
    r"(?<![0-9])(?:(?:00)?44|0)(?:7[1-9][0-9]{8}|1[1-9][0-9]{8}|2[03489][0-9]{8}|3[0347][0-9]{8})(?![0-9])"
)
_DATE = re.compile(
    rf"(?<![0-9]){_YEAR}([-/.]){_MONTH}\1{_DAY}(?![0-9])|(?<![0-9]){_DAY}([-/.]){_MONTH}\2{_YEAR}(?![0-9])"
    rf"|\A{_FULL_DAY}([-/.]){_FULL_MONTH}\3[0-9]{{2}}\Z"
    rf"|(?<![A-Za-z0-9]){_DAY}(?:st|nd|rd|th)?([\s-]){_MONTH_NAME}\4(?:{_YEAR}|[0-9]{{2}})(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_DIGIT_DATE = re.compile(rf"(?<![0-9])(?:{_YEAR}{_FULL_MONTH}{_FULL_DAY}|{_FULL_DAY}{_FULL_MONTH}{_YEAR})(?![0-9])")
_NHS = re.compile(r"(?<![0-9])[0-9]{3}[\s-]?[0-9]{3}[\s-]?[0-9]{4}(?![0-9])")
_UPN = re.compile(_SEPARATE.format(r"[A-Z][0-9]{11}[0-9A-Z]"), re.IGNORECASE)
_NATIONAL_INSURANCE = re.compile(
    _SEPARATE.format(
        r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\s?[0-9]{2}\s?[0-9]{2}\s?[0-9]{2}\s?[A-D]"
    ),
    re.IGNORECASE,
)
_TITLED_NAME = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr)\.?\s+[A-Z][a-z]+")
_NAME = re.compile(r"[A-Z][a-z]{2,}(?:[ _'-](?:[A-Z]\.?|[A-Z][a-z]+))*\Z")
_WORD = re.compile(r"[^\W\d_]{3,}")
_ADDRESS = re.compile(
    r"(?<![0-9A-Za-z])[0-9]{1,4}[A-Za-z]?,?\s+(?:[A-Za-z']+\s+){1,3}"
    r"(?:street|road|lane|avenue|close|drive|way|terrace|grove|court|crescent|place|gardens|st|rd|ave)\b",
    re.IGNORECASE,
)


def _find_nhs_number(text: str) -> str | None:
    from stdnum.gb import nhs

    return next((found for found in _NHS.findall(text) if nhs.is_valid(found)), None)


def _find_upn(text: str) -> str | None:
    from stdnum.gb import upn

    return next((found for found in _UPN.findall(text) if upn.is_valid(found)), None)


def _first(pattern: re.Pattern[str]) -> Callable[[str], str | None]:
    return lambda text: found[0] if (found := pattern.search(text)) else None


def _find_telephone_number(text: str) -> str | None:
    return _first(_TELEPHONE)(re.sub(r"(?<=[0-9])[-.](?=[0-9])", "", text))


def _find_free_text(text: str) -> str | None:
    return text if len(text) > 40 and len(text.split()) >= 5 else None


@cache
def _read_forenames() -> frozenset[str]:
    return frozenset(paths.FORENAMES.read_text("utf-8").split())


def _find_forename(text: str) -> str | None:
    return next((word for word in _WORD.findall(text) if word.casefold() in _read_forenames()), None)


DETECTORS = (
    Detector("holds_email_addresses", "@", _first(_EMAIL), "none", "rough", True),
    Detector("holds_postcodes", r"[0-9][A-Za-z]?\s+[0-9][A-Za-z]{2}", _first(_SPACED_POSTCODE), "none", "exact", True),
    Detector(
        "holds_postcodes",
        r"(?:^|[^A-Za-z0-9])[A-Za-z]{1,2}[0-9][A-Za-z0-9]?[0-9][A-Za-z]{2}(?:$|[^A-Za-z0-9])",
        _first(_POSTCODE),
        "some",
    ),
    Detector("holds_telephone_numbers", r"\+44|0[0-9]+\)?\s", _first(_SPACED_TELEPHONE), "none", "exact", True),
    Detector("holds_telephone_numbers", r"(?:0|44)[-.]?[1237][0-9.-]{9}", _find_telephone_number, "some"),
    Detector(
        "holds_dates",
        r"[0-9][-/.][0-9]{1,2}[-/.][0-9]|[0-9dhtDHT][\s-][A-Za-z]{3,9}[\s-][0-9]{2}",
        _first(_DATE),
        "none",
    ),
    Detector("holds_dates", "(?:^|[^0-9])[0-9]{8}(?:$|[^0-9])", _first(_DIGIT_DATE), "some"),
    Detector("holds_upns", "[A-Za-z][0-9]{11}[0-9A-Za-z]", _find_upn, "some"),
    Detector(
        "holds_national_insurance_numbers",
        r"[A-Za-z]{2}\s?(?:[0-9]{2}\s?){3}[A-Da-d]",
        _first(_NATIONAL_INSURANCE),
        "some",
    ),
    Detector(
        "holds_nhs_numbers",
        r"(?:^|[^0-9])[0-9]{3}[\s-]?[0-9]{3}[\s-]?[0-9]{4}(?:$|[^0-9])",
        _find_nhs_number,
        "one in eleven",
    ),
    Detector("holds_names", r"(?:Mr|Mrs|Ms|Miss|Mx|Dr)\.?\s", _first(_TITLED_NAME), "none", "rough", True),
    Detector("holds_addresses", r"[0-9][A-Za-z]?,?\s", _first(_ADDRESS), "none", "rough", True),
    Detector("holds_free_text", r"\s", _find_free_text, "none", "hidden", True),
)

_NAMES = Detector("holds_names", "^[A-Z][a-z]{2}", _first(_NAME), "one in eleven", "rough")
"""Only for columns of ids: codes of other columns may well be written with a capital by mistake."""
_FORENAMES_IN_IDS = Detector("holds_names", "[A-Za-z]{3}", _find_forename, "some", "rough")
_FORENAMES_IN_CODES = Detector("holds_names", "[A-Za-z]{3}", _find_forename, "none", "rough")
"""A common forename as a word of its own, where the schema knows only codes: a value that it does not list."""

_AT_ONCE = 200_000
_MOMENT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:]{5,8}(?:Z|[+-][0-9:]{5})?)?"
_A_MOMENT = re.compile(rf"{_MOMENT}\Z")


def check_privacy(sheet: Sheet, schema: ExtractSchema, findings: Findings) -> None:
    """Add a finding for each column and kind of identifier that it holds, listed in the schema or not."""
    fields = [schema.fields.get(name) for name in sheet.header]
    pairs = zip(sheet.columns, fields, strict=True)
    looks = side_by_side(lambda pair: _look_at(pair[0], schema, pair[1]), pairs, rows=sheet.rows)
    for position, (name, column, field, found) in enumerate(
        zip(sheet.header, sheet.columns, fields, looks, strict=True), start=1
    ):
        place = name if field else f"column {position}"
        for detector, hits in found:
            rows = sheet.lines[column.where(hits)]
            shown = place[0].upper() + place[1:] if not field else place
            mask = detector.mask(column.values[int(np.argmax(hits))])
            shape = f" (of the shape {mask})" if mask else ""
            findings.add(detector.rule, schema.name, place, int(rows[0]), count=len(rows), place=shown, shape=shape)
            findings.reject(detector.rule, schema.name, rows.tolist())


def _look_at(column: Column, schema: ExtractSchema, field: Field | None) -> list[tuple[Detector, Mask]]:
    """What kinds of identifier a column holds, each kind once, and which of its distinct values are such."""
    suspects = _suspects(column, schema, field)
    found: list[tuple[Detector, Mask]] = []
    for detector in _detectors(field):
        if all(detector.rule != each.rule for each, _ in found):
            hits = _recognise(detector, suspects)
            if _is_enough(detector.chance, hits, column):
                found.append((detector, hits))
    return found


@dataclass(frozen=True)
class _Suspects:
    """The distinct values of a column, and which of them to look at: not those for which the schema itself vouches."""

    values: Sequence[str]
    looked_at: Mask

    @cached_property
    def has_odd_marks(self) -> bool:
        """Whether any value has more than letters, digits, `_` and `-`; most detectors look for such."""
        return not isinstance(self.values, Texts) or bool(self.values.matching("[^A-Za-z0-9_-]").any())


def _recognise(detector: Detector, suspects: _Suspects) -> Mask:
    values, looked_at = suspects.values, suspects.looked_at
    hits: Mask = np.zeros(len(values), dtype=bool)
    if not isinstance(values, Texts):
        hits[:] = [bool(looks) and detector.recognises(text) for text, looks in zip(values, looked_at, strict=True)]
        return hits
    if not looked_at.any() or (detector.needs_odd_marks and not suspects.has_odd_marks):
        return hits
    likely = looked_at & (
        _holding_forenames(values) if detector.find is _find_forename else values.matching(detector.hint)
    )
    for position in np.flatnonzero(likely).tolist():
        hits[position] = detector.recognises(values[position])
    return hits


def _holding_forenames(values: Texts) -> Mask:
    """Per value, whether one of its words is a common forename: each word that occurs is looked up once."""
    import pyarrow.compute as pc

    likely: Mask = np.zeros(len(values), dtype=bool)
    for start in range(0, len(values), _AT_ONCE):
        part = Texts(values.array.slice(start, _AT_ONCE))
        lists = pc.split_pattern_regex(part.array, r"[^\pL]+")
        words, parents = pc.list_flatten(lists), pc.list_parent_indices(lists).to_numpy()
        kinds = words.dictionary_encode()
        known = [len(word) >= 3 and _find_forename(word) is not None for word in kinds.dictionary.to_pylist()]
        holding = np.asarray(known, dtype=bool)[kinds.indices.to_numpy(zero_copy_only=False)]
        likely[start + np.unique(parents[holding])] = True
    return likely


def looks_personal(text: str) -> bool:
    """Whether a text that is to be shown, such as a file's name, may hold an identifier."""
    return any(detector.recognises(text) for detector in DETECTORS) or bool(
        re.search(r"[A-Z][a-z]+[ _][A-Z][a-z]+", text)
    )


def holds_identifier(text: str, *, or_name: bool) -> bool:
    """Whether a text beside the cells, such as a workbook's title, holds an identifier, or a name where asked."""
    passed_over = {"holds_dates", "holds_free_text"} | (set() if or_name else {"holds_names"})
    detectors = (*DETECTORS, _FORENAMES_IN_CODES)
    return any(detector.recognises(text) for detector in detectors if detector.rule not in passed_over)


def _detectors(field: Field | None) -> Sequence[Detector]:
    if field is None or field.form == "id":
        return (*DETECTORS, _NAMES, _FORENAMES_IN_IDS)
    if field.form in ("date", "timestamp"):
        # A date that is written wrongly is a fault of its own, not a date of birth in hiding.
        passed_over = ("holds_dates", "holds_telephone_numbers")
        return [*(each for each in DETECTORS if each.rule not in passed_over), _FORENAMES_IN_CODES]
    return (*DETECTORS, _FORENAMES_IN_CODES)


def _suspects(column: Column, schema: ExtractSchema, field: Field | None) -> _Suspects:
    values = column.values
    if field is None or field.form in ("id", "authority"):
        return _Suspects(values, np.ones(len(values), dtype=bool))
    if field.form in ("date", "timestamp"):
        if isinstance(values, Texts):
            return _Suspects(values, ~values.matching(f"^{_MOMENT}$"))
        return _Suspects(values, np.array([not _A_MOMENT.match(text) for text in values], dtype=bool))
    return _Suspects(values, np.array([schema.judge(field.name, text).rule is not None for text in values], dtype=bool))


def _is_enough(chance: Chance, hits: Mask, column: Column) -> bool:
    if not hits.any():
        return False
    if chance == "none":
        return True
    counts = column.counts()
    cells, found = int(counts.sum()), int(counts[hits].sum())
    if chance == "some":
        return found >= max(2, cells / 10)
    # One child's id repeated over many rows is one id: only different ids are evidence against chance.
    distinct = int(hits.sum())
    return found >= 2 and distinct >= min(2, len(hits)) and distinct * 2 >= len(hits)
