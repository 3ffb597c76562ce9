"""Tables of what an administrator sees in the terminal, with what each row offers to do."""
