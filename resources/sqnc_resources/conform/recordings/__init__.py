"""What a type says to servers and programs: recorded once, and replayed wherever they are not.

    recording   the file: exchanges in JSON, without secrets
    http        a server on this machine that stands for another one
    programs    programs that stand for others, in a folder that comes first on PATH
      stand_in  one of these

Both work for types in any language: a type is pointed to the server by its source, and to programs by PATH.

RecordingError   there is no recording, it cannot be read, or something was asked that it does not hold
"""
