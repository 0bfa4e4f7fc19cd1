# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
#
# outside.sh WAY COMPILER WORK: builds main.cpp with Rungs got in one of three ways, and runs it. The way all_headers is
# pkg_config with every header, not only those that main.cpp includes.
set -eu
here=$(dirname "$(realpath "$0")")
way=$1 compiler=$2 prefix=$3/prefix build=$3/$1
rm -rf "$build"
mkdir -p "$build"

if [ "$way" = pkg_config ] || [ "$way" = all_headers ]; then
  export PKG_CONFIG_PATH="$prefix/share/pkgconfig"
  every=
  if [ "$way" = all_headers ]; then every="-include rungs/rungs.hpp"; fi
  # shellcheck disable=SC2046,SC2086  # flags are words
  "$compiler" -std=c++20 $every -c "$here/main.cpp" $(pkg-config --cflags rungs) -o "$build/main.o"
  # shellcheck disable=SC2046
  "$compiler" "$build/main.o" $(pkg-config --libs rungs) -o "$build/outside"
  # What a header defines without `inline` would be defined twice in a program of two files.
  strong=$(nm -C --defined-only --extern-only "$build/main.o" | awk '$2 !~ /^[WVu]$/ && $3 != "main"')
  test -z "$strong" || { printf "defined in a header, not inline:\n%s\n" "$strong" >&2; exit 1; }
else
  cmake -G Ninja -S "$here/$way" -B "$build" \
    -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_PREFIX_PATH="$prefix"
  cmake --build "$build"
fi

answer=$("$build/outside")
echo "strata: $answer"
test "$answer" = 4

# Headers are headers: nothing is linked but what every C++ program has.
libraries=$(readelf -d "$build/outside" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
printf "libraries:\n%s\n" "$libraries"
for library in $libraries; do
  case $library in
    libstdc++.so.* | libm.so.* | libgcc_s.so.* | libc.so.* | ld-linux*) ;;
    *) echo "rungs::rungs needs $library" >&2; exit 1 ;;
  esac
done
