// Run events: one JSON object a line on stdout, flushed, for the program that started us (docs/protocol.md).
#pragma once
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

using json = nlohmann::ordered_json; // keys stay in the order in which they are written

// Writes one event. Its first key is "event".
void emit(const std::string & event, json fields);

// The events from now on belong to this run of a series: each carries "run", and seconds count from now. Nothing: they belong to no run, and
// seconds count from the start of the program.
void begin_run_events(std::optional<size_t> run);

// Seconds since the program started, or since the run that the events belong to.
double seconds_since_start();
