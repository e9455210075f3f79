"""The words of the project as frozen data: scenario, run, evidence, diagnosis, report. No I/O in here."""
