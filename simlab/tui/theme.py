"""The terminal's own colours: a quiet dark one for the night, a light one for a bright office."""

from textual.theme import Theme

NIGHT = Theme(
    name="simlab-night",
    primary="#86b6d9",
    secondary="#9aa8b5",
    accent="#e6b45e",
    success="#8fc79a",
    warning="#e6b45e",
    error="#ee8d7d",
    foreground="#dfe5ea",
    background="#11161b",
    surface="#161d24",
    panel="#232d37",
    boost="#1c252e",
    dark=True,
    variables={
        "border": "#3c4a57",
        "footer-background": "#1c252e",
        "footer-key-foreground": "#e6b45e",
        "block-cursor-background": "#2f5573",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-blurred-background": "#26333f",
        "block-cursor-blurred-foreground": "#dfe5ea",
        "input-selection-background": "#2f5573",
    },
)

DAY = Theme(
    name="simlab-day",
    primary="#1d5f8a",
    secondary="#5a6772",
    accent="#8a5a00",
    success="#1f6b35",
    warning="#8a5a00",
    error="#a3301f",
    foreground="#1a2026",
    background="#f5f3ee",
    surface="#fbfaf7",
    panel="#e6e2d9",
    boost="#edeae2",
    dark=False,
    variables={
        "border": "#a7a295",
        "footer-background": "#e6e2d9",
        "footer-key-foreground": "#8a5a00",
        "block-cursor-background": "#bcd6e8",
        "block-cursor-foreground": "#10161b",
        "block-cursor-blurred-background": "#dfe7ec",
        "block-cursor-blurred-foreground": "#1a2026",
        "input-selection-background": "#bcd6e8",
    },
)
