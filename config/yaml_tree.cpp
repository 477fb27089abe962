#include "config/yaml_tree.h"

#include <cstddef>
#include <exception>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "config/text_rules.h"

namespace efa {
namespace {

constexpr std::size_t deepest = 16;

/// Ends the parsing; what has been read until then stays.
class Stop : public std::runtime_error {
 public:
  Stop(YamlMark mark, const char* message) : std::runtime_error(message), mark_(mark) {}
  [[nodiscard]] YamlMark mark() const { return mark_; }

 private:
  YamlMark mark_;
};

YamlMark from_one(const YAML::Mark& mark) {
  return mark.is_null() ? YamlMark{} : YamlMark{mark.line + 1, mark.column + 1};
}

/// Makes the tree from yaml-cpp's events. Its own tree would not do: there, a duplicate key is
/// lost, a quoted number is a number, and aliases multiply.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(YamlTree& tree) : tree_(tree) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) {
      throw Stop(from_one(mark), "found another document; allowed is one");
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    add(node(YamlNode::Kind::nothing, mark));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    refuse(mark, "found an alias (*); allowed are plain values: write it out");
    add(node(YamlNode::Kind::refused, mark));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                const std::string& value) override {
    YamlNode scalar = node(kind_unless_tagged(YamlNode::Kind::scalar, mark, tag), mark);
    scalar.text = value;
    scalar.in_quotes = tag == "!";
    add(std::move(scalar));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {
    open(node(kind_unless_tagged(YamlNode::Kind::list, mark, tag), mark), false);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {
    open(node(kind_unless_tagged(YamlNode::Kind::map, mark, tag), mark), true);
  }
  void OnMapEnd() override { close(); }

  /// Closes what is open when the text breaks off.
  void close_all() {
    while (!open_.empty()) {
      close();
    }
  }

 private:
  struct Open {
    YamlNode node;
    bool is_map;
    std::optional<YamlNode> key;  // waits for its value
  };

  static YamlNode node(YamlNode::Kind kind, const YAML::Mark& mark) {
    YamlNode result;
    result.kind = kind;
    result.mark = from_one(mark);
    return result;
  }

  void refuse(const YAML::Mark& mark, std::string message) {
    tree_.problems.push_back({from_one(mark), std::move(message)});
  }

  YamlNode::Kind kind_unless_tagged(YamlNode::Kind kind, const YAML::Mark& mark,
                                    const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") {
      return kind;
    }
    refuse(mark, "found a tag (!); allowed are values without one");
    return YamlNode::Kind::refused;
  }

  void add(YamlNode&& node) {
    if (open_.empty()) {
      tree_.root = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (!parent.is_map) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      parent.key = std::move(node);
    } else {
      parent.node.keys.push_back(*std::exchange(parent.key, {}));
      parent.node.items.push_back(std::move(node));
    }
  }

  void open(YamlNode&& node, bool is_map) {
    if (open_.size() == deepest) {
      throw Stop(node.mark,
                 "found values nested deeper than 16 levels; allowed are those of the options");
    }
    open_.push_back({std::move(node), is_map, {}});
  }

  void close() {
    YamlNode closed = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(closed));
  }

  YamlTree& tree_;
  std::vector<Open> open_;
  int documents_ = 0;
};

/// The first byte that is not text: yaml-cpp takes some control characters for the end of the file.
std::optional<YamlProblem> find_garbage(std::string_view text) {
  YamlMark mark;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char first = text.front();
    const bool control = (static_cast<unsigned char>(first) < 0x20 || first == 0x7F) &&
                         first != '\n' && first != '\r' && first != '\t';
    if (length == 0 || control) {
      return YamlProblem{mark, length == 0
                                   ? "found a byte that is not UTF-8; allowed is text in UTF-8"
                                   : "found a control character; allowed is text in UTF-8"};
    }
    mark = first == '\n' ? YamlMark{mark.line + 1, 1}
                         : YamlMark{mark.line, mark.column + static_cast<int>(length)};
    text.remove_prefix(length);
  }
  return {};
}

}  // namespace

YamlTree parse_yaml(const std::string& text) {
  YamlTree tree;
  if (auto garbage = find_garbage(text)) {
    tree.problems.push_back(*std::move(garbage));
    return tree;
  }
  TreeBuilder builder(tree);
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop& stop) {
    tree.problems.push_back({stop.mark(), stop.what()});
  } catch (const YAML::Exception& error) {
    tree.problems.push_back({from_one(error.mark), "found what is not YAML: " + error.msg});
  } catch (const std::exception& error) {
    tree.problems.push_back({{}, std::string("cannot be read as YAML: ") + error.what()});
  }
  builder.close_all();
  return tree;
}

}  // namespace efa
