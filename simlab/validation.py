"""Pydantic models over located YAML: a wrong value is an error with file, line and remedy."""

from __future__ import annotations

import difflib
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from simlab import yaml_source
from simlab.errors import BadInput

_TIME = "Write it like 2026-03-02T09:30."
_REMEDIES = {
    "missing": "Add it.",
    "extra_forbidden": "Remove it, or correct its spelling.",
    "literal_error": "Use one of the values named.",
    "int_parsing": "Write a whole number.",
    "int_type": "Write a whole number.",
    "bool_type": "Write true or false.",
    "bool_parsing": "Write true or false.",
    "string_type": "Write text; put it in quotes when it looks like a number.",
    "list_type": "Write a list: one line an item, beginning with '- '.",
    "dict_type": "Write a mapping: key: value.",
    "model_type": "Write a mapping: key: value.",
    "model_attributes_type": "Write a mapping: key: value.",
    "datetime_parsing": _TIME,
    "datetime_from_date_parsing": _TIME,
    "datetime_type": _TIME,
}


class Strict(BaseModel):
    """A frozen model that refuses unknown keys and names the known ones."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        known = [field.alias or name for name, field in cls.model_fields.items()]
        for key in value:
            if key not in known and key not in cls.model_fields:
                near = difflib.get_close_matches(str(key), known, 1)
                advice = f"Did you mean {near[0]}?" if near else f"Known here: {', '.join(known)}."
                raise PydanticCustomError("unknown_key", "unknown key '{key}'", {"key": str(key), "advice": advice})
        return value


class Late(Strict):
    """A Strict model that is built when it is first used, not when it is imported: a lab must be up at once."""

    model_config = ConfigDict(defer_build=True)


class Invalid(BadInput):
    """Several things wrong in one source: `problems` holds them all, the error itself speaks of the first."""

    def __init__(self, problems: list[BadInput]) -> None:
        first = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(first.what + more, place=first.place, remedy=first.remedy)
        self.problems = problems


Model = TypeVar("Model", bound=BaseModel)


def validated(model: type[Model], value: Any, source: str = "") -> Model:
    """`value` as a `model`; Invalid with every problem located when it does not fit."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Invalid(problems(error, value, source)) from None


def remedy(kind: str) -> str:
    """How what pydantic calls an error of this `kind` is mended; "" where there is nothing to say."""
    return _REMEDIES.get(kind, "")


def problems(error: ValidationError, value: Any, source: str = "") -> list[BadInput]:
    """Pydantic's findings about `value`, each with its place and remedy."""
    found = []
    for item in error.errors(include_url=False):
        context = item.get("ctx", {})
        path = [*item["loc"], context["key"]] if item["type"] == "unknown_key" else list(item["loc"])
        name = ".".join(str(step) for step in item["loc"])
        what = item["msg"].removeprefix("Value error, ")
        what = f"{name}: {what}" if name else what
        mend = str(context.get("advice") or remedy(item["type"]) or "Correct the value.")
        found.append(BadInput(what, place=yaml_source.locate(value, path) or source, remedy=mend))
    return found
