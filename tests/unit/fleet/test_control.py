"""Orders over the socket: for its owner only, clear when nobody is there."""

import stat

import pytest

from springtide.platform.embedded.problems import EngineProblem
from springtide.platform.fleet.control import NoFleet, Refused, asked, listening


async def answer(order, tell):
    if order["verb"] == "no":
        msg = "not now"
        raise EngineProblem(msg)
    tell("on it")
    return {"did": order["verb"]}


async def test_an_order_is_answered_with_lines_on_the_way(tmp_path):
    path, heard = tmp_path / "run.sock", []
    async with listening(path, answer):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert await asked(path, {"verb": "yes"}, tell=heard.append) == {"did": "yes"}
        with pytest.raises(Refused, match="not now"):
            await asked(path, {"verb": "no"}, tell=heard.append)
    assert heard == ["on it"]
    assert not path.exists()


async def test_nobody_is_there(tmp_path):
    with pytest.raises(NoFleet, match=r"no fleet runs in .*: start one with `springtide fleet up`"):
        await asked(tmp_path / "run" / "fleet.sock", {"verb": "status"}, tell=print)


async def test_a_socket_left_by_a_killed_run_is_nobody_and_is_replaced(tmp_path):
    path = tmp_path / "run.sock"
    async with listening(path, answer):
        left = path.rename(tmp_path / "kept")
    left.rename(path)
    with pytest.raises(NoFleet):
        await asked(path, {"verb": "status"}, tell=print)
    async with listening(path, answer):
        assert await asked(path, {"verb": "status"}, tell=print) == {"did": "status"}


async def test_a_path_that_is_too_long_is_said(tmp_path):
    with pytest.raises(EngineProblem, match="SPRINGTIDE_DATA_DIR"):
        async with listening(tmp_path / ("x" * 120), answer):
            pass
