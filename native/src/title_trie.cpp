#include "title_trie.h"
#include "error.h"
#include <algorithm>

static size_t child_of(std::vector<title_trie::node> & nodes, size_t place, llama_token token) {
    std::vector<title_trie::child> & children = nodes[place].children;
    const auto at = std::lower_bound(children.begin(), children.end(), token, [](const title_trie::child & one, llama_token wanted) { return one.token < wanted; });
    if (at != children.end() && at->token == token) return at->node;
    const size_t made = nodes.size();
    children.insert(at, {token, made});
    nodes.emplace_back();
    return made;
}

title_trie::title_trie(const std::vector<std::vector<llama_token>> & paths, llama_token end) : nodes_(1) {
    if (paths.empty()) throw user_error(exit_data, "there are no titles that an answer may be", "titles", "give one title or more");
    for (size_t title = 0; title < paths.size(); title++) {
        const std::vector<llama_token> & path = paths[title];
        if (path.empty() || std::find(path.begin(), path.end(), end) != path.end() - 1) {
            throw user_error(exit_data, "title " + std::to_string(title) + " does not end in the end token, or has it within", "titles", "leave it out");
        }
        size_t place = ROOT;
        for (const llama_token token : path) place = child_of(nodes_, place, token);
        nodes_[place].titles.push_back(static_cast<int32_t>(title));
        longest_ = std::max(longest_, path.size());
    }
}
