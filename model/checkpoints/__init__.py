"""Files that other programs wrote: one short file a family, with its names in ours.

locating            from what a person names to the files of a model
hub_cache, ollama   the places where other programs keep models
torch_transformer   the state dict of `torch.nn.Transformer`
"""
