#include "agent/web_security_module.h"

#include "agent/daemon/log.h"
#include "agent/version.h"

#if defined(EFA_AGENT_TLS_MODULE)
#include <filesystem>
#include <system_error>

#include <dlfcn.h>
#endif

namespace efa {
namespace {

#if defined(EFA_AGENT_TLS_MODULE)
MadeWebSecurity failed(const std::string& file, const std::string& why) {
  MadeWebSecurity made;
  made.errors.push_back({file, 0, 0, "TLS and passwords are not there: " + why});
  return made;
}

std::string build() {
  std::string text(version());
  return text.append(" ").append(revision()).append(" ").append(compiler());
}

// By the place of the program and nothing else: no environment, no working directory.
std::string path_of_module() {
  constexpr const char* name = "efa-agent-tls.so";
  std::error_code error;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  auto beside = folder / name;
  return std::filesystem::exists(beside, error) ? beside
                                                : folder.parent_path() / "lib/efa-agent" / name;
}

template <typename Function>
Function* find(void* module, const char* symbol) {
  return reinterpret_cast<Function*>(::dlsym(module, symbol));
}
#endif

}  // namespace

#if defined(EFA_AGENT_TLS_MODULE)
MadeWebSecurity load_web_security(const std::string& file, const WebSecurity::Tell& tell) {
  void* const module = ::dlopen(path_of_module().c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) {
    return failed(file, ::dlerror());
  }
  auto* const build_of = find<void(std::string&)>(module, web_security_build_symbol);
  auto* const make = find<MakeWebSecurity>(module, make_web_security_symbol);
  std::string its_build;
  if (build_of != nullptr) {
    build_of(its_build);
  }
  if (make == nullptr || its_build != build()) {
    return failed(file,
                  path_of_module() + " is of the build " + its_build + ", this is " + build());
  }
  MadeWebSecurity made;
  make(file, tell, made);
  return made;
}
#elif defined(EFA_AGENT_TLS_LINKED)
MadeWebSecurity load_web_security(const std::string& file, const WebSecurity::Tell& tell) {
  return make_web_security(file, tell);
}
#else
MadeWebSecurity load_web_security(const std::string& file, const WebSecurity::Tell& /*tell*/) {
  MadeWebSecurity made;
  made.errors.push_back({file, 0, 0,
                         "this build has neither TLS nor passwords (it was made with "
                         "EFA_AGENT_TLS=off)"});
  return made;
}
#endif

void log_of_web_security(LogLevel level, std::string_view message, std::string_view error) {
  const log::Field field{"error", error};
  log::write(level, message, std::span(&field, error.empty() ? 0 : 1));
}

}  // namespace efa
