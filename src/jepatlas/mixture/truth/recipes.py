"""The recipes of a method, each a block inside the method's in params.yaml.

`as_published` has the settings, networks and views of the document's public code, to the letter but
for what docs/mixture.md lists; a method that the document does not have is without.
"""

from jepatlas.common.base.parameters import scalar, value

PUBLISHED, DEFAULT = "as_published", "default"


def recipes(name: str) -> list[str]:
    """Those that the method `name` has."""
    block = value(f"mixture.methods.{name}")
    return [recipe for recipe in (PUBLISHED, DEFAULT) if recipe in block]


def mixture_of(name: str, recipe: str = DEFAULT) -> str:
    """The mixture that a method's recipe names, else the track's own."""
    own: str = scalar("mixture.mixture", str)
    return value(f"mixture.methods.{name}.{recipe}").get("mixture") or own
