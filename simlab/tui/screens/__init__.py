"""The screens and dialogs that the terminal shows."""
