"""Parameters: read from params.yaml and validated before any work."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from jepatlas.common.base.yaml_file import PARAMS as PARAMS
from jepatlas.common.base.yaml_file import InputError as InputError
from jepatlas.common.base.yaml_file import read as read
from jepatlas.common.base.yaml_file import shown

Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, lt=1)]
Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Device = Literal["auto", "cpu", "cuda"]
Arithmetic = Literal["fast", "portable"]
Note = Annotated[str, Field(min_length=1, max_length=200)] | None  # at the top of the page
LARGEST = 2**53  # of whole numbers: beyond, a float skips some
Snapshots = Annotated[int, Field(ge=2)]  # states of the networks kept from training


class Section(BaseModel):
    """One block of params.yaml: no unknown keys, no booleans where numbers are meant, no NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _numbers_are_numbers(cls, value: Any) -> Any:
        for item in _items(value):
            # Pydantic reads `true` as 1. No parameter here is a yes-or-no question.
            if isinstance(item, bool):
                raise ValueError("should be a number or a name, not true or false")
            if isinstance(item, int) and abs(item) > LARGEST:
                raise ValueError(f"should be at most {LARGEST} in size")
        return value


def _items(value: Any) -> Iterator[Any]:
    """A value, or what a list of lists holds."""
    if isinstance(value, list):
        for item in value:
            yield from _items(item)
    else:
        yield value


SectionType = TypeVar("SectionType", bound=BaseModel)


def value(key: str) -> Any:
    """The raw value at a dotted key such as `mixture.members`."""
    found: Any = read()
    for part in key.split("."):
        if not isinstance(found, dict) or part not in found:
            raise InputError(f"{PARAMS}: {key} is missing")
        found = found[part]
    return found


def validate(content: Any, model: type[SectionType], key: str) -> SectionType:
    """`content` as a `model`; the first thing that is wrong with it raises `InputError`."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise InputError(f"{PARAMS}: {_first_problem(error, model, key)}") from None


def section(key: str, model: type[SectionType]) -> SectionType:
    """The block at a dotted key, validated."""
    return validate(value(key), model, key)


def scalar(key: str, kind: Any) -> Any:
    """The single value at a dotted key, validated as `kind` (an annotated type from above)."""
    holder: type[Any] = type("Holder", (Section,), {"__annotations__": {"value": kind}})
    raw = value(key)
    try:
        return holder.model_validate({"value": raw}).value
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        raise InputError(f"{PARAMS}: {key}: {_reason(problem)}, is {shown(raw)}") from None


def _first_problem(error: ValidationError, model: type[BaseModel], key: str) -> str:
    problem = error.errors(include_url=False)[0]
    *parents, last = [*([key] if key else []), *map(str, problem["loc"])] or [key]
    parent = ".".join(parents)
    where = f"{parent}.{last}" if parents else last
    if problem["type"] == "extra_forbidden":
        owner = _model_at(model, problem["loc"][:-1])
        known = ", ".join(sorted(owner.model_fields))
        return f"{where}: unknown key; {parent or 'the top level'} takes: {known}"
    if problem["type"] == "missing":
        return f"{where}: missing"
    if isinstance(problem["input"], dict):  # values that disagree; the reason names them
        return f"{where}: {_reason(problem)}"
    return f"{where}: {_reason(problem)}, is {shown(problem['input'])}"


def _model_at(annotation: Any, path: Sequence[int | str]) -> Any:
    """The model of the block at a path inside a model: through its fields, and dicts' values."""
    for part in path:
        fields = getattr(annotation, "model_fields", None)
        annotation = fields[part].annotation if fields else get_args(annotation)[-1]
    return annotation


def _reason(problem: Any) -> str:
    reason = str(problem["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    return reason[0].lower() + reason[1:]
