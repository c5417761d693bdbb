"""One order's fate: commands, intents, submission, journal."""
