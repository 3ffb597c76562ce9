"""The feed: a hospital's day from pathways, as HL7 messages to a file or an address, or as actions in the lab."""
