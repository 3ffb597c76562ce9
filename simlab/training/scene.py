"""From a trainer's scene to the concrete staging of every system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from simlab import config, yaml_source
from simlab.config import LOOPBACK, SEATS, Endpoint
from simlab.errors import BadInput, NotFound
from simlab.feed.trust import PATHWAYS
from simlab.lab.feed import FeedStage
from simlab.lab.staging import Staging
from simlab.lab.systems import MODALITIES, VIEWERS
from simlab.people import NHS
from simlab.training import archive_history, carried
from simlab.training.scene_model import Scene, ScenePatient, SceneSource, SceneStudy, moment, use
from simlab.training.variant import DEFAULT_CLOCK, Filler, clock_of, draw_all, given
from simlab.validation import validated
from simlab.yaml_source import YamlMap

SITUATIONS = "situations"
"""The folder of the library with the scenes that `simlab.training.situation` reads."""
NEIGHBOUR = "TERTIARY"
_STATIONS = {"ct": "CT1", "us": "US1", "dx": "DX1", "mr": "MR1", "mg": "MG1"}
"""Which scanner made a study when the scene does not say, by the beginning of the recipe's name."""
_LABELS = {"name": "patient_name", "mrn": "patient_id"}
"""What a scene calls a fact that images carry, where that differs."""


class Place(Protocol):
    """The lab that a scene is made concrete for."""

    @property
    def endpoints(self) -> Mapping[str, Endpoint]: ...

    def render(self, recipe: str, facts: Mapping[str, Any], seed: int = 0) -> list[Any]: ...


class Blueprint:
    """A lab that is not there: standard ports, no pixels. For reading scenes without opening anything."""

    endpoints: Mapping[str, Endpoint] = {
        name: Endpoint(LOOPBACK, seat.port, seat.title) for name, seat in SEATS.items()
    }

    def render(self, recipe: str, facts: Mapping[str, Any], seed: int = 0) -> list[Any]:
        return []


def seats(place: Place) -> dict[str, dict[str, Any]]:
    """Where each system listens, as the variable `lab` has it."""
    return {
        name: {"host": one.host, "port": one.port, "ae_title": one.ae_title} for name, one in place.endpoints.items()
    }


def load_scene(wanted: str, place: Place) -> Staging:
    """The staging of a scene by its name in the library, or from the YAML text of one; NotFound, BadInput."""
    if not isinstance(wanted, str):
        raise BadInput("a scene is a name or YAML text", place="scene", remedy="Write small-hospital, for instance.")
    if "\n" in wanted:
        return staging(_filled(yaml_source.parse(wanted, "scene"), place, "scene"), place, name="scene")
    folder = config.course_folder("exercises") / "_lib"
    scenes = (path for path in folder.rglob("*.yaml") if path.parent.name != PATHWAYS)
    there = sorted(path.relative_to(folder).with_suffix("").as_posix() for path in scenes)
    if wanted not in there:
        names = ", ".join(name for name in there if "/" not in name) + f", and {SITUATIONS}/… of docs/situations.md"
        raise NotFound(f"there is no scene {wanted[:100]!r}", remedy=f"There are: {names}; or give a YAML file.")
    return staging(read_scene(folder / f"{wanted}.yaml", place), place, name=wanted)


def read_scene(path: Path, place: Place) -> Scene:
    """A scene file of its own: it may have `vars`, which are drawn from seed 0, and a `situation` (see there)."""
    return _filled(yaml_source.read(path, path.name), place, path.name)


def variables(raw: Any, place: Place, name: str) -> dict[str, Any]:
    """What can be filled into a scene file of its own."""
    now = clock_of(raw)
    specs = raw.get("vars") if isinstance(raw, YamlMap) else None
    return draw_all(specs, 0, name, now, given(now, seats(place)))


def _filled(raw: Any, place: Place, name: str) -> Scene:
    filler = Filler(variables(raw, place, name))
    if isinstance(raw, YamlMap):
        for key in ("vars", "situation"):
            raw.pop(key, None)
    return use(SceneSource(config.course_folder("exercises"), filler), filler.fill(raw), f"{name}:1")


def staging(scene: Scene, place: Place, *, name: str) -> Staging:
    """Everything that each system holds; BadInput, located where the scene's own values are to blame."""
    now = scene.clock or DEFAULT_CLOCK
    patients = {patient.id: patient for patient in scene.patients}
    images = _images(scene, patients, place, now)
    settings = scene.settings
    sections: dict[str, Any] = {
        "name": name,
        "clock": now,
        "speed": scene.speed,
        "pacs": {
            "settings": settings.get("PACS", {}),
            "peers": _peers(scene, "PACS", place),
            "users": [user.model_dump() for user in scene.users],
            **{name: getattr(scene.archive, name) for name in type(scene.archive).model_fields},
            **archive_history.told(scene, patients, now),
            "patients": list(_pacs_retired(scene, patients)),
            "instances": images.pop("PACS", []),
            "quarantined": [study.study_uid for study in scene.studies if study.quarantined and study.study_uid],
        },
        "ris": {
            "settings": settings.get("RIS", {}),
            "peers": _peers(scene, "RIS", place),
            "exams": [{"station_ae": exam.station, **exam.model_dump(exclude={"station"})} for exam in scene.exams],
            "patients": list(_ris_patients(patients)),
            "orders": list(_orders(scene, patients, now)),
            "performed": list(_performed(scene, now)),
        },
        "epr": {"settings": settings.get("EPR", {}), "patients": list(_epr_patients(patients))},
        "engine": {
            "settings": scene.engine.settings,
            "routes": [_addressed(route, place) for route in scene.engine.routes],
            "queue": scene.engine.queue,
        },
        "viewers": {viewer: {**settings.get(viewer, {}), "instances": images.pop(viewer, [])} for viewer in VIEWERS},
        "modalities": {
            modality: {
                "settings": settings.get(modality, {}),
                "queued": images.pop(modality, []),
                "held": images.pop(f"{modality} (sent)", []),
                "kept_list": carried.kept_list(scene, modality, patients, now),
            }
            for modality in MODALITIES
        },
        "neighbour": {
            "settings": settings.get(NEIGHBOUR, {}),
            "peers": [{key: row[key] for key in ("title", "host", "port")} for row in _peers(scene, NEIGHBOUR, place)],
            "instances": images.pop(NEIGHBOUR, []),
        },
        "discs": carried.discs(scene, images),
        "desk": {"inbox": scene.inbox, "colleagues": scene.colleagues},
        "faults": scene.faults,
        "feed": _feed(scene, now),
    }
    for strange in (one for one in scene.kept_lists if one.scanner not in MODALITIES):
        raise NotFound(
            f"there is no scanner {strange.scanner}", place=name, remedy=f"Name one: {', '.join(MODALITIES)}."
        )
    for stranger in images:
        known = ", ".join(("PACS", NEIGHBOUR, *VIEWERS, *MODALITIES, *(disc.name for disc in scene.discs)))
        raise NotFound(f"no images can be at {stranger}", place=name, remedy=f"There are: {known}.")
    return validated(Staging, sections, name)


def _feed(scene: Scene, now: datetime) -> FeedStage | None:
    if scene.feed is None:
        return None
    scene.feed.plan(now)  # says what cannot be, before anything is staged
    return scene.feed if scene.feed.seed is not None else scene.feed.model_copy(update={"seed": 0})


def _endpoint(place: Place, system: str) -> Endpoint:
    if system not in place.endpoints:
        known = ", ".join(sorted(place.endpoints))
        raise NotFound(f"there is no system {system}", place="scene", remedy=f"There are: {known}.")
    return place.endpoints[system]


def _peers(scene: Scene, system: str, place: Place) -> list[dict[str, Any]]:
    found = []
    for peer in scene.peers:
        if peer.system != system:
            continue
        at = _endpoint(place, peer.at) if peer.at else None
        row: dict[str, Any] = {
            "title": peer.title,
            "host": peer.host or (at.host if at else LOOPBACK),
            "port": peer.port or (at.port if at else 104),
        }
        rights = {name: getattr(peer, name) for name in ("services", "classes", "max_associations", "tls")}
        found.append({**row, **{name: right for name, right in rights.items() if right is not None}})
    return found


def _addressed(route: Any, place: Place) -> Any:
    if not isinstance(route, YamlMap) or "at" not in route:
        return route
    at = _endpoint(place, str(route["at"]))
    written = YamlMap(route.source, route.line)
    for key, value in {"host": at.host, "port": at.port, **route}.items():
        if key != "at":
            written.put(key, value, route.lines.get(key, route.lines["at"]))
    return written


def _pacs_retired(scene: Scene, patients: Mapping[str, ScenePatient]) -> Iterator[dict[str, Any]]:
    """The PACS learns of patients from their images; only numbers that it has merged must be told."""
    merged = {name for merge in scene.archive.merges for name in (merge.retire, merge.survive)}
    for patient in patients.values():
        if "PACS" in patient.retired_into or patient.id in merged:
            yield _row(patient, "PACS", patients)


def _row(patient: ScenePatient, system: Any, patients: Mapping[str, ScenePatient]) -> dict[str, Any]:
    facts = patient.facts(system)
    row: dict[str, Any] = {"patient_id": facts["mrn"]}
    row |= {key: facts[key] for key in ("issuer", "name", "birth_date", "sex")}
    if system in patient.retired_into:
        survivor = patients.get(patient.retired_into[system])
        if survivor is None:
            raise NotFound(
                f"{patient.id} is retired into {patient.retired_into[system]}, who is not in the scene", place="scene"
            )
        row["merged_into"] = survivor.facts(system)["mrn"]
    return row


def _ris_patients(patients: Mapping[str, ScenePatient]) -> Iterator[dict[str, Any]]:
    for patient in patients.values():
        if "RIS" in patient.known_to:
            facts = patient.facts("RIS")
            nhs = [{"number": facts["nhs_number"], "authority": NHS, "type": "NH"}] if facts["nhs_number"] else []
            contact = {"address": facts["address"], "phone": facts["phone"]}
            yield {**_row(patient, "RIS", patients), **contact, "identifiers": nhs}


def _epr_patients(patients: Mapping[str, ScenePatient]) -> Iterator[dict[str, Any]]:
    for patient in patients.values():
        if "EPR" in patient.known_to:
            facts = patient.facts("EPR")
            further = {key: facts[key] for key in ("nhs_number", "address", "phone")}
            yield {**_row(patient, "EPR", patients), **further}


def _orders(scene: Scene, patients: Mapping[str, ScenePatient], now: datetime) -> Iterator[dict[str, Any]]:
    for order in scene.orders:
        facts = patients[order.patient].facts("RIS")
        start = moment(order.start, now)
        row = order.model_dump(exclude={"patient", "start", "station"})
        yield {
            **row,
            "patient_id": facts["mrn"],
            "issuer": facts["issuer"],
            "station_ae": order.station,
            "start": start.isoformat() if start else None,
        }


def _performed(scene: Scene, now: datetime) -> Iterator[dict[str, Any]]:
    for step in scene.performed:
        begun = moment(step.begun, now)
        yield {"mpps_uid": step.mpps_uid, "accession": step.accession, "source": step.scanner, "begun": begun}


def _images(scene: Scene, patients: Mapping[str, ScenePatient], place: Place, now: datetime) -> dict[str, list[Any]]:
    """The instances of every study, by where they are."""
    found: dict[str, list[Any]] = {}
    for study in scene.studies:
        instances = place.render(study.recipe, _facts(study, patients[study.patient], now))
        for system in study.where:
            found.setdefault(system, []).extend(instances[: study.images])
        for scanner in study.sent:
            found.setdefault(f"{scanner} (sent)", []).extend(instances)
    return found


def _facts(study: SceneStudy, patient: ScenePatient, now: datetime) -> dict[str, Any]:
    made = moment(study.when, now) or now
    known = patient.facts("PACS")
    station = study.station or _STATIONS.get(study.recipe.split("-")[0], "")
    facts: dict[str, Any] = {
        "patient_id": known["mrn"],
        "issuer": known["issuer"],
        "patient_name": known["name"],
        "birth_date": known["birth_date"],
        "sex": known["sex"],
        "accession": study.accession,
        "study_uid": study.study_uid or None,
        "study_date": made.strftime("%Y%m%d"),
        "study_time": made.strftime("%H%M%S"),
        "referring": study.referring,
        "description": study.description,
        "station_name": station,
        "ae_title": station,
        "study_id": study.accession[-16:],
    }
    return facts | {_LABELS.get(key, key): value for key, value in study.labelled.items()}
