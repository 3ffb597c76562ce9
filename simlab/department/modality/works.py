"""The scanners a lab has, each as it comes from the works."""

from __future__ import annotations

from typing import Any

WORKS: dict[str, dict[str, Any]] = {
    "CT1": {"modality": "CT"},
    "CT2": {"modality": "CT"},
    "MR1": {"modality": "MR", "character_set": "ISO_IR 100"},
    "US1": {"modality": "US"},
    "DX1": {"modality": "DX", "utc_offset": "+0000"},
    "MG1": {"modality": "MG", "transfer_syntax": "implicit"},
}
"""By the name of its seat (`simlab.config.SEATS`): what differs from the defaults of `ModalitySettings`."""

SCANNERS = {name: str(given["modality"]) for name, given in WORKS.items()}
"""What each of them is."""

AFTER_UPGRADE = {"ae_title": "ANYSCANNER", "filter_station": "ANYSCANNER", "character_set": "ISO_IR 6"}
"""What a software upgrade leaves behind where the service engineer does not restore the settings."""
