"""From files to an edition: preparing, checking, building, and the invented sample.

Words in, words out: what is done is in `defs` and `intake`, imported by the command that needs it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from pipelines import paths
from pipelines.commands.speaking import print_json, say, say_next
from pipelines.commands.words import AsJson, Editions, Encoding, Extracts, Output, Through, Verbose, choose_extracts
from pipelines.faults import UsageFault

app = typer.Typer()


@app.command()
def build(
    edition: Editions = None,
    extracts: Extracts = None,
    output: Output = paths.DEFAULT_OUTPUT,
    encoding: Encoding = "utf-8",
    through: Through = "duckdb",
    reason: Annotated[str | None, typer.Option(help="Why a published edition is corrected.")] = None,
    verbose: Verbose = False,
    as_json: AsJson = False,
) -> None:
    """Make the editions: gate, figures, protection, papers, site. All of those named, or none."""
    from pipelines.defs.batch import Request, build_editions
    from pipelines.editions.working import find_reports

    request = Request(
        extracts=choose_extracts(extracts),
        output=paths.Output(output),
        encoding=encoding,
        through=through,
        reason=reason,
        say=say,
        explain=say if verbose else lambda _: None,
    )
    built = build_editions(edition or [], request)
    if as_json:
        print_json([{"edition": b.edition, "outcome": b.outcome, "folder": str(b.folder)} for b in built])
        return
    for b in built:
        print(f"{b.edition}: {b.outcome}")
    out = paths.Output(output)
    print(f"Site: {out.site / 'index.html'}")
    for b in built:
        for report in find_reports(b.folder):
            print(f"Report to the DMT, {b.edition}: {report}")
    say_next("read the site, then `storyboard publish EDITION` when those who must approve it have done so.")


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
    from pipelines.defs.templates import refuse_wrong_templates
    from pipelines.intake.report import show_as_csv, show_as_html, show_as_text

    examinations = examine_editions(edition or [], choose_extracts(extracts), encoding=encoding)
    if form == "json" or as_json:
        results = [examination.as_json() for examination in examinations]
        print_json(results[0] if len(results) == 1 else results)
    elif form == "html":
        print(show_as_html(examinations))
    elif form == "csv":
        print(show_as_csv(examinations), end="")
    else:
        print(show_as_text(examinations))
    if not all(examination.ok for examination in examinations):
        raise typer.Exit(1)
    refuse_wrong_templates(choose_extracts(extracts) / examination.edition for examination in examinations)
    if hidden:
        from pipelines.defs.checking import choose_editions
        from pipelines.defs.foresight import foresee

        folder = choose_extracts(extracts)
        chosen = choose_editions(edition or [], folder)
        foreseen = foresee(chosen, folder, paths.Output(output), encoding=encoding)
        for each in foreseen:
            print("\n".join(each.lines()))
        if not all(each.release.audit.ok for each in foreseen):
            raise typer.Exit(1)


@app.command()
def sample(
    edition: Annotated[str, typer.Option("--edition", help="Edition whose extracts to write.")],
    out: Annotated[Path, typer.Option("--out", help="Folder that receives <edition>/<extract>.csv or .parquet.")],
    scale: Annotated[int, typer.Option(min=1, help="How many times the rows of one authority.")] = 1,
    seed: Annotated[int, typer.Option(help="Another seed gives other rows and, at scale 1, the same figures.")] = 2016,
    authorities: Annotated[
        int | None, typer.Option(min=1, max=153, help="So many councils, large and small, share the rows.")
    ] = None,
    years: Annotated[
        int, typer.Option(min=1, max=20, help="With --authorities: years that share the rows, the last the edition's.")
    ] = 1,
    form: Annotated[Literal["csv", "parquet"], typer.Option("--format", help="How the extracts are written.")] = "csv",
    as_json: AsJson = False,
) -> None:
    """Write invented extracts. Those of 2016 give exactly the figures of the story board published that year."""
    from pipelines.defs.checking import find_edition
    from pipelines.intake.calendar import read_calendar
    from pipelines.intake.sample import generate

    generate(
        find_edition(edition, read_calendar(None)),
        out,
        scale=scale,
        seed=seed,
        authorities=authorities,
        years=years,
        form=form,
    )
    if as_json:
        print_json({"edition": edition, "folder": str(out / edition)})
    else:
        print(f"Invented extracts: {out / edition}")
    say_next(f"storyboard build --extracts {out} --edition {edition}")


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
    from pipelines.defs.checking import choose_authority
    from pipelines.intake import preparation_report as report

    if origin == "ssda903":
        from pipelines.intake.ssda903 import prepare_ssda903

        prepared = prepare_ssda903(source, edition, out, key=key, encoding=encoding, authority=choose_authority())
    else:
        from pipelines.intake.mapped import prepare_mapped

        prepared = prepare_mapped(source, Path(origin), edition, out, key=key, authority=choose_authority())
    if form == "json" or as_json:
        print_json(prepared.as_json())
    elif form == "html":
        print(report.show_preparation_as_html(prepared))
    elif form == "csv":
        print(report.show_preparation_as_csv(prepared), end="")
    else:
        print(report.show_preparation_as_text(prepared))
    if prepared.is_written:
        say(f"Extracts: {prepared.folder}")
        say_next(f"storyboard check --extracts {out} --edition {edition}")
    if not prepared.ok:
        raise typer.Exit(1)


def _suggest(source: Path, into: Path, extract: str | None, encoding: str, as_json: bool) -> None:
    from pipelines.intake.suggestion import suggest

    draft = suggest(source, into, extract=extract, encoding=encoding)
    if as_json:
        print_json(draft.as_json())
        return
    print(f"Draft of a mapping for {draft.extract}: {draft.path}")
    print(f"{draft.fields} fields found, {draft.to_fill_in} places to fill in")
    say("Only you may read it: it holds values of the export. Fill in what is marked, then:")
    say_next(f"storyboard prepare {source} --from {draft.path} --edition EDITION --out FOLDER")
