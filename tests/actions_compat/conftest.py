"""Property tests here have no deadline: a slow machine is no defect, and a hang is pytest-timeout's."""

from hypothesis import settings

settings.register_profile("actions_compat", deadline=None)
settings.load_profile("actions_compat")
