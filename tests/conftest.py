"""Settings for all tests: hypothesis draws the same examples on every run, and no test looks at the clock."""

import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.homes import Homes
from tests.opened import Opened, opened
from tests.scenarios_read import read_once
from tests.standing import let_pilots_wait
from tests.style_sheets import parse_once

settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)
# For an hour in which nobody waits: `pytest --hypothesis-profile thorough` draws many others on every run.
settings.register_profile("thorough", settings.get_profile("repeatable"), derandomize=False, max_examples=500)
settings.load_profile("repeatable")

# Programs that tests start would inherit what the shell of a background, or nohup, has let be ignored.
for _number, _handler in (
    (signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL), (signal.SIGQUIT, signal.SIG_DFL)
):  # fmt: skip
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _handler)

collect_ignore_glob = ["data/make_*"]  # they need PyTorch, which the tests do without


@pytest.fixture(scope="session")
def scenario(request: pytest.FixtureRequest) -> Opened:
    """The bundled scenario of this name, for tests marked with `EVERY`; kept until the tests of the next one begin."""
    return opened(request.param)


@pytest.fixture(autouse=True)
def _own_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines are as long as they are where nobody says how long: the workers of xdist say 80 cells."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Homes:
    """Where each next test is at home."""
    return Homes(tmp_path_factory.mktemp("homes"))


@pytest.fixture(autouse=True)
def _own_home(_homes: Homes, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes what the person at this machine has in their folders; the first start is over."""
    home = _homes.untouched()
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))


@pytest.fixture(scope="session", autouse=True)
def _patched() -> Iterator[None]:
    """Pilots wait for the program; style sheets and bundled scenarios are parsed once."""
    with pytest.MonkeyPatch.context() as patch:
        let_pilots_wait(patch)
        parse_once(patch)
        read_once(patch)
        yield
