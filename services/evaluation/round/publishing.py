"""What is proposed is signed by every issuer of its document, published, and corrected in the open.

It is published when the notice is over and every objection is decided, and only if nobody can tell
a hidden grade by counting. What is published is replaced by a correction only; a closed round can
still be corrected.
"""

from collections.abc import Sequence

from services.evaluation.round.calculating import must_have_their_basis, score_of
from services.evaluation.round.hearing import admitted, must_be_heard
from services.evaluation.round.proposing import hash_of, must_not_disclose, scored, vetoes_on
from services.evaluation.round.resting import correction_until, decided_until
from services.evaluation.round.state import (
    Running,
    entry,
    must_be_known,
    must_be_proposed,
    must_be_unpublished,
    must_not_precede,
)
from services.evaluation.scoring import grades
from services.evaluation.scoring.disclosure import disclosed, told
from services.kernel.errors import Rejected
from services.kernel.reasons import Why
from services.kernel.words import number, word
from zoneledger.evaluation.v1.events_pb2 import Grade
from zoneledger.evaluation.v1.round_commands_pb2 import (
    CorrectResult,
    PublishResults,
    SignResults,
    TakeBackSignature,
)
from zoneledger.evaluation.v1.round_events_pb2 import (
    ResultCorrected,
    ResultPublished,
    ResultsSigned,
    RoundPublished,
    SignatureTakenBack,
)
from zoneledger.evaluation.v1.scoring_pb2 import Placing, Score
from zoneledger.ledger.v1.visibility_pb2 import Visibility


def sign(command: SignResults, state: Running) -> list[ResultsSigned]:
    """An issuer of the document signs what is proposed, by its hash."""
    signed = ResultsSigned(
        round=command.round,
        issuer=command.issuer,
        signed_on=command.signed_on,
        results_hash=command.results_hash,
        document=command.document,
        entered_by=command.entered_by,
    )
    known = state.signatures.get(command.issuer)
    if known is not None and _signs_same(known, signed):
        return []
    must_be_unpublished(state)
    issuers = state.rules.issuers.authorities
    must_be_known("issuer", command.issuer, dict.fromkeys(issuers))
    proposed = must_be_proposed(state, command.results_hash)
    if known is not None:
        why = Why.RESULTS_ALREADY_SIGNED(issuer=command.issuer, signed_on=known.signed_on)
        raise Rejected(why, field="issuer")
    must_not_precede("signed_on", command.signed_on, proposed.proposed_on)
    return [signed]


def take_back_signature(command: TakeBackSignature, state: Running) -> list[SignatureTakenBack]:
    """What was entered as signed is signed no more; who may say so is looked at before."""
    before, known = state.disowned.get(command.issuer), state.signatures.get(command.issuer)
    is_said = before is not None and _disowned(command, before.results_hash) == before
    if is_said and known is None:
        return []
    must_be_unpublished(state)
    if known is None:
        why = Why.NOTHING_SIGNED(issuer=command.issuer, round=state.round)
        raise Rejected(why, field="issuer")
    must_not_precede("taken_back_on", command.taken_back_on, known.signed_on)
    return [_disowned(command, known.results_hash)]


def _disowned(command: TakeBackSignature, results_hash: str) -> SignatureTakenBack:
    return SignatureTakenBack(
        round=command.round,
        issuer=command.issuer,
        reason=command.reason,
        taken_back_on=command.taken_back_on,
        entered_by=command.entered_by,
        results_hash=results_hash,
    )


def publish(command: PublishResults, state: Running) -> list[RoundPublished | ResultPublished]:
    """Every issuer has signed, the notice is over, and every objection is decided.

    The results are told in the order of the ids: any other order would tell the ranks.
    """
    published = RoundPublished(
        round=command.round, published_on=command.published_on, document=command.document
    )
    if state.published == published:
        return []
    must_be_unpublished(state)
    if command.reading >= 2:
        _must_govern(command, state)
    proposed = must_be_proposed(state, command.results_hash)
    must_have_their_basis(command.lost, state)
    if command.reading >= 2:
        found = told(state.rules, proposed.standings, state.noticed)
        must_not_disclose(found, state.round)
    else:
        must_not_disclose(disclosed(state.rules.grades, proposed.standings), state.round)
    missing = [each for each in state.rules.issuers.authorities if each not in state.signatures]
    if missing:
        raise Rejected(
            Why.SIGNATURES_MISSING(round=state.round, missing=", ".join(missing)), field="round"
        )
    signed_on = max(each.signed_on for each in state.signatures.values())
    must_not_precede("published_on", command.published_on, signed_on)
    must_be_heard(command.published_on, state, command.reading)
    if command.reading >= 2:
        must_not_precede("published_on", command.published_on, command.policy_from)
    if command.reading >= 3:
        must_not_precede("published_on", command.published_on, decided_until(state))
    return [
        published,
        *(
            ResultPublished(
                round=command.round,
                standing=standing,
                score=scored(state.units[standing.unit_id]).score,
                published_on=command.published_on,
            )
            for standing in sorted(proposed.standings, key=lambda each: each.unit_id)
        ),
    ]


def correct(command: CorrectResult, state: Running) -> list[ResultCorrected]:
    """As the correcting document says, which every issuer signed like the results themselves.

    The ranks of others, and their grades, stay theirs. Where the document departs from what the
    frozen rules give by the corrected score, the result says so.
    """
    if state.published is None:
        raise Rejected(Why.ROUND_NOT_PUBLISHED(round=state.round), field="round")
    unit, former = entry(state, command.unit_id), state.results[command.unit_id]
    if said_before(command, state):
        return []
    score = score_of(unit, state, admitted(command.admitted, unit))
    since = former.corrected_on if isinstance(former, ResultCorrected) else former.published_on
    if command.reading >= 3:
        since = max(since, correction_until(unit, command.admitted, state))
    must_not_precede("corrected_on", command.corrected_on, since)
    scale = {str(each.grade): each for each in state.rules.grades.scale}
    must_be_known("grade", word(Grade, command.grade), scale)
    corrected = ResultCorrected(
        round=command.round,
        standing=_corrected(former.standing, command, score, state),
        former=former.standing,
        score=score,
        corrected_on=command.corrected_on,
        document=command.document,
        reason=command.reason,
        admitted=_named(command.admitted, command.reading),
    )
    if command.reading >= 2:
        _must_be_signed(command, state)
        _compare(corrected, state)
        corrected.signatories.extend(_named(command.signatories, command.reading))
    return [corrected]


def _named(values: Sequence[str], reading: int) -> Sequence[str]:
    """Each once, however often it is named; by reading 2 as often as it is."""
    return values if reading < 3 else [*dict.fromkeys(values)]


def _corrected(former: Placing, command: CorrectResult, score: Score, state: Running) -> Placing:
    """What stands after a correction: shown as its grade is, at the rank that it was given."""
    rules, vetoes = state.rules, vetoes_on(state.units[command.unit_id])
    grade = word(Grade, command.grade)
    [shows] = [each.shows for each in rules.grades.scale if each.grade == grade]
    standing = Placing(
        unit_id=former.unit_id,
        score_micro=score.score_micro,
        rank=former.rank,
        rank_in_class=former.rank_in_class,
        peer_class_id=former.peer_class_id,
        grade=command.grade,
        grade_by_cut=former.grade_by_cut,
        veto_ids=former.veto_ids if command.reading < 3 else sorted(vetoes),
        is_refill=former.is_refill,
        grade_visibility=number(Visibility, shows.grade),  # type: ignore[arg-type]  # any int
        score_visibility=number(Visibility, shows.score),  # type: ignore[arg-type]  # any int
        rank_visibility=number(Visibility, shows.rank),  # type: ignore[arg-type]  # any int
    )
    if command.reading:
        _keep_hidden(standing, former)
    return standing


def _must_be_signed(command: CorrectResult, state: Running) -> None:
    """A correction replaces what every issuer signed, so every issuer signs it."""
    issuers = state.rules.issuers.authorities
    if missing := [each for each in issuers if each not in command.signatories]:
        why = Why.CORRECTION_NOT_SIGNED(
            unit=command.unit_id, document=command.document, missing=", ".join(missing)
        )
        raise Rejected(why, field="signatories")
    known = dict.fromkeys(map(str, issuers))
    for index, each in enumerate(command.signatories):
        must_be_known(f"signatories[{index}]", each, known)


def _compare(corrected: ResultCorrected, state: Running) -> None:
    """Say what the frozen rules give by the corrected score, and whether this is another grade."""
    standing = corrected.standing
    scores = {name: each.score for name, each in state.results.items()}
    scores[standing.unit_id] = corrected.score
    vetoes = {name: each.standing.veto_ids for name, each in state.results.items()}
    vetoes[standing.unit_id] = standing.veto_ids
    by_rules = grades.stand(state.rules, scores.values(), vetoes)
    [own] = [each for each in by_rules if each.unit_id == standing.unit_id]
    standing.grade_by_cut = own.grade_by_cut
    corrected.grade_by_rules = own.grade
    corrected.departs_from_rules = own.grade != standing.grade
    corrected.results_hash = hash_of([standing])


def _keep_hidden(standing: Placing, former: Placing) -> None:
    """Score and rank stay with those who saw them: to others they would tell the former grade.

    Where places are public the rank alone tells it, and then what is left is the grade of others.
    """
    standing.score_visibility = max(standing.score_visibility, former.score_visibility)
    standing.rank_visibility = max(standing.rank_visibility, former.rank_visibility)


def _signs_same(known: ResultsSigned, signed: ResultsSigned) -> bool:
    """Whoever enters it once more: the signature is the issuer's."""
    again = ResultsSigned()
    again.CopyFrom(signed)
    again.entered_by = known.entered_by
    return known == again


def _must_govern(command: PublishResults, state: Running) -> None:
    """By the document that governs the round, and by no other."""
    governing = state.opened.policy.policy_id
    if command.policy.policy_id != governing:
        why = Why.DOCUMENT_OF_ANOTHER_ROUND(
            document=command.document, round=state.round, governing=governing
        )
        raise Rejected(why, field="document")


def said_before(command: CorrectResult, state: Running) -> ResultCorrected | None:
    """The correction that said the same, also where another followed it; by reading 2 the last."""
    said = state.corrections.get(command.unit_id, ())
    known = said if command.reading >= 3 else said[-1:]
    return next((each for each in reversed(known) if _says_same(each, command)), None)


def _says_same(former: ResultCorrected, command: CorrectResult) -> bool:
    return (
        former.standing.grade == command.grade
        and former.corrected_on == command.corrected_on
        and former.document == command.document
        and former.reason == command.reason
        and _names_same(former.admitted, command.admitted, command.reading)
        and _names_same(former.signatories, command.signatories, command.reading)
    )


def _names_same(former: Sequence[str], values: Sequence[str], reading: int) -> bool:
    """In any order; by reading 2 in the same one."""
    return set(former) == set(values) if reading >= 3 else list(former) == list(values)
