"""The gate: examines one edition's folder of extracts and says what is wrong, where, and how to mend it.

It only brings the checks together, in order; rules, reading and judging have modules of their own. It writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.faults import DataFault
from pipelines.figures import Edition
from pipelines.intake.files import FORMATS, OPEN_IN_EXCEL, Folder, PlainFile, is_folder, list_folder, read_plain_file
from pipelines.intake.findings import Finding, Findings
from pipelines.intake.schemas import EXTRACTS

if TYPE_CHECKING:
    import pyarrow as pa

    from pipelines.intake.anonymity import Anonymity
    from pipelines.intake.cells import Extract
    from pipelines.intake.published_statistics import PublishedStatistic

YORK = "E06000014"


@dataclass(frozen=True, slots=True)
class ExtractSummary:
    """What was seen of one extract file."""

    rows: int
    rejected: int
    """Rows with an error."""
    sha256: str
    """Of the file's bytes; empty where they could not be read."""
    kept: int
    """Rows inside the edition's period, or all where the extract has none."""
    out_of_period: int
    path_name: str
    """The file's name."""


@dataclass(frozen=True)
class Examination:
    """All that the gate found in one edition's folder."""

    edition: str
    extracts: Mapping[str, ExtractSummary]
    """The extracts that are there, and the department's files by their names without `.csv`."""
    findings: tuple[Finding, ...]
    authority: str
    """The authority of rows that name none."""
    checked: Mapping[str, Extract] = field(default_factory=dict, repr=False)
    """The rows of each extract that could be read, sound or not."""
    statistics: tuple[PublishedStatistic, ...] = field(default=(), repr=False)
    """What the department's files publish; never mixed with our own figures."""
    invented: bool = False
    """Whether the folder says that its extracts are a sample."""

    @property
    def ok(self) -> bool:
        """Whether the edition may be built: no finding is an error."""
        return not any(finding.severity == "error" for finding in self.findings)

    @cached_property
    def tables(self) -> Mapping[str, pa.Table]:
        """The rows of each extract that is there as they are admitted; none when anything is an error."""
        if not self.ok:
            return {}
        from pipelines.intake.admission import build_table

        return {name: build_table(extract, self.authority) for name, extract in self.checked.items()}

    @cached_property
    def anonymity(self) -> Mapping[str, Anonymity]:
        """Per extract of children's attributes, how far they could tell the children apart. Information, not a finding."""
        from pipelines.intake.anonymity import measure_anonymity

        return measure_anonymity(self.checked)

    def as_json(self) -> dict[str, Any]:
        """The examination as `check --format json` prints it."""
        return {
            "edition": self.edition,
            "ok": self.ok,
            "extracts": {
                name: {"rows": summary.rows, "rejected": summary.rejected, "sha256": summary.sha256}
                for name, summary in self.extracts.items()
            },
            "findings": [finding.as_json() for finding in self.findings],
        }


def examine(
    folder: Path,
    edition: Edition,
    *,
    encoding: str = "utf-8",
    authority: str = YORK,
    previous: Path | None = None,
) -> Examination:
    """Examine the extracts of one edition in its folder; `authority` stands where a row leaves it blank.

    `previous` is the folder of the edition before, to compare with: rows that are late, corrected or gone are queried.
    Raises UsageFault for an encoding that is not offered, MachineFault when the folder or a plain file cannot be read.
    """
    # The heavy libraries are imported by what uses them, so that the command starts at once.
    from pipelines.intake.reading import check_encoding

    encoding = check_encoding(encoding)
    findings = Findings()
    if not is_folder(folder):
        findings.add("folder_absent", None)
        return Examination(edition.name, {}, findings.all(), authority)
    listing = list_folder(folder)
    _check_names(listing, findings)
    files = _read_files(folder, listing, findings)
    extracts, rows = _read_extracts(files, encoding, findings)
    published, statistics = _read_published(folder, listing, encoding, findings)
    outside = _check_together(extracts, edition, authority, findings)
    if previous is not None and not listing.is_sample:  # each year's sample is invented on its own
        from pipelines.intake.earlier import compare_with_previous

        compare_with_previous(extracts, previous, edition, encoding, authority, findings)
    summaries = {}
    for name in listing.extracts:
        file, count = files.get(name), rows.get(name, 0)
        out = outside.get(name, 0)
        summaries[name] = ExtractSummary(
            rows=count,
            rejected=len(findings.rejected.get(name, ())),
            sha256=file.sha256 if file else "",
            kept=count - out,
            out_of_period=out,
            path_name=listing.extracts[name][0],
        )
    for file in published:
        lines = max(0, len(file.content.splitlines()) - 1)
        summaries[file.name.removesuffix(".csv")] = ExtractSummary(lines, 0, file.sha256, lines, 0, file.name)
    return Examination(
        edition.name, summaries, findings.all(), authority, extracts, statistics, invented=listing.is_sample
    )


def _check_names(listing: Folder, findings: Findings) -> None:
    for extract, names in listing.extracts.items():
        if len(names) > 1:
            formats = ", ".join(Path(name).suffix for name in names)
            findings.add("two_files_for_one_extract", extract, formats=formats)
    if "missing_episodes" not in listing.extracts:
        if "cme_referrals" not in listing.extracts:
            findings.add("no_required_extract", None)
        if "return_interviews" in listing.extracts:
            findings.add("interviews_without_episodes", "return_interviews")
    for extract in listing.quarantined:
        findings.add("in_quarantine", extract)
    for name in listing.others:
        findings.add("unknown_file", None, file=_shown(name), hint=_hint(name))


def _shown(name: str) -> str:
    """A file's name where it may be shown; the name of a letter or a case note may well be a child's."""
    from pipelines.intake.privacy import looks_personal

    printable = "".join(character if character.isprintable() else "?" for character in name)
    return (
        "A file whose name looks like personal data"
        if not _hint(name) and looks_personal(printable)
        else printable[:80]
    )


def _hint(name: str) -> str:
    """What a file may be meant to be, where its name is nearly an extract's."""
    if name.startswith(OPEN_IN_EXCEL) and Path(name.removeprefix(OPEN_IN_EXCEL)).stem in EXTRACTS:
        opened = name.removeprefix(OPEN_IN_EXCEL)
        return f" It shows that {opened} is open in Excel: close it, for what is not saved there is not read."
    stem, suffix = Path(name).stem, Path(name).suffix.lower()
    likely = stem.strip().lower().replace(" ", "_").replace("-", "_")
    if likely not in EXTRACTS:
        return ""
    if suffix not in FORMATS:
        return f" It may be meant to be {likely}, which must be {', '.join(FORMATS[:-1])} or {FORMATS[-1]}."
    return f" It may be meant to be {likely}{suffix}: names are exact, in lower case."


def _read_files(folder: Path, listing: Folder, findings: Findings) -> dict[str, PlainFile]:
    files = {}
    for extract, names in listing.extracts.items():
        if len(names) == 1 and (file := read_plain_file(folder / names[0], extract, findings)):
            files[extract] = file
    return files


def _read_extracts(
    files: Mapping[str, PlainFile], encoding: str, findings: Findings
) -> tuple[dict[str, Extract], dict[str, int]]:
    """The extracts that have rows to check, and how many rows each has."""
    from pipelines.intake.cells import check_cells
    from pipelines.intake.header import check_header
    from pipelines.intake.privacy import check_privacy
    from pipelines.intake.reading import read_sheet
    from pipelines.intake.schemas import read_schema

    extracts, rows = {}, {}
    for name, file in files.items():
        schema = read_schema(name)
        sheet = read_sheet(file, schema, encoding, findings)
        file.forget()
        if sheet is None:
            continue
        rows[name] = sheet.rows
        has_header = check_header(sheet, schema, findings)
        check_privacy(sheet, schema, findings)
        if has_header:
            extracts[name] = check_cells(sheet, schema, findings)
    return extracts, rows


def _read_published(
    folder: Path, listing: Folder, encoding: str, findings: Findings
) -> tuple[list[PlainFile], tuple[PublishedStatistic, ...]]:
    """The department's files and what they publish. A layout that is not known is passed over with a query."""
    if not listing.published:
        return [], ()
    from tempfile import TemporaryDirectory

    from pipelines.intake import published_statistics
    from pipelines.intake.reading import decode

    files: list[PlainFile] = []
    statistics: list[PublishedStatistic] = []
    with TemporaryDirectory() as copies:
        for name in listing.published:
            extract = name.removesuffix(".csv")
            file = read_plain_file(folder / name, extract, findings)
            if file is None or decode(file.content, extract, encoding, findings) is None:
                continue
            files.append(file)
            # From a copy of the bytes that were hashed: the file itself may have changed since.
            copy = Path(copies) / name
            copy.write_bytes(file.content)
            try:
                statistics += published_statistics.read([copy], encoding=encoding)
            except DataFault:
                findings.add("published_statistics_not_read", extract)
    return files, tuple(statistics)


def _check_together(
    extracts: Mapping[str, Extract], edition: Edition, authority: str, findings: Findings
) -> dict[str, int]:
    from pipelines.intake.consistency import check_consistency

    return check_consistency(extracts, edition, authority, findings)
