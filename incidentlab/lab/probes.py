"""Requests to the app under test, each remembered as a sample."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING

from incidentlab.lab.recorder import Recorder
from incidentlab.model.events import now
from incidentlab.model.run import Sample
from incidentlab.model.step import JsonValue

if TYPE_CHECKING:
    import requests

HEALTH_PATH = "/health"
_FAILED_FROM = 500  # a status
_MOST_BODY = 64 * 1024  # characters of an answer that are kept


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; ``status`` is ``None`` where nothing answered, and ``error`` says why."""

    status: int | None
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)  # in any case: servers differ in how they write them
    error: str = ""


def failed(answer: Answer) -> bool:
    """Say whether a request has failed: no answer, or the server's own failure; less is its word on the request."""
    return answer.status is None or answer.status >= _FAILED_FROM


class Prober:
    """Asks one app over HTTP and keeps count.

    Proxies of the environment are not used: the app listens on 127.0.0.1.
    """

    def __init__(self, base_url: str, recorder: Recorder) -> None:
        self.base_url = base_url
        self._recorder = recorder
        self._session: requests.Session | None = None
        self.answered = 0
        self.failed = 0
        self.last: Answer | None = None

    def warm_up(self) -> None:
        """Import the HTTP library; worth doing while the database starts."""
        self._session_now()

    def ask(self, method: str, path: str, json: JsonValue = None, *, timeout: float = 5.0) -> Answer:
        """Send one request and remember how it was answered; never raises for what the app does.

        Args:
            method: HTTP method.
            path: absolute path, or a full URL below the app's own address (as ``Location`` may be).
            json: the body, where it is not ``None``.
            timeout: seconds until the app counts as not answering.
        """
        began, clock = now(), perf_counter()
        answer = self._send(method, path.removeprefix(self.base_url), json, timeout)
        seconds = perf_counter() - clock
        offset = self._recorder.offset(began)
        self._recorder.sample(Sample(offset, seconds, method, path, answer.status, answer.error))
        self.answered += answer.status is not None
        self.failed += answer.status is None
        self.last = answer
        return answer

    def close(self) -> None:
        """Give the connections back."""
        if self._session is not None:
            self._session.close()

    def _session_now(self) -> "requests.Session":
        if self._session is None:
            import requests

            self._session = requests.Session()
            self._session.trust_env = False
        return self._session

    def _send(self, method: str, path: str, json: JsonValue, timeout: float) -> Answer:
        import requests

        try:
            response = self._session_now().request(
                method, self.base_url + path, json=json, timeout=timeout, allow_redirects=False
            )
            return Answer(response.status_code, response.text[:_MOST_BODY], _headers(response, self.base_url))
        except requests.Timeout:
            return Answer(None, error=f"no answer within {timeout:g} s")
        except requests.ConnectionError as error:
            return Answer(None, error=_reason(error))
        except requests.RequestException as error:
            return Answer(None, error=type(error).__name__)


def _headers(response: "requests.Response", base_url: str) -> Mapping[str, str]:
    """Return an answer's headers, with ``Location`` as a path where it names our own address."""
    if location := response.headers.get("Location"):
        response.headers["Location"] = location.removeprefix(base_url)
    return response.headers


def _reason(error: Exception) -> str:
    """Say in two words what requests buries in a chain of three exceptions."""
    text = str(error)
    for sign, words in (
        ("refused", "connection refused"),
        ("reset", "connection reset"),
        ("closed", "connection closed"),
    ):
        if sign in text.lower():
            return words
    return "no connection"
