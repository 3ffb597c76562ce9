"""Fields of forms: read from an action's JSON schema, and text into values and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simlab.errors import BadInput
from simlab.tui import words

SETTINGS = "*"
"""The field of an action that takes settings of any name; what is written there is spread over the arguments."""

_WRITTEN = {"lines": "one a line", "pairs": "key=value, one a line", "settings": "key=value, one a line"}
_LONG_TEXT = {"text", "message", "body", "brief", "yaml", "reason_text"}


@dataclass(frozen=True)
class Field:
    """One input. `kind`: line, text, whole, number, yes, lines (a list), pairs or settings
    (key=value a line), json, or free (JSON where it is JSON, else text)."""

    name: str
    label: str
    kind: str = "line"
    required: bool = False
    default: Any = None
    options: tuple[tuple[str, str], ...] = ()
    doc: str = ""

    @property
    def hint(self) -> str:
        """What stands in the field while it is empty: how to write it, and what it is."""
        return ": ".join(filter(None, (_WRITTEN.get(self.kind, ""), self.doc)))


def fields_of(schema: Mapping[str, Any]) -> list[Field]:
    """The fields of a JSON schema's properties, the required ones first."""
    defs = schema.get("$defs", {})
    required = set(schema.get("required", ()))
    fields = [_field(name, told, name in required, defs) for name, told in dict(schema.get("properties", {})).items()]
    if schema.get("additionalProperties") is True:
        fields.append(Field(SETTINGS, "settings", kind="settings"))
    return sorted(fields, key=lambda field: not field.required)


def _field(name: str, told: Mapping[str, Any], required: bool, defs: Mapping[str, Any]) -> Field:
    plain = _plain(told, defs)
    kind, options = _kind(name, plain, defs)
    return Field(
        name=name,
        label=name,
        kind=kind,
        required=required,
        default=told.get("default"),
        options=options,
        doc=str(told.get("description") or plain.get("description") or ""),
    )


def _plain(told: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema behind references and behind ``X or null``."""
    if "$ref" in told:
        return _plain(defs.get(str(told["$ref"]).rsplit("/", 1)[-1], {}), defs)
    for way in ("anyOf", "oneOf", "allOf"):
        choices = [one for one in told.get(way, ()) if one.get("type") != "null"]
        if len(choices) == 1:
            return _plain(choices[0], defs)
    return told


def _kind(name: str, told: Mapping[str, Any], defs: Mapping[str, Any]) -> tuple[str, tuple[tuple[str, str], ...]]:
    if "enum" in told:
        return "line", tuple((str(value), str(value)) for value in told["enum"])
    match told.get("type"):
        case "boolean":
            return "yes", (("yes", "yes"), ("no", "no"))
        case "integer":
            return "whole", ()
        case "number":
            return "number", ()
        case "array":
            plain_items = _plain(told.get("items", {}), defs).get("type", "string") in ("string", "integer", "number")
            return ("lines" if plain_items else "json"), ()
        case "object":
            return ("pairs" if "properties" not in told else "json"), ()
        case "string":
            return ("text" if name in _LONG_TEXT else "line"), ()
    return "free", ()


def as_text(field: Field, value: Any) -> str:
    """A value as it stands in the field."""
    if value is None:
        return ""
    if field.kind == "lines" and isinstance(value, list):
        return "\n".join(words.full(item) for item in value)
    if field.kind in ("pairs", "settings") and isinstance(value, Mapping):
        return "\n".join(f"{key}={_pair(item)}" for key, item in value.items())
    if field.kind in ("json", "free") and not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if field.kind == "text":
        return str(value).replace("\r", "\n")
    return words.full(value)


def _pair(item: Any) -> str:
    return item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)


def read(field: Field, text: str) -> Any:
    """The value of a field's text, None when it is empty; BadInput with the remedy when it does not fit."""
    stripped = text.strip()
    if not stripped:
        return None
    try:
        match field.kind:
            case "yes":
                return stripped == "yes"
            case "whole":
                return int(stripped)
            case "number":
                return float(stripped)
            case "lines":
                return [line.strip() for line in stripped.splitlines() if line.strip()]
            case "settings":
                return {key: _free(value) for key, value in map(_read_pair, filter(str.strip, stripped.splitlines()))}
            case "pairs":
                return dict(_read_pair(line) for line in stripped.splitlines() if line.strip())
            case "json":
                return json.loads(stripped)
            case "free":
                return _free(stripped)
    except ValueError as error:
        raise BadInput(f"{stripped[:40]!r} does not fit ({error})", place=field.label) from None
    return text if field.kind == "text" else stripped


def _read_pair(line: str) -> tuple[str, Any]:
    key, equals, value = line.partition("=")
    if not equals:
        raise ValueError("write key=value, one a line")
    value = value.strip()
    return key.strip(), json.loads(value) if value[:1] in ("{", "[") else value


def _free(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
