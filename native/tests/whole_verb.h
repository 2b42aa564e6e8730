// What a test of a whole verb needs: lines of instructions, and the events that it says in the test's own process.
#pragma once
#include "check.h"
#include "events.h"
#include "tiny_model.h"
#include <cstdio>
#include <exception>
#include <fstream>
#include <functional>
#include <unistd.h>
#include <vector>

// One line of a file of instructions with the labels "Yes." and "No.".
inline std::string instruction_line(int row, bool liked, const std::string & prompt, const json & history = json::array()) {
    const json line = {{"row", row}, {"user", "u"}, {"item", "i"}, {"label", liked}, {"prompt", prompt}, {"answer", liked ? "Yes." : "No."},
                       {"values", json::array()}, {"history", history}};
    return line.dump() + "\n";
}

// Events of our runs go to a file while the body runs; returns the lines.
inline std::vector<json> events_of(const std::function<void()> & body) {
    temporary_folder folder;
    const std::string path = folder.path + "/events";
    std::fflush(stdout);
    const int saved = dup(1);
    CHECK(std::freopen(path.c_str(), "w", stdout) != nullptr);
    std::exception_ptr thrown;
    try { body(); } catch (...) { thrown = std::current_exception(); }
    std::fflush(stdout);
    dup2(saved, 1);
    close(saved);
    if (thrown) std::rethrow_exception(thrown);
    std::vector<json> events;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) events.push_back(json::parse(line));
    return events;
}
