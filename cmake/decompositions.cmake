# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0

# Eigen's decompositions, compiled once for the program, the tests and the examples. What is measured (bench/) or installed
# (the components) compiles its own, as users do.
add_library(rungs_decompositions STATIC EXCLUDE_FROM_ALL "${CMAKE_CURRENT_LIST_DIR}/decompositions.cpp")
target_include_directories(rungs_decompositions INTERFACE "${CMAKE_CURRENT_LIST_DIR}")
target_link_libraries(rungs_decompositions PUBLIC Eigen3::Eigen PRIVATE ${rungs_dev})

function(rungs_share_decompositions target)
  target_link_libraries(${target} PRIVATE rungs_decompositions)
  target_compile_options(${target} PRIVATE "SHELL:-include decompositions.hpp")
endfunction()
