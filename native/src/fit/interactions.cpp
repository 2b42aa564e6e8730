#include "fit/interactions.h"
#include "fit/data_line.h"

interaction_log read_interactions(const std::string & path, int32_t n_items) {
    interaction_log log;
    log.n_items = n_items;
    for_each_line(path, [&](data_line & line) {
        const std::vector<int32_t> items = line.take_items("items", n_items);
        const std::vector<uint8_t> liked = line.is_null("liked") ? std::vector<uint8_t>(items.size(), 1) : line.take_flags("liked", items.size());
        log.items.insert(log.items.end(), items.begin(), items.end());
        log.liked.insert(log.liked.end(), liked.begin(), liked.end());
        log.begin.push_back(log.items.size());
    });
    if (log.size() == 0) throw user_error(exit_data, "the file has no interactions", path, "give the models something to learn from");
    return log;
}
