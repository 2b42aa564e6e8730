// Run events: one JSON object a line on stdout, flushed, for the program that started us (docs/protocol.md).
#pragma once
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

using json = nlohmann::ordered_json; // keys stay in the order in which they are written

// Writes one event. Its first key is "event".
void emit(const std::string & event, json fields);

// Seconds since the program started.
double seconds_since_start();
