// Carries the precompiled header that all tests share.
#include "tests/support/catch.h"
