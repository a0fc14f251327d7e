"""Whether a Word template from outside may be opened: plain, small, and nothing in it that runs, fetches or leads elsewhere.

Judged on the archive and its parts, without trusting what either says of itself. What its fields mean is for `template_check`.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lxml import etree

from pipelines.faults import DataFault

MOST_BYTES = 20 << 20
MOST_UNPACKED = 60 << 20
MOST_PARTS = 1000
LARGEST_RATIO = 200
"""How many times larger than its packed bytes a part may be; one of less than a megabyte may be more."""
_SMALL = 1 << 20

_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

_TRACKED = tuple(f"{_WORD}{name}" for name in ("ins", "del", "moveFrom", "moveTo"))

_FORBIDDEN_PARTS = (
    ("vbaproject", "macros", "Save it in Word as a Word document (.docx), which keeps no macros."),
    ("vbadata", "macros", "Save it in Word as a Word document (.docx), which keeps no macros."),
    ("/activex/", "controls that run programs", "Delete the controls (Developer, Design Mode)."),
    ("/embeddings/", "an embedded file", "Delete the object, or paste what it shows as a picture."),
    ("/afchunk", "another document inside it", "Open it in Word and save it once: Word merges the two."),
    (
        "/word/comments",
        "comments, which every reader of the report would see",
        "Delete them (Review, Delete All Comments).",
    ),
    ("customui/", "its own menus", "Remove them, or copy the pages into a new document."),
)
_FORBIDDEN_FIELDS = frozenset(
    ("INCLUDEPICTURE", "INCLUDETEXT", "INCLUDE", "DDE", "DDEAUTO", "LINK", "IMPORT", "DATABASE", "RD", "MACROBUTTON")
)


WHOLE = "the file"
"""The place of what concerns the file as a whole."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing about a template: where, what, and how to mend it. A note (`is_wrong` false) does not stop its use."""

    place: str
    problem: str
    fix: str
    is_wrong: bool = True

    def __str__(self) -> str:
        where = "" if self.place == WHOLE else f"{self.place}: "
        return f"{where}{self.problem}. {self.fix}"


def refuse_unsafe(template: Path) -> bytes:
    """The bytes of a template that may be opened. Raises DataFault naming it and everything that speaks against it."""
    content, problems = read_template(template)
    if problems:
        raise DataFault("\n".join(f"{template.name}: {problem}" for problem in problems))
    return content


def read_template(template: Path) -> tuple[bytes, list[Problem]]:
    """The bytes of a file and what speaks against opening it as a template; no bytes where it cannot be read at all."""
    try:
        status = template.lstat()
    except OSError as fault:
        return b"", [Problem(WHOLE, f"it cannot be read ({fault.strerror})", "Name a Word document (.docx).")]
    if not stat.S_ISREG(status.st_mode):
        return b"", [Problem(WHOLE, "it is not a plain file", "Put the document itself there, not a link to it.")]
    if status.st_size > MOST_BYTES:
        fix = f"Make its pictures smaller: {MOST_BYTES >> 20} MB are the most."
        return b"", [Problem(WHOLE, "it is too large", fix)]
    content = template.read_bytes()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return content, list(_list_problems(archive))
    except Exception:
        # A hostile archive can make the library fail in any way.
        return content, [_unreadable()]


def _unreadable() -> Problem:
    return Problem(WHOLE, "this is no Word file (.docx) that can be read", "Open it in Word and save it as .docx.")


def _list_problems(archive: zipfile.ZipFile) -> Iterator[Problem]:
    entries = archive.infolist()
    names = [entry.filename.lower() for entry in entries]
    if len(entries) > MOST_PARTS:
        yield Problem(WHOLE, "it has too many parts", "Copy its pages into a new document.")
        return
    if "[content_types].xml" not in names or len(set(names)) != len(names) or not all(map(_is_plain, names)):
        yield _unreadable()
        return
    forbidden = [
        Problem(WHOLE, f"it holds {what}", fix)
        for part, what, fix in _FORBIDDEN_PARTS
        if any(part in f"/{name}" for name in names)
    ]
    yield from forbidden
    if forbidden:
        return
    unpacked = 0
    for entry in entries:
        content = _unpack(archive, entry, MOST_UNPACKED - unpacked)
        if content is None:
            yield Problem(
                "the file", "it unpacks to too much", "Make its pictures smaller, or copy it into a new document."
            )
            return
        unpacked += len(content)
        if entry.filename.lower().endswith((".xml", ".rels")):
            yield from _judge_part(entry.filename, content)


def _is_plain(name: str) -> bool:
    return not name.startswith("/") and "\\" not in name and ":" not in name and ".." not in PurePosixPath(name).parts


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, room: int) -> bytes | None:
    """What a part really unpacks to; None where that is more than there is room for, or packed too tightly to be honest."""
    found = bytearray()
    with archive.open(entry) as part:
        while chunk := part.read(1 << 18):
            found += chunk
            is_tight = len(found) > _SMALL and len(found) > LARGEST_RATIO * max(entry.compress_size, 1)
            if len(found) > room or is_tight:
                return None
    return bytes(found)


def _judge_part(name: str, content: bytes) -> Iterator[Problem]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    tree = etree.fromstring(content, parser).getroottree()
    if tree.docinfo.doctype or tree.docinfo.internalDTD is not None:
        yield Problem(name, "it declares a document type, which Word never does", "Open it in Word and save it anew.")
    if name.lower() == "[content_types].xml":
        kinds = [
            node.get("ContentType", "")
            for node in tree.getroot().iter(f"{_TYPES}Override")
            if node.get("PartName", "").lower() == "/word/document.xml"
        ]
        if kinds != [_MAIN]:
            yield Problem(
                WHOLE,
                "it is not a Word document but a template of Word's own (.dotx) or one with macros",
                "Open it in Word and save it as a Word document (.docx).",
            )
    for node in tree.getroot().iter():
        if name.lower().endswith(".rels") and node.get("TargetMode", "").lower() == "external":
            yield _explain_link(node.get("Type", ""))
    if next(tree.getroot().iter(*_TRACKED), None) is not None:
        yield Problem(name, "it has tracked changes", "Accept or reject all of them (Review, Accept All Changes).")
    for field in sorted(_list_fields(tree.getroot()) & _FORBIDDEN_FIELDS):
        yield Problem(
            name, f"the field {field} brings in what stands elsewhere", "Delete the field (Alt+F9 shows fields)."
        )


def _explain_link(kind: str) -> Problem:
    """What a link out of the file is. Where it leads is not repeated."""
    what = kind.rpartition("/")[2]
    known = {
        "image": ("a picture is not in the file but somewhere else", "Insert the picture itself."),
        "attachedTemplate": (
            "it is attached to a template somewhere else",
            "Detach it: File, Options, Add-ins, Templates, and clear the name there.",
        ),
        "hyperlink": (
            "a link leads out of the file",
            "Remove the link (right click, Remove Hyperlink); its words stay.",
        ),
    }
    problem, fix = known.get(what, ("something in it stands somewhere else", "Copy its pages into a new document."))
    return Problem(WHOLE, problem, fix)


def _list_fields(root: etree._Element) -> set[str]:
    """The kinds of Word's own fields in a part. A field may be cut up over several runs, so that all of it is read together."""
    found = []
    for paragraph in root.iter(f"{_WORD}p"):
        text = ""
        for node in paragraph.iter(f"{_WORD}instrText", f"{_WORD}fldChar"):
            if node.tag == f"{_WORD}instrText":
                text += node.text or ""
            elif node.get(f"{_WORD}fldCharType") == "begin":
                found.append(text)
                text = ""
        found.append(text)
    found += [node.get(f"{_WORD}instr", "") for node in root.iter(f"{_WORD}fldSimple")]
    return {match.group().upper() for text in found for match in re.finditer(r"[A-Za-z]+", text)}
