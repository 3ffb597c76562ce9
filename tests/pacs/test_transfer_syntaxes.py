"""What the archive takes in it gives back as it came; a destination that cannot read that gets what it can."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.events import Event

from simlab.dicom import client, contexts, transcode
from simlab.dicom.instance import Instance
from simlab.dicom.scan import DEFLATED_LITTLE, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE
from tests.dicom.made import CT, ROOT, made
from tests.pacs.conftest import HOST, House
from tests.tools import need

JPEG_BASELINE, JPEG_EXTENDED, JPEG_LOSSLESS = (f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 70))
JPEG_LS, JPEG_LS_NEAR, RLE = "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.5"
MPEG4 = "1.2.840.10008.1.2.4.102"
RAMP = (np.arange(64 * 64, dtype="<u2").reshape(64, 64) // 4).tobytes()
STUDY = f"{ROOT}.1"

VARIANTS = {
    "jpeg-baseline": (JPEG_BASELINE, "dcmcjpeg", "+eb", "-xy"),
    "jpeg-extended": (JPEG_EXTENDED, "dcmcjpeg", "+ee", "-xx"),
    "jpeg-lossless": (JPEG_LOSSLESS, "dcmcjpeg", "+e1", "-xs"),
    "jpeg-ls": (JPEG_LS, "dcmcjpls", "+el", "-xt"),
    "jpeg-ls-near": (JPEG_LS_NEAR, "dcmcjpls", "+en", "-xu"),
    "rle": (RLE, "dcmcrle", "", "-xr"),
    "deflated": (DEFLATED_LITTLE, "dcmconv", "+td", "-xd"),
    "big-endian": (EXPLICIT_BIG, "dcmconv", "+tb", "-xb"),
    "implicit": (IMPLICIT_LITTLE, "dcmconv", "+ti", "-xi"),
}
"""Transfer syntax, the DCMTK tool that makes it, its option, and the option of storescu that proposes it."""


def ramp(**more: object) -> Instance:
    """A CT with a ramp of grey values, a private element and a sequence."""
    item = Dataset()
    item.ReferencedSOPInstanceUID = "2.25.9"
    instance = made("2.25.1", size=64, ReferencedImageSequence=[item], SmallestImagePixelValue=3, **more)
    return Instance(instance.transfer_syntax, instance.head, RAMP)


def by_dcmtk(folder: Path, variant: str) -> Instance:
    """The ramp as DCMTK writes it in that variant."""
    _syntax, tool, option, _proposal = VARIANTS[variant]
    source, target = folder / "source.dcm", folder / "variant.dcm"
    eight = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7} if variant == "jpeg-baseline" else {}
    if eight:
        plain = made("2.25.1", size=64, **eight).dataset()
        plain.PixelData = bytes(range(0, 256, 4)) * 64
        source.write_bytes(Instance.from_dataset(plain, EXPLICIT_LITTLE).part10())
    elif variant == "jpeg-extended":
        source.write_bytes(ramp(BitsStored=12, HighBit=11).part10())
    else:
        source.write_bytes(ramp().part10())
    subprocess.run([need(tool), *filter(None, [option, str(source), str(target)])], check=True, timeout=30)
    return Instance.from_part10(target.read_bytes())


def sent_in(house: House, instance: Instance) -> None:
    reply = client.store(house.peer, "CT1", [instance])[0]
    assert reply.status == "0000", reply


@contextmanager
def destination(house: House, *syntaxes: str) -> Iterator[list[tuple[str, bytes]]]:
    """A pynetdicom SCP called DEST that takes only `syntaxes`; yields what it has got: syntax and data set."""
    got: list[tuple[str, bytes]] = []

    def on_store(event: Event) -> int:
        got.append((str(event.context.transfer_syntax), event.encoded_dataset(include_meta=False)))
        return 0

    ae = AE("DEST")
    for uid in contexts.COMMON_STORAGE_CLASSES:
        ae.add_supported_context(uid, list(syntaxes))
    server = ae.start_server((HOST, 0), block=False, evt_handlers=[(evt.EVT_C_STORE, on_store)])
    house.pacs.set_peer("DEST", HOST, server.socket.getsockname()[1])
    try:
        yield got
    finally:
        server.shutdown()


def move(house: House, to: str = "DEST") -> client.RetrieveResult:
    return client.move(house.peer, "ADMIN", to, "study", "STUDY", {"StudyInstanceUID": STUDY})


@pytest.mark.parametrize("variant", VARIANTS)
def test_storescu_stores_each_syntax(house: House, tmp_path: Path, variant: str) -> None:
    """An unmodified storescu that proposes a syntax gets it accepted, and the data set lies there as it came."""
    syntax, _tool, _option, proposal = VARIANTS[variant]
    instance = by_dcmtk(tmp_path, variant)
    assert instance.transfer_syntax == syntax
    said = house.dcmtk("storescu", str(tmp_path / "variant.dcm"), options=("-aec", "PACS", "-aet", "CT1", proposal))
    held = house.pacs.load(instance.header().sop_instance_uid)
    assert held.transfer_syntax == syntax, said
    # DCMTK may write the elements before the pixels in other lengths than its file has.
    assert (held.header(), held.inflated.pixels) == (instance.header(), instance.inflated.pixels)


@pytest.mark.parametrize("variant", VARIANTS)
def test_stored_syntax_is_sent_where_it_is_taken(house: House, tmp_path: Path, variant: str) -> None:
    """A destination that takes the stored syntax gets the data set byte for byte."""
    instance = by_dcmtk(tmp_path, variant)
    sent_in(house, instance)
    with destination(house, IMPLICIT_LITTLE, instance.transfer_syntax) as got:
        assert move(house).status == "0000"
    assert got == [(instance.transfer_syntax, instance.encoded)]


@pytest.mark.parametrize(
    "variant", [name for name in VARIANTS if "jpeg-lossless" not in name and "extended" not in name]
)
def test_implicit_only_destination(house: House, tmp_path: Path, variant: str) -> None:
    """A storescp that takes implicit VR little endian alone gets every syntax that is decoded here, pixels intact."""
    instance = by_dcmtk(tmp_path, variant)
    sent_in(house, instance)
    with destination(house, IMPLICIT_LITTLE) as got:
        done = move(house)
    assert (done.status, done.completed) == ("0000", 1), done
    ((syntax, data),) = got
    assert syntax == IMPLICIT_LITTLE
    arrived = Instance.from_encoded(syntax, data)
    expected = dcmread(tmp_path / "variant.dcm").pixel_array
    kind = "<u1" if expected.dtype.itemsize == 1 else "<u2"
    pixels = np.frombuffer(arrived.pixels or b"", dtype=kind)[: expected.size].reshape(expected.shape)
    assert np.array_equal(pixels, expected)
    assert arrived.header() == instance.header()


@pytest.mark.parametrize("variant", ["jpeg-lossless", "jpeg-extended"])
def test_what_cannot_be_decoded_fails_with_the_reason(house: House, tmp_path: Path, variant: str) -> None:
    """Without a decoder that sub-operation fails, its UID is listed, and the comment says why; the others arrive."""
    if find_spec("libjpeg"):
        pytest.skip("the decoders under the GPL are installed")
    undecoded = by_dcmtk(tmp_path, variant)
    sent_in(house, undecoded)
    sent_in(house, made("2.25.2"))
    with destination(house, IMPLICIT_LITTLE) as got:
        done = move(house)
    assert (done.status, done.completed, done.failed) == ("B000", 1, 1)
    assert done.failed_uids == (undecoded.header().sop_instance_uid,)
    assert len(got) == 1
    assert "presentation context" in done.comment or "JPEG" in done.comment


@pytest.mark.parametrize("variant", ["implicit", "deflated", "big-endian", "jpeg-ls"])
def test_rle_only_destination(house: House, tmp_path: Path, variant: str) -> None:
    """A destination that takes compressed objects alone gets them in RLE, pixels intact."""
    sent_in(house, by_dcmtk(tmp_path, variant))
    with destination(house, RLE) as got:
        assert move(house).status == "0000"
    ((syntax, data),) = got
    back = transcode.convert(Instance.from_encoded(syntax, data), EXPLICIT_LITTLE)
    assert back.pixels == RAMP


def test_video_is_passed_through(house: House) -> None:
    """A video stream comes back byte for byte, and a destination that cannot take it is told so."""
    plain = made("2.25.1", sop_class="1.2.840.10008.5.1.4.1.1.77.1.1.1", modality="ES").head[:-12]
    stream = b"\xfe\xff\x00\xe0\0\0\0\0\xfe\xff\x00\xe0\x08\0\0\0\0\0\0\x18ftyp\xfe\xff\xdd\xe0\0\0\0\0"
    video = Instance(MPEG4, plain + b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff", stream)
    sent_in(house, video)
    with destination(house, MPEG4) as got:
        assert move(house).status == "0000"
    assert got == [(MPEG4, video.encoded)]
    with destination(house, IMPLICIT_LITTLE) as got:
        done = move(house)
    assert (done.status, done.failed, got) == ("A702", 1, [])


@pytest.mark.parametrize("variant", ["deflated", "big-endian", "jpeg-ls", "implicit"])
def test_coercion_in_every_coding(house: House, tmp_path: Path, variant: str) -> None:
    """After a move to another patient the identity is coerced, in the stored syntax, and no pixel differs."""
    instance = by_dcmtk(tmp_path, variant)
    sent_in(house, instance)
    sent_in(house, made("2.25.50", study_uid="2.25.51", series_uid="2.25.52", patient_id="OTHER", patient_name="B^C"))
    house.pacs.repairs.move_study(STUDY, "OTHER")
    with destination(house, instance.transfer_syntax) as got:
        assert move(house).status == "0000"
    arrived = Instance.from_encoded(*got[0])
    assert (arrived.header().patient_id, arrived.header().patient_name) == ("OTHER", "B^C")
    assert arrived.inflated.pixels == instance.inflated.pixels
    (item,) = arrived.dataset().OriginalAttributesSequence
    assert item.ModifiedAttributesSequence[0].PatientID == "PID001"


@pytest.mark.parametrize("syntax", [JPEG_LS, RLE])
def test_getscu_gets_what_is_stored(house: House, tmp_path: Path, syntax: str) -> None:
    """getscu, which proposes a compressed syntax and all plain ones in one context, gets what is stored."""
    variant = next(name for name, entry in VARIANTS.items() if entry[0] == syntax)
    instance = by_dcmtk(tmp_path, variant)
    sent_in(house, instance)
    proposal = {JPEG_LS: "+xt", RLE: "+xr"}[syntax]
    keys = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={STUDY}")
    said = house.dcmtk("getscu", *keys, options=("-d", "-S", "-aec", "PACS", proposal))
    files = list(house.folder.glob("CT*"))
    assert len(files) == 1, said
    fetched = Instance.from_part10(files[0].read_bytes())
    assert (fetched.transfer_syntax, fetched.pixels) == (syntax, instance.pixels)


def test_getscu_of_plain_syntaxes_gets_it_decompressed(house: House, tmp_path: Path) -> None:
    """getscu without options proposes plain syntaxes alone, and gets the pixels in one of them."""
    sent_in(house, by_dcmtk(tmp_path, "jpeg-ls"))
    keys = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={STUDY}")
    house.dcmtk("getscu", *keys, options=("-S", "-aec", "PACS"))
    (file,) = house.folder.glob("CT*")
    fetched = Instance.from_part10(file.read_bytes())
    assert fetched.transfer_syntax in contexts.UNCOMPRESSED
    assert fetched.pixels == RAMP


def test_the_workstation_fetches_as_stored(house: House, tmp_path: Path) -> None:
    """Our own C-GET takes a compressed object as it is stored."""
    instance = by_dcmtk(tmp_path, "jpeg-ls")
    sent_in(house, instance)
    taken: list[Instance] = []
    client.get(
        house.peer, "ADMIN", "study", "STUDY", {"StudyInstanceUID": STUDY}, lambda one: taken.append(one) or None
    )
    assert taken == [instance]


@pytest.mark.parametrize(("refused", "status"), [("compressed", 4), (JPEG_LS, 4), ("video", 0)])
def test_a_refused_syntax_is_result_4(house: House, tmp_path: Path, refused: str, status: int) -> None:
    """What the setting refuses is answered with context result 4, transfer syntaxes not supported."""
    house.pacs.configure(refused_syntaxes=[refused])
    instance = by_dcmtk(tmp_path, "jpeg-ls")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transcode, "convertible", lambda source, target: source == target)
        if status:
            with pytest.raises(client.NoContext, match="result 4"):
                client.store(house.peer, "CT1", [instance])
        else:
            sent_in(house, instance)


def test_a_viewer_that_takes_no_compressed_objects(house: House, tmp_path: Path) -> None:
    """A viewer set so gets them decompressed."""
    house.theatre.configure(refused_syntaxes="compressed video")
    sent_in(house, by_dcmtk(tmp_path, "jpeg-ls"))
    assert move(house, "THEATRE").status == "0000"
    (held,) = house.theatre.instances()
    assert (held.transfer_syntax, held.pixels) == (EXPLICIT_LITTLE, RAMP)


def test_dcmdump_reads_what_is_recoded(house: House, tmp_path: Path, files: Callable[[list[Instance]], Path]) -> None:
    """DCMTK reads every coding that we write, with the same values."""
    wanted = (IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED_LITTLE, RLE)
    folder = files([transcode.convert(ramp(), syntax) for syntax in wanted])
    tags = [arg for name in ("0008,0018", "0008,1140", "0028,0106", "0010,0010") for arg in ("+P", name)]
    said = {
        subprocess.run([need("dcmdump"), "-q", *tags, str(one)], capture_output=True, text=True, check=True).stdout
        for one in sorted(folder.iterdir())
    }
    values = {"".join(line.split("#")[0] for line in text.splitlines()) for text in said}
    assert len(values) == 1, values
    assert CT not in values
