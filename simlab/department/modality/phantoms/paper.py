"""Pages that are stored as pictures: a scanner's dose page, and a scanned request form."""

from __future__ import annotations

from simlab.department.modality.phantoms.pen import Pen


def dose_page(pen: Pen, depth: float) -> None:
    """White letters on black: what the scan cost in dose, the same figures as in the dose report."""
    length, dose, product = (float(pen.options[key]) for key in ("length_mm", "ctdivol", "dlp"))
    rows = (
        ("#", "Type", "Range", "CTDIvol", "DLP", "Phantom"),
        ("", "", "mm", "mGy", "mGy cm", "cm"),
        ("1", "Scout", "", "", "", ""),
        ("2", "Helical", f"{length:.0f}", f"{dose:.2f}", f"{product:.1f}", "Body 32"),
    )
    pen.text(-0.90, -0.86, "Dose report", 255, size=3)
    pen.tube([(-0.90, -0.74), (0.90, -0.74)], 0.004, 160)
    for row, cells in enumerate(rows):
        for letters, cell in zip((0, 3, 11, 17, 25, 32), cells, strict=True):
            pen.text(-0.92 + 12 * letters / pen.unit, -0.62 + 0.15 * row, cell, 215)
    pen.tube([(-0.90, 0.02), (0.90, 0.02)], 0.004, 160)
    pen.text(-0.90, 0.10, f"Total exam DLP: {product:.1f}", 255)


def request_form(pen: Pen, depth: float) -> None:
    """A sheet of paper out of the scanner, a little askew: boxes, typed lines, a scrawl for a signature."""
    pen.tube([(-0.62, -0.80), (0.62, -0.80)], 0.006, 60)
    pen.text(-0.60, -0.72, "Radiology request", 30, size=3)
    for number, (label, typed) in enumerate((
        ("Examination", "CT chest with contrast"), ("Clinical", "Cough 3/12, weight loss"), ("Question", "Nodule?"),
        ("Contrast", "eGFR 74  no allergy"), ("Urgency", "Two weeks"), ("Location", "Chest clinic"),
    )):  # fmt: skip
        y = -0.52 + 0.17 * number
        pen.text(-0.66, y, label, 90)
        pen.text(-0.18, y, typed, 30)
        pen.tube([(-0.20, y + 0.075), (0.60, y + 0.075)], 0.002, 150)
    pen.text(-0.60, 0.62, "Signed", 90)
    line = [(-0.15 + 0.045 * n, 0.63 + (0.05, -0.06, 0.02, -0.03)[n % 4]) for n in range(12)]
    pen.tube(line, 0.006, 70)
    for x, y in ((-0.55, 0.82), (-0.20, 0.82), (0.15, 0.82)):
        pen.tube([(x, y), (x + 0.06, y), (x + 0.06, y + 0.06), (x, y + 0.06), (x, y)], 0.003, 90)
    pen.warp(0.006, 0.5)
    pen.mottle(0.02, 0.3)
    pen.grain(3)
