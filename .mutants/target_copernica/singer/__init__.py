"""The Singer side: messages in, STATE out."""
