"""Which errors are worth asking again, how often, and after what pause. The only such table.

ErpRefused, BadAnswer   at once to whoever asked: a person must look
AnswerTooHeavy          likewise: the same question would get the same answer
ErpBusy                 after the pause that the ERP names, if it is not too long
ErpClosed               a few times; maintenance that lasts is waited for outside
ErpUnavailable          a few times
"""

import logging

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential, wait_random

from rfm_service.errors import AnswerTooHeavy, ErpUnavailable

LONGEST_PAUSE = 180

log = logging.getLogger(__name__)


class ErpBusy(ErpUnavailable):
    """The ERP says when to come back: `ErpBusy(sentence, …, seconds)`."""

    @property
    def pause(self) -> float:
        """Seconds."""
        return float(self.args[-1])


def retrying(tries: int, pause: float) -> Retrying:
    """So many tries; `pause` seconds before the second, four times longer before each next one, and some chance."""
    growing = wait_exponential(pause, exp_base=4, max=LONGEST_PAUSE) + wait_random(0, pause)

    def wait(state: RetryCallState) -> float:
        error = _error(state)
        return error.pause if isinstance(error, ErpBusy) else growing(state)

    return Retrying(
        retry=retry_if_exception(_passes),
        stop=stop_after_attempt(tries),
        wait=wait,
        before_sleep=_tell,
        reraise=True,
    )


def _passes(error: BaseException) -> bool:
    if isinstance(error, ErpBusy):
        return error.pause <= LONGEST_PAUSE
    return isinstance(error, ErpUnavailable) and not isinstance(error, AnswerTooHeavy)


def _tell(state: RetryCallState) -> None:
    pause = state.next_action.sleep if state.next_action else 0
    log.warning("%s Try %d, waiting %.0f s.", _error(state), state.attempt_number, pause)


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
