# Read by CPack for each generator: which components its package holds.
string(TOLOWER ${CPACK_GENERATOR} own)
list(GET CPACK_INSTALL_CMAKE_PROJECTS 0 build)
set(CPACK_INSTALL_CMAKE_PROJECTS "")
foreach(component agent system ${own})
  list(APPEND CPACK_INSTALL_CMAKE_PROJECTS ${build} efa-agent ${component} /)
endforeach()
