"""Every reader by its name. Each is made once, when it is asked for."""

from functools import cache

from tests.fuzz.checkpoint_traces import checkpoint_trace
from tests.fuzz.model_files import folder, gguf, shards, tensors
from tests.fuzz.scenarios import scenario
from tests.fuzz.small_files import keys, pairs, places
from tests.fuzz.tensors import safetensors
from tests.fuzz.tokenizers import gguf_tokenizer, tokenizer
from tests.fuzz.traces import npz, trace

_OURS = (scenario, safetensors, trace, npz, pairs, keys, places)
_OF_MODELS = (tensors, shards, gguf, folder, tokenizer, gguf_tokenizer, checkpoint_trace)
READERS = {make.__name__: cache(make) for make in (*_OURS, *_OF_MODELS)}
