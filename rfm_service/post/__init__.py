"""Letters: from the outbox to people, and from people to the inbox."""
