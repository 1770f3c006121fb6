"""The JSON API of the sandbox itself, under `/_sandbox/`: look at its state, and change it."""
