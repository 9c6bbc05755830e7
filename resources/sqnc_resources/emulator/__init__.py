"""What Concourse does around a resource type, as pure functions; `sqnc check|get|put` run on them.

    vars            `((vars))` and where their values come from
    configuration   a file shaped as a pipeline: its resources and resource types
      yaml_values, yaml_scalars   YAML as Concourse reads it
    requests        what check, in and out read
    answers         what they answer
      go_json       JSON as Go writes and reads it
    history         versions and their order
    inputs          which artifacts a put sees
    cache_key       which gets are the same
    build           BUILD_* variables

Files and lines named in docstrings are those of concourse/concourse, release 8.2.
"""
