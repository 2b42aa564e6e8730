#include "stop_signal.h"
#include <csignal>

static volatile std::sig_atomic_t stop_asked = 0;

static void ask_to_stop(int) { stop_asked = 1; }

void watch_for_stop() {
    stop_asked = 0;
    std::signal(SIGTERM, ask_to_stop);
    std::signal(SIGINT, ask_to_stop);
}

bool stop_is_asked() { return stop_asked != 0; }
