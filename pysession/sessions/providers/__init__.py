"""What brings context into a run of an agent and keeps its messages: in the session, files, stores, rows, the real framework."""
