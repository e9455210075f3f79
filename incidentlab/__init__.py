"""incidentlab: reproduce a broken deployment, say why it broke, prove the fix, write it down."""

__version__ = "0.1.0"
