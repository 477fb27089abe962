#pragma once

// Debian 12 has Catch2 2.13 with one header, newer systems have 3.x.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
