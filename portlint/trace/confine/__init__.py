"""How the child gives up what a model does not need, before anything of the model runs."""
