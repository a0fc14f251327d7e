"""Whether what was found in a file is what the figures say. The only judge, whatever the format.

Knows the figures of one audience; opens no file. Problems name the place and the figure, in words for an analyst.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from pipelines.publishing.proving.found import (
    Broken,
    Described,
    Found,
    Listed,
    Named,
    Quoted,
    Row,
    Said,
    Setting,
    Shown,
)
from pipelines.publishing.proving.knowledge import Known, Number, find_numbers, write_plainly

_OR = "|"
_NO_FIGURE = "no figure: 0"


@dataclass(frozen=True, slots=True)
class Problem:
    """One number that is missing, different or unknown. `address` is that of the figure, where it is known."""

    file: str
    place: str
    says: str
    address: str = ""

    def __str__(self) -> str:
        where = f"{self.file}, {self.place}" if self.place else self.file
        return f"{where}: {self.says}" + (f" ({self.address})" if self.address else "")


def judge(file: str, found: Iterable[Found], known: Known, described: Mapping[str, str]) -> Iterator[Problem]:
    """Every problem in what was found in one file. `described` holds the words of each drawing, by its path."""
    for each in found:
        match each:
            case Shown():
                yield from _judge_shown(file, each, known)
            case Said():
                yield from _judge_said(file, each, known)
            case Quoted():
                if (each.value, each.text) not in known.quotable:
                    shown = each.value if each.text is None else each.text
                    yield Problem(
                        file, each.place, f"the department prints no “{shown}”, which is marked as its number"
                    )
            case Setting():
                if each.text not in known.settings:
                    yield Problem(file, each.place, f"“{each.text}” is marked as a setting of the policy, and is none")
            case Described():
                if each.text not in described.get(each.drawing, ""):
                    yield Problem(file, each.place, f"the alternative text is not that of the drawing {each.drawing}")
            case Row():
                yield from _judge_row(file, each, known)
            case Named():
                if each.name not in known.named:
                    yield Problem(file, each.place, f"explains {each.name}, of which there is no figure")
            case Listed():
                yield from _judge_listed(file, each, known)
            case Broken():
                yield Problem(file, each.place, each.problem)


def _judge_shown(file: str, shown: Shown, known: Known) -> Iterator[Problem]:
    address = known.resolve(shown.address)
    texts = _texts_of(address, known)
    if texts is None:
        said = shown.value if shown.text is None else shown.text
        yield Problem(file, shown.place, f"“{said}” stands for a figure that does not exist", address)
        return
    if shown.text is not None and write_plainly(shown.text) not in texts:
        yield Problem(file, shown.place, f"shows “{shown.text}”, which is not this figure", address)
    if shown.value is None:
        return
    if shown.text is None:
        # A cell holds the bare number: how it is shown is the format of the cell.
        is_right = any(text.replace(",", "").rstrip("%") == _write_cell(shown.value, text) for text in texts)
    else:
        is_right = address not in known.figures or _is_value(shown.value, known.figures[address].value)
    if not is_right:
        yield Problem(file, shown.place, f"has the value “{shown.value}”, which is not this figure", address)


def _texts_of(address: str, known: Known) -> set[str] | None:
    if address in known.figures:
        return {write_plainly(known.figures[address].display)}
    if address in known.bases:
        return {known.bases[address]}
    return known.quoted.get(address)


def _judge_said(file: str, said: Said, known: Known) -> Iterator[Problem]:
    numbers = known.numbers_in(said.text)
    expected = list(_expect(said.addresses, known))
    for problem in compare(file, numbers, expected, said.text):
        yield problem if problem.place else replace(problem, place=said.place)


def _judge_listed(file: str, listed: Listed, known: Known) -> Iterator[Problem]:
    if listed.is_complete:
        found = [(place, number) for place, text in listed.pages for number in known.numbers_in(text)]
    elif listed.addresses:
        # Any other number may be of what is not listed, so that none need be told apart.
        found = [(place, Number(text, True)) for place, text in listed.pages for text in find_numbers(text)]
    else:
        return
    numbers = [replace(number, place=place) for place, number in found]
    yield from compare(file, numbers, list(_expect(listed.addresses, known)))


def _expect(addresses: Iterable[str], known: Known) -> Iterator[tuple[str, str]]:
    """(number, address) of what the figures at these addresses show; one that does not exist can be shown by nothing."""
    for address in map(known.resolve, addresses):
        texts = sorted(_texts_of(address, known) or {_NO_FIGURE})
        if len(texts) == 1:
            yield from ((number.text, address) for number in known.numbers_in(texts[0]))
        else:
            # The department printed several numbers, one in each release: any of them may stand here.
            yield _OR.join(number.text for text in texts for number in known.numbers_in(text)), address


def compare(
    file: str, numbers: Sequence[Number], expected: Sequence[tuple[str, str]], text: str = ""
) -> Iterator[Problem]:
    """Numbers as found against (number, address) as they should be, in order."""
    if _follows(numbers, [wanted for wanted, _ in expected]):
        return
    for number, wanted in _align(numbers, expected):
        match number, wanted:
            case Number(), None:
                yield Problem(file, number.place, f"the number {number.text} stands for no figure{_near(text)}")
            case None, (_, address):
                yield Problem(file, "", "a figure is missing", address)
            case Number(), (shown, address) if number.text not in shown.split(_OR):
                yield Problem(file, number.place, f"shows “{number.text}”, which is not this figure", address)


def _follows(numbers: Sequence[Number], expected: Sequence[str]) -> bool:
    """Whether the numbers are plainly as expected, so that they need not be aligned: each in turn, what may be none apart."""
    place = 0
    for number in numbers:
        if place < len(expected) and number.text in expected[place].split(_OR):
            place += 1
        elif not number.may_be_none:
            return False
    return place == len(expected)


def _align(
    numbers: Sequence[Number], expected: Sequence[tuple[str, str]]
) -> list[tuple[Number | None, tuple[str, str] | None]]:
    """Pairs of what was found and what it should be, with as few differences as can be; what differs, and what is alone."""
    width = len(expected) + 1
    costs = [list(range(width))]
    wanted_texts = [frozenset(wanted.split(_OR)) for wanted, _ in expected]
    for number in numbers:
        above, skip = costs[-1], 0 if number.may_be_none else 1
        row = [above[0] + skip]
        for place, wanted in enumerate(wanted_texts):
            same = above[place] + (number.text not in wanted)
            row.append(min(same, above[place + 1] + skip, row[place] + 1))
        costs.append(row)
    pairs: list[tuple[Number | None, tuple[str, str] | None]] = []
    i, j = len(numbers), len(expected)
    while i or j:
        number_here = numbers[i - 1] if i else None
        cost = costs[i][j]
        if number_here and j and cost == costs[i - 1][j - 1] + (number_here.text not in wanted_texts[j - 1]):
            pairs.append((number_here, expected[j - 1]))
            i, j = i - 1, j - 1
        elif number_here and cost == costs[i - 1][j] + (0 if number_here.may_be_none else 1):
            if not number_here.may_be_none:
                pairs.append((number_here, None))
            i -= 1
        else:
            pairs.append((None, expected[j - 1]))
            j -= 1
    return pairs[::-1]


def _judge_row(file: str, row: Row, known: Known) -> Iterator[Problem]:
    figure = known.figures.get(row.address)
    if figure is None:
        yield Problem(file, row.place, "the row is that of a figure that does not exist", row.address)
        return
    wanted: dict[str, str] = {
        "value": _write(figure.value),
        "display": figure.display,
        "status": figure.status,
        "unit": figure.unit,
        "period_start": figure.period_start.isoformat(),
        "period_end": figure.period_end.isoformat(),
        "as_at": figure.as_at.isoformat(),
    }
    if (exact := known.exact.get(row.address)) is not None:
        wanted |= {"numerator": _write(exact.numerator), "denominator": _write(exact.denominator)}
    if (public := known.other_side.get(row.address)) is not None and "public" in row.cells:
        wanted |= {"exact": _write(figure.value), "public": public.display, "status": public.status}
    for column, text in row.cells.items():
        place = f"{row.place}, column {column}"
        if column not in wanted:
            yield from _judge_said(file, Said(place, text), known)
        elif text != wanted[column]:
            yield Problem(file, place, f"has “{text}”, which is not this figure's {column}", row.address)


def _write_cell(value: str, shown: str) -> str:
    """The number of a cell with as many decimals as the figure is shown with; itself where it has more."""
    places = len(shown.rstrip("%").partition(".")[2])
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    return value if number != round(number, places) else f"{number:.{places}f}"


def _is_value(text: str, value: Decimal | None) -> bool:
    return text == "" if value is None else text == f"{value:f}"


def _write(value: Decimal | None) -> str:
    return "" if value is None else f"{value:f}"


def _near(text: str) -> str:
    words = " ".join(text.split())
    return f", in “{words[:80]}{'...' if len(words) > 80 else ''}”" if words else ""
