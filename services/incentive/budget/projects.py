"""What is put forward to a pool: projects by name and code, and blocks of provinces.

A project is put forward once, corrected and withdrawn until it has a line; a code stands for one
project in a pool. What moves here takes back what was proposed, which rested on it.
"""

from services.incentive.budget.state import (
    Opened,
    must_be_put_forward,
    must_have_no_line,
    must_not_precede,
)
from services.kernel.errors import Rejected
from services.kernel.project_code import is_project_code
from services.kernel.reasons import Why
from zoneledger.incentive.v1.budget_commands_pb2 import (
    CorrectProject,
    PutForwardProject,
    WithdrawProject,
)
from zoneledger.incentive.v1.budget_events_pb2 import (
    PoolAccount,
    Project,
    ProjectCorrected,
    ProjectKind,
    ProjectPutForward,
    ProjectWithdrawn,
)

_MOST_PROJECTS = 2_000  # A decision is one row of the log, and one answer of whoever reads it.


def put_forward(command: PutForwardProject, state: Opened) -> list[ProjectPutForward]:
    project = command.project
    known = state.projects.get(project.project_id)
    event = ProjectPutForward(
        budget_year=command.budget_year,
        line_id=command.line_id,
        project=project,
        put_forward_on=command.put_forward_on,
        document=command.document,
    )
    if known == event:
        return []
    if known is not None:
        why = Why.PROJECT_ALREADY_PUT_FORWARD(
            project=project.project_id, pool=state.name, document=known.document
        )
        raise Rejected(why, field="project.project_id")
    must_not_precede("put_forward_on", command.put_forward_on, state.opened.opened_on)
    if len(state.projects) >= _MOST_PROJECTS:
        raise Rejected(Why.POOL_FULL(pool=state.name, limit=_MOST_PROJECTS), field="project")
    _check(project, state)
    return [event]


def correct(command: CorrectProject, state: Opened) -> list[ProjectCorrected]:
    project = command.project
    known = state.projects.get(project.project_id)
    if isinstance(known, ProjectCorrected) and _says_same(command, known):
        return []
    former = must_be_put_forward(state, project.project_id, project.unit_id, "project.project_id")
    must_have_no_line(state, project.project_id, "project.project_id")
    if project == former.project:
        return []
    must_not_precede("corrected_on", command.corrected_on, _day(former))
    _check(project, state)
    return [
        ProjectCorrected(
            budget_year=command.budget_year,
            line_id=command.line_id,
            project=project,
            former=former.project,
            corrected_on=command.corrected_on,
            document=command.document,
            reason=command.reason,
        )
    ]


def withdraw(command: WithdrawProject, state: Opened) -> list[ProjectWithdrawn]:
    event = ProjectWithdrawn(
        budget_year=command.budget_year,
        line_id=command.line_id,
        project_id=command.project_id,
        unit_id=command.unit_id,
        withdrawn_on=command.withdrawn_on,
        document=command.document,
        reason=command.reason,
    )
    if state.projects.get(command.project_id) == event:
        return []
    last = must_be_put_forward(state, command.project_id, command.unit_id, "project_id")
    must_have_no_line(state, command.project_id, "project_id")
    must_not_precede("withdrawn_on", command.withdrawn_on, _day(last))
    return [event]


def _says_same(command: CorrectProject, known: ProjectCorrected) -> bool:
    said = (known.project, known.corrected_on, known.document, known.reason)
    return (command.project, command.corrected_on, command.document, command.reason) == said


def _day(last: ProjectPutForward | ProjectCorrected) -> str:
    return last.corrected_on if isinstance(last, ProjectCorrected) else last.put_forward_on


def _check(project: Project, state: Opened) -> None:
    """What the parts of a project say of each other, and of the pool."""
    is_block = project.kind == ProjectKind.PROJECT_KIND_BLOCK
    if is_block and project.project_code:
        raise Rejected(
            Why.BLOCK_HAS_NO_CODE(project=project.project_id), field="project.project_code"
        )
    if not is_block and not is_project_code(project.project_code):
        why = Why.NOT_A_PROJECT_CODE(value=project.project_code[:40])
        raise Rejected(why, field="project.project_code")
    holder = state.codes.get(project.project_code, project.project_id)
    if holder != project.project_id:
        why = Why.PROJECT_CODE_TAKEN(code=project.project_code, project=holder, pool=state.name)
        raise Rejected(why, field="project.project_code")
    _check_investment(project, state, is_block=is_block)


def _check_investment(project: Project, state: Opened, *, is_block: bool) -> None:
    """Money is asked for a part of an investment; of a block that may not be known yet."""
    total = project.total_investment_fen
    is_known = total or not is_block
    is_money = state.opened.account == PoolAccount.POOL_ACCOUNT_FEN
    if is_money and is_known and project.requested > total:
        why = Why.REQUEST_ABOVE_INVESTMENT(requested=project.requested, total=total)
        raise Rejected(why, field="project.requested")
