"""portlint tells a PyTorch team how hard their CUDA code is to move to AWS Neuron."""

__version__ = "0.1.0"
