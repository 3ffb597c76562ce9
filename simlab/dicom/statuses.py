"""DIMSE statuses by name, with the words of the standard (PS3.7 C, PS3.4 B.2.3, C.4, K.4.1.1.4)."""

from __future__ import annotations

SUCCESS = 0x0000
CANCELLED = 0xFE00
PENDING = 0xFF00
PENDING_WARNING = 0xFF01

ATTRIBUTES_NOT_SUPPORTED = 0x0001
INVALID_VALUE = 0x0106
NO_SUCH_EVENT = 0x0113
INVALID_ARGUMENT = 0x0115
NO_SUCH_CLASS = 0x0118
CLASS_INSTANCE_CONFLICT = 0x0119
MISSING_ATTRIBUTE = 0x0120
MISSING_VALUE = 0x0121
CLASS_NOT_SUPPORTED = 0x0122
NO_SUCH_ACTION = 0x0123
NOT_AUTHORIZED = 0x0124
DUPLICATE_TRANSACTION = 0x0131
DUPLICATE_INVOCATION = 0x0210
UNRECOGNIZED_OPERATION = 0x0211
PROCESSING_FAILURE = 0x0110
DUPLICATE_INSTANCE = 0x0111
NO_SUCH_INSTANCE = 0x0112
OUT_OF_RESOURCES = 0xA700
CANNOT_COUNT_MATCHES = 0xA701
CANNOT_PERFORM_SUBOPERATIONS = 0xA702
DESTINATION_UNKNOWN = 0xA801
IDENTIFIER_MISMATCH = 0xA900
SUBOPERATIONS_FAILED = 0xB000
CANNOT_UNDERSTAND = 0xC000
OTHER_CONTENT_HELD = 0xC111

WORDS = {
    SUCCESS: "success",
    ATTRIBUTES_NOT_SUPPORTED: "some of the attributes asked for are not supported",
    0x0105: "no such attribute",
    INVALID_VALUE: "invalid attribute value",
    PROCESSING_FAILURE: "processing failure",
    DUPLICATE_INSTANCE: "duplicate SOP instance",
    NO_SUCH_INSTANCE: "no such SOP instance",
    NO_SUCH_EVENT: "no such event type",
    INVALID_ARGUMENT: "invalid argument value",
    NO_SUCH_CLASS: "no such SOP class",
    CLASS_INSTANCE_CONFLICT: "class and instance conflict",
    MISSING_ATTRIBUTE: "missing attribute",
    MISSING_VALUE: "missing attribute value",
    CLASS_NOT_SUPPORTED: "refused: SOP class not supported",
    NO_SUCH_ACTION: "no such action type",
    NOT_AUTHORIZED: "refused: not authorised",
    DUPLICATE_TRANSACTION: "duplicate transaction UID",
    DUPLICATE_INVOCATION: "duplicate invocation",
    UNRECOGNIZED_OPERATION: "unrecognised operation",
    0x0212: "mistyped argument",
    OUT_OF_RESOURCES: "refused: out of resources",
    CANNOT_COUNT_MATCHES: "refused: out of resources, cannot count the matches",
    CANNOT_PERFORM_SUBOPERATIONS: "refused: out of resources, cannot perform sub-operations",
    DESTINATION_UNKNOWN: "refused: move destination unknown",
    IDENTIFIER_MISMATCH: "identifier does not match SOP class",
    SUBOPERATIONS_FAILED: "sub-operations complete, one or more failures or warnings",
    0xB006: "elements discarded",
    0xB007: "data set does not match SOP class",
    CANNOT_UNDERSTAND: "cannot understand",
    OTHER_CONTENT_HELD: "the SOP instance UID is held already, with other content",
    CANCELLED: "cancelled",
    PENDING: "pending",
    PENDING_WARNING: "pending, an optional key is not supported",
}
_RANGES = {0xA7: "refused: out of resources", 0xA9: "data set does not match SOP class", 0xB0: "warning"}


def code(status: int) -> str:
    """A status as it is written: four hexadecimal digits."""
    return f"{status:04X}"


def words(status: int) -> str:
    """What a status says."""
    if status in WORDS:
        return WORDS[status]
    if status >> 8 in _RANGES:
        return _RANGES[status >> 8]
    return "cannot understand or process" if status >> 12 == 0xC else "unknown status"


def is_done(status: int) -> bool:
    """Whether the operation was done, with or without a warning."""
    return status == SUCCESS or is_warning(status)


def is_warning(status: int) -> bool:
    """Whether the operation was done, with a warning (PS3.7 C.3)."""
    return status >> 12 == 0xB or status in (0x0001, 0x0107, 0x0116)
