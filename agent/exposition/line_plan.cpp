#include "agent/exposition/line_plan.h"

#include <charconv>
#include <cstring>
#include <optional>

#include "agent/exposition/family_header.h"

namespace efa {
namespace {

constexpr std::size_t longest_number = 20;  // 2^64-1

char* copy(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

std::size_t index_of(TextFormat format) { return static_cast<std::size_t>(format); }

}  // namespace

LinePlan::LinePlan(const ConstantLabels& constant) : constant_(constant), constants_(constant) {}

void LinePlan::add(const MetricSpec& spec, Labels labels, double value) {
  constants_.add(spec, labels, value);
  has_constants_ = true;
}

void LinePlan::add_summary(const MetricSpec& spec, Labels labels, std::uint64_t count, double sum) {
  constants_.add_summary(spec, labels, count, sum);
  has_constants_ = true;
}

void LinePlan::add_counter(const MetricSpec& spec, Labels labels, std::size_t device,
                           std::size_t slot) {
  add_line(spec, labels,
           {0, 0, static_cast<std::uint32_t>(slot), static_cast<std::uint16_t>(device),
            Source::counter});
}

void LinePlan::add_state(const MetricSpec& spec, Labels labels, std::size_t device, State state) {
  add_line(spec, labels,
           {0, 0, 0, static_cast<std::uint16_t>(device),
            state == State::up ? Source::up : Source::stuck});
}

void LinePlan::add_line(const MetricSpec& spec, Labels labels, Line line) {
  finish();
  if (blocks_.empty() || blocks_.back().name != spec.name) {
    Block& block = blocks_.emplace_back();
    block.name = spec.name;
    block.first_line = lines_.size();
    for (const TextFormat format : {TextFormat::prometheus, TextFormat::openmetrics}) {
      append_family_header(block.text[index_of(format)], spec, format);
    }
    largest_ += block.text[0].size() + block.text[1].size();
  }
  line.prefix_begin = static_cast<std::uint32_t>(prefixes_.size());
  prefixes_ += spec.name;
  append_labels(prefixes_, labels, constant_);
  prefixes_ += ' ';
  line.prefix_size = static_cast<std::uint32_t>(prefixes_.size()) - line.prefix_begin;
  lines_.push_back(line);
  ++blocks_.back().lines;
  largest_ += line.prefix_size + longest_number + 1;
}

void LinePlan::finish() {
  if (!has_constants_) {
    return;
  }
  Block& block = blocks_.emplace_back();
  for (const TextFormat format : {TextFormat::prometheus, TextFormat::openmetrics}) {
    constants_.write(block.text[index_of(format)], format);
  }
  largest_ += block.text[0].size() + block.text[1].size();
  constants_.clear();
  has_constants_ = false;
}

char* LinePlan::write_lines(char* out, const Block& block, const Reading& reading) const {
  for (std::size_t i = block.first_line; i < block.first_line + block.lines; ++i) {
    const Line& line = lines_[i];
    const DeviceReading& device = reading.devices[line.device];
    std::uint64_t value = 0;
    switch (line.source) {
      case Source::counter:
        if (device.state == DeviceState::stuck || device.present[line.slot] == 0) {
          continue;
        }
        value = device.values[line.slot];
        break;
      case Source::up:
        value = device.state == DeviceState::up ? 1 : 0;
        break;
      case Source::stuck:
        value = device.state == DeviceState::stuck ? 1 : 0;
        break;
    }
    out = copy(out, std::string_view(prefixes_).substr(line.prefix_begin, line.prefix_size));
    out = std::to_chars(out, out + longest_number, value).ptr;
    *out++ = '\n';
  }
  return out;
}

void LinePlan::write(std::string& text, const Reading& reading, TextFormat format) const {
  const std::size_t begin = text.size();
  text.resize(begin + largest_);
  char* out = text.data() + begin;
  for (const Block& block : blocks_) {
    char* const family = out;
    out = copy(out, block.text[index_of(format)]);
    if (block.name.empty()) {
      continue;
    }
    char* const lines = out;
    out = write_lines(out, block, reading);
    if (out == lines) {
      out = family;
    }
  }
  text.resize(static_cast<std::size_t>(out - text.data()));
}

}  // namespace efa
