"""The report's charts as SVG by hand: pure functions from runs to text, without scripts, fonts or colours of their own.

Colours come from the classes which the page's style sheet gives them; alone, everything is drawn in currentColor.
"""

from collections.abc import Callable, Sequence

from incidentlab.model.report import Account
from incidentlab.reports._charts.latency import latency
from incidentlab.reports._charts.timeline import timeline
from incidentlab.reports._charts.traffic import traffic

__all__ = ["Chart", "latency", "timeline", "traffic"]

# runs, width in pixels, a key that makes ids unique → SVG, or an empty text where there is nothing to draw
Chart = Callable[[Sequence[Account], float, str], str]
