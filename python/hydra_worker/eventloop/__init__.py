"""What any interface on an event loop is served with: its data links, tasks, drain. Knows no interface."""
