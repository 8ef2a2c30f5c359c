from torch import nn


class Decoder(nn.Module):
    """Numbers to pictures."""
