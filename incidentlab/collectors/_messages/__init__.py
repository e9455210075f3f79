"""PostgreSQL's messages in the languages it has been translated to."""

FILE = "translations.json"
