"""Builds the extension: `pip install .`."""

from setuptools import setup
from torch.utils.cpp_extension import BuildExtension, CUDAExtension

setup(
    name="fused-bias-gelu",
    version="0.2.0",
    py_modules=["bias_gelu"],
    ext_modules=[
        CUDAExtension(  # expect: NEU220
            "fused_bias_gelu",
            ["csrc/bindings.cpp", "csrc/bias_gelu.cu"],
            extra_compile_args={"cxx": ["-O3"], "nvcc": ["-O3", "--use_fast_math"]},
        )
    ],
    cmdclass={"build_ext": BuildExtension},
)
