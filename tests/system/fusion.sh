#!/bin/sh
# The core of tests/system/fusion.py: a cluster of three nodes, four sensors, two workers; a node and a worker are killed midway.
# All of it, with 1,000 incidents: tests/system/fusion.py
exec /usr/bin/python3 "${top_srcdir:-.}/tests/system/fusion.py" --incidents 8
