"""Steps in processes of their own: how they end, and what the parent hears."""

import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from rfm_service.errors import BadAnswer, WorkerEnded
from rfm_service.receipts import CheckReceipt, SpoolReceipt
from rfm_service.workers import Limits, Outcome, Step, pause, run, work
from tests.conftest import PROJECT

from . import steps

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals")


@pytest.fixture
def job(tmp_path: Path) -> steps.Job:
    return steps.Job("2026-11-20T02:00:00Z", tmp_path)


def outcome_of(step: Step, job: steps.Job, minutes: float = 1) -> Outcome:
    """How one step ends."""
    (outcome,) = run([step], job, Limits(minutes), lambda *_: None)
    return outcome


def told(step: Step, job: steps.Job, minutes: float = 1) -> str:
    """The sentence of a worker that ended badly."""
    outcome = outcome_of(step, job, minutes)
    assert outcome.receipt is None
    assert type(outcome.error) is WorkerEnded
    return str(outcome.error)


def test_a_receipt_comes_back(job: steps.Job) -> None:
    outcome = outcome_of(steps.count, job)
    assert (outcome.step, outcome.receipt, outcome.error) == ("count", CheckReceipt(compared=7), None)
    assert 0 < outcome.seconds < 30
    assert 0 < outcome.peak_mib < 1_000


def test_a_step_runs_in_a_process_of_its_own(job: steps.Job) -> None:
    receipt = outcome_of(steps.name_the_process, job).receipt
    assert isinstance(receipt, SpoolReceipt)
    assert receipt.files[0] != str(os.getpid())
    assert receipt.files[1] == "MainThread"


def test_no_steps_no_outcomes(job: steps.Job) -> None:
    assert run([], job, Limits(1), lambda *_: None) == []


def test_an_error_of_ours_survives_with_its_sentence(job: steps.Job) -> None:
    outcome = outcome_of(steps.doubt, job)
    assert type(outcome.error) is BadAnswer
    assert outcome.error.args == ("The ERP answered {0} for {1}.", "{nothing}", "Ёлки")
    assert str(outcome.error) == "The ERP answered {nothing} for Ёлки."


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (steps.crash, "The step crash crashed (ValueError, steps.py:LINE); the log has the details."),
        (
            steps.run_out_of_memory,
            "The step run_out_of_memory crashed (MemoryError, steps.py:LINE); the log has the details.",
        ),
        (steps.give_up, "The step give_up ended by itself with code 3; the log has more."),
        (steps.leave, "The step leave ended by itself with code 4; the log has more."),
        pytest.param(steps.be_killed, "The step be_killed was killed by SIGKILL (out of memory?).", marks=posix),
        pytest.param(steps.abort, "The step abort was killed by SIGABRT.", marks=posix),
        (
            steps.fail_to_pickle_an_error,
            "The step fail_to_pickle_an_error ended by itself with code 1; the log has more.",
        ),
        (steps.hang, "The step hang was stopped after 1 seconds."),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_ways_to_end_badly(step: Step, sentence: str, job: steps.Job) -> None:
    minutes = 0.02 if step is steps.hang else 1
    assert re.sub(r":\d+\)", ":LINE)", told(step, job, minutes)) == sentence


def test_a_receipt_that_cannot_travel(job: steps.Job) -> None:
    assert told(steps.fail_to_pickle, job).startswith("The step fail_to_pickle crashed (")


def test_what_a_crash_says_stays_in_the_log(job: steps.Job, caplog: pytest.LogCaptureFixture) -> None:
    """It may quote a secret or a customer."""
    assert "no such column" not in told(steps.crash, job)
    assert "no such column" in caplog.text


@posix
def test_a_step_that_will_not_go_is_killed(job: steps.Job) -> None:
    started = time.monotonic()
    assert told(steps.hang_on, job, minutes=0.02) == "The step hang_on was stopped after 1 seconds."
    assert time.monotonic() - started < 15


@pytest.mark.timeout(8)
def test_a_step_that_never_stops_talking_is_stopped(job: steps.Job) -> None:
    started = time.monotonic()
    assert told(steps.chatter, job, minutes=0.02) == "The step chatter was stopped after 1 seconds."
    assert time.monotonic() - started < 2


@pytest.mark.timeout(30)
def test_a_step_that_never_stops_talking_holds_up_nobody(job: steps.Job) -> None:
    def write_down(*_: object) -> None:
        time.sleep(0.001)  # slower than it talks

    with closing(work([steps.chatter], job, Limits(minutes=5), write_down)) as talking:
        for _turn in range(5):
            pause(next(talking))


def test_progress_of_a_step_that_fails_does_not_end(job: steps.Job) -> None:
    heard: list[tuple[str, int, int]] = []
    run([steps.crash], job, Limits(1), lambda *said: heard.append(said))
    assert heard == [("crash", 0, 1)]


def test_a_death_is_noticed_at_once(job: steps.Job) -> None:
    outcome = outcome_of(steps.give_up, job)
    assert outcome.seconds < 5


def test_progress_is_heard(job: steps.Job) -> None:
    heard: list[tuple[str, int, int]] = []
    run([steps.tell_progress], job, Limits(1), lambda *said: heard.append(said))
    assert heard == [("tell_progress", *said) for said in [(0, 1), (1, 3), (2, 3), (3, 3), (1, 1)]]


def test_the_log_is_heard(job: steps.Job, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    outcome_of(steps.tell_the_log, job)
    heard = [record for record in caplog.records if record.name in {"steps", "other"}]
    assert [(record.name, record.levelname, record.getMessage()) for record in heard] == [
        ("steps", "INFO", "3 days read"),
        ("other", "WARNING", "careful"),
    ]
    assert {(vars(record)["step"], vars(record)["run_id"]) for record in heard} == {
        ("tell_the_log", "2026-11-20T02:00:00Z")
    }


def test_a_crash_leaves_its_traceback_in_the_log(job: steps.Job, caplog: pytest.LogCaptureFixture) -> None:
    outcome_of(steps.crash, job)
    (record,) = caplog.records
    assert record.getMessage() == "The step crash crashed."
    assert "steps.py" in str(record.exc_text)
    assert str(record.exc_text).endswith("ValueError: no such column")


def test_two_steps_side_by_side(job: steps.Job) -> None:
    outcomes = run([steps.meet_first, steps.meet_second], job, Limits(1), lambda *_: None)
    assert [(outcome.step, outcome.receipt) for outcome in outcomes] == [
        ("meet_first", CheckReceipt(compared=1)),
        ("meet_second", CheckReceipt(compared=1)),
    ]


def test_a_step_that_fails_does_not_disturb_its_neighbour(job: steps.Job) -> None:
    outcomes = run([steps.give_up, steps.count, steps.crash], job, Limits(1), lambda *_: None)
    assert [outcome.step for outcome in outcomes] == ["give_up", "count", "crash"]
    assert [outcome.receipt for outcome in outcomes] == [None, CheckReceipt(compared=7), None]


def test_a_huge_receipt_arrives(job: steps.Job) -> None:
    receipt = outcome_of(steps.return_much, job).receipt
    assert isinstance(receipt, SpoolReceipt)
    assert [len(file.encode()) for file in receipt.files] == [20_000_000]


def test_a_listener_that_fails_leaves_no_worker_behind() -> None:
    def fail_halfway(step: str, done: int, total: int) -> None:
        if (done, total) == (1, 2):
            raise RuntimeError("no ears")

    with socket.create_server(("127.0.0.1", 0)) as server:
        with pytest.raises(RuntimeError, match="no ears"):
            run([steps.hold_a_line], server.getsockname()[1], Limits(1), fail_halfway)
        line, _ = server.accept()
        with line:
            line.settimeout(2)
            assert line.recv(5) == b"alive"
            assert line.recv(1) == b""


@posix
def test_a_worker_dies_with_its_parent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        command = [sys.executable, "-m", "tests.workers.orphan_maker", str(server.getsockname()[1])]
        with subprocess.Popen(command, cwd=PROJECT) as parent:
            line, _ = server.accept()
            with line:
                line.settimeout(5)
                assert line.recv(5) == b"alive"
                os.kill(parent.pid, signal.SIGKILL)
                assert line.recv(1) == b""


@posix
def test_the_program_ends_though_a_worker_cannot_be_ended() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        command = [sys.executable, "-m", "tests.workers.unkillable", str(server.getsockname()[1])]
        ended = subprocess.run(command, cwd=PROJECT, timeout=20, capture_output=True, text=True, check=False)
    assert ended.returncode == 3, ended.stderr
    assert "cannot be killed and is left behind" in ended.stderr


def test_a_step_that_takes_too_much_memory_is_stopped(job: steps.Job) -> None:
    (outcome,) = run([steps.leak], job, Limits(1, mib=300), lambda *_: None)
    assert str(outcome.error) == "The step leak was stopped: it took more than 300 MiB of memory (night.step_mib)."
    assert outcome.seconds < 20


@posix
def test_a_step_that_stops_itself_is_ended_at_its_deadline(job: steps.Job) -> None:
    assert told(steps.freeze, job, minutes=0.02) == "The step freeze was stopped after 1 seconds."


def test_a_segmentation_fault(job: steps.Job) -> None:
    assert told(steps.fault, job).startswith("The step fault ")


def test_several_works_in_one_loop(job: steps.Job) -> None:
    """None waits for another, and closing one stops its worker."""
    hanging = work([steps.hang], job, Limits(1), lambda *_: None)
    next(hanging)
    assert run([steps.count], job, Limits(1), lambda *_: None)[0].receipt == CheckReceipt(compared=7)
    begun = time.monotonic()
    hanging.close()
    assert time.monotonic() - begun < 5
