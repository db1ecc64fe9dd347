"""What `import attn_explore` gives to a notebook or a program: a run, its tensors, and what is asked of it.

It shows what the explorer shows, and answers what the commands answer, as objects with NumPy arrays.

running          from what somebody names to a run
recorded         the record of a run, and its views
tensor           one tensor, with named axes
results          what each view finds
by_name          what names of steps and cells mean
asking           how it is found
tensor_html      a tensor as a table of a notebook
result_html      what a view finds as a table; a run as one
html_parts       what both are made of
"""
