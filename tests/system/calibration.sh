#!/bin/sh
# A few incidents of known truth: do the intervals hold it? The large run is tests/bench/calibrate.py by itself.
set -eu
top=$(cd "${top_srcdir:-.}" && pwd) build=$(cd "${top_builddir:-.}" && pwd)
[ -x "$build/sensor/casus" ] || { echo "calibration.sh: skipped: not built" >&2; exit 77; }
python3 "$top/tests/bench/calibrate.py" --incidents 40 --seed 3 --jobs 2 --slack 2 --casus "$build/sensor/casus"
