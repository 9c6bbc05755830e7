"""From the text of a file to its models.

document.py       the way through: text → tree → checked tree → models
check.py          compares a tree with a table, in GitHub's words
static.py         checks expressions without values
shapes.py         what a table is made of
tables.py         workflows            events.py        what stands under `on`
action_table.py   action.yml           branding.py      its colours and icons
build.py          workflow models      triggers.py      the model of `on`
action.py         action models        graph.py         checks `needs`
lint.py           what cannot be meant, for a strict reader
fields.py         takes values out of a checked tree
"""
