"""Files and their formats, without scenarios.

regular, writing               reading files that strangers name, and writing whole or not at all
safetensors, npz, strict_json  formats, read and written
in_pieces                      large arrays, written a few rows at a time
positioned, storages,          files that are read by position, and how numbers are stored in them
quantised
stores, shards, gguf           the tensors of a file, or of several: numbers are read when somebody asks
gguf_values, texts             what is said beside the tensors of a GGUF file
extras                         packages that not everybody has
signatures                     what a file really is
"""
