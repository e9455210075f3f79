"""Three places know the steps (format, model, folder); they are held to each other."""

from dataclasses import fields

from incidentlab.catalogue._step_format import StepFormat
from incidentlab.lab.staging import kinds
from incidentlab.model.step import KINDS, name_of


def test_format_model_and_folder_name_the_same_steps() -> None:
    assert set(StepFormat.model_fields) == set(map(name_of, KINDS)) == set(kinds())


def test_each_step_takes_the_options_of_its_kind() -> None:
    for kind in KINDS:
        assert kinds()[name_of(kind)].options is kind


def test_the_format_has_the_options_of_the_model() -> None:
    for kind in KINDS:
        annotation = StepFormat.model_fields[name_of(kind)].annotation
        given = next(part for part in getattr(annotation, "__args__", ()) if part is not type(None))
        assert set(given.model_fields) - {"file"} == {each.name for each in fields(kind)}
