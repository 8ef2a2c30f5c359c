"""One module a published model; `digits_vae.py` holds the recipe of `build/models/digits-vae`."""
