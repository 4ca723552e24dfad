"""`springtide peak partners`: everybody outside the firm that the peak depends on, and what is weak about it."""

import argparse
from pathlib import Path

import msgspec

from springtide.commands.output import say
from springtide.contexts.peak.domain.partners.register import register_of
from springtide.contexts.peak.domain.partners.review import review_partners
from springtide.contexts.peak.providers.company_files import read_company, read_partner_notes
from springtide.contracts.peak.partners import PartnerReview
from springtide.demo.company import COMPANY_FOLDER
from springtide.settings import Settings


def run(_settings: Settings, options: argparse.Namespace) -> int:
    """Print the register; exit 1 with the mistakes named."""
    folder = Path(options.company) if options.company else COMPANY_FOLDER
    register = register_of(read_company(folder), read_partner_notes(folder), today=options.today)
    review = review_partners(register, today=options.today, peak=options.peak)
    if options.json:
        say(msgspec.json.encode(review).decode())
        return 0
    _tell(review)
    return 0


def _tell(review: PartnerReview) -> None:
    for state in review.partners:
        partner = state.partner
        weak = ", ".join(phrase.key.partition(".")[2].replace("_", " ") for phrase in state.weak)
        notice = "" if partner.notice_days is None else f"{partner.notice_days} days ahead"
        say(f"{partner.kind.value:<12} {partner.name:<36} {notice:<14} {weak or 'nothing weak'}")
    for deadline in review.deadlines[:1]:
        say(f"First deadline: {deadline.name}, {deadline.last_day}")
