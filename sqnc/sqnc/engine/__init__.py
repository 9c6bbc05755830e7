"""The engine: runs a workflow's jobs, a job's steps, on a runtime.

options     what a run is asked for
checkout    the user's repository: facts for contexts, the tree that answers actions/checkout
steps       one form for a workflow's steps and a step document's
storage     the volumes of a job, and how trees get into them
containers  the containers of a job, each with its agent
actions     what `uses` means: step documents, and where an action lies
scope       what expressions see
output      a step's output: commands, masks, events
matchers    problem matchers
execution   one step
cancellation  who asks for the end of a job, and what it ends
limits      how long jobs and steps may take
job         one job
run         one run
"""
