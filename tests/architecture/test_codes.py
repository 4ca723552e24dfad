"""Refusals are told apart by their code, also on the other side of a wire: no two classes share one."""

import importlib
import pkgutil
from collections import defaultdict

import springtide
from springtide.platform.errors import SpringtideError

# Locust replaces parts of the standard library when it is imported.
_RUN_WHEN_IMPORTED = ("migrations", "__main__", "rehearsal.load.master", "rehearsal.load.worker")


def every_class(of: type[SpringtideError]):
    for derived in of.__subclasses__():
        yield derived
        yield from every_class(derived)


def test_no_two_classes_share_a_code() -> None:
    for module in pkgutil.walk_packages(springtide.__path__, "springtide."):
        if not any(part in module.name for part in _RUN_WHEN_IMPORTED):
            importlib.import_module(module.name)
    owners: dict[str, set[str]] = defaultdict(set)
    for found in every_class(SpringtideError):
        if found.__module__.startswith("springtide.") and "code" in vars(found):
            owners[found.code].add(f"{found.__module__}.{found.__qualname__}")
    assert len(owners) > 50
    assert {code: names for code, names in owners.items() if len(names) > 1} == {}
