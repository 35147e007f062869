#include <torch/extension.h>

torch::Tensor bias_gelu_forward(torch::Tensor x, torch::Tensor bias);

PYBIND11_MODULE(TORCH_EXTENSION_NAME, m) {  // expect: NEU294
  m.def("forward", &bias_gelu_forward, "bias and GELU in one kernel");
}
