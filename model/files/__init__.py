"""Files and their formats, without scenarios.

regular, writing               reading files that strangers name, and writing whole or not at all
safetensors, npz, strict_json  formats, read and written
positioned, storages, stores   large files of tensors, of which only what is asked for is read
"""
