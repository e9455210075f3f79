"""Several sources asked at once, in threads that nothing has to wait for when a person loses patience."""

from collections.abc import Sequence
from queue import Empty, SimpleQueue
from threading import Event, Thread

from incidentlab.lab._inquiry.answer import Failure, Outcome, Tell
from incidentlab.lab._inquiry.ask import Question

_MOST_AT_ONCE = 8
_GLANCE = 0.2  # seconds between two looks at whether a thread has ended; Ctrl-C gets through in between


class Inquiry:
    """Questions that are being asked; their answers come in the order of the questions, whichever is quicker."""

    def __init__(self, questions: Sequence[Question]) -> None:
        self._questions = questions
        self._waiting: SimpleQueue[int] = SimpleQueue()
        self._outcomes: dict[int, Outcome] = {}
        for number in range(len(questions)):
            self._waiting.put(number)
        self._news = Event()
        for number in range(min(_MOST_AT_ONCE, len(questions))):
            # Daemons: a database that stalls keeps neither Ctrl-C nor the end of the program waiting.
            Thread(target=self._work, name=f"source {number}", daemon=True).start()

    @property
    def done(self) -> bool:
        """Whether every question has its answer."""
        return len(self._outcomes) == len(self._questions)

    def outcomes(self) -> list[Outcome]:
        """Return what is there by now, in the order of the questions."""
        return [self._outcomes[number] for number in sorted(self._outcomes)]

    def wait(self, tell: Tell) -> list[Outcome]:
        """Return the outcomes when all are there."""
        while not self.done:
            waiting = [each.shown for number, each in enumerate(self._questions) if number not in self._outcomes]
            tell(f"Reading {', '.join(waiting[:3])}{' and others' if len(waiting) > 3 else ''}")
            self._news.wait(_GLANCE)
            self._news.clear()
        return self.outcomes()

    def _work(self) -> None:
        while True:
            try:
                number = self._waiting.get_nowait()
            except Empty:
                return
            question = self._questions[number]
            try:
                self._outcomes[number] = question.ask()
            except Exception as error:
                self._outcomes[number] = Failure(question.kind, question.name, error)
            self._news.set()
