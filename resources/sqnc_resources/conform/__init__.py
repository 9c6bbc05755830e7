"""The conformance kit: judges any resource type, in any language, by what Concourse and its users rely on.

    executor     the seam: runs check, in or out somewhere, and tells what came of it
    host         on this machine, with programs in a folder or a type in Python
    folders      what a folder holds, as a value that can be compared
      process    one program from its start to its end
      launcher   runs one with the machine's files read-only
      inside     runs one in a container, for an executor that can reach it there
    programs     which programs a type has on this machine
    scenario     what the author says of the type: a source, params, versions
      scenario_file   where that is written
    build        the variables that an engine sets for a build
    answers      what was printed, as Concourse reads it and as people meant it
    subject      the type under judgement: its runs, each made once and remembered
    rules        what is demanded, why, and how it is found out
    kit          one judgement of all rules
    report       the judgement in lines for people, as JSON, and the rules as a page
    console      what the command lines share

    plugin       all of it in pytest, for the tests of a type's own repository
    histories    an upstream that is pushed to, force-pushed and deleted from, and what checks make of it
      machine    such histories from hypothesis
    recordings   what a type says to servers and programs, recorded once and replayed

ScenarioError    the scenario, or what is to be judged, cannot be used; the message says why
RecordingError   something was asked that a recording does not hold
WrongAnswer      a check did not answer with what there is, as it should have after such a history
"""
