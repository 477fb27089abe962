#include "agent/tls/web_security.h"
#include "agent/version.h"

// What agent/web_security_module.cpp looks for.

extern "C" __attribute__((visibility("default"))) void efa_web_security_build(std::string& build);
extern "C" __attribute__((visibility("default"))) efa::MakeWebSecurity efa_make_web_security;

void efa_web_security_build(std::string& build) {
  build.append(efa::version()).append(" ").append(efa::revision()).append(" ");
  build.append(efa::compiler());
}

void efa_make_web_security(const std::string& file, const efa::WebSecurity::Tell& tell,
                           efa::MadeWebSecurity& made) {
  made = efa::make_web_security(file, tell);
}
