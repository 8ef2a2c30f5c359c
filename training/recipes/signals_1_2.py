"""`signals-1-2`: non-linear autoencoders of waveforms of one or two harmonics (F3)."""

from training.recipes.families.signal_codes import networks_recipe

RECIPE = networks_recipe((1, 2))
