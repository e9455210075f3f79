"""An incident without its name: a learner finds the cause, mends a copy of the files, and is judged by state."""
