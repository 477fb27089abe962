#include "agent/command_line.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <CLI/CLI.hpp>

#include "agent/allocations.h"
#include "agent/command_line_help.h"
#include "collectors/base/number.h"
#include "config/near_miss.h"
#include "config/option_values.h"
#include "config/quoting.h"

namespace efa {
namespace {

constexpr std::string_view commands = "serve, once, doctor, config check, config print";

EarlyExit mistake(const std::string& message) {
  return {exit_usage, "", "efa-agent: " + message + "\nTry: efa-agent --help\n"};
}

EarlyExit answer(std::string text) { return {0, std::move(text), ""}; }

/// CLI11 tells flags, values and commands apart; what they mean stands in the table of options.
class Parser {
 public:
  Parser() {
    app_.set_help_flag();
    app_.fallthrough();  // inherited by the commands: flags may stand behind them
    app_.require_subcommand(0, 1);
    config_file_ = add(config_file_flag);
    simulate_ = add(simulate_flag);
    output_ = add(output_flag);
    watch_ = add(watch_flag);
    only_ = add(only_flag);
    skip_ = add(skip_flag);
    strict_ = app_.add_flag("--" + std::string(strict_flag.name));
    probe_ = app_.add_flag("--" + std::string(probe_flag.name));
    json_ = app_.add_flag("--" + std::string(json_flag.name));
    all_checks_ = app_.add_flag("--" + std::string(all_checks_flag.name));
    help_ = app_.add_flag("-h,--" + std::string(help_flag.name));
    version_ = app_.add_flag("--" + std::string(version_flag.name));
    for (const Option& option : options()) {
      if (!option.flag.empty()) {
        settings_.emplace_back(&option, add(option));
      }
    }
    app_.add_subcommand("serve");
    once_ = app_.add_subcommand("once");
    doctor_ = app_.add_subcommand("doctor");
    config_ = app_.add_subcommand("config");
    config_->require_subcommand(1);
    check_ = config_->add_subcommand("check");
    print_ = config_->add_subcommand("print");
    checked_file_ = check_->add_option("FILE");
  }

  std::variant<CommandLine, EarlyExit> parse(const std::vector<std::string>& arguments) {
    try {
      // CLI11 wants them from last to first.
      app_.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::ParseError& error) {
      // Who asks for help gets it, whatever else is on the line.
      return help_->count() > 0 ? answer(help_text()) : mistake(explain(error));
    }
    if (help_->count() > 0) {
      return answer(help_text());
    }
    if (version_->count() > 0) {
      return answer(version_text());
    }
    const std::string problem = misuse();
    if (!problem.empty()) {
      return mistake(problem);
    }
    return result();
  }

 private:
  /// Takes every value, and none but its own: whether there are too many is ours to say.
  CLI::Option* add_valued(std::string_view flag) {
    return app_.add_option("--" + std::string(flag))
        ->expected(-1)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }

  CLI::Option* add(const ProgramFlag& flag) { return add_valued(flag.name); }

  CLI::Option* add(const Option& option) {
    if (!std::holds_alternative<FlagOption>(option.type)) {
      return add_valued(option.flag);
    }
    const std::string flag(option.flag);
    return app_.add_flag("--" + flag + ",!--no-" + flag);
  }

  [[nodiscard]] std::string explain(const CLI::ParseError& error) const {
    const std::vector<std::string> unknown = app_.remaining(true);
    if (unknown.empty()) {
      const bool half_a_command = config_->parsed() && !check_->parsed() && !print_->parsed();
      return half_a_command ? "config: found nothing after it; allowed is check or print"
                            : error.what();
    }
    const std::string& first = unknown.front();
    if (!first.starts_with('-')) {
      return "found the argument " + shown(first) + ", which is not expected; commands are " +
             std::string(commands);
    }
    const std::string flag = first.substr(0, first.find('='));
    const std::string meant = near_miss(flag, all_flags());
    return "found the unknown flag " + shown(flag) +
           (meant.empty() ? "" : "; did you mean " + meant + "?");
  }

  [[nodiscard]] Command command() const {
    if (check_->parsed()) {
      return Command::config_check;
    }
    if (print_->parsed()) {
      return Command::config_print;
    }
    if (doctor_->parsed()) {
      return Command::doctor;
    }
    return once_->parsed() ? Command::once : Command::serve;
  }

  /// The flags that stand more than once and may not.
  [[nodiscard]] const CLI::Option* repeated() const {
    for (const CLI::Option* flag : {config_file_, simulate_, output_, watch_}) {
      if (flag->count() > 1) {
        return flag;
      }
    }
    for (const auto& [option, flag] : settings_) {
      // --collector.x and --no-collector.x: the last one holds, as in other exporters.
      if (flag->count() > 1 && takes_one_value(*option) &&
          !std::holds_alternative<FlagOption>(option->type)) {
        return flag;
      }
    }
    return nullptr;
  }

  /// What CLI11 takes and we do not; empty if all is well.
  [[nodiscard]] std::string misuse() const {
    if (const CLI::Option* flag = repeated()) {
      return flag->get_name() + ": found it " + std::to_string(flag->count()) +
             " times; allowed is once";
    }
    for (const CLI::Option* flag : {config_file_, simulate_, output_, checked_file_}) {
      if (flag->count() > 0 && flag->results().front().empty()) {
        return flag->get_name() + ": found an empty text; allowed is a value";
      }
    }
    if (output_->count() > 0 && !once_->parsed()) {
      return "--output: allowed is it with the command once";
    }
    return misuse_of_doctor();
  }

  [[nodiscard]] std::string misuse_of_doctor() const {
    for (const CLI::Option* flag : {watch_, only_, skip_, strict_, probe_, json_, all_checks_}) {
      if (flag->count() > 0 && !doctor_->parsed()) {
        return flag->get_name() + ": allowed is it with the command doctor";
      }
    }
    if (simulate_->count() > 0 && doctor_->parsed()) {
      return "--simulate: allowed is it with the commands serve and once";
    }
    if (watch_->count() > 0 && !watched_seconds()) {
      return "--watch: found " + shown(watch_->results().front()) +
             "; allowed is a number of seconds from 1 to 600";
    }
    return {};
  }

  [[nodiscard]] std::optional<std::chrono::seconds> watched_seconds() const {
    constexpr std::uint64_t longest = 600;
    const auto number = parse_u64(watch_->results().front());
    return number && *number >= 1 && *number <= longest
               ? std::optional(std::chrono::seconds(*number))
               : std::nullopt;
  }

  [[nodiscard]] CommandLine::Doctor doctor() const {
    CommandLine::Doctor doctor;
    if (watch_->count() > 0) {
      doctor.watch = watched_seconds();
    }
    doctor.only = only_->results();
    doctor.skip = skip_->results();
    doctor.strict = strict_->count() > 0;
    doctor.probe = probe_->count() > 0;
    doctor.json = json_->count() > 0;
    doctor.all = all_checks_->count() > 0;
    return doctor;
  }

  [[nodiscard]] CommandLine result() const {
    CommandLine line;
    line.command = command();
    for (const CLI::Option* file : {config_file_, checked_file_}) {
      if (file->count() > 0) {
        line.config_file = file->results().front();
      }
    }
    line.config_file_given = config_file_->count() > 0 || line.command == Command::config_check;
    if (simulate_->count() > 0) {
      line.simulate = simulate_->results().front();
    }
    if (output_->count() > 0) {
      line.output = output_->results().front();
    }
    line.doctor = doctor();
    for (const auto& [option, flag] : settings_) {
      if (flag->count() > 0) {
        line.settings.push_back({option, flag->results()});
      }
    }
    return line;
  }

  CLI::App app_;
  CLI::Option* config_file_ = nullptr;
  CLI::Option* simulate_ = nullptr;
  CLI::Option* output_ = nullptr;
  CLI::Option* watch_ = nullptr;
  CLI::Option* only_ = nullptr;
  CLI::Option* skip_ = nullptr;
  CLI::Option* strict_ = nullptr;
  CLI::Option* probe_ = nullptr;
  CLI::Option* json_ = nullptr;
  CLI::Option* all_checks_ = nullptr;
  CLI::Option* help_ = nullptr;
  CLI::Option* version_ = nullptr;
  CLI::Option* checked_file_ = nullptr;
  CLI::App* once_ = nullptr;
  CLI::App* doctor_ = nullptr;
  CLI::App* config_ = nullptr;
  CLI::App* check_ = nullptr;
  CLI::App* print_ = nullptr;
  std::vector<std::pair<const Option*, CLI::Option*>> settings_;
};

/// An argument without the value that its = announces: CLI11 would take the next argument for it.
std::optional<std::string> find_empty_value(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--") {
      break;
    }
    if (argument.starts_with("--") && argument.find('=') == argument.size() - 1) {
      return argument.substr(0, argument.size() - 1);
    }
  }
  return {};
}

bool is_missing(const std::string& path) {
  std::error_code error;
  return std::filesystem::symlink_status(path, error).type() ==
         std::filesystem::file_type::not_found;
}

}  // namespace

std::variant<CommandLine, EarlyExit> parse_command_line(const std::vector<std::string>& arguments) {
  if (const auto flag = find_empty_value(arguments)) {
    return mistake(*flag + ": found nothing after the =; allowed is a value");
  }
  return Parser().parse(arguments);
}

std::vector<ConfigError> apply_settings(const CommandLine& command_line, Config& config) {
  const std::string origin = "command line";
  std::vector<ConfigError> errors;
  for (const auto& [option, values] : command_line.settings) {
    if (const auto* list = std::get_if<TextListOption>(&option->type)) {
      list->member.of(config) = values;
    } else if (const auto objection = assign(*option, config, values.back())) {
      errors.push_back({origin, 0, 0, "--" + std::string(option->flag) + ": " + *objection});
    }
  }
  std::vector<ConfigError> others = check_config(config, origin);
  std::move(others.begin(), others.end(), std::back_inserter(errors));
  return errors;
}

LoadedConfig config_in_force(const CommandLine& command_line) {
  LoadedConfig result;
  if (command_line.config_file_given || !is_missing(command_line.config_file)) {
    result = load_config(command_line.config_file);
  }
  std::vector<ConfigError> errors = apply_settings(command_line, result.config);
  std::move(errors.begin(), errors.end(), std::back_inserter(result.errors));
  if (result.config.collectors.allocations && !can_ask_kubelet()) {
    result.errors.push_back({command_line.config_file, 0, 0,
                             "collectors.allocations: found true; allowed is false, as this build "
                             "cannot ask the kubelet (it was made without EFA_AGENT_GRPC)"});
  }
  return result;
}

}  // namespace efa
