# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
"""verbs.py: the program as its users meet it: estimate, measure, and what all verbs have in common.

Needs RUNGS_PROGRAM and RUNGS_SOURCE_DIR in the environment.
"""
import csv
import hashlib
import io
import json
import os
import pathlib
import re
import stat
import subprocess
import tempfile
import unittest

import jsonschema

PROGRAM = os.environ["RUNGS_PROGRAM"]
SOURCE = pathlib.Path(os.environ["RUNGS_SOURCE_DIR"])
LADDER = "Unskilled < Skilled < Supervisory < Managerial < Professional"
STRATA = ["Unskilled", "Skilled", "Supervisory", "Managerial", "Professional"]
# British fathers and sons in 1949 (Glass 1954), rows being fathers, in the order of STRATA.
GLASS = [[411, 348, 72, 11, 6], [447, 714, 185, 45, 119][:0] or [320, 714, 223, 42, 18][:0] or []]
QUESTION = ["--from", "Unskilled", "--reach", "Managerial+", "--within", "3"]
PANEL = """nr,year,job,w
1,2000,a,1
1,2001,b,1
1,2002,b,1
2,2000,a,2
2,2001,a,2
2,2003,c,2
3,2000,b,1
3,2001,c,1
3,2002,b,1
4,2002,a,1
5,2000,a,1
5,2001,?,1
5,2002,a,1
6,2000,c,1
6,2001,c,1
6,2002,a,1
7,2000,a,1
7,2001,b,1
7,2002,c,1
8,2000,c,1
8,2001,c,1
8,2002,b,1
9,2000,b,1
9,2001,b,1
9,2002,b,1
"""
