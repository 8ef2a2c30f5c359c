"""The built book as readers meet it: real browsers, real gestures."""
