"""Knowledge bases: FAQ files, their indexes, saved versions, ranking and calibration."""
