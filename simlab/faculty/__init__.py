"""The trainer's side: what the records tell of a cohort."""
