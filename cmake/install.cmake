# SPDX-FileCopyrightText: 2026 The Rungs authors
# SPDX-License-Identifier: BSL-1.0
include(CMakePackageConfigHelpers)

set(cmake_dir "${CMAKE_INSTALL_LIBDIR}/cmake/rungs")
configure_package_config_file(cmake/rungs-config.cmake.in cmake/rungs-config.cmake
  INSTALL_DESTINATION "${cmake_dir}" NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(cmake/rungs-config-version.cmake COMPATIBILITY SameMinorVersion)
configure_file(cmake/rungs.pc.in cmake/rungs.pc @ONLY)

# A user of the headers alone gets the first export and needs none of the others' libraries.
foreach(target rungs rungs_serialize rungs_io rungs_optimise)
  if(TARGET ${target})
    install(TARGETS ${target} EXPORT ${target} FILE_SET HEADERS)
    install(EXPORT ${target} NAMESPACE rungs:: FILE ${target}-targets.cmake
      DESTINATION "${cmake_dir}")
  endif()
endforeach()
install(FILES
  "${PROJECT_BINARY_DIR}/cmake/rungs-config.cmake"
  "${PROJECT_BINARY_DIR}/cmake/rungs-config-version.cmake"
  cmake/FindRandom123.cmake
  cmake/FindReadStat.cmake
  DESTINATION "${cmake_dir}")
install(FILES "${PROJECT_BINARY_DIR}/cmake/rungs.pc"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/pkgconfig")

if(TARGET rungs_program)
  install(TARGETS rungs_program)
  if(EXISTS "${PROJECT_SOURCE_DIR}/docs/rungs.1")
    install(FILES docs/rungs.1 DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
  endif()
  if(EXISTS "${PROJECT_SOURCE_DIR}/docs/completion/rungs.bash")
    install(FILES docs/completion/rungs.bash RENAME rungs
      DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
  endif()
endif()
