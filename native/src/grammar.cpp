#include "grammar.h"
#include "backend.h"
#include "error.h"
#include <algorithm>

static const size_t MOST_BYTES = 1 << 16; // libllama looks for left recursion with a stack as deep as rules may follow each other
static const int MOST_GROUPS = 200;       // within each other

static user_error bad_grammar(const std::string & what) {
    return user_error(exit_usage, what, "grammar", "write GBNF with a rule \"root\", as llama.cpp's grammars/README.md describes it");
}

// How deep its parentheses lie within each other: those outside of literals, character classes, names of tokens and comments.
static int deepest_group(const std::string & text) {
    int depth = 0, deepest = 0;
    char inside = 0; // what ends the literal, class, name or comment that we are in
    for (size_t i = 0; i < text.size(); i++) {
        const char c = text[i];
        if (inside) {
            if (c == '\\' && (inside == '"' || inside == ']')) i++;
            else if (c == inside || (inside == '\n' && c == '\r')) inside = 0;
        } else if (c == '"') inside = '"';
        else if (c == '[') inside = ']';
        else if (c == '<') inside = '>';
        else if (c == '#') inside = '\n';
        else if (c == '(') deepest = std::max(deepest, ++depth);
        else if (c == ')') depth--;
    }
    return deepest;
}

sampler_ptr parse_grammar(const llama_vocab * vocab, const std::string & text) {
    if (text.empty()) throw bad_grammar("the grammar is empty");
    if (text.size() > MOST_BYTES) throw bad_grammar("the grammar has " + std::to_string(text.size()) + " bytes, more than " + std::to_string(MOST_BYTES));
    if (text.find('\0') != std::string::npos) throw bad_grammar("the grammar holds a zero byte, where libllama would take it to end");
    const int depth = deepest_group(text);
    if (depth > MOST_GROUPS) throw bad_grammar("the grammar nests " + std::to_string(depth) + " groups, more than " + std::to_string(MOST_GROUPS));
    forget_library_error();
    sampler_ptr parsed(llama_sampler_init_grammar(vocab, text.c_str(), "root"));
    if (!parsed) throw bad_grammar("libllama cannot parse the grammar: " + library_error());
    return parsed;
}
