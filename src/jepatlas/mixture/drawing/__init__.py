"""The pictures of the mixture track: arrays in, matplotlib figures and frames out."""
