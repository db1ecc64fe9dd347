"""Exported traces: writing them, reading them back, and their JSON Schema.

wanted                      what of a run is exported: all of it, or some steps
records, export             what is said of a run and its steps; the three formats
recorded, architectures     what is said of a checkpoint, and of its model, and how that is read back
reading                     from a file to a trace: the run is planned again, and the numbers come from the file
containers, record_checks   the three formats from strangers; records that must be those of the run
trace_schema                the JSON Schema
"""
