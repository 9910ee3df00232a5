"""Files of projects and of shares of a block: what their rows become."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from services.cli.budget import amounts, sending
from services.cli.budget.sending import Pool
from services.cli.cells import choice, identifier, text, unit
from services.cli.client import Clients
from services.cli.importing import Kind
from services.cli.intake import Row, read
from services.cli.tables import Column, Presence, Table
from services.kernel.words import number
from zoneledger.incentive.v1 import budget_service_pb2 as messages
from zoneledger.incentive.v1.budget_commands_pb2 import PutForwardProject
from zoneledger.incentive.v1.budget_events_pb2 import BlockShare, Project, ProjectKind

PROJECT_KINDS: Mapping[str, tuple[str, ...]] = {"named": ("项目",), "block": ("切块",)}


def table(pool: Pool) -> Table:
    """The columns of a file of projects."""
    part = amounts.parser(is_money=pool.is_money)
    return Table(
        name="projects",
        columns=(
            Column("project_id", identifier, also=("项目编号",)),
            Column("unit_id", unit, Presence.MAY_BE_EMPTY, also=("单位",)),
            Column("kind", choice("a kind of project", PROJECT_KINDS), also=("类型",)),
            Column("project_code", text, Presence.MAY_BE_EMPTY, also=("项目代码",)),
            Column("title_zh", text, also=("项目名称",)),
            Column("total_investment", amounts.money, Presence.MAY_BE_EMPTY, also=("总投资",)),
            Column("requested", part, also=("申请额",)),
            Column("province_id", identifier, Presence.MAY_BE_ABSENT, also=("省份",)),
            Column("cap", part, Presence.MAY_BE_ABSENT, also=("上限",)),
            Column("source", text, Presence.MAY_BE_ABSENT, also=("来源",)),
        ),
        key=("project_id",),
    )


def projects(pool: Pool, document: str, day: str) -> Kind:
    """A file of projects for the pool; a unit is called as people call it, a province by its id."""

    def column(field: str) -> str:
        return field.removeprefix("project.").removesuffix("_fen")

    def message(row: Row) -> PutForwardProject:
        return PutForwardProject(
            **pool.fields(), project=_project(row), put_forward_on=day, document=document
        )

    return Kind(table(pool), {"unit_id": ""}, message, _send, column=column)


def _project(row: Row) -> Project:
    return Project(
        project_id=row.text("project_id"),
        unit_id=row.text("unit_id") or row.text("province_id"),
        kind=number(ProjectKind, row.text("kind")),  # type: ignore[arg-type]  # any int
        project_code=row.text("project_code"),
        title_zh=row.text("title_zh"),
        total_investment_fen=int(row.text("total_investment") or 0),
        requested=int(row.text("requested") or 0),
        cap=int(row.text("cap") or 0),
        source=row.text("source"),
    )


def _send(clients: Clients, asked: Sequence[PutForwardProject], validate_only: bool) -> Any:
    request = messages.PutForwardProjectsRequest(projects=asked, validate_only=validate_only)
    return clients.budget.PutForwardProjects(request)


def shares(file: Path, pool: Pool) -> list[BlockShare]:
    """The shares of a block in a file; `IntakeProblems` with all that is wrong with it."""
    columns = (
        Column("project_code", text, also=("项目代码",)),
        Column("title_zh", text, also=("项目名称",)),
        Column("amount", amounts.parser(is_money=pool.is_money), also=("金额",)),
    )
    return [
        BlockShare(
            project_code=row.text("project_code"),
            title_zh=row.text("title_zh"),
            amount=int(row.text("amount")),
        )
        for row in read(file, Table("shares", columns, key=("project_code",))).rows
    ]


def standing(clients: Clients, pool: Pool, unit_id: str, project: str) -> messages.ProjectStanding:
    """The project as it stands, with its etag."""
    name = f"units/{unit_id}/projects/{pool.year}.{pool.line}.{project}"
    with sending.raising():
        found: messages.ProjectStanding = clients.budget.GetProject(
            messages.GetProjectRequest(name=name)
        ).project
        return found
