"""``python -m benchmarks.reading FILE``: reads a log as a diagnosis does, in a process of its own, to be measured."""

import sys

from benchmarks.literals import literals
from incidentlab.collectors import logfile

if __name__ == "__main__":
    reading = logfile.read(sys.argv[1], literals=literals())
    print(reading.size, reading.lines, len(reading.events), reading.skipped)
