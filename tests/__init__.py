"""The book's tests. Calculations keep to one thread each, as in training.

Processes of tests share the cores with their browsers; threads that wait for each other's turn
would cost ten times what they save. Libraries read the setting when they are loaded: so it is here.
"""

import os

from training.run.threads import SINGLE_THREADED

os.environ.update(SINGLE_THREADED)
