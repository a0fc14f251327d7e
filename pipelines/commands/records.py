"""What an auditor or a records manager asks for: verify, statement, assurance, dispose. The answers are in `editions`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines import paths
from pipelines.commands.speaking import print_json, say
from pipelines.commands.words import AsJson, ForEdition, Output, act_now, choose_edition_folder, complete_edition
from pipelines.faults import DataFault, UsageFault

app = typer.Typer()


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
        folders = [choose_edition_folder(out, str(edition))]
    if not folders:
        raise DataFault(f"There is no edition in {out.folder}. Build one first: storyboard build.")
    said = "whole and unchanged"
    results: list[dict[str, Any]] = []
    for folder in folders:
        if rebuild:
            from pipelines.defs.rebuild import rebuild as make_again

            again = make_again(folder, out, say=say)
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
        print_json(results[0] if edition is not None else results)
    if not all(result["ok"] for result in results):
        raise typer.Exit(1)


@app.command()
def statement(
    edition: Annotated[
        str,
        typer.Argument(
            help="Edition, e.g. 2016 (its latest version) or 2016-v2, or its folder.", autocompletion=complete_edition
        ),
    ],
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

    folder = choose_edition_folder(paths.Output(output), edition)
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
def assurance(
    edition: ForEdition,
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
def dispose(output: Output = paths.DEFAULT_OUTPUT, as_json: AsJson = False) -> None:
    """Destroy the archived extracts whose destroy-by date has passed, and record it; say what is kept until when."""
    from pipelines.editions.archive import Archive
    from pipelines.editions.switch import work_in

    out = paths.Output(output)
    archive = Archive(out.archive)
    act = act_now()
    with work_in(out):
        destroyed = {kept.sha256 for kept in archive.dispose(who=act.who, when=act.when)}
    record = archive.read_record().values()
    if as_json:
        print_json(
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
    say(
        f"{len(destroyed)} files destroyed; {len(waiting)} kept in {archive.folder}"
        + (f", the first of them until {waiting[0].isoformat()}." if waiting else ".")
    )
