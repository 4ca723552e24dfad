"""What a season taught, put into the document that the next plans are drawn with."""

import msgspec

from springtide.contracts.peak.api import InputDocument, InputEdit
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.paths import Calibration
from springtide.contracts.peak.review import Review
from springtide.contracts.peak.source import CALIBRATION_DOCUMENT, decode_calibration


def calibration_with(newest: Calibration | None, review: Review) -> Calibration:
    """Return the newest calibration with the spread of the season that the review found; the rest stays as it is.

    Without one it is the calibration of the plan that was looked back on. Raises InvalidPeakInput for a season that is
    not over, and for one that is in the document already: it would count twice.
    """
    learned = review.calibration
    if learned is None or not review.is_whole:
        message = "the season is not over: what it teaches is known when all of its days are"
        raise InvalidPeakInput.of([Mistake(where=CALIBRATION_DOCUMENT, rule="not_over", message=message)])
    season = f"the season {review.first} to {review.last}"
    if newest is None:
        return learned
    if season in newest.learned_on:
        message = f"it has learned from {season} already"
        raise InvalidPeakInput.of([Mistake(where=CALIBRATION_DOCUMENT, rule="taken_already", message=message)])
    learned_on = f"{newest.learned_on}; {season}"
    return msgspec.structs.replace(newest, common_sd=learned.common_sd, learned_on=learned_on)


def priors_edit(newest: InputDocument | None, review: Review) -> InputEdit:
    """Return the new version of `calibration.json`; InvalidPeakInput as `calibration_with`."""
    before = decode_calibration(newest.text.encode()) if newest else None
    body = msgspec.json.format(msgspec.json.encode(calibration_with(before, review)), indent=1)
    version = newest.info.version if newest else 0
    return InputEdit(name=CALIBRATION_DOCUMENT, text=body.decode() + "\n", expected_version=version)
