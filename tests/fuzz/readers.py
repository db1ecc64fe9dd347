"""Every reader by its name. Each is made once, when it is asked for."""

from functools import cache

from tests.fuzz.model_files import folder, gguf, shards, tensors
from tests.fuzz.scenarios import scenario
from tests.fuzz.small_files import keys, pairs, places
from tests.fuzz.tensors import safetensors
from tests.fuzz.tokenizers import tokenizer
from tests.fuzz.traces import npz, trace

_ALL = (scenario, safetensors, trace, npz, pairs, keys, places, tensors, shards, gguf, folder, tokenizer)
READERS = {make.__name__: cache(make) for make in _ALL}
