# cpack, in a build folder, makes a Debian package of what `cmake --install` installs.

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME nbkatib)
set(CPACK_PACKAGE_VENDOR nbkatib)
set(CPACK_PACKAGE_CONTACT "nbkatib <noreply@nbkatib.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "tunes a Jupyter notebook from its own tagged cells")
set(CPACK_PACKAGE_DESCRIPTION "Tag one cell with the parameters and one with the metrics of a notebook,
and nbkatib finds the best values: each trial runs the notebook in a real
Jupyter kernel of its own, in parallel, on this machine. The experiment is
a Katib Experiment.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS python3-ipykernel)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/PackageFiles.cmake)
include(CPack)
