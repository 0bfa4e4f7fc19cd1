# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0

# rungs_dev: how we compile our own code. Linked PRIVATE, never exported, so no flag reaches a user.
set(CMAKE_CXX_EXTENSIONS OFF)
add_library(rungs_dev INTERFACE)
target_compile_options(rungs_dev INTERFACE
  -Werror            # a warning is read once, when it is made
  -Wall -Wextra      # the usual mistakes
  -Wpedantic         # both compilers, so nothing that only one of them knows
  -Wshadow           # a name means one thing
  -Wconversion       # heads, shares and indices do not change type in silence
  -Wsign-conversion  # Eigen::Index is signed, std::size_t is not: say where one becomes the other
  -Wnon-virtual-dtor -Woverloaded-virtual
  -Wcast-qual -Wold-style-cast
  -Wundef            # a misspelt macro is not 0
  -ffp-contract=off  # same digits from both compilers: no fused multiply-add
  # False alarms of g++ 12 inside std::string and std::vector (GCC bug 105651 and its kin). clang's
  # own warnings and the sanitizers look for the same mistakes.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-array-bounds;-Wno-stringop-overflow>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)

# Compiling one file of many takes up to 6 GB, nearly all of it Eigen's types: no more at once than there is memory for,
# nor than there are cores, since what the compilers read no longer fits the cache.
cmake_host_system_information(RESULT cores QUERY NUMBER_OF_LOGICAL_CORES)
cmake_host_system_information(RESULT megabytes QUERY TOTAL_PHYSICAL_MEMORY)
math(EXPR compilers "${megabytes} / 6000")
if(compilers LESS 1)
  set(compilers 1)
elseif(compilers GREATER cores)
  set(compilers ${cores})
endif()
set_property(GLOBAL PROPERTY JOB_POOLS compile=${compilers})
set(CMAKE_JOB_POOL_COMPILE compile)
# With that much memory g++ need not look every few seconds for what it can throw away: a tenth to a fifth of its time.
if(megabytes GREATER_EQUAL 5000)
  target_compile_options(rungs_dev INTERFACE
    $<$<CXX_COMPILER_ID:GNU>:--param=ggc-min-expand=400;--param=ggc-min-heapsize=1000000>)
endif()
