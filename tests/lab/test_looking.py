"""Images through the control door: decoded once, drawn as asked, under the identity of now, and refused in words."""

from __future__ import annotations

import base64

import pytest

from simlab.cli.process import Process
from simlab.department.modality import recipes, render
from simlab.department.modality.sampling import person
from simlab.dicom import preview, storing
from simlab.dicom.instance import Instance
from simlab.dicom.preview import Shown, View
from simlab.dicom.requestor import Peer
from simlab.dicom.window import Window
from simlab.errors import BadInput
from simlab.lab import looking
from simlab.lab.looking import Looking, view_of
from tests.dicom.made import made
from tests.dicom.test_presenting import state
from tests.lab.test_door import call

UID = "2.25.77001"


@pytest.fixture
def stored(running_process: Process) -> Process:
    """A lab whose PACS has an image of one shade, and one like it."""
    pacs = running_process.lab.endpoints["PACS"]
    facts = {"WindowCenter": "100", "WindowWidth": "201", "study_uid": "2.25.7700", "series_uid": "2.25.770"}
    images = [made(uid, size=32, shade=shade, **facts) for uid, shade in ((UID, 150), (f"{UID}1", 50))]
    replies = storing.store(Peer("PACS", pacs.host, pacs.port), "ADMIN", images)
    assert {reply.status for reply in replies} == {"0000"}
    return running_process


def test_a_picture_comes_with_what_is_written_over_it(stored: Process) -> None:
    """Pixels, windows, corners, in one answer."""
    status, told = call(stored, "GET", f"/image?sop_uid={UID}&width=8&height=20")
    assert status == 200 and (told["width"], told["height"], told["samples"]) == (8, 8, 1)
    assert base64.b64decode(told["rows"]) == bytes([round((150 - 99.5) / 200 * 255 + 127.5)]) * 64
    assert told["windows"][0] == {"centre": 100.0, "width": 201.0, "name": "as sent"}
    assert told["corners"]["top_left"][0] == "SMITH, JOHN"


def test_a_terminal_with_sixels_gets_sixels(stored: Process) -> None:
    """In place of rows."""
    _, told = call(stored, "GET", f"/image?sop_uid={UID}&width=8&height=8&form=sixel&window=150,1000")
    assert told["sixel"].startswith('\x1bP0;1q"1;1;8;8') and "rows" not in told


def test_tags_and_differences_come_through_the_door(stored: Process) -> None:
    """A search leaves what fits; two images differ in their UID and pixels."""
    _, told = call(stored, "GET", f"/tags?sop_uid={UID}&wanted=patient%20id")
    assert [row["value"] for row in told["rows"]] == ["PID001"]
    _, told = call(stored, "GET", f"/difference?one={UID}&other={UID}1")
    assert [row["name"] for row in told["rows"]] == ["SOP Instance UID", "Pixel Data"]


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ("sop_uid=2.25.404", 404, ""),
        (f"sop_uid={UID}&width=0", 400, "pixels"),
        (f"sop_uid={UID}&width=1e9", 400, "pixels"),
        (f"sop_uid={UID}&zoom=nan", 400, "zoom"),
        (f"sop_uid={UID}&window=wide", 400, "no window"),
        (f"sop_uid={UID}&window=1e400,2", 400, "no window"),
        (f"sop_uid={UID}&aspect=1e9", 400, "long"),
        (f"sop_uid={UID}&frame=2", 400, "no frame 2"),
        (f"sop_uid={UID}&form=gif", 400, "gif"),
    ],
)
def test_what_cannot_be_drawn_is_said(stored: Process, asked: str, status: int, said: str) -> None:
    """With the status of the door's errors."""
    answer, body = call(stored, "GET", f"/image?{asked}")
    assert answer == status and said in body["error"]["what"]


def test_a_frame_is_decoded_once_until_its_object_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked again it is at hand; a corrected name or other pixels under the same UID are not taken for it."""
    decoded: list[int] = []
    prepare = preview.prepare

    def counted(instance: Instance, frame: int = 1) -> Shown:
        decoded.append(frame)
        return prepare(instance, frame)

    monkeypatch.setattr(preview, "prepare", counted)
    held = {UID: made(UID)}
    eyes = Looking(held.__getitem__)
    for _ in range(3):
        eyes.picture(UID, 1, View(8, 8))
    assert len(decoded) == 1
    held[UID] = made(UID, patient_name="JONES^MARY")
    assert eyes.picture(UID, 1, View(8, 8))["corners"]["top_left"][0] == "JONES, MARY"
    held[UID] = made(UID, patient_name="JONES^MARY", shade=200)
    eyes.picture(UID, 1, View(8, 8))
    assert len(decoded) == 3


def test_a_picture_is_drawn_under_a_presentation_state() -> None:
    """Which is told by name and images; the frame as it was sent is kept beside it."""
    held = {UID: made(UID, WindowCenter="1", WindowWidth="1"), "s": state(UID, PresentationLUTShape="INVERSE")}
    eyes = Looking(held.__getitem__)
    assert eyes.presentation("s") == {"label": "FINDINGS", "images": [UID]}
    plain, presented = (eyes.picture(UID, 1, View(8, 8), state=said)["windows"][0]["name"] for said in ("", "s"))
    assert (plain, presented) == ("as sent", "as presented")
    with pytest.raises(BadInput, match="no presentation state"):
        eyes.picture(UID, 1, View(8, 8), state=UID)


def test_the_archive_shows_a_stored_study_under_its_presentation_state(running_process: Process) -> None:
    """A sample's image and its state through the PACS and the door: another window, the area, refused for others."""
    pacs = running_process.lab.endpoints["PACS"]
    recipe = recipes.named("dx-hand-fracture")
    first, second, said = render(recipe, person(recipe), 1)
    storing.store(Peer("PACS", pacs.host, pacs.port), "ADMIN", [first, second, said])
    uids = [one.header().sop_instance_uid for one in (first, second, said)]
    _, told = call(running_process, "GET", f"/presentation?sop_uid={uids[2]}")
    assert told["images"] == [uids[0]] and "Fracture enlarged" in told["label"]
    _, told = call(running_process, "GET", f"/image?sop_uid={uids[0]}&state={uids[2]}&width=64&height=64")
    assert told["windows"][0] == {"centre": 1800.0, "width": 1500.0, "name": "as presented"}
    assert (told["columns"], told["lines"], told["edges"]["left"]) == (186, 186, "R")
    status, told = call(running_process, "GET", f"/image?sop_uid={uids[1]}&state={uids[2]}")
    assert status == 400 and "not for this image" in told["error"]["what"]


def test_no_more_is_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The frames that were not looked at longest go first."""
    monkeypatch.setattr(looking, "KEPT_BYTES", 3 * 16 * 16 * 4)
    held = {str(number): made(f"2.25.{number}", size=16) for number in range(1, 9)}
    eyes = Looking(held.__getitem__)
    for uid in held:
        eyes.picture(uid, 1, View(8, 8))
    assert [key[0] for key in eyes._kept] == ["6", "7", "8"]


def test_a_window_is_a_number_or_centre_and_width() -> None:
    """Nothing else."""
    assert view_of(8, 8, 1, 0.5, 0.5, "2", False, 1).window == 2
    assert view_of(8, 8, 1, 0.5, 0.5, "-600,1500", False, 1).window == Window(-600, 1500, "by hand")
    with pytest.raises(BadInput):
        view_of(8, 8, 1, 0.5, 0.5, "1,0", False, 1)
