"""The council's own Word template: what is said of a wrong one, and what is never opened."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.document import Document as WordDocument
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from typer.testing import CliRunner

from pipelines import paths
from pipelines.cli import app
from pipelines.faults import DataFault
from pipelines.publishing.reports import write_dmt_report
from pipelines.publishing.template_check import check_template, know_metrics
from pipelines.publishing.template_safety import Problem, refuse_unsafe
from pipelines.register import read_categories, read_metrics
from tests.reports.sample_book import sample_book

LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


def changed(folder: Path, change: Callable[[WordDocument], object]) -> Path:
    word = Document(str(paths.DMT_TEMPLATE))
    change(word)
    template = folder / "ours.docx"
    word.save(str(template))
    return template


def repacked(folder: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """Our template with its parts changed."""
    with zipfile.ZipFile(paths.DMT_TEMPLATE) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    template = folder / "ours.docx"
    with zipfile.ZipFile(template, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return template


def find(template: Path) -> list[Problem]:
    return check_template(template, know_metrics(read_metrics(), read_categories()))


def rewrite(word: WordDocument, old: str, new: str) -> None:
    cells = [p for table in word.tables for row in table.rows for cell in row.cells for p in cell.paragraphs]
    for paragraph in [*word.paragraphs, *cells]:
        for run in (run for run in paragraph.runs if old in run.text):
            run.text = run.text.replace(old, new)


def test_our_own_template_has_nothing_to_mend_and_uses_every_field() -> None:
    assert find(paths.DMT_TEMPLATE) == []


@pytest.mark.parametrize(
    ("change", "place", "problem", "fix"),
    [
        (lambda w: w.add_paragraph("{{ titel }}"), "text, paragraph", "no field titel", "Did you mean title?"),
        (
            lambda w: rewrite(w, "fact.name", "fact.nmae"),
            "text, table 1, row 2, cell 1",
            "no field of a fact nmae",
            "mean name?",
        ),
        (lambda w: rewrite(w, '"bullet"', '"bulet"'), "text, paragraph", "no kind of block bulet", "mean bullet?"),
        (
            lambda w: w.add_paragraph('{{r figure("cme_referalls") }}'),
            "text",
            'no metric "cme_referalls"',
            "evidence pages",
        ),
        (
            lambda w: w.add_paragraph('{{r figure("cme_referrals", sex="femal") }}'),
            "text",
            "no category of sex femal",
            "mean female?",
        ),
        (lambda w: w.add_paragraph("{{ title"), "text, paragraph", "{{ stands alone", "between {{ and }}"),
        (lambda w: w.add_paragraph("{title}"), "text, paragraph", "single braces", "Write {{ title }}"),
        (lambda w: w.add_paragraph("{%p if title %}"), "text, paragraph", "not written as it should be", "endif"),
        (lambda w: w.add_paragraph("{{ title | uper }}"), "text, paragraph", "no filter uper", "mean upper?"),
        (lambda w: rewrite(w, "{{ title }}", "Our report"), "the file", "", ""),
        (
            lambda w: setattr(w.sections[0].header.paragraphs[0], "text", "{{ markngs }}"),
            "header, paragraph 1",
            "no field markngs",
            "mean markings?",
        ),
        (
            lambda w: setattr(w.sections[0].header.paragraphs[0], "text", "Our council"),
            "the file",
            "marking of each page",
            "{{ markings }}",
        ),
        (lambda w: w.add_paragraph("There were 59 of them"), "the file", "the number 59 is typed", "our template"),
    ],
)
def test_a_wrong_field_is_named_with_its_place_and_what_it_should_be(
    change: Callable[[WordDocument], object], place: str, problem: str, fix: str, tmp_path: Path
) -> None:
    found = find(changed(tmp_path, change))
    if not problem:  # the title still stands in the footer: it is used
        assert found == []
        return
    assert [p for p in found if p.is_wrong and p.place.startswith(place) and problem in p.problem and fix in p.fix], (
        found
    )


def test_a_field_that_is_not_used_is_only_noted_where_a_report_can_do_without(tmp_path: Path) -> None:
    (found,) = find(changed(tmp_path, lambda w: rewrite(w, "{{ subtitle }}", "Our words")))
    assert not found.is_wrong
    assert "subtitle is not used" in found.problem


def test_curly_quotation_marks_are_read_as_word_means_them(tmp_path: Path) -> None:
    template = changed(tmp_path, lambda w: w.add_paragraph("{{r figure(“cme_referrals”) }}"))
    assert find(template) == []
    write_dmt_report(sample_book(), template, tmp_path / "r.docx")


def test_a_table_of_contents_from_words_gallery_is_found_in_its_block_and_bookmarks_of_their_own_stay_apart(
    tmp_path: Path,
) -> None:
    def wrap(word: WordDocument) -> None:
        (contents,) = [p._p for p in word.paragraphs if p.style is not None and p.style.name == "toc 1"]
        block, content, mark = (OxmlElement(f"w:{name}") for name in ("sdt", "sdtContent", "bookmarkStart"))
        contents.addprevious(block)
        block.append(content)
        content.append(contents)
        mark.set(qn("w:id"), "3")
        mark.set(qn("w:name"), "theirs")
        word.paragraphs[0]._p.append(mark)

    template = changed(tmp_path, wrap)
    assert find(template) == []
    write_dmt_report(sample_book(), template, tmp_path / "r.docx")
    body = Document(str(tmp_path / "r.docx")).element.body
    numbers = [node.get(qn("w:id")) for node in body.iter(qn("w:bookmarkStart"))]
    assert len(numbers) == len(set(numbers)) > 10
    links = list(body.iter(qn("w:hyperlink")))
    assert len(links) > 10
    assert all(next(link.iterancestors(qn("w:sdt")), None) is not None for link in links)


def add_part(name: str) -> Callable[[dict[str, bytes]], object]:
    return lambda parts: parts.update({name: b"x"})


def link_out(kind: str) -> Callable[[dict[str, bytes]], object]:
    rel = f'<Relationship Id="rX" Type="{LINK}{kind}" Target="https://example.org/x" TargetMode="External"/>'.encode()
    name = "word/_rels/document.xml.rels"
    return lambda parts: parts.update({name: parts[name].replace(b"</Relationships>", rel + b"</Relationships>")})


def track_a_change(parts: dict[str, bytes]) -> None:
    change = b'<w:p><w:ins w:id="9" w:author="A. Officer"><w:r><w:t>new</w:t></w:r></w:ins></w:p><w:sectPr'
    parts["word/document.xml"] = parts["word/document.xml"].replace(b"<w:sectPr", change, 1)


def add_field(instruction: str) -> Callable[[dict[str, bytes]], object]:
    quoted = instruction.replace('"', "&quot;")
    field = f'<w:p><w:fldSimple w:instr=" {quoted} "/></w:p><w:sectPr'.encode()
    return lambda parts: parts.update({"word/document.xml": parts["word/document.xml"].replace(b"<w:sectPr", field, 1)})


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (add_part("word/vbaProject.bin"), "macros"),
        (add_part("word/embeddings/oleObject1.bin"), "embedded file"),
        (add_part("word/activeX/activeX1.bin"), "controls that run"),
        (add_part("word/afchunk1.html"), "another document"),
        (add_part("word/comments.xml"), "comments, which every reader"),
        (track_a_change, "tracked changes"),
        (add_part("../../etc/passwd"), "no Word file"),
        (link_out("image"), "a picture is not in the file"),
        (link_out("attachedTemplate"), "attached to a template"),
        (link_out("hyperlink"), "a link leads out"),
        (link_out("oleObject"), "stands somewhere else"),
        (add_field('INCLUDEPICTURE "https://example.org/x.png"'), "INCLUDEPICTURE"),
        (add_field('DDEAUTO c:\\\\windows "x"'), "DDEAUTO"),
        (lambda p: p.update({"word/big.bin": b"0" * (70 << 20)}), "unpacks to too much"),
        (
            lambda p: p.update({"word/settings.xml": b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'}),
            "declares a document type",
        ),
        (
            lambda p: p.update(
                {"[Content_Types].xml": p["[Content_Types].xml"].replace(b"document.main+xml", b"template.main+xml")}
            ),
            r"a template of Word's own",
        ),
    ],
)
def test_a_hostile_file_is_never_opened_and_says_what_is_wrong_without_repeating_it(
    change: Callable[[dict[str, bytes]], object], complaint: str, tmp_path: Path
) -> None:
    template = repacked(tmp_path, change)
    with pytest.raises(DataFault, match=complaint) as refusal:
        write_dmt_report(sample_book(), template, tmp_path / "r.docx")
    assert "example.org" not in str(refusal.value)
    assert not (tmp_path / "r.docx").exists()
    assert find(template)[0].is_wrong


def test_a_link_and_a_file_that_is_too_large_are_refused(tmp_path: Path) -> None:
    (tmp_path / "ours.docx").symlink_to(paths.DMT_TEMPLATE)
    with pytest.raises(DataFault, match="not a plain file"):
        refuse_unsafe(tmp_path / "ours.docx")
    with (tmp_path / "large.docx").open("wb") as file:
        file.truncate(30 << 20)
    with pytest.raises(DataFault, match="too large"):
        refuse_unsafe(tmp_path / "large.docx")


def test_a_report_does_not_say_who_made_the_template(tmp_path: Path) -> None:
    template = changed(tmp_path, lambda w: setattr(w.core_properties, "author", "A. Officer"))
    write_dmt_report(sample_book(), template, tmp_path / "r.docx")
    with zipfile.ZipFile(tmp_path / "r.docx") as archive:
        assert not any(b"A. Officer" in archive.read(name) for name in archive.namelist())


def run(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(word) for word in words])
    return result.exit_code, result.output


def test_officers_begin_with_our_template_and_ask_whether_theirs_is_right(tmp_path: Path) -> None:
    theirs = tmp_path / "dmt-report-template.docx"
    assert run("template", "write", theirs)[0] == 0
    assert theirs.read_bytes() == paths.DMT_TEMPLATE.read_bytes()
    assert run("template", "check", theirs)[0] == 0
    changed_to = Document(str(theirs))
    changed_to.add_paragraph("{{ titel }}")
    changed_to.save(str(theirs))
    status, said = run("template", "check", theirs)
    assert status == 1
    assert "Did you mean title?" in said
    status, said = run("template", "check", theirs, "--json")
    assert status == 1
    told: dict[str, Any] = json.loads(said)
    assert told["ok"] is False
    assert {"place", "severity", "message", "fix"} == set(told["problems"][0])


def test_a_template_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.docx"
    theirs.write_bytes(b"ours")
    result = CliRunner().invoke(app, ["template", "write", str(theirs)])
    assert result.exception is not None
    assert "left as it is" in str(result.exception)
    assert theirs.read_bytes() == b"ours"


def test_an_archive_that_is_none_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "ours.docx").write_bytes(io.BytesIO(b"PK\x03\x04 not really").getvalue())
    assert "no Word file" in find(tmp_path / "ours.docx")[0].problem
