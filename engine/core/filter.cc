#include "engine/core/filter.h"

#include <algorithm>
#include <compare>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie {
namespace {

constexpr std::size_t kMaxFilterBytes = 64 * 1024;
constexpr int kMaxDepth = 64;

enum class Comparison : std::uint8_t {
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kHas
};

enum class Kind : std::uint8_t { kAnd, kOr, kNot, kTest };

}  // namespace

struct Filter::Node {
  Kind kind = Kind::kTest;
  std::vector<Node> children;
  std::string field;
  Comparison comparison = Comparison::kEqual;
  std::string value;
  bool any = false;  // `: *`
  std::optional<std::int64_t> integer;
  std::optional<double> number;
  std::size_t position = 0;  // of the value, in characters from 1
};

namespace {

using Node = Filter::Node;

absl::Status Invalid(std::string_view message, std::size_t position, std::string_view expected) {
  return MakeError(
      absl::StatusCode::kInvalidArgument, Cat("filter: at character ", position, ": ", message),
      {.reason = Reason::kInvalidFilter,
       .field = "filter",
       .row = {},
       .metadata = {{"position", Cat(position)}, {"expected", std::string(expected)}}});
}

enum class TokenType : std::uint8_t { kEnd, kWord, kQuoted, kOperator, kOpen, kClose };

struct Token {
  TokenType type = TokenType::kEnd;
  std::string text;
  std::size_t position = 1;
};

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool EndsWord(char c) {
  return IsSpace(c) || std::string_view("()\"'=!<>:").find(c) != std::string_view::npos;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  absl::StatusOr<std::vector<Token>> Run() {
    std::vector<Token> tokens;
    while (true) {
      while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
      Token token;
      token.position = Position(at_);
      if (at_ == text_.size()) {
        tokens.push_back(std::move(token));
        return tokens;
      }
      LIANJIE_RETURN_IF_ERROR(Next(token));
      tokens.push_back(std::move(token));
    }
  }

 private:
  std::size_t Position(std::size_t at) {
    for (; counted_ < at; ++counted_) {
      if ((static_cast<unsigned char>(text_[counted_]) & 0xC0U) != 0x80U) ++characters_;
    }
    return characters_ + 1;
  }

  absl::Status Next(Token& token) {
    const char c = text_[at_];
    if (c == '(' || c == ')') {
      token.type = c == '(' ? TokenType::kOpen : TokenType::kClose;
      token.text = c;
      ++at_;
      return absl::OkStatus();
    }
    if (c == '"' || c == '\'') {
      token.type = TokenType::kQuoted;
      return Quoted(token.text);
    }
    if (EndsWord(c)) {
      token.type = TokenType::kOperator;
      const bool two =
          (c == '!' || c == '<' || c == '>') && at_ + 1 < text_.size() && text_[at_ + 1] == '=';
      token.text = text_.substr(at_, two ? 2 : 1);
      if (token.text == "!") return Invalid("a lone '!'", token.position, "!=");
      at_ += token.text.size();
      return absl::OkStatus();
    }
    token.type = TokenType::kWord;
    const std::size_t start = at_;
    while (at_ < text_.size() && !EndsWord(text_[at_])) ++at_;
    token.text = text_.substr(start, at_ - start);
    // prop."a name" is one word.
    const bool quoted_name = token.text.ends_with('.') && at_ < text_.size() &&
                             (text_[at_] == '"' || text_[at_] == '\'');
    return quoted_name ? Quoted(token.text) : absl::OkStatus();
  }

  absl::Status Quoted(std::string& out) {
    const std::size_t start = at_;
    const char quote = text_[at_++];
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      out.push_back(text_[at_++]);
    }
    if (at_ == text_.size())
      return Invalid("a quote is not closed", Position(start), std::string(1, quote));
    ++at_;
    return absl::OkStatus();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t counted_ = 0;
  std::size_t characters_ = 0;
};

class Parser {
 public:
  Parser(std::vector<Token> tokens, std::span<const std::string_view> fields, bool free_properties)
      : tokens_(std::move(tokens)), known_(fields), free_properties_(free_properties) {}

  absl::StatusOr<Node> Run() {
    LIANJIE_ASSIGN_OR_RETURN(Node root, Or());
    if (Now().type != TokenType::kEnd) {
      return Invalid(Cat("unexpected '", Now().text, "'"), Now().position, "AND, OR or the end");
    }
    return root;
  }

  std::vector<std::string> TakeFields() { return std::move(used_); }

 private:
  const Token& Now() const { return tokens_[at_]; }
  bool IsKeyword(std::string_view word) const {
    return Now().type == TokenType::kWord && Now().text == word;
  }

  absl::StatusOr<Node> Chain(Kind kind, std::string_view word,
                             absl::StatusOr<Node> (Parser::*part)()) {
    LIANJIE_ASSIGN_OR_RETURN(Node first, (this->*part)());
    if (!IsKeyword(word)) return first;
    Node chain;
    chain.kind = kind;
    chain.children.push_back(std::move(first));
    while (IsKeyword(word)) {
      ++at_;
      LIANJIE_ASSIGN_OR_RETURN(Node next, (this->*part)());
      chain.children.push_back(std::move(next));
    }
    return chain;
  }

  absl::StatusOr<Node> Or() { return Chain(Kind::kOr, "OR", &Parser::And); }
  absl::StatusOr<Node> And() { return Chain(Kind::kAnd, "AND", &Parser::Factor); }

  absl::StatusOr<Node> Factor() {
    const bool negated = IsKeyword("NOT");
    const bool opened = Now().type == TokenType::kOpen;
    if (!negated && !opened) return Test();
    if (++depth_ > kMaxDepth) {
      return Invalid(Cat("nested deeper than ", kMaxDepth), Now().position,
                     "fewer parentheses and NOTs");
    }
    ++at_;
    absl::StatusOr<Node> inner = negated ? Factor() : Or();
    --depth_;
    if (!inner.ok()) return inner;
    if (negated) {
      Node node;
      node.kind = Kind::kNot;
      node.children.push_back(*std::move(inner));
      return node;
    }
    if (Now().type != TokenType::kClose) return Invalid("a '(' is not closed", Now().position, ")");
    ++at_;
    return inner;
  }

  absl::StatusOr<Node> Test() {
    Node node;
    LIANJIE_RETURN_IF_ERROR(Field(node.field));
    LIANJIE_RETURN_IF_ERROR(Operator(node.comparison));
    const Token& token = Now();
    if (token.type != TokenType::kWord && token.type != TokenType::kQuoted) {
      return Invalid(token.type == TokenType::kEnd ? "a value is missing"
                                                   : Cat("'", token.text, "' is not a value"),
                     token.position, "a value; put signs in quotes");
    }
    node.any =
        token.type == TokenType::kWord && token.text == "*" && node.comparison == Comparison::kHas;
    node.value = token.text;
    node.position = token.position;
    node.integer = ParseInt64(node.value);
    node.number = ParseDouble(node.value);
    ++at_;
    return node;
  }

  absl::Status Field(std::string& field) {
    const Token& token = Now();
    const bool keyword = IsKeyword("AND") || IsKeyword("OR") || IsKeyword("NOT");
    if (token.type != TokenType::kWord || keyword) {
      return Invalid(token.type == TokenType::kEnd ? "the filter ends too early"
                                                   : Cat("unexpected '", token.text, "'"),
                     token.position, "a field, NOT or (");
    }
    field = token.text;
    if (free_properties_) {
      for (const std::string_view prefix : {"prop.", "properties."}) {
        if (field.starts_with(prefix) && field.size() > prefix.size()) {
          field = Cat("prop.", field.substr(prefix.size()));
          return Use(field);
        }
      }
    }
    if (std::find(known_.begin(), known_.end(), field) == known_.end()) {
      const std::string_view near = Nearest(field, known_);
      return Invalid(Cat("unknown field '", field, "'",
                         near.empty() ? "" : Cat("; did you mean '", near, "'?")),
                     token.position, near.empty() ? std::string_view("a field") : near);
    }
    return Use(field);
  }

  absl::Status Use(const std::string& field) {
    if (std::find(used_.begin(), used_.end(), field) == used_.end()) used_.push_back(field);
    ++at_;
    return absl::OkStatus();
  }

  absl::Status Operator(Comparison& comparison) {
    constexpr std::string_view kOperators[] = {"=", "!=", "<", "<=", ">", ">=", ":"};
    const Token& token = Now();
    const auto* found = std::find(std::begin(kOperators), std::end(kOperators), token.text);
    if (token.type != TokenType::kOperator || found == std::end(kOperators)) {
      return Invalid(Cat("a comparison is missing after '", tokens_[at_ - 1].text, "'"),
                     token.position, "= != < <= > >= or :");
    }
    comparison = static_cast<Comparison>(found - std::begin(kOperators));
    ++at_;
    return absl::OkStatus();
  }

  std::vector<Token> tokens_;
  std::span<const std::string_view> known_;
  bool free_properties_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::vector<std::string> used_;
};

bool Holds(Comparison comparison, std::partial_ordering order) {
  switch (comparison) {
    case Comparison::kEqual:
      return order == 0;
    case Comparison::kNotEqual:
      return order != 0;
    case Comparison::kLess:
      return order < 0;
    case Comparison::kLessOrEqual:
      return order <= 0;
    case Comparison::kGreater:
      return order > 0;
    case Comparison::kGreaterOrEqual:
      return order >= 0;
    case Comparison::kHas:
      return false;  // decided before
  }
  return false;
}

bool TestText(const Node& test, std::string_view text) {
  if (test.comparison == Comparison::kHas) return text.starts_with(test.value);
  return Holds(test.comparison, text.compare(test.value) <=> 0);
}

bool TestNumber(const Node& test, const FieldValue& value, std::partial_ordering order) {
  if (test.comparison == Comparison::kHas) return FormatFieldValue(value).starts_with(test.value);
  if (!test.number.has_value()) return test.comparison == Comparison::kNotEqual;
  return Holds(test.comparison, order);
}

bool TestValue(const Node& test, const FieldValue& value) {
  if (std::holds_alternative<std::monostate>(value))
    return test.comparison == Comparison::kNotEqual;
  if (test.any) return true;
  if (const auto* text = std::get_if<std::string>(&value)) return TestText(test, *text);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    const std::partial_ordering order =
        test.integer ? std::partial_ordering(*integer <=> *test.integer)
                     : static_cast<double>(*integer) <=> test.number.value_or(0);
    return TestNumber(test, value, order);
  }
  if (const auto* number = std::get_if<double>(&value))
    return TestNumber(test, value, *number <=> test.number.value_or(0));
  if (const auto* list = std::get_if<std::vector<std::string>>(&value);
      list && test.comparison == Comparison::kHas) {
    return std::find(list->begin(), list->end(), test.value) != list->end();
  }
  return TestText(test, FormatFieldValue(value));
}

bool Evaluate(const Node& node, const Filter::Getter& get) {
  const auto passes = [&get](const Node& child) { return Evaluate(child, get); };
  switch (node.kind) {
    case Kind::kAnd:
      return std::all_of(node.children.begin(), node.children.end(), passes);
    case Kind::kOr:
      return std::any_of(node.children.begin(), node.children.end(), passes);
    case Kind::kNot:
      return !Evaluate(node.children.front(), get);
    case Kind::kTest:
      return TestValue(node, get(node.field));
  }
  return false;
}

using ValueCheck = std::function<absl::Status(std::string_view, bool, std::string_view)>;

absl::Status CheckNode(const Node& node, const ValueCheck& check) {
  for (const Node& child : node.children) LIANJIE_RETURN_IF_ERROR(CheckNode(child, check));
  if (node.kind != Kind::kTest) return absl::OkStatus();
  const absl::Status status = check(node.field, node.comparison != Comparison::kHas, node.value);
  if (status.ok()) return absl::OkStatus();
  return Invalid(FromAbsl(status.message()), node.position, node.field);
}

}  // namespace

Filter::Filter() = default;

absl::StatusOr<Filter> Filter::Parse(std::string_view text,
                                     std::span<const std::string_view> fields,
                                     bool free_properties) {
  Filter filter;
  if (Trim(text).empty()) return filter;
  if (text.size() > kMaxFilterBytes) {
    return Invalid(
        Cat("the filter has ", text.size(), " bytes; at most ", kMaxFilterBytes, " are read"), 1,
        "a shorter filter");
  }
  if (!IsValidUtf8(text)) return Invalid("the filter is not valid UTF-8", 1, "UTF-8");
  LIANJIE_ASSIGN_OR_RETURN(std::vector<Token> tokens, Lexer(text).Run());
  Parser parser(std::move(tokens), fields, free_properties);
  LIANJIE_ASSIGN_OR_RETURN(Node root, parser.Run());
  filter.root_ = std::make_shared<const Node>(std::move(root));
  filter.text_ = text;
  filter.fields_ = parser.TakeFields();
  return filter;
}

bool Filter::empty() const { return root_ == nullptr; }
const std::string& Filter::text() const { return text_; }
bool Filter::Matches(const Getter& get) const { return root_ == nullptr || Evaluate(*root_, get); }
std::span<const std::string> Filter::fields() const { return fields_; }

absl::Status Filter::CheckValues(const ValueCheck& check) const {
  return root_ == nullptr ? absl::OkStatus() : CheckNode(*root_, check);
}

}  // namespace lianjie
