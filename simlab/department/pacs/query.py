"""C-FIND at the archive: an identifier becomes one SQL query, its rows become responses (PS3.4 C.4.1)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from simlab.department.pacs import places
from simlab.department.pacs.identifier import COLUMNS, IMAGE, LEVELS, PATIENT, SERIES, STUDY, UNIQUE, Scope, scope
from simlab.department.pacs.personality import NEVER, WARN
from simlab.department.pacs.settings import setting
from simlab.department.pacs.terms import Terms, terms
from simlab.dicom import charset, extended, match_encoder, matching, statuses
from simlab.dicom.match_encoder import MatchEncoder
from simlab.dicom.operation import Reply, Request
from simlab.store import Store

_FROM = {
    PATIENT: "pacs_patient p",
    STUDY: "pacs_study s JOIN pacs_patient p ON p.patient_id = s.patient_id AND p.issuer = s.issuer",
    SERIES: "pacs_series e JOIN pacs_study s USING (study_uid) "
    "JOIN pacs_patient p ON p.patient_id = s.patient_id AND p.issuer = s.issuer",
    IMAGE: "pacs_instance i JOIN pacs_series e USING (series_uid) JOIN pacs_study s USING (study_uid) "
    "JOIN pacs_patient p ON p.patient_id = s.patient_id AND p.issuer = s.issuer",
}
_VISIBLE = {
    PATIENT: "EXISTS (SELECT 1 FROM pacs_study s WHERE s.patient_id = p.patient_id AND s.issuer = p.issuer "
    "AND s.hidden = 0)",
    SERIES: "s.hidden = 0 AND e.hidden = 0",
    IMAGE: "s.hidden = 0 AND i.hidden = 0",
}
_ORDER = {
    PATIENT: "p.name, p.patient_id, p.issuer",
    STUDY: "s.study_date, s.study_time, s.study_uid",
    SERIES: "e.number, e.series_uid",
    IMAGE: "i.number, i.sop_uid",
}
_OF_PATIENT = "pacs_study x WHERE x.patient_id = p.patient_id AND x.issuer = p.issuer AND x.hidden = 0"
_SERIES_OF_PATIENT = f"pacs_series y WHERE y.hidden = 0 AND y.study_uid IN (SELECT x.study_uid FROM {_OF_PATIENT})"

ATTRIBUTES: dict[str, tuple[str, str]] = {
    "PatientName": (PATIENT, "p.name"),
    "PatientID": (PATIENT, "p.patient_id"),
    "IssuerOfPatientID": (PATIENT, "p.issuer"),
    "PatientBirthDate": (PATIENT, "p.birth_date"),
    "PatientSex": (PATIENT, "p.sex"),
    "StudyInstanceUID": (STUDY, "s.study_uid"),
    "StudyDate": (STUDY, "s.study_date"),
    "StudyTime": (STUDY, "s.study_time"),
    "AccessionNumber": (STUDY, "s.accession"),
    "StudyID": (STUDY, "s.study_id"),
    "StudyDescription": (STUDY, "s.description"),
    "ReferringPhysicianName": (STUDY, "s.referring"),
    "SeriesInstanceUID": (SERIES, "e.series_uid"),
    "Modality": (SERIES, "e.modality"),
    "SeriesNumber": (SERIES, "e.number"),
    "SeriesDescription": (SERIES, "e.description"),
    "BodyPartExamined": (SERIES, "e.body_part"),
    "Laterality": (SERIES, "e.laterality"),
    "SOPInstanceUID": (IMAGE, "i.sop_uid"),
    "SOPClassUID": (IMAGE, "i.sop_class"),
    "InstanceNumber": (IMAGE, "i.number"),
    "Rows": (IMAGE, "i.rows"),
    "Columns": (IMAGE, "i.columns"),
    "NumberOfFrames": (IMAGE, "i.frames"),
}
"""Attributes that the index knows: the level from which on they may be asked for, and where they stand."""

COMPUTED: dict[str, tuple[str, str]] = {
    "NumberOfPatientRelatedStudies": (PATIENT, f"(SELECT count(*) FROM {_OF_PATIENT})"),
    "NumberOfPatientRelatedSeries": (PATIENT, f"(SELECT count(*) FROM {_SERIES_OF_PATIENT})"),
    "NumberOfPatientRelatedInstances": (
        PATIENT,
        f"(SELECT count(*) FROM pacs_instance z WHERE z.hidden = 0 AND z.series_uid IN "
        f"(SELECT y.series_uid FROM {_SERIES_OF_PATIENT}))",
    ),
    "NumberOfStudyRelatedSeries": (
        STUDY,
        "(SELECT count(*) FROM pacs_series y WHERE y.study_uid = s.study_uid AND y.hidden = 0)",
    ),
    "NumberOfStudyRelatedInstances": (
        STUDY,
        "(SELECT count(*) FROM pacs_instance z JOIN pacs_series y USING (series_uid) "
        "WHERE y.study_uid = s.study_uid AND z.hidden = 0)",
    ),
    "ModalitiesInStudy": (
        STUDY,
        "(SELECT group_concat(m, '\\') FROM (SELECT DISTINCT y.modality AS m FROM pacs_series y "
        "WHERE y.study_uid = s.study_uid AND y.hidden = 0 ORDER BY m))",
    ),
    "SOPClassesInStudy": (
        STUDY,
        "(SELECT group_concat(c, '\\') FROM (SELECT DISTINCT z.sop_class AS c FROM pacs_instance z "
        "JOIN pacs_series y USING (series_uid) WHERE y.study_uid = s.study_uid AND z.hidden = 0 ORDER BY c))",
    ),
    "NumberOfSeriesRelatedInstances": (
        SERIES,
        "(SELECT count(*) FROM pacs_instance z WHERE z.series_uid = e.series_uid AND z.hidden = 0)",
    ),
}
"""Attributes that are counted or gathered when asked for (PS3.4 C.3.4)."""

_NOT_KEYS = frozenset({"QueryRetrieveLevel", "SpecificCharacterSet", "TimezoneOffsetFromUTC"})
_FIXED = frozenset({"RetrieveAETitle", "InstanceAvailability"})


def find(store: Store, request: Request) -> Iterator[Reply]:
    """Answer a C-FIND; raises IdentifierMismatch for what PS3.4 forbids."""
    identifier = request.dataset()
    with store.read() as tx:
        on = terms(tx, request, identifier)
        where = scope(
            request.sop_class,
            identifier,
            retrieve=False,
            relational=on.personality.relational or extended.RELATIONAL in request.options,
            patient_in_study_root=on.personality.patient_in_study_root,
        )
        title = setting(tx, "ae_title")
        sql, values, shown = _statement(where, identifier, on)
        rows = tx.execute(sql, values).fetchall()
    unique = UNIQUE[where.level]
    request.note |= {
        "level": where.level,
        "matches": len(rows),
        "uids": [row[unique] for row in rows[:200]],
    }
    fixed = {"RetrieveAETitle": title, "InstanceAvailability": "ONLINE"}
    if on.zone:
        fixed["TimezoneOffsetFromUTC"] = on.zone
    unknown = not _all_known(identifier, where.level)
    status = statuses.PENDING_WARNING if unknown and on.personality.unknown_keys == WARN else statuses.PENDING
    asked = matching.key_of(identifier.get("SpecificCharacterSet"))
    encoder = _encoder(request.transfer_syntax, where, identifier, shown, fixed)
    for row in rows:
        if "InstanceAvailability" in identifier:
            fixed["InstanceAvailability"] = row["Availability"]
        encoded = encoder.encode(row, _term(row, asked)) if encoder else None
        yield Reply(status, encoded or _response(row, where, identifier, shown, fixed, asked))


def _available(level: str, entry_level: str) -> bool:
    return LEVELS.index(entry_level) <= LEVELS.index(level)


def _all_known(identifier: Dataset, level: str) -> bool:
    """Whether every matching key was used; else responses say FF01 (PS3.4 C.4.1.1.4)."""
    for element in identifier:
        entry = ATTRIBUTES.get(element.keyword) or COMPUTED.get(element.keyword)
        known = element.keyword in _NOT_KEYS or (entry is not None and _available(level, entry[0]))
        if not known and element.keyword not in _FIXED and not element.is_empty:
            return False
    return True


def _statement(where: Scope, identifier: Dataset, on: Terms) -> tuple[str, list[Any], list[str]]:
    conditions = [_VISIBLE.get(where.level, "s.hidden = 0")]
    values: list[Any] = []
    shown = [UNIQUE[name] for name in (*where.above, where.level)]

    def add(condition: matching.Condition | None) -> None:
        if condition is not None:
            conditions.append(condition[0])
            values.extend(condition[1])

    if on.personality.unknown_keys == NEVER and not _all_known(identifier, where.level):
        conditions.append("0")
    for name in where.unique:
        add((f"{'p.patient_id' if name == PATIENT else COLUMNS[name]} = ?", where.unique[name]))
    together = _date_time(identifier, on) if on.together else None
    add(together)
    for element in identifier:
        keyword = element.keyword
        entry = ATTRIBUTES.get(keyword) or COMPUTED.get(keyword)
        if entry is None or not _available(where.level, entry[0]):
            continue
        if keyword not in shown:
            shown.append(keyword)
        key = matching.key_of(element.value)
        if keyword in COMPUTED:
            add(_computed_condition(keyword, key))
        elif together is None or keyword not in ("StudyDate", "StudyTime"):
            column, vr = on.column(keyword, entry[1]), dictionary_VR(element.tag)
            add(on.name(column, key) if vr == "PN" else matching.condition(column, vr, key))
    columns = ", ".join(f"{on.column(k, (ATTRIBUTES.get(k) or COMPUTED[k])[1])} AS {k}" for k in shown)
    if "InstanceAvailability" in identifier:
        columns += f", {places.availability_sql(where.level)} AS Availability"
    sql = f"SELECT {columns} FROM {_FROM[where.level]} WHERE {' AND '.join(conditions)} ORDER BY {_ORDER[where.level]}"
    return sql, values, shown


def _date_time(identifier: Dataset, on: Terms) -> matching.Condition | None:
    date, time = (matching.key_of(identifier.get(k)) for k in ("StudyDate", "StudyTime"))
    columns = on.column("StudyDate", "s.study_date"), on.column("StudyTime", "s.study_time")
    return matching.date_time_condition(*columns, date, time)


def _computed_condition(keyword: str, key: str) -> matching.Condition | None:
    if keyword != "ModalitiesInStudy" or matching.is_universal(key, "CS"):
        return None
    # PS3.4 C.3.4: a study matches when any of its series has one of the modalities asked for.
    ways = [matching.condition("y.modality", "CS", part.strip()) for part in key.split("\\")]
    clauses = " OR ".join(way[0] for way in ways if way)
    wanted = [value for way in ways if way for value in way[1]]
    return (
        f"EXISTS (SELECT 1 FROM pacs_series y WHERE y.study_uid = s.study_uid AND y.hidden = 0 AND ({clauses or '1'}))",
        wanted,
    )


def _encoder(
    transfer_syntax: str, where: Scope, identifier: Dataset, shown: list[str], fixed: dict[str, str]
) -> MatchEncoder | None:
    """An encoder of the rows, whose columns are `shown`; it says what `_response` says, forty times as fast."""
    if transfer_syntax not in match_encoder.SYNTAXES:
        return None
    columns = [(int(Tag(keyword)), dictionary_VR(keyword)) for keyword in shown]
    if "InstanceAvailability" in identifier:
        columns.append((int(Tag("InstanceAvailability")), "CS"))
    present = {tag for tag, _vr in columns}
    constants = {
        int(Tag("QueryRetrieveLevel")): ("CS", where.level),
        int(Tag("RetrieveAETitle")): ("AE", fixed["RetrieveAETitle"]),
    }
    for element in identifier:
        tag = int(element.tag)
        if tag in present or tag in constants:
            continue
        if element.keyword in fixed or element.keyword not in _NOT_KEYS:
            constants[tag] = (element.VR, fixed.get(element.keyword, ""))
    return MatchEncoder(transfer_syntax, columns, constants)


def _term(row: sqlite3.Row, asked: str) -> str:
    """The character set of a response: the one that was asked in, if that holds the row's texts."""
    text = "".join([value for value in row if isinstance(value, str)])
    narrowest = charset.smallest(text)
    if not narrowest:
        return charset.ASCII
    return asked if asked and charset.holds(asked, text) else narrowest


def _response(
    row: sqlite3.Row, where: Scope, identifier: Dataset, shown: list[str], fixed: dict[str, str], asked: str
) -> Dataset:
    answer = Dataset()
    texts = []
    for keyword in shown:
        value = row[keyword]
        if isinstance(value, str) and "\\" in value:
            value = value.split("\\") if keyword in COMPUTED else value
        texts.append(str(value))
        setattr(answer, keyword, value)
    for element in identifier:
        if element.keyword in fixed:
            setattr(answer, element.keyword, fixed[element.keyword])
        elif element.keyword not in _NOT_KEYS and element.tag not in answer:
            answer.add(DataElement(element.tag, element.VR, [] if element.VR == "SQ" else None))
    answer.QueryRetrieveLevel = where.level
    answer.RetrieveAETitle = fixed["RetrieveAETitle"]
    narrowest = max(map(charset.smallest, texts), key=[charset.ASCII, charset.LATIN_1, charset.UTF_8].index)
    if narrowest:
        # Answered in the repertoire that was asked in, if that holds the names.
        fits = asked and all(charset.holds(asked, text) for text in texts)
        answer.SpecificCharacterSet = asked if fits else narrowest
    return answer
