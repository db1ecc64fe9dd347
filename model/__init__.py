"""Transformers in NumPy that record every tensor they compute.

What notebooks use is `import attn_explore`, which stands on this; it is usable on its own, too:

>>> from attn_explore.model.run import run
>>> from attn_explore.model.scenario import parse_scenario
>>> trace = run(parse_scenario("input: {text: I love my dog}"))
>>> trace["encoder.layers.0.self_attention.weights"].shape
(1, 4, 4)

What is where:

axes, values, trace, recorder   tensors with named axes, and the record of a run
sources, changes                where parameters are stored; what-if edits
rounding                        parameters as they come back from fewer bits
keeping, windows, buffers       which values stay in memory, parts of large ones, memory that is used again
ops/                            every operation: its computation, derivative, arithmetic and formula side by side
backward                        reverse-mode differentiation: the order in which derivatives are applied
stream                          the residual stream, and what is done after it, done earlier: the lens
config, architecture            what a model is: as scenarios say it, and all that the mathematics depends on
variants, layers, transformer, parameters   the mathematics of the models
words/                          titles, symbols and explanations of the steps: `words/en.md`
notation, formulas              how formulas are written
expressions, erf, explain, finer, uses   where a number comes from, and where it goes
labels, naming, places, step_names   words along an axis, names of places there, of cells, and of steps
plots, profile, diagram/        what is plotted, and the model as a diagram
text, problems                  text that is safe to show, and messages about what the user can mend
dataclass, packaged, cores      dataclasses, files of the program, and work on every core
scenario/                       scenario files: keys, checks, YAML
files/                          formats of bytes: npz, safetensors, GGUF, strict JSON; reading and writing them safely
checkpoints/                    the names that other programs give to parameters
opened, named_checkpoint        the checkpoint that a scenario names
known, prepared, memory         what is known of a scenario before it runs
weights, edits, loss, scenario_gradients, experiments   what else a scenario asks for
forward, run, passes            putting the model together, and running it, also in passes
gallery, attended_again         every variant of an attention
looking/                        what people ask of a run, as numbers: the lens, what each head does
training/                       how weights are trained
lesson                          the stops and questions of a lesson, bound to a run; which answers are right
traces/                         exported traces: writing, reading, JSON Schema
"""
