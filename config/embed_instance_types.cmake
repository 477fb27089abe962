# Writes OUTPUT, a C++ file with the lines of the table INPUT as string literals, one a line.
file(READ ${INPUT} table)
string(REGEX REPLACE "\n+$" "" table "${table}")
if(table STREQUAL "" OR table MATCHES "\\)csv\"|\r")
  message(FATAL_ERROR "${INPUT}: empty, or holds what cannot be embedded (a carriage return, or the end of a raw string)")
endif()
string(REPLACE "\n" ")csv\",\n    R\"csv(" table "${table}")
file(WRITE ${OUTPUT} "// Made from config/efa_instance_types.csv.
#include \"config/instance_type_lines.h\"

namespace efa {
namespace {

constexpr std::string_view lines[] = {
    R\"csv(${table})csv\",
};

}  // namespace

std::span<const std::string_view> instance_type_lines() { return lines; }

}  // namespace efa
")
