"""The command `storyboard`: words in, exit status out.

Nothing is worked out here, and the heavy parts are imported only by the command that needs them, so that help and
`check` answer at once.
"""

from __future__ import annotations

import csv
import getpass
import json
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pipelines import paths
from pipelines.faults import DataFault, Fault, UsageFault

if TYPE_CHECKING:
    from pipelines.editions.publication import Act

app = typer.Typer(
    name="storyboard",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="From anonymised extracts to the published story board and the papers that go with it.",
    epilog="Exit status: 0 done, 1 the data needs attention, 2 the command was misused, 3 the machine failed.",
)

Editions = Annotated[list[str] | None, typer.Option("--edition", help="Edition to take, e.g. 2016; may be repeated.")]
Extracts = Annotated[Path | None, typer.Option("--extracts", help="Folder with one folder of extracts per edition.")]
Output = Annotated[Path, typer.Option("--output", help="Folder that receives the site, the editions and the papers.")]
Encoding = Annotated[str, typer.Option("--encoding", help="Encoding of CSV files: utf-8, or cp1252 where declared.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def main() -> None:
    """Runs the command. A fault becomes its sentence on standard error and its exit status, never a traceback."""
    try:
        app()
    except Fault as fault:
        _say(str(fault))
        sys.exit(fault.exit_status)
    except KeyboardInterrupt:
        _say("Stopped. Nothing that is published has changed.")
        sys.exit(3)
    except (MemoryError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        where = f" ({error.filename})" if isinstance(error, OSError) and error.filename else ""
        _say(f"The machine failed: {reason}{where}. Nothing that is published has changed.")
        sys.exit(3)
    except Exception as error:
        # The text of an error that nobody foresaw may quote a cell, so that only its kind and its place in our code are said.
        _say(
            f"The program failed ({type(error).__name__} at {_place_in_our_code(error)}): a fault of ours, not of your data. "
            "Nothing that is published has changed. Report it with this line."
        )
        sys.exit(3)


@app.command()
def build(
    edition: Editions = None,
    extracts: Extracts = None,
    output: Output = paths.DEFAULT_OUTPUT,
    encoding: Encoding = "utf-8",
    reason: Annotated[str | None, typer.Option(help="Why a published edition is corrected.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make the editions: gate, figures, protection, papers, site. All of those named, or none."""
    from pipelines.defs.batch import build_editions

    built = build_editions(
        edition or [],
        extracts=_extracts_folder(extracts),
        output=paths.Output(output),
        encoding=encoding,
        reason=reason,
        say=_say,
    )
    if as_json:
        _print_json([{"edition": b.edition, "outcome": b.outcome, "folder": str(b.folder)} for b in built])
        return
    for b in built:
        print(f"{b.edition}: {b.outcome}")
    out = paths.Output(output)
    print(f"Site: {out.site / 'index.html'}")
    for b in built:
        print(f"Report to the DMT, {b.edition}: {b.folder / 'restricted' / 'dmt-report.docx'}")
    _say("Next: read the site, then `storyboard publish EDITION` when those who must approve it have done so.")


@app.command()
def check(
    edition: Editions = None,
    extracts: Extracts = None,
    encoding: Encoding = "utf-8",
    form: Annotated[Literal["text", "json", "html", "csv"], typer.Option("--format", help="How to show it.")] = "text",
    as_json: AsJson = False,
    hidden: Annotated[
        bool, typer.Option("--hidden", help="Also say which figures would be hidden, and what could be worked out.")
    ] = False,
    output: Output = paths.DEFAULT_OUTPUT,
) -> None:
    """The gate alone: what is wrong, where, and how to mend it. Builds nothing."""
    from pipelines.defs.checking import examine_editions
    from pipelines.intake.report import show_as_csv, show_as_html, show_as_text

    examinations = examine_editions(edition or [], _extracts_folder(extracts), encoding=encoding)
    if form == "json" or as_json:
        results = [examination.as_json() for examination in examinations]
        _print_json(results[0] if len(results) == 1 else results)
    elif form == "html":
        print(show_as_html(examinations))
    elif form == "csv":
        print(show_as_csv(examinations), end="")
    else:
        print(show_as_text(examinations))
    if not all(examination.ok for examination in examinations):
        raise typer.Exit(1)
    if hidden:
        from pipelines.defs.checking import choose_editions
        from pipelines.defs.foresight import foresee

        folder = _extracts_folder(extracts)
        chosen = choose_editions(edition or [], folder)
        foreseen = foresee(chosen, folder, paths.Output(output), encoding=encoding)
        for each in foreseen:
            print("\n".join(each.lines()))
        if not all(each.release.audit.ok for each in foreseen):
            raise typer.Exit(1)


@app.command()
def sample(
    edition: Annotated[str, typer.Option("--edition", help="Edition whose extracts to write.")],
    out: Annotated[Path, typer.Option("--out", help="Folder that receives <edition>/<extract>.csv.")],
    scale: Annotated[int, typer.Option(min=1, help="How many times the rows of one authority.")] = 1,
    seed: Annotated[int, typer.Option(help="Another seed gives other rows and, at scale 1, the same figures.")] = 2016,
) -> None:
    """Write invented extracts. Those of 2016 give exactly the figures of the story board published that year."""
    from pipelines.defs.checking import find_edition
    from pipelines.intake.calendar import read_calendar
    from pipelines.intake.sample import generate

    generate(find_edition(edition, read_calendar(None)), out, scale=scale, seed=seed)
    print(f"Invented extracts: {out / edition}")
    _say(f"Next: storyboard build --extracts {out} --edition {edition}")


@app.command()
def prepare(
    source: Annotated[Path, typer.Argument(help="Folder of the SSDA903 return, or the export: a folder or one file.")],
    edition: Annotated[str | None, typer.Option("--edition", help="Edition that the extracts are for.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder that receives <edition>/<extract>.csv.")] = None,
    origin: Annotated[str, typer.Option("--from", help="ssda903, or the mapping file of an export.")] = "ssda903",
    key: Annotated[Path | None, typer.Option("--key", help="Key file of the pseudonyms, made where absent.")] = None,
    encoding: Encoding = "utf-8",
    form: Annotated[
        Literal["text", "json", "html", "csv"], typer.Option("--format", help="How to show the findings.")
    ] = "text",
    as_json: AsJson = False,
    suggest: Annotated[
        bool, typer.Option("--suggest", help="Draft a mapping from the file SOURCE instead; --out names the draft.")
    ] = False,
    extract: Annotated[
        str | None, typer.Option("--extract", help="With --suggest: the extract that it is for.")
    ] = None,
) -> None:
    """Turn what the case system gives into anonymised extracts: dates of birth and the children's own numbers are dropped."""
    if suggest:
        _suggest(source, out or Path(f"{source.stem}.mapping.yml"), extract, encoding, as_json or form == "json")
        return
    if edition is None or out is None:
        raise UsageFault("Name the edition and where the extracts go: --edition 2019 --out data/extracts.")
    from pipelines.intake import preparation_report as report

    if origin == "ssda903":
        from pipelines.intake.ssda903 import prepare_ssda903

        prepared = prepare_ssda903(source, edition, out, key=key, encoding=encoding)
    else:
        from pipelines.intake.mapped import prepare_mapped

        prepared = prepare_mapped(source, Path(origin), edition, out, key=key)
    if form == "json" or as_json:
        _print_json(prepared.as_json())
    elif form == "html":
        print(report.show_preparation_as_html(prepared))
    elif form == "csv":
        print(report.show_preparation_as_csv(prepared), end="")
    else:
        print(report.show_preparation_as_text(prepared))
    if prepared.is_written:
        _say(f"Extracts: {prepared.folder}")
        _say(f"Next: storyboard check --extracts {out} --edition {edition}")
    if not prepared.ok:
        raise typer.Exit(1)


def _suggest(source: Path, into: Path, extract: str | None, encoding: str, as_json: bool) -> None:
    from pipelines.intake.suggestion import suggest

    draft = suggest(source, into, extract=extract, encoding=encoding)
    if as_json:
        _print_json(draft.as_json())
        return
    print(f"Draft of a mapping for {draft.extract}: {draft.path}")
    print(f"{draft.fields} fields found, {draft.to_fill_in} places to fill in")
    _say("Only you may read it: it holds values of the export. Fill in what is marked, then:")
    _say(f"Next: storyboard prepare {source} --from {draft.path} --edition EDITION --out FOLDER")


@app.command()
def approve(
    edition: Annotated[str, typer.Argument(help="Edition, e.g. 2016 (its latest version) or 2016-v2.")],
    role: Annotated[str, typer.Option("--role", help="The role that approves what the edition says.")],
    output: Output = paths.DEFAULT_OUTPUT,
) -> None:
    """Record that a role has approved what the edition says, as it is sealed now."""
    from pipelines.editions import publication
    from pipelines.editions.switch import work_in

    out = paths.Output(output)
    with work_in(out):
        state = publication.approve(out, edition, role=role, act=_act())
    print(f"{state.name}: approved by {role}")


@app.command()
def approvals(
    edition: Annotated[str, typer.Argument(help="Edition, e.g. 2016 (its latest version) or 2016-v2.")],
    output: Output = paths.DEFAULT_OUTPUT,
    as_json: AsJson = False,
) -> None:
    """Who approved what the edition says, whose approval has lapsed, and the figures and sentences that changed since."""
    from pipelines.editions.approvals import open_sheet, show_sheet
    from pipelines.editions.settings import read_settings
    from pipelines.editions.state import choose_edition
    from pipelines.editions.switch import settle

    out = paths.Output(output)
    settle(out)
    sheet = open_sheet(out, choose_edition(out, edition))
    settings = read_settings(paths.PUBLICATION.read_text("utf-8"))
    needed = sheet.list_missing(settings.needed_roles, settings.needed_people)
    if as_json:
        _print_json({**sheet.as_json(), "needed": needed})
    else:
        print(show_sheet(sheet, needed))


@app.command()
def assurance(
    edition: Annotated[str, typer.Argument(help="Edition, e.g. 2016 (its latest version) or 2016-v2.")],
    output: Output = paths.DEFAULT_OUTPUT,
    out: Annotated[Path | None, typer.Option("--out", help="File to write; without it, standard output.")] = None,
) -> None:
    """The assurance statement with the records: who built and approved it, what is hidden, checked, destroyed. HTML."""
    from pipelines.editions import assurance as assuring
    from pipelines.editions.manifest import read_manifest
    from pipelines.editions.records import describe_subject, gather_records
    from pipelines.editions.state import choose_edition
    from pipelines.editions.switch import settle
    from pipelines.editions.tracing import read_audit

    where = paths.Output(output)
    settle(where)
    state = choose_edition(where, edition)
    folder = where.editions / state.name
    hashes = [file["sha256"] for file in read_audit(folder, "ingredients.json")["files"]]
    records = gather_records(where, state, hashes)
    page = assuring.write_assurance(folder, describe_subject(state, read_manifest(folder)), records)
    if out is None:
        sys.stdout.write(page)
    else:
        out.write_text(page, "utf-8", newline="\n")
        print(f"Assurance statement: {out}")


@app.command()
def publish(
    edition: Annotated[str, typer.Argument(help="Edition, e.g. 2016 (its latest version) or 2016-v2.")],
    output: Output = paths.DEFAULT_OUTPUT,
) -> None:
    """Publish: from now on this edition never changes. A correction is a new version beside it."""
    from pipelines.editions import publication
    from pipelines.editions.settings import read_settings
    from pipelines.editions.switch import work_in
    from pipelines.publishing.index import index_page

    settings = read_settings(paths.PUBLICATION.read_text("utf-8"))
    out = paths.Output(output)
    with work_in(out):
        state = publication.publish(
            out,
            edition,
            _act(),
            index_page,
            needed_roles=settings.needed_roles,
            needed_people=settings.needed_people,
        )
    print(f"{state.name}: published")
    print(f"Release: {out.release / 'index.html'}")
    _say(f"Next: copy {out.release} to the web server.")


@app.command()
def withdraw(
    edition: Annotated[str, typer.Argument(help="Edition, e.g. 2016 (its latest version) or 2016-v2.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, for everybody to read.")],
    output: Output = paths.DEFAULT_OUTPUT,
) -> None:
    """Withdraw a published edition: its public files give way to a notice with the reason, in one switch."""
    from pipelines.editions import publication
    from pipelines.editions.switch import work_in
    from pipelines.publishing.index import index_page

    out = paths.Output(output)
    with work_in(out):
        state = publication.withdraw(out, edition, _act(), index_page, reason=reason)
    print(f"{state.name}: withdrawn")
    _say(f"Next: copy {out.release} to the web server, so that readers see the notice too.")


@app.command()
def verify(
    edition: Annotated[
        str | None, typer.Argument(help="An edition, or the folder of one; without it, all of the output.")
    ] = None,
    output: Output = paths.DEFAULT_OUTPUT,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Make it again from the archive and compare.")] = False,
    as_json: AsJson = False,
) -> None:
    """Is the edition whole and unchanged: no extra, missing or changed file, and the chain to the one before it."""
    from pipelines.editions import verify as verifying
    from pipelines.editions.state import list_editions
    from pipelines.editions.switch import settle

    named = Path(edition) if edition is not None else None
    out = paths.Output(output)
    if rebuild and named is not None and named.is_dir() and named.absolute().parent.name == "editions":
        out = paths.Output(named.absolute().parent.parent)
    settle(out)
    if named is None:
        folders = [out.editions / state.name for state in list_editions(out)]
    else:
        folders = [_edition_folder(out, str(edition))]
    if not folders:
        raise DataFault(f"There is no edition in {out.folder}. Build one first: storyboard build.")
    said = "whole and unchanged"
    results: list[dict[str, Any]] = []
    for folder in folders:
        if rebuild:
            from pipelines.defs.rebuild import rebuild as make_again

            again = make_again(folder, out, say=_say)
            said, ok, problems = again.text, again.ok, again.problems
            name = again.edition
        else:
            found = verifying.verify(folder)
            name, ok, problems = found.edition, found.ok, found.problems
            said = "whole and unchanged" if ok else f"{len(problems)} problems"
        result = {"edition": name, "ok": ok, "problems": [{"path": p.path, "problem": p.problem} for p in problems]}
        results.append({**result, "said": said} if rebuild else result)
        if not as_json:
            print(f"{name}: {said}")
            for problem in problems:
                print(f"  {problem.path}: {problem.problem}")
    if as_json:
        _print_json(results[0] if edition is not None else results)
    if not all(result["ok"] for result in results):
        raise typer.Exit(1)


@app.command()
def statement(
    edition: Annotated[str, typer.Argument(help="Edition, e.g. 2016 (its latest version) or 2016-v2, or its folder.")],
    output: Output = paths.DEFAULT_OUTPUT,
    out: Annotated[Path | None, typer.Option("--out", help="File to write; without it, standard output.")] = None,
    key: Annotated[
        Path | None, typer.Option("--sign", help="Private SSH key to sign with: FILE.sig beside --out.")
    ] = None,
    given: Annotated[Path | None, typer.Option("--check", help="Statement to check against the edition.")] = None,
    signers: Annotated[Path | None, typer.Option("--signers", help="Allowed signers, as ssh-keygen has them.")] = None,
) -> None:
    """The manifest as an in-toto statement; written, signed with ssh-keygen, or checked."""
    from pipelines.editions import statement as stating
    from pipelines.editions.manifest import MANIFEST, read_manifest

    folder = _edition_folder(paths.Output(output), edition)
    try:
        made = stating.make_statement(read_manifest(folder), (folder / MANIFEST).read_bytes())
    except FileNotFoundError as fault:
        raise UsageFault(f"{folder} holds no sealed edition: {MANIFEST} is not there.") from fault
    if given is not None:
        print(f"{folder.name}: {stating.check_statement(given, made, signers)}")
    elif out is None:
        if key is not None:
            raise UsageFault("Name a file with --out: the signature is written beside it.")
        sys.stdout.write(made.decode("utf-8"))
    else:
        out.write_bytes(made)
        print(f"Statement: {out}")
        if key is not None:
            print(f"Signature: {stating.sign(out, key)}")


@app.command()
def dispose(output: Output = paths.DEFAULT_OUTPUT, as_json: AsJson = False) -> None:
    """Destroy the archived extracts whose destroy-by date has passed, and record it; say what is kept until when."""
    from pipelines.editions.archive import Archive
    from pipelines.editions.switch import work_in

    out = paths.Output(output)
    archive = Archive(out.archive)
    act = _act()
    with work_in(out):
        destroyed = {kept.sha256 for kept in archive.dispose(who=act.who, when=act.when)}
    record = archive.read_record().values()
    if as_json:
        _print_json(
            [
                {
                    "sha256": kept.sha256,
                    "editions": list(kept.editions),
                    "destroy_by": kept.destroy_by.isoformat(),
                    "destroyed_on": kept.destroyed_on.isoformat() if kept.destroyed_on else None,
                    "rule": kept.rule,
                }
                for kept in record
            ]
        )
        return
    for kept in record:
        if kept.sha256 in destroyed:
            print(f"destroyed: {kept.sha256}, of {', '.join(kept.editions)}. {kept.rule}")
    waiting = sorted(kept.destroy_by for kept in record if kept.destroyed_on is None)
    _say(
        f"{len(destroyed)} files destroyed; {len(waiting)} kept in {archive.folder}"
        + (f", the first of them until {waiting[0].isoformat()}." if waiting else ".")
    )


@app.command()
def trace(
    metric: Annotated[str, typer.Argument(help="Metric to follow back, e.g. episodes_reported.")],
    edition: Annotated[str | None, typer.Option("--edition", help="Edition, e.g. 2016; the latest if none.")] = None,
    authority: Annotated[str | None, typer.Option("--authority", help="ONS code, or all.")] = None,
    breakdown: Annotated[str | None, typer.Option("--breakdown", help="Breakdown, e.g. sex, or total.")] = None,
    category: Annotated[str | None, typer.Option("--category", help="Category, e.g. female.")] = None,
    output: Output = paths.DEFAULT_OUTPUT,
    rows: Annotated[
        bool, typer.Option("--rows", help="The pseudonymised rows counted, from the archive, as CSV.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """From a figure back to the rows: definition, SQL, rows at each step, tests, files and their hashes. Exact: restricted."""
    from pipelines.editions.state import choose_edition
    from pipelines.editions.switch import settle
    from pipelines.editions.tracing import Question
    from pipelines.editions.tracing import trace as follow
    from pipelines.editions.tracing_text import show_trace

    out = paths.Output(output)
    settle(out)
    state = choose_edition(out, edition)
    found = follow(out.editions / state.name, Question(metric, authority, breakdown, category))
    if rows:
        from pipelines.defs.replay import list_rows, restored, why_not

        if reason := why_not([out.editions / state.name], out):
            raise DataFault(f"The rows cannot be shown: {reason}.")
        with restored([out.editions / state.name], out) as (recipes, _):
            header, counted = list_rows(recipes[0], Question(metric, authority, breakdown, category))
        if as_json:
            _print_json({**found.as_json(), "rows": _as_texts(header, counted)})
            return
        csv.writer(sys.stdout, lineterminator="\n").writerows([header, *counted])
        _say(f"{len(counted)} rows. They are personal data: do not send them on, and destroy what you copied.")
    elif as_json:
        _print_json(found.as_json())
    else:
        print(show_trace(found))


@app.command()
def diff(
    before: Annotated[str, typer.Argument(metavar="E1", help="Edition, e.g. 2016 or 2016-v2, or the folder of one.")],
    after: Annotated[str, typer.Argument(metavar="E2", help="The edition to compare it with.")],
    output: Output = paths.DEFAULT_OUTPUT,
    replay: Annotated[bool, typer.Option(help="Tell causes apart by running archived rows again.")] = True,
    as_json: AsJson = False,
) -> None:
    """What changed between two editions, or two versions of one, and why. Exact figures: restricted."""
    from pipelines.editions.comparison import compare, show_comparison
    from pipelines.editions.switch import settle

    out = paths.Output(output)
    settle(out)
    folders = [_edition_folder(out, named) for named in (before, after)]
    if folders[0] == folders[1]:
        # Beside one of its versions, the bare name of an edition is its first one: `diff 2016 2016-v2`.
        folders = [
            f.parent / n if (f.parent / n).is_dir() else f for f, n in zip(folders, (before, after), strict=True)
        ]
    if replay:
        from pipelines.defs.replay import list_stages, restored, why_not

        reason = why_not(folders, out)
    else:
        reason = "it was not asked for."
    if reason:
        found = compare(folders[0], folders[1], why_not_replayed=reason)
    else:
        with restored(folders, out) as (recipes, work):
            found = compare(folders[0], folders[1], list_stages(recipes[0], recipes[1], work))
    if as_json:
        _print_json(found.as_json())
    else:
        print(show_comparison(found))


@app.command()
def editions(output: Output = paths.DEFAULT_OUTPUT, as_json: AsJson = False) -> None:
    """The editions of the output folder and where each stands."""
    from pipelines.editions.state import list_editions
    from pipelines.editions.switch import settle

    out = paths.Output(output)
    settle(out)
    states = list_editions(out)
    if as_json:
        _print_json([{"name": s.name, "edition": s.edition, "version": s.version, "status": s.status} for s in states])
        return
    for state in states:
        print(f"{state.name}: {state.status}{', invented figures' if state.is_invented else ''}")


@app.command("open")
def open_site(output: Output = paths.DEFAULT_OUTPUT) -> None:
    """Open the site in a browser, from the file system."""
    index = paths.Output(output).site / "index.html"
    if not index.is_file():
        raise DataFault(f"There is no site in {output} yet. Build it first: storyboard build.")
    print(index)
    typer.launch(index.as_uri())


@app.command()
def ui(
    extracts: Extracts = None,
    output: Output = paths.DEFAULT_OUTPUT,
    encoding: Encoding = "utf-8",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 3000,
) -> None:
    """The Dagster UI, on this machine alone: the asset graph, the history, one edition materialised from a button."""
    from pipelines.defs.interface import serve

    serve(_extracts_folder(extracts), paths.Output(output), encoding=encoding, port=port, say=_say)


def _extracts_folder(given: Path | None) -> Path:
    """The folder named; else the one beside the project; else the sample. Raises DataFault where the one named is absent."""
    if given is not None:
        if not given.is_dir():
            raise DataFault(f"There is no folder {given}. Name the folder that holds one folder per edition.")
        return given.absolute()
    if paths.DEFAULT_EXTRACTS.is_dir():
        return paths.DEFAULT_EXTRACTS
    _say(f"No extracts were named: the sample that comes with the project is used ({paths.SAMPLE_EXTRACTS}).")
    return paths.SAMPLE_EXTRACTS


def _edition_folder(out: paths.Output, named: str) -> Path:
    """The folder of an edition that is named (the latest version of `2016`), or that is given as a folder."""
    from pipelines.editions.state import find_edition, list_editions

    path = Path(named)
    if path.is_dir() or len(path.parts) > 1:
        return path.absolute()
    return out.editions / find_edition(list_editions(out), named).name


def _as_texts(header: list[str], rows: list[tuple[Any, ...]]) -> list[dict[str, str | None]]:
    return [{n: None if v is None else str(v) for n, v in zip(header, row, strict=True)} for row in rows]


def _act() -> Act:
    """Who does it and when: the person who is logged in, now."""
    from pipelines.editions.publication import Act

    return Act(getpass.getuser(), datetime.now(UTC).astimezone())


def _place_in_our_code(error: BaseException) -> str:
    ours = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).is_relative_to(paths.PROJECT)]
    near = [f for f in ours if ".venv" not in Path(f.filename).parts]
    return f"{Path(near[-1].filename).relative_to(paths.PROJECT).as_posix()}:{near[-1].lineno}" if near else "?"


def _say(message: str) -> None:
    """A message for the person at the command, on standard error."""
    print(message, file=sys.stderr)


def _print_json(result: Any) -> None:
    print(json.dumps(result, indent=2, ensure_ascii=False))
