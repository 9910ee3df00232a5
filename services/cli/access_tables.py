"""Access tables: the one in force shown grant by grant, a file read, a new one adopted."""

from collections.abc import Iterator
from pathlib import Path

from services.cli import output
from services.cli.client import Clients
from services.cli.records import Record
from services.cli.shipped import access_table, text_of
from services.cli.walking import every
from services.kernel.access import AccessTable, Agency, Grant, locked_out, unknown_names
from services.kernel.access_text import parse
from services.kernel.policy_problems import PolicyProblems
from services.runtime import clock, contract
from zoneledger.evaluation.v1.service_pb2 import AdoptAccessTableRequest, ListAccessTablesRequest
from zoneledger.ledger.v1.access_pb2 import AccessTableStanding, AdoptAccessTable

_HEADINGS = (
    "agency 机构",
    "name 名称",
    "methods 方法",
    "units 单位",
    "sees 可见",
    "from 起",
    "until 止",
)


def show(table: AccessTable, *, as_json: bool) -> None:
    """Print what each agency is granted, one grant a row."""
    if as_json:
        output.print_json(_record(table))
        return
    output.console().print(output.table("Access 访问权限", _HEADINGS, _rows(table)))


def in_force(clients: Clients) -> AccessTable:
    """The table that decides now, as the log has it."""
    newest = _newest(clients)
    return parse(newest.table.text, newest.name) if newest else AccessTable.none()


def shipped() -> AccessTable:
    """The table that a log without one would adopt."""
    path = access_table()
    return parse(text_of(path), str(path)) if path else AccessTable.none()


def checked(file: Path) -> AccessTable:
    """The table in a file; `Malformed` names file, line and rule of every fault.

    What it names must be in the contract, and somebody must be able to replace it today.
    """
    table = parse(text_of(file), str(file))
    unknown = unknown_names(table, contract.methods(), contract.fields(), str(file))
    if problems := [*unknown, *locked_out(table, clock.today(), str(file))]:
        raise PolicyProblems(problems)
    return table


def adopt(clients: Clients, table: AccessTable) -> bool:
    """Let the table decide; whether it is another one than before.

    Refused where somebody else adopted one in the meantime.
    """
    newest = _newest(clients)
    request = AdoptAccessTableRequest(
        table=AdoptAccessTable(text=table.text), etag=newest.etag if newest else ""
    )
    return bool(clients.evaluation.AdoptAccessTable(request).outcome.recorded)


def _newest(clients: Clients) -> AccessTableStanding | None:
    tables = every(clients.evaluation.ListAccessTables, ListAccessTablesRequest(), "access_tables")
    return tables[-1] if tables else None


def _rows(table: AccessTable) -> Iterator[tuple[str, ...]]:
    for agency in table.agencies:
        for index, grant in enumerate(agency.grants):
            yield (
                "" if index else agency.agency_id,
                "" if index else agency.name_zh,
                ", ".join(map(_short, grant.methods)),
                _units(grant),
                _seen(grant),
                max(agency.since, grant.since),
                min(filter(None, (agency.until, grant.until)), default=""),
            )


def _short(name: str) -> str:
    """A method without its package, which the name of its service tells."""
    return name.rpartition(".")[2]


def _units(grant: Grant) -> str:
    return "all 全部" if grant.units is None else ", ".join(grant.units)


def _seen(grant: Grant) -> str:
    own = f"; subject of {', '.join(grant.own)}" if grant.own else ""
    hidden = f"; not {', '.join(map(_field, grant.hides))}" if grant.hides else ""
    return f"{grant.sees}{own}{hidden}"


def _field(name: str) -> str:
    return ".".join(name.split(".")[-2:])


def _record(table: AccessTable) -> Record:
    return {
        "content_hash": table.content_hash,
        "groups": {group.group_id: list(group.methods) for group in table.groups},
        "agencies": [_agency(agency) for agency in table.agencies],
    }


def _agency(agency: Agency) -> Record:
    return {
        "agency_id": agency.agency_id,
        "name_zh": agency.name_zh,
        "name_en": agency.name_en,
        "names": list(agency.names),
        **_basis(agency),
        "grants": [
            {
                "methods": list(grant.methods),
                "units": "all" if grant.units is None else list(grant.units),
                "sees": str(grant.sees),
                "own": list(grant.own),
                "hides": list(grant.hides),
                **_basis(grant),
            }
            for grant in agency.grants
        ],
    }


def _basis(record: Agency | Grant) -> Record:
    return {
        "from": record.since,
        "until": record.until or None,
        "source": record.source or None,
        "assumption": record.assumption or None,
    }
