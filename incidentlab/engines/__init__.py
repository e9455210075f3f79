"""Each module here is one engine: it makes a living stack out of a specification."""
