"""Events beside rules: why a rule does not fire on an event, and events that only just do not trigger it."""
