"""What the files would change, before anything is written: figured, shown, saved, and held against what is then done."""
