"""Copies of sealed papers that people write in: `working/<edition>/`, handed out and never touched again.

A newer sealed paper gives a new copy beside the one that is there, with a list of what changed. Which papers are handed out is
said by the caller; what they say is for the papers themselves.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import itertools
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pipelines.editions import disk
from pipelines.editions.manifest import digest_file
from pipelines.editions.meaning import Differences, Meaning, list_differences, load_meaning, read_paper_meaning
from pipelines.editions.seal import RESTRICTED
from pipelines.editions.state import EditionState, list_editions
from pipelines.editions.switch import explained
from pipelines.faults import MachineFault
from pipelines.paths import Output
from pipelines.reviews import FILES

REPORT = f"{RESTRICTED}/dmt-report.docx"
PAPERS = (
    *(
        f"{folder}/{name}"
        for name in ("dmt-report.docx", "inspection-pack.docx", *(f"{each}.xlsx" for each in FILES.values()))
        for folder in (RESTRICTED, f"{RESTRICTED}/*")
    ),
)
"""The sealed papers that people write in, as patterns of their places in an edition: of one authority, and of each of several.
Each has the same place in `working/<edition>/` as in `restricted/`."""

_MOST_LINES = 20
_NO_LINKS = frozenset({errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS})


@dataclass(frozen=True, slots=True)
class WorkingCopy:
    """One copy that was handed out. `earlier` is the copy that it stands beside, `differences` what changed since that one
    (None where it is the first, or where what the earlier one said is no longer kept)."""

    edition: str
    paper: str
    path: Path
    earlier: Path | None = None
    differences: Differences | None = None
    changes: Path | None = None
    """The list of what changed, as a text file beside the copy."""


@dataclass(frozen=True, slots=True)
class _Handed:
    """What the record keeps of a copy: the sha256 of the sealed file that it was made from, and its own name."""

    source: str
    name: str


def hand_out_copies(output: Output, papers: Iterable[str] = PAPERS, names: Sequence[str] = ()) -> list[WorkingCopy]:
    """A copy of every sealed paper that has none yet, of the latest version of each edition that is not withdrawn.

    `names` limits it to some editions (2016). The caller holds the lock. Doing it again, or after an interruption, hands out what
    is still missing and nothing else. What stands in `working/` is never written to, replaced or removed.
    """
    latest: dict[str, EditionState] = {}
    for state in list_editions(output):
        latest[state.edition] = state
    chosen = [s for s in latest.values() if s.status != "withdrawn" and (not names or s.edition in names)]
    found = []
    for state, pattern in itertools.product(chosen, papers):
        folder = output.editions / state.name
        for sealed in sorted(folder.glob(pattern)):
            found.append(hand_out(output, state, sealed.relative_to(folder).as_posix()))
    return [copy for copy in found if copy is not None]


def hand_out(output: Output, state: EditionState, paper: str) -> WorkingCopy | None:
    """A copy of one sealed paper under `working/<edition>/`, for its owner alone; None where this very paper has one.

    `paper` is its place in the edition (`restricted/dmt-report.docx`); an edition without it has nothing to hand out. A copy that
    was removed or renamed is handed out again. Raises MachineFault where the disk refuses.
    """
    folder = output.editions / state.name
    sealed = folder / paper
    if not sealed.is_file():
        return None
    with explained(output):
        source = digest_file(sealed)
        place = output.working / state.edition / Path(paper).relative_to(RESTRICTED)
        _refuse_links(output.working, place.parent)
        record = _record_of(output, state.edition, paper)
        handed = _read_record(record)
        if any(each.source == source and (place.parent / each.name).exists() for each in handed):
            return None
        meaning = read_paper_meaning(folder, paper)
        last = next((each for each in reversed(handed) if (place.parent / each.name).exists()), None)
        differences = None
        if last is not None:
            with contextlib.suppress(OSError, ValueError, KeyError):
                before = load_meaning((record.parent / f"{last.source}.json").read_bytes())
                differences = list_differences(*_share_metrics(before, meaning))
        _make_own_folder(output.working, place.parent)
        copied = _find_copied(place, source)
        path = copied or _settle(_draft(record.with_name(place.name), sealed.read_bytes()), place)
        handed.append(_Handed(source, path.name))
        changes = None
        listed = path.with_name(f"{path.stem} - what changed.txt")
        if last is not None and not (copied is not None and listed.exists()):
            told = _draft(record.with_name("changes"), _write_changes(path.name, last.name, differences))
            changes = _settle(told, listed)
        _write_record(record, handed, f"{source}.json", meaning.as_bytes())
        if copied is not None:
            return None
        return WorkingCopy(state.edition, paper, path, place.parent / last.name if last else None, differences, changes)


def find_reports(folder: Path) -> list[Path]:
    """The reports to the DMT in an edition's folder: one, or with several authorities one for each."""
    return sorted([*folder.glob(REPORT), *folder.glob(f"{RESTRICTED}/*/dmt-report.docx")])


def show_copy(copy: WorkingCopy) -> str:
    """What to tell the person who built: where the copy is, and what changed since the one before."""
    if copy.earlier is None:
        return f"To write in: {copy.path}"
    lines = [f"To write in: {copy.path}. It is new; what was written in {copy.earlier.name} stands as it is."]
    told = list(_list_changes(copy.differences))
    lines += [f"  {line}" for line in told[:_MOST_LINES]]
    if len(told) > _MOST_LINES:
        lines.append(f"  ... and {len(told) - _MOST_LINES} more")
    if copy.changes is not None:
        lines.append(f"  All of them, for the officer who writes: {copy.changes}")
    return "\n".join(lines)


def _list_changes(differences: Differences | None) -> Iterator[str]:
    if differences is None:
        yield "What changed cannot be listed: what the earlier copy was made from is no longer kept."
        return
    for address, before, after in differences.figures:
        yield f"figure {address.removeprefix(f'{RESTRICTED}/')}: {_value_of(before)} -> {_value_of(after)}"
    for paper, sign, sentence in differences.sentences:
        yield f"{'row' if paper.endswith('.xlsx') else 'sentence'} {sign}: {sentence}"
    if differences == Differences():
        yield "No figure and no sentence changed; the look or the making of the file did."


def _value_of(stated: str) -> str:
    """The number of a figure and its unit, of what its meaning states: numerator; denominator; value; unit; status; dates."""
    *said, unit, status = stated.split("; ")[:-3] or ["", stated]
    return f"{said[-1]} {unit}" if said and status == "published" else status


def _metric_of(address: str) -> str:
    """`restricted/2016/E06000014/cme_referrals/total/all` -> `cme_referrals`."""
    return "".join(address.split("/")[3:4])


def _share_metrics(before: Meaning, after: Meaning) -> tuple[Meaning, Meaning]:
    """Both with the figures of the metrics that both rest on: what a report took up or left out is told by its sentences."""
    metrics = [{_metric_of(address) for address in meaning.figures} for meaning in (before, after)]
    first, second = (
        {address: value for address, value in meaning.figures.items() if _metric_of(address) in metrics[0] & metrics[1]}
        for meaning in (before, after)
    )
    return replace(before, figures=first), replace(after, figures=second)


def _write_changes(name: str, earlier: str, differences: Differences | None) -> bytes:
    words = [
        f"What changed in {name} since {earlier}",
        "Restricted: exact figures. What was written in the earlier copy is where it was; carry over what still holds.",
        "",
        *_list_changes(differences),
    ]
    return ("\n".join(words) + "\n").encode("utf-8")


def _find_copied(place: Path, source: str) -> Path | None:
    """A copy that nobody has written in yet and that the record does not know: an interruption came between the two."""
    for path in sorted(place.parent.glob(f"{glob.escape(place.stem)}*{place.suffix}")):
        if path.is_file() and digest_file(path) == source:
            return path
    return None


def _draft(path: Path, content: bytes) -> Path:
    """The finished bytes in the hidden folder beside the output, so that no half-written copy is ever seen."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    disk.write_file(draft, content)
    draft.chmod(0o600)
    disk.sync_file(draft)
    return draft


def _settle(draft: Path, place: Path) -> Path:
    """Gives the draft the first free name of `name.ext`, `name (2).ext` ...: a file that somebody puts there first is kept."""
    try:
        for number in itertools.count(1):
            wanted = place if number == 1 else place.with_name(f"{place.stem} ({number}){place.suffix}")
            with contextlib.suppress(FileExistsError):
                _put_under_free_name(draft, wanted)
                disk.sync_folder(wanted.parent)
                return wanted
    finally:
        draft.unlink(missing_ok=True)
    raise AssertionError("there is always a free number")


def _put_under_free_name(draft: Path, wanted: Path) -> None:
    """FileExistsError where the name is taken. A hard link never replaces; where there are none, a whole file is renamed."""
    try:
        os.link(draft, wanted)
    except OSError as fault:
        if fault.errno not in _NO_LINKS:
            raise
        beside = wanted.with_name(
            f".{wanted.name}.new"
        )  # on the file system of the copy; nobody is shown it half written
        beside.unlink(missing_ok=True)
        disk.copy_file(draft, beside)
        beside.chmod(0o600)
        disk.sync_file(beside)
        if wanted.exists():
            beside.unlink()
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(wanted)) from None
        disk.rename(beside, wanted)


def _make_own_folder(working: Path, folder: Path) -> None:
    disk.make_folder(folder)
    for each in (folder, *folder.parents):
        with contextlib.suppress(OSError):  # somebody else's folder, where a share has set it up
            each.chmod(0o700)
        if each == working:
            return


def _refuse_links(working: Path, folder: Path) -> None:
    for each in (folder, *folder.parents):
        if each.is_symlink():
            raise MachineFault(
                f"{each} is a link. Put a plain folder in its place: papers with exact figures go there."
            )
        if each == working:
            return


def _record_of(output: Output, edition: str, paper: str) -> Path:
    place = Path(paper).relative_to(RESTRICTED)
    return output.handed_out / edition / place.parent / f"{place.name}.json"


def _read_record(record: Path) -> list[_Handed]:
    try:
        return [_Handed(**each) for each in json.loads(record.read_bytes())]
    except (OSError, ValueError, TypeError):
        return []  # without a record a copy is handed out once more, beside those that are there


def _write_record(record: Path, handed: Sequence[_Handed], name: str, meaning: bytes) -> None:
    """The meanings of earlier copies stay: a copy that is removed later makes an older one the last again."""
    contents: Mapping[str, bytes] = {
        name: meaning,
        record.name: (json.dumps([asdict(each) for each in handed], indent=1) + "\n").encode("utf-8"),
    }
    for each, content in contents.items():
        disk.replace_file(_draft(record.with_name(each), content), record.with_name(each))
