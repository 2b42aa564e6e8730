// One line of a data file of the verb fit: a JSON object whose keys are taken one by one. A missing key, a key twice, a wrong type, an unknown key is
// an error that names the line.
#pragma once
#include "error.h"
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

class data_line {
  public:
    // where  file and line, for complaints
    data_line(const std::string & text, std::string where);

    bool is_null(const std::string & key); // takes it when it is
    int64_t take_number(const std::string & key, int64_t least, int64_t most);
    std::vector<int32_t> take_items(const std::string & key, int32_t n_items); // each from 0 and below n_items
    std::vector<uint8_t> take_flags(const std::string & key, size_t size);     // true or false each, as many as asked for
    void finish() const; // refuses what was not taken

    user_error wrong(const std::string & what) const;

  private:
    const nlohmann::json & take(const std::string & key);
    int64_t whole(const nlohmann::json & value, const std::string & key, int64_t least, int64_t most) const;

    nlohmann::json object_;
    std::string where_;
    std::set<std::string> taken_;
};

// Reads each line of a file, in file order; what the body leaves of a line is refused.
// throws user_error(exit_data), also when the file cannot be read to its end or ends within a line
void for_each_line(const std::string & path, const std::function<void(data_line &)> & body);
