"""The worker's side of Hydra: connects to the front, loads an application and runs its requests."""
