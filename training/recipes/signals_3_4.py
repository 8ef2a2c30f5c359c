"""`signals-3-4`: non-linear autoencoders of waveforms of 3 or 4 harmonics (F3)."""

from training.recipes.families.signal_codes import networks_recipe

RECIPE = networks_recipe((3, 4))
