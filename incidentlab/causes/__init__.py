"""Each module in a family here is one root cause: its page, and a pure rule from evidence to a finding."""

from incidentlab.causes._families import Family, families
from incidentlab.causes._judge import catalogue, diagnose, get, literals, names

__all__ = ["Family", "catalogue", "diagnose", "families", "get", "literals", "names"]
