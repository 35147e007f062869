"""What runs in a forward, a training step or a decoding loop, and where Python waits there."""
