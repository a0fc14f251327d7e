"""What people decide about a sealed edition: approve, publish, withdraw. The deciding itself is in `editions`."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines import paths
from pipelines.commands.speaking import print_json, say_next
from pipelines.commands.words import AsJson, ForEdition, Output, act_now

app = typer.Typer()


@app.command()
def approve(
    edition: ForEdition,
    role: Annotated[str, typer.Option("--role", help="The role that approves what the edition says.")],
    output: Output = paths.DEFAULT_OUTPUT,
    as_json: AsJson = False,
) -> None:
    """Record that a role has approved what the edition says, as it is sealed now."""
    from pipelines.editions import publication
    from pipelines.editions.switch import work_in

    out = paths.Output(output)
    with work_in(out):
        state = publication.approve(out, edition, role=role, act=act_now())
    if as_json:
        print_json({"name": state.name, "status": state.status, "approved_by": role})
    else:
        print(f"{state.name}: approved by {role}")
    say_next(f"`storyboard approvals {state.name}` shows who else must, then `storyboard publish {state.name}`.")


@app.command()
def approvals(
    edition: ForEdition,
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
        print_json({**sheet.as_json(), "needed": needed})
    else:
        print(show_sheet(sheet, needed))


@app.command()
def publish(
    edition: ForEdition,
    output: Output = paths.DEFAULT_OUTPUT,
    as_json: AsJson = False,
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
            act_now(),
            index_page,
            needed_roles=settings.needed_roles,
            needed_people=settings.needed_people,
        )
    if as_json:
        print_json({"name": state.name, "status": state.status, "release": str(out.release)})
    else:
        print(f"{state.name}: published")
        print(f"Release: {out.release / 'index.html'}")
    say_next(f"copy {out.release} to the web server.")


@app.command()
def withdraw(
    edition: ForEdition,
    reason: Annotated[str, typer.Option("--reason", help="Why, for everybody to read.")],
    output: Output = paths.DEFAULT_OUTPUT,
    as_json: AsJson = False,
) -> None:
    """Withdraw a published edition: its public files give way to a notice with the reason, in one switch."""
    from pipelines.defs.store import forget_parts
    from pipelines.editions import publication
    from pipelines.editions.switch import work_in
    from pipelines.publishing.index import index_page

    out = paths.Output(output)
    with work_in(out):
        state = publication.withdraw(out, edition, act_now(), index_page, reason=reason)
        forget_parts(out)
    if as_json:
        print_json({"name": state.name, "status": state.status, "release": str(out.release)})
    else:
        print(f"{state.name}: withdrawn")
    say_next(f"copy {out.release} to the web server, so that readers see the notice too.")
