# How CPack makes the packages. One of each serves every release of a distribution: the program is linked statically.
# efa-probe is not, and runs where there are glibc 2.34 and rdma-core: none of that is required, as all else works without.
set(CPACK_PACKAGE_NAME efa-agent)
set(CPACK_PACKAGE_VENDOR "efa-agent maintainers")
set(CPACK_PACKAGE_CONTACT ${EFA_AGENT_CONTACT})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_PACKAGE_DESCRIPTION
"Reads the hardware counters of the Elastic Fabric Adapters of Amazon EC2
instances, device by device, and publishes them for Prometheus. It tells as
well which job, pod or process uses which device, and what is wrong with a
host on which jobs are slow, hang or fall back to TCP.")
set(CPACK_GENERATOR DEB RPM)
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_THREADS 0)
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_CURRENT_SOURCE_DIR}/components.cmake)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_SOURCE_DIR}/reproducible.cmake)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
                                                WORLD_READ WORLD_EXECUTE)
set(scripts ${CMAKE_CURRENT_SOURCE_DIR}/scripts)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE amd64)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_DEPENDS passwd)  # useradd, for old systemd
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "ibverbs-providers, libibverbs1")  # for efa-probe
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)  # Ubuntu 16.04 and 18.04 know no zstd
string(REPLACE ";" "\n" lines "${conffiles}")
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/conffiles "${lines}\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_BINARY_DIR}/conffiles ${scripts}/deb/postinst
    ${scripts}/deb/prerm ${scripts}/deb/postrm)

set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_RELEASE 1)
set(CPACK_RPM_PACKAGE_ARCHITECTURE x86_64)
set(CPACK_RPM_PACKAGE_LICENSE "Apache-2.0 AND MIT AND BSD-3-Clause AND BSL-1.0 AND LGPL-2.1-or-later AND GPL-3.0-or-later WITH GCC-exception-3.1")
set(CPACK_RPM_PACKAGE_DESCRIPTION ${CPACK_PACKAGE_DESCRIPTION})
set(CPACK_RPM_PACKAGE_RELOCATABLE OFF)
set(CPACK_RPM_PACKAGE_GROUP System/Monitoring)
set(CPACK_RPM_PACKAGE_AUTOREQPROV no)
set(CPACK_RPM_COMPRESSION_TYPE xz)
set(CPACK_RPM_PRE_INSTALL_SCRIPT_FILE ${scripts}/rpm/pre)
set(CPACK_RPM_POST_INSTALL_SCRIPT_FILE ${scripts}/rpm/post)
set(CPACK_RPM_PRE_UNINSTALL_SCRIPT_FILE ${scripts}/rpm/preun)
set(CPACK_RPM_POST_UNINSTALL_SCRIPT_FILE ${scripts}/rpm/postun)
set(CPACK_RPM_CHANGELOG_FILE ${CMAKE_CURRENT_BINARY_DIR}/changelog.rpm)
string(TIMESTAMP date "%a %b %d %Y" UTC)
file(WRITE ${CPACK_RPM_CHANGELOG_FILE}
     "* ${date} ${EFA_AGENT_CONTACT} - ${PROJECT_VERSION}-1\n- Release ${PROJECT_VERSION}: what is new stands in CHANGELOG.md.\n")
# Suggests: for efa-probe, in whatever packages a distribution has them. CPack 3.25 drops its own CPACK_RPM_PACKAGE_SUGGESTS.
set(CPACK_RPM_SPEC_MORE_DEFINE "Suggests: libefa.so.1()(64bit) libibverbs.so.1()(64bit)
%define __strip /bin/true
%define __os_install_post %{nil}
%define _build_id_links none
%define _buildhost localhost
%define packager ${EFA_AGENT_CONTACT}
%define use_source_date_epoch_as_buildtime 1
%define clamp_mtime_to_source_date_epoch 1
%define source_date_epoch_from_changelog 0")
list(TRANSFORM conffiles PREPEND "%config(noreplace) " OUTPUT_VARIABLE CPACK_RPM_USER_FILELIST)
list(APPEND CPACK_RPM_USER_FILELIST "%license /usr/share/licenses/efa-agent/LICENSE" "%license /usr/share/licenses/efa-agent/copyright"
     "%doc /usr/share/doc/efa-agent/CHANGELOG.md")
foreach(document ${documents})
  cmake_path(GET document FILENAME name)
  list(APPEND CPACK_RPM_USER_FILELIST "%doc /usr/share/doc/efa-agent/${name}")
endforeach()
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION /etc /etc/default /usr/lib/systemd /usr/lib/systemd/system /usr/share/man
    /usr/share/man/man1 /usr/share/man/man5 /usr/share/doc /usr/share/licenses /usr/share/bash-completion
    /usr/share/bash-completion/completions /usr/share/zsh /usr/share/zsh/site-functions)

if(CMAKE_SYSTEM_PROCESSOR STREQUAL aarch64)
  set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE arm64)
  set(CPACK_RPM_PACKAGE_ARCHITECTURE aarch64)
endif()
include(CPack)
