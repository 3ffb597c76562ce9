"""What comes of asking a peer: matches, retrieved instances, answers to stores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simlab.dicom import statuses


@dataclass(frozen=True)
class FindResult:
    """The matches of a C-FIND as ``{keyword: value}``, its final status and comment.

    `complete` is False when `limit` cut it short; `offending` are the tags that a failure names.
    """

    status: str
    rows: tuple[dict[str, Any], ...]
    complete: bool = True
    comment: str = ""
    offending: tuple[int, ...] = ()


@dataclass(frozen=True)
class RetrieveResult:
    """The end of a C-MOVE or C-GET: status, counts of sub-operations, UIDs of those that failed, comment."""

    status: str
    completed: int = 0
    failed: int = 0
    warning: int = 0
    failed_uids: tuple[str, ...] = ()
    comment: str = ""


@dataclass(frozen=True)
class StoreReply:
    """What the peer answered to one C-STORE; `status` is empty when it got no answer, `comment` says why."""

    sop_uid: str
    status: str
    comment: str = ""

    @property
    def stored(self) -> bool:
        """Whether the peer took it; a warning still means stored (PS3.4 B.2.3)."""
        return bool(self.status) and statuses.is_done(int(self.status, 16))
