"""The catalogue's registry: the ids are those of the files, in an order that does not change."""

from incidentlab import causes
from incidentlab.causes import database, migrations, resources, startup
from incidentlab.registry import module_names


def test_each_family_gives_its_causes_and_nothing_else() -> None:
    files = [name for family in (database, migrations, resources, startup) for name in module_names(family)]
    assert sorted(name.rpartition(".")[2].replace("_", "-") for name in files) == list(causes.names())


def test_the_catalogue_is_in_order_and_cannot_be_changed() -> None:
    catalogue = causes.catalogue()
    assert list(catalogue) == sorted(catalogue)
    assert not hasattr(catalogue, "update")
    assert all(cause.id == name for name, cause in catalogue.items())
