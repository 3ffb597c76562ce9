"""SimLab: a hospital imaging department on one laptop, to practise PACS administration on."""

__version__ = "0.1.0"
