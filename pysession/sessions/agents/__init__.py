"""A small agent for scenarios: its runs, what is told it meanwhile, the services that keep conversations."""
