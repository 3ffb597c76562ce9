"""Why a performed procedure step is discontinued: codes and meanings (PS3.16 CID 9301)."""

from __future__ import annotations

from typing import Any

from simlab.errors import BadInput

WRONG_ENTRY = "110514"
REASONS: dict[str, str] = {
    "110500": "Doctor canceled procedure",
    "110501": "Equipment failure",
    "110502": "Incorrect procedure ordered",
    "110503": "Patient allergic to media/contrast",
    "110504": "Patient died",
    "110505": "Patient refused to continue procedure",
    "110506": "Patient taken for treatment or surgery",
    "110507": "Patient did not arrive",
    "110508": "Patient pregnant",
    "110509": "Change of procedure for correct charging",
    "110510": "Duplicate order",
    "110511": "Nursing unit cancel",
    "110512": "Incorrect side ordered",
    "110513": "Discontinued for unspecified reason",
    WRONG_ENTRY: "Incorrect worklist entry selected",
    "110515": "Patient condition prevented continuing",
    "110516": "Equipment change",
}


def sequence(code: str) -> list[dict[str, Any]]:
    """The reason code as PPS Discontinuation Reason Code Sequence (0040,0281); BadInput for an unknown one."""
    if code not in REASONS:
        known = ", ".join(f"{known} {meaning}" for known, meaning in REASONS.items())
        raise BadInput(f"{code!r} is no reason to discontinue a step", place="reason", remedy=f"There are: {known}.")
    return [{"CodeValue": code, "CodingSchemeDesignator": "DCM", "CodeMeaning": REASONS[code]}]
