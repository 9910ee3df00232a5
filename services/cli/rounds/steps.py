"""The steps that a round takes as a whole, from its opening to its close."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.refusing import refusing
from services.cli.rounds.options import Document, On, Year
from services.cli.session import AsJson
from services.kernel.chinese import Sentence

# Who may read the rule set before the results are out.
_READERS = ("public", "subject", "internal")


def attach(group: typer.Typer) -> None:
    """Add these commands to the group."""
    group.command("open")(open_)
    for command in (freeze, close_collection, review, assess, calculate, propose, notice, sign):
        group.command()(command)
    group.command()(publish)
    group.command()(close)


def open_(year: Year, document: Document, on: On = "", as_json: AsJson = False) -> None:
    """Open the round of a performance year."""
    from services.cli.rounds.sending import by_option, call, day, report
    from services.cli.session import connected
    from zoneledger.evaluation.v1.round_commands_pb2 import OpenRound

    command = OpenRound(round=year, opened_on=day(on), document=document)
    with connected() as clients:
        found = by_option(lambda: call(clients, "OpenRound", "opening", command))
        report(found, Sentence(f"{year}年度评估启动", f"round {year} is open"), as_json=as_json)


def freeze(
    year: Year,
    file: Annotated[Path, typer.Argument(help="The rule set, a YAML file.", metavar="FILE")],
    visibility: Annotated[
        str, typer.Option(help=f"Who may read it: one of {', '.join(_READERS)}.")
    ] = "subject",
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Freeze the rules of the round, before any data come in."""
    from services.cli.rounds.sending import day, step
    from services.kernel.words import number
    from zoneledger.evaluation.v1.round_commands_pb2 import FreezeRuleSet
    from zoneledger.ledger.v1.visibility_pb2 import Visibility

    if visibility not in _READERS:
        raise typer.BadParameter(f"use one of {', '.join(_READERS)}", param_hint="--visibility")
    with refusing():
        command = FreezeRuleSet(
            round=year,
            frozen_on=day(on),
            text=file.read_text("utf-8"),
            visibility=number(Visibility, visibility),  # type: ignore[arg-type]  # any int
        )
    done = Sentence(f"{year}年度评估规则已冻结", f"the rules of round {year} are frozen")
    step("FreezeRuleSet", "freeze", command, done, as_json=as_json)


def close_collection(year: Year, on: On = "", as_json: AsJson = False) -> None:
    """End the collection: what is reported later is kept and does not count."""
    from services.cli.rounds.sending import day, step
    from zoneledger.evaluation.v1.round_commands_pb2 import CloseCollection

    done = Sentence(f"{year}年度数据采集结束", f"the collection of round {year} is closed")
    command = CloseCollection(round=year, closed_on=day(on))
    step("CloseCollection", "closing", command, done, as_json=as_json)


def review(  # noqa: PLR0917  # All but the first two are named options.
    year: Year,
    province: Annotated[str, typer.Argument(help="As the register writes it.", metavar="PROVINCE")],
    document: Document,
    accept: Annotated[bool, typer.Option("--accept/--return", help="Or its units report again.")],
    note: Annotated[str, typer.Option(help="What is to be mended.")] = "",
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Record the review of a province (省级审查): accepted, or returned to its units."""
    from services.cli.rounds.sending import day, step
    from zoneledger.evaluation.v1.round_commands_pb2 import ReviewProvince
    from zoneledger.evaluation.v1.round_events_pb2 import ReviewOutcome

    accepted, returned = (
        ReviewOutcome.REVIEW_OUTCOME_ACCEPTED,
        ReviewOutcome.REVIEW_OUTCOME_RETURNED,
    )
    command = ReviewProvince(
        round=year,
        province=province,
        outcome=accepted if accept else returned,
        reviewed_on=day(on),
        document=document,
        note=note,
    )
    done = Sentence(
        f"{province}审查{'通过' if accept else '退回'}",
        f"{province} is {'accepted' if accept else 'returned'}",
    )
    step("ReviewProvince", "review", command, done, as_json=as_json)


def assess(year: Year, on: On = "", as_json: AsJson = False) -> None:
    """Say what all opened sheets say together, with how far the experts agree."""
    from services.cli.rounds.sending import day, step
    from zoneledger.evaluation.v1.round_commands_pb2 import AssessExperts

    done = Sentence(f"{year}年度专家评分已汇总", f"the sheets of round {year} are put together")
    command = AssessExperts(round=year, assessed_on=day(on))
    step("AssessExperts", "assessment", command, done, as_json=as_json)


def calculate(year: Year, on: On = "", as_json: AsJson = False) -> None:
    """Calculate the score of every unit by what is known now."""
    from services.cli.rounds.sending import by_option, day, report
    from services.cli.rounds.tabled import calculated
    from services.cli.session import asking

    with asking() as clients:
        found = by_option(lambda: calculated(clients, year, day(on)))
        done = Sentence(f"已计算{found.recorded}个得分", f"{found.recorded} scores are calculated")
        report(found, done, as_json=as_json)


def propose(year: Year, on: On = "", as_json: AsJson = False) -> None:
    """Propose the results (拟定): ranks and grades by the frozen rules."""
    from services.cli.rounds.sending import day, step
    from zoneledger.evaluation.v1.round_commands_pb2 import ProposeResults

    done = Sentence(f"{year}年度评估结果已拟定", f"results of round {year} are proposed")
    command = ProposeResults(round=year, proposed_on=day(on))
    step("ProposeResults", "proposal", command, done, as_json=as_json)


def notice(year: Year, document: Document, on: On = "", as_json: AsJson = False) -> None:
    """Show the grades that will be public to the public (公示), for as long as the rules say."""
    from services.cli.rounds.sending import day, step
    from zoneledger.evaluation.v1.round_commands_pb2 import OpenNotice

    done = Sentence(f"{year}年度评估结果开始公示", f"the notice of round {year} is open")
    command = OpenNotice(round=year, opened_on=day(on), document=document)
    step("OpenNotice", "notice", command, done, as_json=as_json)


def sign(  # noqa: PLR0917  # The options are named.
    year: Year,
    issuer: Annotated[str, typer.Argument(help="An issuer by the rules: ndrc.", metavar="ISSUER")],
    results_hash: Annotated[
        str, typer.Option("--hash", help="Of the results that were looked at: round show YEAR.")
    ],
    document: Annotated[str, typer.Option(help="Where it was signed on paper.")] = "",
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Sign the proposed results, by their hash."""
    from services.cli.rounds.sending import day, step
    from zoneledger.evaluation.v1.round_commands_pb2 import SignResults

    command = SignResults(
        round=year,
        issuer=issuer,
        signed_on=day(on),
        results_hash=results_hash,
        document=document,
    )
    done = Sentence(f"{issuer}已签署{year}年度评估结果", f"{issuer} has signed round {year}")
    step("SignResults", "signature", command, done, as_json=as_json)


def publish(
    year: Year,
    document: Document,
    results_hash: Annotated[
        str, typer.Option("--hash", help="Of the results that were looked at: round show YEAR.")
    ],
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Publish the results: they become ratings, and incentives follow from them."""
    from services.cli.rounds.sending import day, step
    from zoneledger.evaluation.v1.round_commands_pb2 import PublishResults

    command = PublishResults(
        round=year, published_on=day(on), document=document, results_hash=results_hash
    )
    done = Sentence(f"{year}年度评估结果已发布", f"the results of round {year} are published")
    step("PublishResults", "publication", command, done, as_json=as_json)


def close(year: Year, on: On = "", as_json: AsJson = False) -> None:
    """Close the round; what is wrong in it is corrected in the open."""
    from services.cli.rounds.sending import day, step
    from zoneledger.evaluation.v1.round_commands_pb2 import CloseRound

    done = Sentence(f"{year}年度评估结束", f"round {year} is closed")
    command = CloseRound(round=year, closed_on=day(on))
    step("CloseRound", "closing", command, done, as_json=as_json)
