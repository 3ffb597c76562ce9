"""Actions from the command line: how arguments and files become them, and what comes back."""

import pytest

from tests.cli.conftest import outcome


def test_arguments_nest_by_dots_and_take_json(simlab, lab):
    """Dots nest, `:=` takes JSON, plain values stay text."""
    lab.answers["POST /act"] = outcome()
    ran = simlab("act", "dicom.find", "level=STUDY", "keys.PatientName=SMITH*", "limit:=5", "keys.StudyDate=")
    assert ran.code == 0
    assert lab.acted() == [
        ("dicom.find", {"level": "STUDY", "keys": {"PatientName": "SMITH*", "StudyDate": ""}, "limit": 5})
    ]


def test_an_argument_can_come_from_a_file(simlab, lab, tmp_path):
    """`key=@file` sends the file's text, not its name."""
    (tmp_path / "a.hl7").write_text("MSH|^~\\&|")
    lab.answers["POST /act"] = outcome()
    simlab("act", "hl7.send", f"message=@{tmp_path / 'a.hl7'}")
    assert lab.acted() == [("hl7.send", {"message": "MSH|^~\\&|"})]


def test_an_outcome_is_json_and_a_refusal_exits_1(simlab, lab):
    """The outcome goes to stdout as JSON in any case; `ok` false means exit code 1."""
    lab.answers["POST /act"] = outcome(ok=False, summary="refused")
    ran = simlab("act", "dicom.echo", "to=PACS")
    assert (ran.code, ran.json["summary"], ran.err) == (1, "refused", "")


def test_a_file_of_one_action_gives_one_outcome(simlab, lab, tmp_path):
    """A mapping in YAML is one action."""
    (tmp_path / "one.yaml").write_text("pacs.set_peer: {title: DEST, port: 11190}\n")
    lab.answers["POST /act"] = outcome()
    assert simlab("act", str(tmp_path / "one.yaml")).json["ok"] is True
    assert lab.acted() == [("pacs.set_peer", {"title": "DEST", "port": 11190})]


def test_a_list_of_actions_stops_at_the_first_surprise(simlab, lab, tmp_path):
    """A list runs in order; an expected failure goes on, an unexpected one stops it with exit code 1."""
    (tmp_path / "many.yaml").write_text(
        "- dicom.echo: {to: PACS}\n  expect: failure\n- ris.arrive: {accession: A1}\n- ris.arrive: {accession: A2}\n"
    )
    lab.answers["POST /act"] = [outcome(ok=False), outcome(ok=False), outcome()]
    ran = simlab("act", str(tmp_path / "many.yaml"))
    assert (ran.code, len(ran.json)) == (1, 2)
    assert [name for name, _ in lab.acted()] == ["dicom.echo", "ris.arrive"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [1\n", "bad.yaml:2"),
        ("- just text\n", "bad.yaml:1: not one action"),
        ("[]", "holds no action"),
        ("a: &x [1]\nb: [*x, *x]\n", "aliases"),
        ("!!python/object/apply:os.system [ls]", "bad.yaml:1"),
    ],
)
def test_a_bad_file_is_refused_with_its_place(simlab, lab, tmp_path, text, said):
    """Nothing of a bad file is carried out, and the message says where it is wrong."""
    (tmp_path / "bad.yaml").write_text(text)
    ran = simlab("act", str(tmp_path / "bad.yaml"))
    assert ran.code == 1
    assert said in ran.err
    assert lab.acted() == []


@pytest.mark.parametrize("argument", ["port", "=3", "a:=x", "a=@/no/such/file"])
def test_a_bad_argument_is_refused(simlab, lab, argument):
    """An argument that is not KEY=VALUE never reaches the lab."""
    ran = simlab("act", "pacs.set_peer", argument)
    assert ran.code == 1
    assert lab.acted() == []


def test_actions_are_described(simlab, lab):
    """`--list` shows each action with its arguments, `--schema` its JSON Schema."""
    schema = {"properties": {"title": {}, "port": {}}, "required": ["title"]}
    lab.answers["GET /actions"] = (200, [{"name": "pacs.set_peer", "doc": "Register a peer.", "schema": schema}])
    assert "title* port" in simlab("act", "--list").out
    assert simlab("act", "pacs.set_peer", "--schema").json == schema


def test_find_sends_its_options_as_keys(simlab, lab):
    """Friendly options become matching keys; what a person wants to see is asked for as well."""
    lab.answers["POST /act"] = outcome(rows=[{"PatientName": "SMITH^JANE", "StudyInstanceUID": "1.2.3"}])
    ran = simlab("dicom", "find", "--patient-name", "SMITH*", "--modality", "CT", "-k", "StudyID=7")
    (name, arguments) = lab.acted()[0]
    assert (name, arguments["level"], arguments["root"]) == ("dicom.find", "STUDY", "study")
    wanted = {"PatientName": "SMITH*", "ModalitiesInStudy": "CT", "StudyID": "7", "StudyInstanceUID": ""}
    assert wanted.items() <= arguments["keys"].items()
    assert "SMITH^JANE" in ran.out and "1.2.3" in ran.out


def test_the_patient_level_is_asked_in_the_patient_root(simlab, lab):
    """The study root has no patient level, so the other is taken."""
    lab.answers["POST /act"] = outcome(rows=[])
    simlab("dicom", "find", "--level", "patient")
    assert lab.acted()[0][1]["root"] == "patient"


def test_a_retrieval_must_say_what(simlab, lab):
    """`move` without a UID is stopped before the wire."""
    ran = simlab("dicom", "move", "THEATRE")
    assert ran.code == 1
    assert "StudyInstanceUID" in ran.err
    assert lab.acted() == []


def test_store_sends_contents_not_paths(simlab, lab, tmp_path):
    """Files and folders travel as base64 contents; their names only serve to call them something."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.dcm").write_bytes(b"abc")
    lab.answers["POST /act"] = outcome()
    simlab("dicom", "store", str(tmp_path / "in"))
    names = [str(tmp_path / "in" / "a.dcm")]
    assert lab.acted() == [("dicom.store", {"to": "PACS", "calling": "ADMIN", "files": ["YWJj"], "names": names})]


def test_receive_copies_out_of_the_workstation(simlab, lab, tmp_path):
    """What the workstation holds is copied, and left there."""
    (tmp_path / "workstation").mkdir()
    (tmp_path / "workstation" / "1.dcm").write_bytes(b"x")
    ran = simlab("dicom", "receive", str(tmp_path / "out"), "--json")
    assert ran.json == [str(tmp_path / "out" / "1.dcm")]
    assert (tmp_path / "out" / "1.dcm").read_bytes() == (tmp_path / "workstation" / "1.dcm").read_bytes()


def test_the_log_of_an_exercise_with_own_logs_needs_a_system(simlab, lab):
    """Where an exercise shows each system's own log, the whole timeline is not shown."""
    lab.answers["GET /training/attempt"] = {"logs": "own", "tasks": []}
    ran = simlab("log")
    assert ran.code == 1
    assert "--system" in ran.err


def test_hl7_send_takes_a_message_from_a_file(simlab, lab, tmp_path):
    """The message's text is sent, and the acknowledgement's sentence shown."""
    (tmp_path / "a.hl7").write_bytes(b"MSH|^~\\&|EPR\rEVN|A08\r")
    lab.answers["POST /act"] = outcome(summary="ADT answered AA")
    ran = simlab("hl7", "send", str(tmp_path / "a.hl7"))
    assert ran.out == "ADT answered AA\n"
    assert lab.acted() == [("hl7.send", {"message": "MSH|^~\\&|EPR\rEVN|A08\r", "to": "ADT"})]


def test_stage_sends_a_name_or_the_content_of_a_file(lab, simlab, tmp_path):
    """A name goes as it is; of a YAML file the text, for the lab reads no paths of its clients."""
    lab.answers["POST /stage"] = {"scene": "empty"}
    (tmp_path / "mine.yaml").write_text("use: [_lib/empty]\n")
    assert "scene empty" in simlab("stage", "situations/05-slots").out
    assert simlab("stage", str(tmp_path / "mine.yaml")).code == 0
    assert [body for call, body in lab.asked] == [{"scene": "situations/05-slots"}, {"scene": "use: [_lib/empty]\n"}]


@pytest.mark.parametrize(
    "command",
    [
        "engine set-route out route=back",
        "engine add-route out 2575 port=2576",
        "modality configure CT1 modality=CT2",
        "viewer configure THEATRE viewer=WARD",
    ],
)
def test_what_a_command_names_is_not_named_again_among_its_settings(simlab, lab, command):
    """Otherwise CT2 would be changed by a command that says CT1."""
    lab.answers["POST /act"] = outcome()
    ran = simlab(*command.split())
    again = command.rpartition(" ")[2].partition("=")[0]
    assert (ran.code, lab.acted()) == (1, [])
    assert f"{again} is named already" in ran.err and "report" not in ran.err


@pytest.mark.parametrize("system", ["epr", "ris", "pacs", "neighbour", "engine"])
def test_a_setting_may_have_any_name(simlab, lab, system):
    """Which there are is for the department to say."""
    lab.answers["POST /act"] = outcome(ok=False, summary="there is no such setting")
    ran = simlab(system, "configure", "name=x", "home=y", "json=z", "columns=1")
    assert (ran.code, ran.err) == (1, "error: there is no such setting\n")
    assert lab.acted() == [(f"{system}.configure", {"name": "x", "home": "y", "json": "z", "columns": "1"})]
