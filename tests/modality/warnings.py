"""What dciodvfy warns of in the sample studies, and why each warning stays."""

_ENHANCED = "Enhanced objects say when in a date and time of its own; ours keep the old pair, which archives look for."

WARNINGS = {
    "Unrecognized defined term <99SIMLAB>": "A hospital's own exam codes have a private coding scheme designator "
    "(PS3.16 8).",
    "(0x0040,0x0241) AE Performed Station AE Title": "Scanners write which of them made the image; it is no part "
    "of the image IODs.",
    "this is a Standard Extended SOP Class": "Follows from the line above, and from private elements.",
    "Unrecognized defined term <M> for value 3 of attribute <Image Type>": "Vendors write M for magnitude; defined "
    "terms may be extended (PS3.5 6.3).",
    "Unrecognized defined term <REFORMATTED> for value 3 of attribute <Image Type>": "As scanners mark reformatted "
    "slices.",
    "for value 1 of attribute <View Position>": "CC, MLO and RLO stand beside the View Code Sequence, because hanging "
    "protocols look for them.",
    "Attribute is not present in standard DICOM IOD - (0x0008,0x0032) TM Acquisition Time": _ENHANCED,
    "Attribute is not present in standard DICOM IOD - (0x0008,0x0022) DA Acquisition Date": _ENHANCED,
}
