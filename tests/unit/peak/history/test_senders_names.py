"""A file that is refused is called what its sender called it, not by the hash it is kept under."""

from springtide.contexts.peak.providers.plan_messages import Failed
from springtide.contexts.peak.service.answer import by_the_senders_names
from springtide.contracts.peak.errors import Mistake
from springtide.contracts.peak.source import HistoryFile

SHA = "82ff" * 16


def test_a_kept_file_gets_its_senders_name_and_other_places_stay() -> None:
    mistakes = (
        Mistake(where=f"{SHA}.csv", rule="quantity", message="a quantity is a number", row=17),
        Mistake(where="history.toml", rule="unknown_file", message="no file"),
    )
    files = {"file": HistoryFile(sha256=SHA, name="orders.csv")}
    named = by_the_senders_names(Failed(mistakes), files)
    assert isinstance(named, Failed)
    assert [(one.where, one.row) for one in named.mistakes] == [("orders.csv", 17), ("history.toml", 0)]
