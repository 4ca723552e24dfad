"""The support desk: contacts, queues, e-mail, own shifts, and what the call centre takes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.paths.totals import PathTotals, rank_of
from springtide.contexts.peak.domain.queues.required import required_erlang_a, with_shrinkage
from springtide.contexts.peak.domain.queues.simulate import simulate
from springtide.contexts.peak.domain.season import Season
from springtide.contexts.peak.domain.staff.centre import Outsourced, outsource
from springtide.contexts.peak.domain.staff.contacts import Contacts
from springtide.contexts.peak.domain.staff.desk import (
    Need,
    Queue,
    effective_service_s,
    enough,
    need_of,
    profile_of,
)
from springtide.contexts.peak.domain.staff.mail import backlog, hours_in_time
from springtide.contexts.peak.domain.staff.opening import (
    HALF_HOUR_S,
    HALF_HOURS,
    open_days,
    open_half_hours,
    share,
    wait_until_open,
)
from springtide.contexts.peak.domain.staff.schedule import Ask, Schedule, schedule
from springtide.contexts.peak.domain.staff.slots import Slots
from springtide.contexts.peak.domain.staff.team import Team, weekend_share
from springtide.contracts.peak.company import CallCentre, Company
from springtide.contracts.peak.staff import LanguageNeed, QueueCheck
from springtide.contracts.peak.staff_terms import StaffTerms

Floats = NDArray[np.float64]
_RUNS = 20
_T_95 = 2.093
"""Student's t for 20 runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The support desk over the season, on the asked share of the paths. Grids are (days, 48)."""

    phone: Need
    chat: Need
    needed: NDArray[np.int32]
    rostered: NDArray[np.int32]
    own: Schedule
    at_work: NDArray[np.int32]
    outsourced: Outsourced
    mail_hours: Floats
    mail_left: Floats
    checks: tuple[QueueCheck, ...]
    languages: tuple[LanguageNeed, ...]


def desk_of(
    totals: PathTotals, company: Company, terms: StaffTerms, contacts: Contacts, team: Team, *, proven: bool = True
) -> Desk:
    """Return the desk for these contacts; `proven`: with a simulation of its busiest day."""
    season, centre = totals.season, company.call_centre
    rank = terms.desk.path_share.value
    opened = open_half_hours(season, centre.hours, terms.closed)
    slots = Slots(profile=profile_of(opened, terms.contacts.hours))
    arrivals = {
        channel: slots.arrivals(wait_until_open(contacts.people[channel], open_days(opened)))
        for channel in ("phone", "chat")
    }
    phone, chat = (
        need_of(arrivals[queue.id], slots, queue, path_share=rank)
        for queue in (_phone(centre, terms), _chat(centre, terms))
    )
    needed = slots.grid(enough(phone.agents + chat.agents, rank))
    shrinkage = share(centre.shrinkage)
    rostered = with_shrinkage(needed, shrinkage)
    work = contacts.people["email"] * (centre.handling_time_email.value / 3600.0)
    mail = hours_in_time(work, open_days(opened), int(terms.desk.mail_answer.value))
    mail_hours = np.sort(mail, axis=0)[rank_of(rank, mail.shape[0])]
    ask = Ask(
        curve=rostered,
        minutes={"phone": mail_hours * 60},
        at_work=1.0 - shrinkage,
        rest_minutes=round(terms.rules.rest.value * 60),
        weekend_share=weekend_share(terms),
    )
    own = schedule(season, team, ask)
    at_work = np.floor(own.heads * (1.0 - shrinkage) + 1e-9).astype(np.int32)
    spare = np.maximum(own.heads * (1.0 - shrinkage) - needed, 0).sum(axis=1) / 2.0
    return Desk(
        phone=phone,
        chat=chat,
        needed=needed,
        rostered=rostered,
        own=own,
        at_work=at_work,
        outsourced=outsource(season, slots, (phone, chat), own.heads * (1.0 - shrinkage), centre, path_share=rank),
        mail_hours=mail_hours,
        mail_left=np.sort(backlog(work, spare), axis=0)[rank_of(rank, work.shape[0])],
        checks=_checks(season, slots, centre, (phone, chat), arrivals, rank=rank) if proven else (),
        languages=_languages(company, terms, contacts, (phone, chat), team),
    )


def _phone(centre: CallCentre, terms: StaffTerms) -> Queue:
    return Queue(
        id="phone",
        service_s=centre.handling_time_phone.value,
        patience_s=centre.patience.value,
        share=share(centre.target_answered),
        within_s=centre.target_wait.value,
        max_occupancy=terms.desk.max_occupancy.value,
    )


def _chat(centre: CallCentre, terms: StaffTerms) -> Queue:
    factors = tuple(float(factor.value) for factor in terms.desk.concurrency)
    return Queue(
        id="chat",
        service_s=effective_service_s(centre.handling_time_chat.value, int(centre.parallel_chats.value), factors),
        patience_s=terms.desk.chat_patience.value,
        share=share(centre.target_answered),
        within_s=terms.desk.chat_wait.value,
        max_occupancy=terms.desk.max_occupancy.value,
    )


def _languages(
    company: Company, terms: StaffTerms, contacts: Contacts, needs: tuple[Need, ...], team: Team
) -> tuple[LanguageNeed, ...]:
    total = float(contacts.all.sum(axis=1).mean())
    found = []
    for language in terms.languages:
        part = share(language.share)
        busiest = 0
        for need in needs:
            queue = need.queue
            at_rank = np.sort(need.load.max(axis=1))[rank_of(terms.desk.path_share.value, need.load.shape[0])] * part
            busiest += int(
                required_erlang_a(
                    at_rank,
                    service_s=queue.service_s,
                    patience_s=queue.patience_s,
                    share=queue.share,
                    within_s=queue.within_s,
                )
            )
        found.append(
            LanguageNeed(
                language=language.id,
                contacts=total * part,
                busiest=busiest,
                own_speakers=len(team.able(f"lang:{language.id}")),
                centre_speaks=language.id in company.call_centre.languages,
            )
        )
    return tuple(found)


def _checks(
    season: Season,
    slots: Slots,
    centre: CallCentre,
    needs: tuple[Need, Need],
    arrivals: Mapping[str, NDArray[np.float32]],
    *,
    rank: float,
) -> tuple[QueueCheck, ...]:
    phone, chat = needs
    chats, handling_s = int(centre.parallel_chats.value), centre.handling_time_chat.value
    by_phone, by_chat = arrivals["phone"], arrivals["chat"]
    return (
        _check(season, slots, phone, by_phone, rank=rank, at_once=1, handling_s=centre.handling_time_phone.value),
        _check(season, slots, chat, by_chat, rank=rank, at_once=chats, handling_s=handling_s),
    )


def _check(
    season: Season,
    slots: Slots,
    need: Need,
    arrivals: NDArray[np.float32],
    *,
    rank: float,
    at_once: int,
    handling_s: float,
) -> QueueCheck:
    """Simulate the day that needs most, at the rates of the asked share of the paths.

    An agent who holds several chats is as many places to chat at, each slower: handling x chats / factor.
    """
    day = int(need.suffices.sum(axis=1).argmax())
    here = slots.of_day(day)
    rates = np.zeros(HALF_HOURS)
    rates[slots.places[here] % HALF_HOURS] = np.sort(arrivals[:, here], axis=0)[rank_of(rank, arrivals.shape[0])]
    factor = handling_s / need.queue.service_s
    levels = [
        simulate(
            rates,
            need.suffices[day] * at_once,
            interval_s=HALF_HOUR_S,
            service_s=handling_s * at_once / factor,
            patience_s=need.queue.patience_s,
            random=np.random.Generator(np.random.Philox([20, day, run])),
        ).answered_within(need.queue.within_s)
        for run in range(_RUNS)
    ]
    return QueueCheck(
        channel=need.queue.id,
        day=season.dates[day],
        target=need.queue.share,
        simulated=float(np.mean(levels)),
        half_width=float(_T_95 * np.std(levels, ddof=1) / np.sqrt(_RUNS)),
        runs=_RUNS,
    )
