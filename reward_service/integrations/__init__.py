"""The same rewards in other trainers: TRL, verl, EasyR1, OpenRLHF, slime, ms-swift. One small file each.

None of them is imported here: a file only has the signature its trainer calls, so a trainer's release needs no release
of ours.
"""
