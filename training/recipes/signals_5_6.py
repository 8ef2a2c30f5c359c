"""`signals-5-6`: non-linear autoencoders of waveforms of 5 or 6 harmonics (F3)."""

from training.recipes.families.signal_codes import networks_recipe

RECIPE = networks_recipe((5, 6))
