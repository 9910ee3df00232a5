"""The commands about the course of a round: what its rules leave open, and that it is given up."""

from typing import Annotated

import typer

from services.cli.rounds.options import Document, On, Reason, Year
from services.cli.session import AsJson
from services.kernel.chinese import Sentence

Matter = Annotated[
    str, typer.Argument(help="As the open norm names it: public_notice_days.", metavar="MATTER")
]
Answer = Annotated[
    str, typer.Argument(help="A day, a number of days, or an authority.", metavar="ANSWER")
]


def attach(group: typer.Typer) -> None:
    """Add these commands to the group."""
    for command in (interpret, abandon, take_back_signature):
        group.command(command.__name__.replace("_", "-"))(command)


def interpret(  # noqa: PLR0917  # The options are named.
    year: Year,
    matter: Matter,
    answer: Answer,
    by: Annotated[str, typer.Option(help="The issuer that answers it: ndrc.")],
    document: Document,
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Answer what the rule set leaves open of its procedure, once and for the round."""
    from services.cli.rounds.sending import day, step
    from zoneledger.evaluation.v1.round_commands_pb2 import InterpretMatter

    command = InterpretMatter(
        round=year,
        matter=matter,
        answer=answer,
        decided_by=by,
        interpreted_on=day(on),
        document=document,
    )
    done = Sentence(f"{matter}解释为{answer}", f"{matter} is answered: {answer}")
    step("InterpretMatter", "interpretation", command, done, as_json=as_json)


def abandon(
    year: Year, document: Document, reason: Reason, on: On = "", as_json: AsJson = False
) -> None:
    """Give up a round that cannot come to its results; a notice rates its year."""
    from services.cli.rounds.sending import day, step
    from zoneledger.evaluation.v1.round_commands_pb2 import AbandonRound

    command = AbandonRound(round=year, document=document, reason=reason, abandoned_on=day(on))
    done = Sentence(f"{year}年度评估中止", f"round {year} is given up")
    step("AbandonRound", "abandonment", command, done, as_json=as_json)


def take_back_signature(
    year: Year,
    issuer: Annotated[str, typer.Argument(help="The issuer, which calls.", metavar="ISSUER")],
    reason: Reason,
    on: On = "",
    as_json: AsJson = False,
) -> None:
    """Take back, as its issuer, a signature that was entered in your name."""
    from services.cli.rounds.sending import day, step
    from zoneledger.evaluation.v1.round_commands_pb2 import TakeBackSignature

    command = TakeBackSignature(round=year, issuer=issuer, reason=reason, taken_back_on=day(on))
    done = Sentence(f"{issuer}的会签已撤回", f"the signature of {issuer} is taken back")
    step("TakeBackSignature", "taking_back", command, done, as_json=as_json)
