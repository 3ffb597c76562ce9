"""Messages that tests of the codec, validator and commands share."""

from __future__ import annotations

ADMISSION = (
    b"MSH|^~\\&|EPR|RXX01|RIS|RXX01|20260302074000||ADT^A01^ADT_A01|EPR1|P|2.5.1|||||GBR|UNICODE UTF-8\r"
    b"EVN|A01|20260302074000\r"
    b"PID|1||1234567^^^RXX01&1.2.3&ISO^MR~9990001235^^^NHS^NH||O\\T\\NEILL^J\xc3\xb6rg^^^Dr^^L||19700101|F"
    b"|||1 High Street^^Leeds^^LS1 4AP\r"
    b"PV1|1|I|WARD 7^4^B||||123^Shah|456^Lee||MED|||||||789^Okoro||V100\r"
)

ORDER = (
    b"MSH|^~\\&|RIS|RXX01|PACS|RXX01|20260302080000||ORM^O01|RIS7|P|2.3.1\r"
    b"PID|1||1234567^^^RXX01^MR||SMITH^ANNA||19700101|F\r"
    b"PV1|1|O\r"
    b"ORC|NW|P1|F1||SC||^^^20260302090000^^R\r"
    b"OBR|1|P1|F1|CTHEA^CT Head^L||||||||||||||ACC1|RP1|SPS1||||CT|||^^^20260302090000^^R\r"
    b"ZDS|2.25.17^^Application^DICOM\r"
)

REPORT = (
    b"MSH|^~\\&|RIS|RXX01|EPR|RXX01|20260302120000||ORU^R01^ORU_R01|RIS9|P|2.5.1\r"
    b"PID|1||1234567^^^RXX01^MR||SMITH^ANNA||19700101|F\r"
    b"OBR|1|P1|F1|CTHEA^CT Head^L||||||||||||||ACC1||||||CT|F\r"
    b"OBX|1|HD|113014^DICOM Study^DCM||2.25.17||||||F\r"
    b"OBX|2|TX|GDT^Report^L||No fracture.||||||F\r"
)

MERGE = (
    b"MSH|^~\\&|EPR|RXX01|RIS|RXX01|20260302130000||ADT^A40^ADT_A39|EPR8|P|2.5.1\r"
    b"EVN|A40|20260302130000\r"
    b"PID|1||1234567^^^RXX01^MR||SMITH^ANNA\r"
    b"MRG|777^^^RXX01^MR\r"
)

OMI = (
    b"MSH|^~\\&|RIS|RXX01|PACS|RXX01|20260302080000||OMI^O23^OMI_O23|RIS8|P|2.5.1\r"
    b"PID|1||1234567^^^RXX01^MR||SMITH^ANNA||19700101|F\r"
    b"PV1|1|O\r"
    b"ORC|NW|P1|F1\r"
    b"TQ1|1||||||20260302090000||R\r"
    b"OBR|1|P1|F1|CTHEA^CT Head^L\r"
    b"IPC|ACC1|RP1|2.25.17|SPS1|CT\r"
    b"IPC|ACC1|RP1|2.25.17|SPS2|CT\r"
)

ALL = {"admission": ADMISSION, "order": ORDER, "report": REPORT, "merge": MERGE, "omi": OMI}
