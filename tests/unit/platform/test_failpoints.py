import signal
import subprocess
import sys
from pathlib import Path

PROGRAM = "from springtide.platform.failpoints import failpoint; failpoint('stock.hold.after'); print('alive')"


def run(folder: Path | None) -> subprocess.CompletedProcess[str]:
    environment = {"SPRINGTIDE_FAILPOINTS": str(folder)} if folder else {}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, timeout=30, check=False
    )


def test_armed_point_kills_one_process_once(tmp_path: Path) -> None:
    (tmp_path / "stock.hold.after").touch()
    assert run(tmp_path).returncode == -signal.SIGKILL
    assert run(tmp_path).stdout == "alive\n"


def test_point_that_is_not_armed_does_nothing(tmp_path: Path) -> None:
    (tmp_path / "stock.hold.before").touch()
    assert run(tmp_path).stdout == "alive\n"
    assert run(None).stdout == "alive\n"
