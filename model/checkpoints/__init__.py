"""Files that other programs wrote: one short file a family, with its names in ours.

checkpoint          what a model on the disk is, and where its parameters are stored
settings            the settings of a model, read strictly
families/           one short file a family: the mathematics by its settings, our names in its file's
tables, parts,      a parameter as a tensor of a file, or as a part of one
stored
reference_tensors,  tensors of another program, and whether a run agrees with them
agreement
locating            from what a person names to the files of a model
model_files         what there is of a model: a folder as Hugging Face writes it, or a GGUF file
summary             what headers alone say of a model
pooling             how a folder makes one vector of a text
tokenizing          texts in, ids and labels out
tokens/             what a tokenizer is made of: its file, how its tokens are shown, the package that reads it
hub_cache, ollama   the places where other programs keep models
torch_transformer   the state dict of `torch.nn.Transformer`
"""
