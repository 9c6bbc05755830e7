"""The toolkit's commands of `sqncshim`; `sqncshim.tables` names their modules."""
