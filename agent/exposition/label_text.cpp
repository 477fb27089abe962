#include "agent/exposition/label_text.h"

#include <algorithm>

namespace efa {
namespace {

void append_label(std::string& text, std::string_view name, std::string_view value) {
  text += text.back() == '{' ? "" : ",";
  text += name;
  text += "=\"";
  for (const char c : value) {
    switch (c) {
      case '\\':
        text += "\\\\";
        break;
      case '"':
        text += "\\\"";
        break;
      case '\n':
        text += "\\n";
        break;
      default:
        text += c;
    }
  }
  text += '"';
}

}  // namespace

bool has_label(Labels labels, std::string_view name) {
  return std::any_of(labels.begin(), labels.end(),
                     [&](const Label& label) { return label.name == name; });
}

void append_labels(std::string& text, Labels labels, const ConstantLabels& constant) {
  const std::size_t begin = text.size();
  text += '{';
  for (const Label& label : labels) {
    if (!label.value.empty()) {
      append_label(text, label.name, label.value);
    }
  }
  for (const auto& [name, value] : constant) {
    if (!value.empty() && !has_label(labels, name)) {
      append_label(text, name, value);
    }
  }
  if (text.size() == begin + 1) {
    text.resize(begin);
  } else {
    text += '}';
  }
}

}  // namespace efa
