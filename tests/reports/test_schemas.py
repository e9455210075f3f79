import json

import pytest
from jsonschema import Draft202012Validator, ValidationError

from incidentlab import schemas

NAMES = schemas.names()


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_schema_is_what_the_model_says(name: str) -> None:
    shipped = schemas.path(name).read_text(encoding="utf-8")
    assert shipped == schemas.render(name), "stale: run python -m incidentlab.schemas"


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_one_and_names_its_version(name: str) -> None:
    schema = json.loads(schemas.render(name))
    Draft202012Validator.check_schema(schema)
    assert schema["properties"]["schema"]["const"] == f"incidentlab/{name}/1"


def test_a_document_of_another_version_is_refused() -> None:
    validator = Draft202012Validator(json.loads(schemas.render("diagnosis")))
    document = {"verdict": "healthy", "summary": "", "findings": [], "ruled_out": [], "missing": []}
    validator.validate({**document, "schema": "incidentlab/diagnosis/1", "a key added later": 1})
    with pytest.raises(ValidationError):
        validator.validate({**document, "schema": "incidentlab/diagnosis/2"})
