"""The engine: runs a workflow's jobs, a job's steps, on a runtime.

options       what a run is asked for
checkout      the user's repository: facts for contexts, the tree that answers actions/checkout
steps         one form for a workflow's steps and a step document's
storage       the volumes of a job, and how trees get into them
containers    the containers of a job, each with its agent
jobimage      which image a job's steps run in
actions       what `uses` means: step documents, and where an action lies
actionimage   the image of an action with a Dockerfile
inputs        the inputs of an action: what `with` gives, else each default
scope         what expressions see
filling       values that hold expressions or vars, each put in once
output        a step's output: commands, masks, events
matchers      problem matchers
stepruns      what a step is while it runs: what its stages share, and what it came to
execution     one step
stages        the steps of a job in their three stages: pre, main, post
resources     the gets and puts of a job
cancellation  who asks for the end of a job, and what it ends
limits        how long jobs and steps may take
job           one job
run           one run
"""
