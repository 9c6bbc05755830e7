"""Resources in the engine: check, get and put of one resource, in a container or on this machine.

    tracked     one resource as a step sees it: `TrackedResource.check`, `choose`, `get`, `put`
    executors   where a type's programs run: built in, an image, scripts; one Protocol
    programs    one run of one program: its streams, its end, its timeout
    kinds       what a type's name in a file means
    histories   the versions of a resource, kept between runs, with a lock
    getcache    what gets fetched, kept between runs
    shown       a version and its metadata, as people see them
    state       where histories lie, and the number of a build
    commands    all of it for `sqnc check|get|put`
      places    where get and put find their folders
      images    images that a get of another type makes

The rules are `sqnc_resources.emulator`'s, pure; what is here runs and keeps. A step in five lines, with a
container of a job (`sqnc.engine.containers.JobContainer`) and a read `Configuration`:

    executor = BuiltInType("git", lambda: container, image_environment(image), image.user)
    repo = TrackedResource("repo", executor, source, history, cache, session, build)
    version = repo.choose(None)                   # checks first; or a pinned version, or a part of one
    got = repo.get(version, params, folder, place)    # folder(): where to; place(tree): cached files
    answer = repo.put(params, "/path/of/inputs")      # then repo.get(answer.version, …, after_put=True)

All calls wait, and belong to one thread; `Session.on_start` hands out what another thread ends them by.
Params are given with vars put in (`interpolate`), inputs chosen before (`put_inputs`), as Concourse does.

    StepError               the step ended without what was asked for
    ├── StepFailed          the type said no, or there is no such version: *failed*
    │   └── StepTimedOut    it took longer than it may
    ├── StepErrored         it cannot be run, or its answer is none: *errored*
    └── StepCanceled        somebody ended it
    StateError              a history cannot be read or written: *errored*

Trouble with containers stays what it is: RuntimeFailure and AgentError, *errored* too.
"""
