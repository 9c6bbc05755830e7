"""State that several processes, builds and machines change at once: small files in a git branch or a folder.

    files     what is shared: a snapshot, a change, and the errors
    update    the loop of compare-and-set: look, decide, replace, and again where somebody else was faster
    git       files in a branch of a git repository
    folder    files in a folder
    s3        one file, an object of a bucket
    locks     a pool of locks, as Concourse's pool resource keeps them, in any of these

A change is decided on one state and made on that state or not at all:

    with git_files(git.Source(uri=…, branch="version")) as files:

        def next_number(now: Snapshot) -> Change[int]:
            number = int(now.read("number") or 0) + 1
            return Change({"number": b"%d\\n" % number}, f"bump to {number}", number)

        done = update(files, next_number)       # done.result: the number; done.revision: the commit

    with git_files(git.Source(uri=…, branch="master")) as files:
        done = LockPool(files, "aws").acquire() # waits; done.result.name, done.result.content

ResourceError        what cannot be done, or could not be done in time
├── ConflictError    somebody else has changed what the change was decided on; nothing was changed
└── NotYetError      what is wanted is not there yet; `update` looks again
"""
