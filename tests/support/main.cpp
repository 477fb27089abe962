// Catch2 2 wants its implementation in one file; Catch2 3 brings it, and main(), as a library.
#if !__has_include(<catch2/catch_all.hpp>)
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif
